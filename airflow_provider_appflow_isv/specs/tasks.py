"""From field operations and filters to AppFlow's tasks, in one place.

Facts: every field that is mapped or filtered must be in the projection, connectorOperator is keyed by the source's
connector, Concat and arithmetic make a temporary field that a Map task takes on (cdk-appflow, service model).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.specs.checks import MAX_PROPERTY
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import (
    MASKS,
    MAX_DESTINATION_FIELD,
    VALIDATIONS,
    AllFields,
    Field,
    FieldOperation,
    Made,
    Mapped,
    PartitionBy,
    RawTask,
)
from airflow_provider_appflow_isv.specs.general import source_facts
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import Source
    from airflow_provider_appflow_isv.specs.filters import Filter

Task = dict[str, Any]


def tasks_of(source: Source, fields: Sequence[FieldOperation], filters: Sequence[Filter]) -> list[Task]:
    """Return the tasks of a flow.

    :param source: its source, whose operators they use.
    :param fields: its field operations.
    :param filters: its filters.
    :raises SpecError: naming a field operation or filter that can't be written as a task.
    """
    writer = _Writer(source)
    declared = declared_types(source, fields)
    tasks: list[Task] = []
    for number, each in enumerate(filters):
        try:
            properties = each.properties(declared)
        except SpecError as error:
            raise error.within(f"filters[{number}]") from None
        tasks.append(writer.task("Filter", [each.field], each.operator, properties))
    changed: set[str] = set()
    for number, operation in enumerate(fields):
        try:
            tasks += writer.operation(operation, fields, number, changed)
        except SpecError as error:
            raise error.within(f"fields[{number}]") from None
    own = [each for each in tasks if is_projection(each, source.key)]
    takes_all = any(each["taskType"] == "Map_all" for each in tasks)  # which says by itself what to fetch
    if own:  # raw tasks may be without what they name, other operations need it
        fetched = {name for each in own for name in each["sourceFields"]}
        own[0]["sourceFields"] += [name for name in _named(fields, filters, raw=False) if name not in fetched]
    elif writer.has("PROJECTION") and not takes_all and (projected := _named(fields, filters, raw=True)):
        tasks.insert(0, writer.task("Filter", projected, "PROJECTION"))
    return tasks


def declared_types(source: Source, fields: Sequence[FieldOperation | str]) -> dict[str, str]:
    """Data types of the source's fields, as the field operations give them, else as all of its objects have them.

    :param source: the flow's source.
    :param fields: its field operations; of what is known later, nothing is taken.
    """
    typed = [(each.name, each.type) for each in (() if is_late(fields) else fields) if isinstance(each, Field)]
    given = {name: kind for name, kind in typed if kind and not is_late(name) and not is_late(kind)}
    return {**({} if is_late(source) else source_facts(source).field_types), **given}


def types_are_known(source: Source, fields: Sequence[FieldOperation | str]) -> bool:
    """Whether what is known later can't give or change the data type of a field.

    :param source: the flow's source.
    :param fields: its field operations.
    """
    if is_late(source) or is_late(source.type_name) or is_late(fields):
        return False
    typed = [part for each in fields if isinstance(each, Field) for part in (each.name, each.type)]
    return not any(map(is_late, [*fields, *typed]))


def temporary_name(operation: Made, fields: Sequence[FieldOperation], number: int) -> str:
    """The name of the field that an operation makes for a Map task to take on: its sources', once more if it is taken.

    :param operation: the operation.
    :param fields: the flow's field operations.
    :param number: its place among them.
    """
    twins = sum(isinstance(each, Made) and each.sources == operation.sources for each in fields[:number])
    name = ",".join(operation.sources) + (f" {twins + 1}" if twins else "")
    return name if len(name) <= MAX_DESTINATION_FIELD else f"{operation.to[:200]} of fields[{number}]"


def is_projection(task: Mapping[str, Any], key: str) -> bool:
    """Whether a task names the fields to fetch."""
    return task["taskType"] == "Filter" and (task.get("connectorOperator") or {}).get(key) == "PROJECTION"


class _Writer:
    """Writes tasks for one source."""

    def __init__(self, source: Source) -> None:
        self.key = source.key
        self.lacks = source_facts(source).lacks

    def has(self, operator: str) -> bool:
        """Whether the source's connector has an operator."""
        return operator not in self.lacks

    def task(
        self,
        kind: str,
        sources: Sequence[str],
        operator: str | None = None,
        properties: dict[str, str] | None = None,
        to: str | None = None,
    ) -> Task:
        """One task; the operator is left out where it says nothing that the connector knows."""
        for name, value in (properties or {}).items():
            if len(value) > MAX_PROPERTY:
                raise SpecError(
                    f"has {len(value)} characters as AppFlow writes it ({name}), {MAX_PROPERTY} at most are possible.",
                    "",
                )
        named = operator is not None and (operator != "NO_OP" or self.has(operator))
        return {
            "taskType": kind,
            "sourceFields": list(sources),
            **({"connectorOperator": {self.key: operator}} if named else {}),
            **({"destinationField": to} if to is not None else {}),
            "taskProperties": properties or {},
        }

    def operation(
        self, operation: FieldOperation, fields: Sequence[FieldOperation], number: int, changed: set[str]
    ) -> Iterator[Task]:
        """The tasks of one field operation."""
        write = _WRITERS[next(kind for kind in type(operation).__mro__ if kind in _WRITERS)]
        yield from write(self, operation, fields, number, changed)

    def raw(self, raw: RawTask, *_: Any) -> Iterator[Task]:
        """The task that it is."""
        properties = dict(raw.properties)
        yield self.task(raw.task_type, raw.source_fields, None, properties, raw.to) | (
            {"connectorOperator": {self.key: raw.operator}} if raw.operator else {}
        )

    def field(self, field: Field, _fields: Sequence[FieldOperation], _number: int, changed: set[str]) -> Iterator[Task]:
        """Checks and changes of the source's field, once, then its mapping."""
        if field.name not in changed:
            yield from self.changes(field.name, field)
        changed.add(field.name)
        types = {"SOURCE_DATA_TYPE": field.type, "DESTINATION_DATA_TYPE": field.to_type or field.type}
        properties = {name: each for name, each in types.items() if each}
        yield self.task("Map", [field.name], "NO_OP", properties, field.target)

    def all_fields(self, each: AllFields, fields: Sequence[FieldOperation], *_: Any) -> Iterator[Task]:
        """One task for all fields that no other operation maps."""
        names = dict.fromkeys([*each.exclude, *(other.name for other in fields if isinstance(other, Field))])
        excluded = json.dumps(list(names), ensure_ascii=False)
        if len(excluded) > MAX_PROPERTY:
            raise SpecError(
                f"has {len(excluded)} characters as AppFlow writes it, with the fields that are mapped by themselves, "
                f"{MAX_PROPERTY} at most are possible: name the fields that are wanted instead.",
                "exclude",
            )
        yield self.task("Map_all", [], "NO_OP", {"EXCLUDE_SOURCE_FIELDS_LIST": excluded})

    def made(self, made: Made, fields: Sequence[FieldOperation], number: int, _changed: set[str]) -> Iterator[Task]:
        """A temporary field, its checks and changes, then its mapping."""
        name = temporary_name(made, fields, number)
        yield self.task(made.task_type, made.sources, made.operator, made.properties(), name)
        yield from self.changes(name, made)
        types = {"SOURCE_DATA_TYPE": "string", "DESTINATION_DATA_TYPE": "string"}
        yield self.task("Map", [name], "NO_OP", types, made.target)

    def partition(self, each: PartitionBy, *_: Any) -> Iterator[Task]:
        """The keys, as a JSON list (the form is inferred from that of Map_all's exclusions)."""
        keys = json.dumps(list(each.names), ensure_ascii=False)
        yield self.task("Partition", [], "NO_OP", {"ORDERED_PARTITION_KEYS_LIST": keys})

    def changes(self, name: str, mapped: Mapped) -> Iterator[Task]:
        """Validate, Mask and Truncate tasks of a field."""
        for rule in mapped.validate:
            yield self.task("Validate", [name], VALIDATIONS[rule], {"VALIDATION_ACTION": mapped.on_invalid})
        if mapped.mask:
            # the console, too, gives a length to a mask of all
            length = "5" if mapped.mask == "all" else mapped.mask.lstrip("firstla")
            yield self.task(
                "Mask", [name], MASKS[mapped.mask[0]], {"MASK_VALUE": mapped.mask_character, "MASK_LENGTH": length}
            )
        if mapped.truncate:
            yield self.task("Truncate", [name], "NO_OP", {"TRUNCATE_LENGTH": str(mapped.truncate)})


_WRITERS: dict[type[FieldOperation], Any] = {
    Field: _Writer.field,
    AllFields: _Writer.all_fields,
    Made: _Writer.made,
    PartitionBy: _Writer.partition,
    RawTask: _Writer.raw,
}


def _named(fields: Sequence[FieldOperation], filters: Sequence[Filter], *, raw: bool) -> list[str]:
    """The source's fields that operations and filters name; raw tasks, too, if told so."""
    tasks = [each for each in fields if isinstance(each, RawTask)]
    made = {each.to for each in tasks if each.task_type in ("Merge", "Arithmetic")}
    names: list[str] = []
    for each in fields:
        if isinstance(each, Field):
            names.append(each.name)
        elif isinstance(each, Made):
            names += each.sources
        elif raw and isinstance(each, RawTask) and each.task_type != "Partition":
            names += each.source_fields
    names += [each.field for each in filters]
    return [name for name in dict.fromkeys(names) if name not in made]
