"""Reads a flow's task list: which fields to fetch, under which conditions, and what becomes of them.

The order of tasks matters only for the order of columns and of several Mask and Truncate tasks on one field. A record
first has to pass the Validate tasks on its source fields; then Mask and Truncate change source fields; then Merge and
Arithmetic make temporary fields of them, which may be validated, masked and truncated in their turn; then Map, Map_all
and Passthrough name what reaches the destination. So a masked field stays masked wherever it goes (this order is
inferred; that Mask, Truncate and Validate name the source field is what cdk-appflow and AWS's own samples send). Also
inferred: a run ends in Error if they, a Map_all's exclusions or the partition keys name a field that is not there, or
any task one that is spelled in another case, rather than that data land as nobody meant them to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from .filters import Filter
from .operations import PLACEHOLDER, calculate, convert, is_valid, mask, merge, truncate
from .outcome import RunFailedError
from .task_list import (
    FieldUse,
    Task,
    filter_of,
    is_projection,
    names_in,
    operands_of,
    operator_of,
    properties_of,
    uses_of,
)

if TYPE_CHECKING:
    from .job import Record


__all__ = ["Filter", "TaskPlan", "plan"]


@dataclass(frozen=True)
class FieldMapping:
    """One Map task; ``data_type`` is what the value is converted to, None for as it is."""

    source: str
    destination: str
    data_type: str | None = None


@dataclass(frozen=True)
class Check:
    """One Validate task; a broken one ends the run with ``drops_dataset``, otherwise it drops the record."""

    field: str
    rule: str
    drops_dataset: bool


@dataclass(frozen=True)
class Change:
    """One Mask or Truncate task."""

    field: str
    of: Callable[[Any], Any]


@dataclass(frozen=True)
class TemporaryField:
    """One Merge or Arithmetic task: the field that it makes, which only other tasks see."""

    name: str
    sources: tuple[str, ...]
    of: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class TaskPlan:
    """What a run has to do.

    With ``maps_all`` every source field is kept under its own name, but for ``excluded``, beside the ``mappings``.
    ``checks`` on the whole dataset come first, ``temporaries`` stand in an order in which they can be made.
    ``partition_keys`` are destination fields, outermost folder first. ``uses`` are the fields that the tasks name.
    """

    projection: tuple[str, ...]
    filters: tuple[Filter, ...]
    mappings: tuple[FieldMapping, ...]
    maps_all: bool
    excluded: frozenset[str]
    checks: tuple[Check, ...] = ()
    changes: tuple[Change, ...] = ()
    temporaries: tuple[TemporaryField, ...] = ()
    partition_keys: tuple[str, ...] = ()
    uses: tuple[FieldUse, ...] = ()

    def source_fields(self, all_fields: Iterable[str]) -> list[str]:
        """Return the fields to ask the source for, in a stable order.

        :param all_fields: every field that the source has; looked at only if the plan maps all.
        """
        wanted = [f for f in all_fields if f not in self.excluded] if self.maps_all else list(self.projection)
        for temporary in self.temporaries:
            wanted += temporary.sources
        wanted += [mapping.source for mapping in self.mappings] + [check.field for check in self.checks]
        return [field for field in dict.fromkeys(wanted) if self._is_source_field(field)]

    def columns(self, source_fields: Iterable[str]) -> list[str]:
        """Return the destination's fields, in order, for the given source fields."""
        kept = [f for f in source_fields if f not in self.excluded] if self.maps_all else []
        return list(dict.fromkeys([*kept, *(mapping.destination for mapping in self.mappings)]))

    def check_fields(self, source_fields: Collection[str], *, declared: bool = True) -> None:
        """Check that the tasks name fields that are there.

        :param source_fields: every field that the source has.
        :param declared: False if they are only those that the records of this run happen to have: then a field may be
            missing, but not be spelt in another case; default True.
        :raises RunFailedError: naming the first task and field of which that is not so.
        """
        known = {*source_fields, *self._made}
        spellings = {name.casefold(): name for name in known}
        for use in self.uses:
            spelling = spellings.get(use.field.casefold())
            if use.field not in known and (spelling or (use.is_needed and declared)):
                raise RunFailedError(
                    f"The source has no field {use.field}, which a {use.task_type} task names: "
                    + (
                        f"write {spelling}, as the source does."
                        if spelling
                        else "name one that DescribeConnectorEntity lists."
                    )
                )
        columns = self.columns(self.source_fields(source_fields))
        for key in self.partition_keys:
            if declared and key not in columns:
                raise RunFailedError(
                    f"No field is mapped to {key}, which a Partition task names: name one of the destination's fields."
                )

    def apply(self, record: Record) -> Record | None:
        """Return one record as the destination gets it, None for one that a Validate task drops.

        :raises RunFailedError: if a Validate task ends the run.
        """
        values = dict(record)
        if not self._passes(values, self._is_source_field):
            return None
        self._change(values, self._is_source_field)
        for temporary in self.temporaries:
            values[temporary.name] = temporary.of(values)
            if not self._passes(values, temporary.name.__eq__):
                return None
            self._change(values, temporary.name.__eq__)
        kept = {f: values[f] for f in record if f not in self.excluded} if self.maps_all else {}
        for mapping in self.mappings:
            value = values.get(mapping.source)
            kept[mapping.destination] = value if mapping.data_type is None else convert(value, mapping.data_type)
        return kept

    @cached_property
    def _made(self) -> frozenset[str]:
        return frozenset(temporary.name for temporary in self.temporaries)

    def _is_source_field(self, field: str) -> bool:
        return field not in self._made

    def _passes(self, values: Mapping[str, Any], concerns: Callable[[str], bool]) -> bool:
        for check in self.checks:
            if not concerns(check.field) or is_valid(values.get(check.field), check.rule):
                continue
            if check.drops_dataset:
                raise RunFailedError(
                    f"The validation {check.rule} on the field {check.field} failed for a record and its action is "
                    "DropDataset, so the run ended without moving anything."
                )
            return False
        return True

    def _change(self, values: Record, concerns: Callable[[str], bool]) -> None:
        for change in self.changes:
            if concerns(change.field) and change.field in values:
                values[change.field] = change.of(values[change.field])


def plan(tasks: Sequence[Task], source_member: str) -> TaskPlan:
    """Read a task list.

    :param tasks: the flow's tasks, checked as CreateFlow and UpdateFlow check them.
    :param source_member: key of the source connector in ``connectorOperator``.
    :raises RunFailedError: for tasks that cannot be carried out.
    """
    of_type: dict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        of_type[task["taskType"]].append(task)
    temporaries = _in_order([_temporary(t, source_member) for t in (*of_type["Merge"], *of_type["Arithmetic"])])
    # A Passthrough task that names no field is taken for a Map_all task.
    whole = [*of_type["Map_all"], *(t for t in of_type["Passthrough"] if not t["sourceFields"])]
    filters = of_type["Filter"]
    checks = [_check(t, source_member) for t in of_type["Validate"]]
    found = TaskPlan(
        projection=tuple(field for t in filters if is_projection(t, source_member) for field in t["sourceFields"]),
        filters=tuple(filter_of(t, source_member) for t in filters if not is_projection(t, source_member)),
        mappings=_mappings(tasks, {temporary.name for temporary in temporaries}),
        maps_all=bool(whole),
        excluded=frozenset(name for t in of_type["Map_all"] for name in names_in(t, "EXCLUDE_SOURCE_FIELDS_LIST")),
        checks=tuple(sorted(checks, key=lambda check: not check.drops_dataset)),
        changes=tuple(_change(t, source_member) for t in tasks if t["taskType"] in ("Mask", "Truncate")),
        temporaries=temporaries,
        partition_keys=tuple(name for t in of_type["Partition"] for name in names_in(t, "ORDERED_PARTITION_KEYS_LIST")),
        uses=tuple(use for t in tasks for use in uses_of(t, source_member)),
    )
    _refuse_what_leads_nowhere(found)
    return found


def _mappings(tasks: Sequence[Task], made: Collection[str]) -> tuple[FieldMapping, ...]:
    mappings = [_mapping(t, made) for t in tasks if t["taskType"] == "Map"]
    passed = [field for t in tasks if t["taskType"] == "Passthrough" for field in t["sourceFields"]]
    return (*mappings, *(FieldMapping(field, field) for field in passed))


def _mapping(task: Task, made: Collection[str]) -> FieldMapping:
    (source,) = task["sourceFields"]
    properties = properties_of(task)
    wanted = properties.get("DESTINATION_DATA_TYPE")
    # cdk-appflow calls every temporary field a string, also the numbers that Arithmetic makes.
    unchanged = wanted is None or (
        source not in made and wanted.lower() == properties.get("SOURCE_DATA_TYPE", "").lower()
    )
    return FieldMapping(source, task.get("destinationField") or source, None if unchanged else wanted)


def _check(task: Task, source_member: str) -> Check:
    rule = operator_of(task, source_member)
    return Check(task["sourceFields"][0], rule or "", properties_of(task)["VALIDATION_ACTION"] == "DropDataset")


def _change(task: Task, source_member: str) -> Change:
    (field,) = task["sourceFields"]
    properties = properties_of(task)
    if task["taskType"] == "Truncate":
        return Change(field, partial(truncate, length=int(properties["TRUNCATE_LENGTH"])))
    return Change(
        field,
        partial(
            mask,
            operator=operator_of(task, source_member) or "",
            length=int(properties.get("MASK_LENGTH", "0")),
            character=properties.get("MASK_VALUE", "*"),
        ),
    )


def _temporary(task: Task, source_member: str) -> TemporaryField:
    sources = tuple(task["sourceFields"])
    name = task.get("destinationField") or ",".join(sources)
    properties = properties_of(task)
    if task["taskType"] == "Merge":
        concat_format = properties.get("CONCAT_FORMAT", "")
        for field in PLACEHOLDER.findall(concat_format):
            if field not in sources:
                raise RunFailedError(
                    f"CONCAT_FORMAT of the Merge task that makes {name} names {field}, which is none of its source "
                    f"fields {', '.join(sources)}."
                )
        return TemporaryField(name, sources, partial(merge, fields=sources, concat_format=concat_format))
    left, right = operands_of(task)
    operator = operator_of(task, source_member) or ""
    return TemporaryField(name, sources, partial(calculate, operator=operator, left=left, right=right))


def _in_order(temporaries: Sequence[TemporaryField]) -> tuple[TemporaryField, ...]:
    """Put fields behind those that they are made of."""
    by_name = {temporary.name: temporary for temporary in temporaries}
    if len(by_name) < len(temporaries):
        names = [temporary.name for temporary in temporaries]
        twice = next(name for name in names if names.count(name) > 1)
        raise RunFailedError(f"Two Merge or Arithmetic tasks make the field {twice}: give them different names.")
    try:
        order = list(TopologicalSorter({name: each.sources for name, each in by_name.items()}).static_order())
    except CycleError as error:
        raise RunFailedError(
            f"Merge and Arithmetic tasks make fields of one another: {', '.join(error.args[1])}."
        ) from None
    return tuple(by_name[name] for name in order if name in by_name)


def _refuse_what_leads_nowhere(found: TaskPlan) -> None:
    if not found.mappings and not found.maps_all:
        raise RunFailedError("The flow maps no field to the destination: add Map tasks or a Map_all task.")
    used = {mapping.source for mapping in found.mappings} | {f for each in found.temporaries for f in each.sources}
    for temporary in found.temporaries:
        if temporary.name not in used:
            raise RunFailedError(
                f"No Map task takes {temporary.name}, which a Merge or Arithmetic task makes, to the destination."
            )
