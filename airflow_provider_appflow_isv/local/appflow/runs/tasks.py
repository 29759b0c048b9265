"""Reads a flow's task list: which fields to fetch, under which conditions, and what they are called afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .outcome import RunFailedError

if TYPE_CHECKING:
    from .job import Record


@dataclass(frozen=True)
class Filter:
    """One Filter task other than the projection."""

    field: str
    operator: str
    properties: Mapping[str, str]


@dataclass(frozen=True)
class TaskPlan:
    """What a run has to do.

    ``mappings`` holds (source field, destination field); with ``maps_all`` every source field is kept under its own
    name as well, but for ``excluded``.
    """

    projection: tuple[str, ...]
    filters: tuple[Filter, ...]
    mappings: tuple[tuple[str, str], ...]
    maps_all: bool
    excluded: frozenset[str]

    def source_fields(self, all_fields: Iterable[str]) -> list[str]:
        """Return the fields to ask the source for, in a stable order.

        :param all_fields: every field that the source has; looked at only if the plan maps all.
        """
        wanted = [f for f in all_fields if f not in self.excluded] if self.maps_all else list(self.projection)
        return list(dict.fromkeys([*wanted, *(source for source, _ in self.mappings)]))

    def columns(self, source_fields: Iterable[str]) -> list[str]:
        """Return the destination's fields, in order, for the given source fields."""
        kept = [f for f in source_fields if f not in self.excluded] if self.maps_all else []
        return list(dict.fromkeys([*kept, *(destination for _, destination in self.mappings)]))

    def apply(self, record: Record) -> Record | None:
        """Return one record as the destination gets it, None for one that a Validate task drops."""
        kept = {f: v for f, v in record.items() if f not in self.excluded} if self.maps_all else {}
        return {**kept, **{destination: record.get(source) for source, destination in self.mappings}}


def operator_of(task: Mapping[str, Any], source_member: str) -> str | None:
    """Return a task's operator; ``connectorOperator`` is keyed by the source connector."""
    operator: str | None = task.get("connectorOperator", {}).get(source_member)
    return operator


def is_projection(task: Mapping[str, Any], source_member: str) -> bool:
    """Say whether a task lists the fields to fetch."""
    return task["taskType"] == "Filter" and operator_of(task, source_member) == "PROJECTION"


def excluded_fields(task: Mapping[str, Any]) -> list[str]:
    """Return EXCLUDE_SOURCE_FIELDS_LIST of a Map_all task: a JSON list of field names.

    :raises ValueError: if it is something else.
    """
    names = json.loads(task.get("taskProperties", {}).get("EXCLUDE_SOURCE_FIELDS_LIST", "[]"))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("not a list of names")
    return names


def plan(tasks: Sequence[Mapping[str, Any]], source_member: str) -> TaskPlan:
    """Read a task list. The order of tasks does not matter but for the order of columns.

    :param tasks: the flow's tasks.
    :param source_member: key of the source connector in ``connectorOperator``.
    :raises RunFailedError: for a task that the local stack cannot do, or that cannot be done at all.
    """
    others = [t for t in tasks if t["taskType"] not in ("Filter", "Map", "Map_all")]
    if others:
        kinds = ", ".join(sorted({t["taskType"] for t in others}))
        raise RunFailedError(f"The local stack cannot do tasks of these types yet: {kinds}.")
    projections = [t for t in tasks if is_projection(t, source_member)]
    map_alls = [t for t in tasks if t["taskType"] == "Map_all"]
    mappings = tuple(_mapping(t) for t in tasks if t["taskType"] == "Map")
    if not mappings and not map_alls:
        raise RunFailedError("The flow maps no field to the destination: add Map tasks or a Map_all task.")
    return TaskPlan(
        projection=tuple(field for t in projections for field in t["sourceFields"]),
        filters=tuple(
            _filter(t, source_member)
            for t in tasks
            if t["taskType"] == "Filter" and not is_projection(t, source_member)
        ),
        mappings=mappings,
        maps_all=bool(map_alls),
        excluded=frozenset(name for t in map_alls for name in excluded_fields(t)),
    )


def _mapping(task: Mapping[str, Any]) -> tuple[str, str]:
    sources = task["sourceFields"]
    if len(sources) != 1:
        raise RunFailedError(f"A Map task takes one source field, this one has {len(sources)}: {sources}.")
    return sources[0], task.get("destinationField") or sources[0]


def _filter(task: Mapping[str, Any], source_member: str) -> Filter:
    operator = operator_of(task, source_member)
    sources = task["sourceFields"]
    if operator is None or len(sources) != 1:
        raise RunFailedError(
            f"A Filter task takes one source field and a connectorOperator under {source_member}, "
            f"this one has {sources} and {task.get('connectorOperator', {})}."
        )
    return Filter(sources[0], operator, task.get("taskProperties", {}))
