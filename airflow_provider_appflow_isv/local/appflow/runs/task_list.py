"""Reads single tasks of a flow: what CreateFlow checks and what a run does rest on the same reading."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .filters import Filter

Task = Mapping[str, Any]
_USELESS_WITHOUT_FIELD = ("Mask", "Truncate", "Validate")


@dataclass(frozen=True)
class FieldUse:
    """A field that a task names; where ``is_needed``, the task does nothing without it."""

    task_type: str
    field: str
    is_needed: bool


def operator_of(task: Task, source_member: str) -> str | None:
    """Return a task's operator; ``connectorOperator`` is keyed by the source connector."""
    operator: str | None = task.get("connectorOperator", {}).get(source_member)
    return operator


def is_projection(task: Task, source_member: str) -> bool:
    """Say whether a task lists the fields to fetch."""
    return task["taskType"] == "Filter" and operator_of(task, source_member) == "PROJECTION"


def properties_of(task: Task) -> Mapping[str, str]:
    """Return a task's taskProperties."""
    properties: Mapping[str, str] = task.get("taskProperties", {})
    return properties


def names_in(task: Task, key: str) -> list[str]:
    """Return a property that is a JSON list of field names; empty without it.

    :raises ValueError: if it is something else.
    """
    try:
        names = json.loads(properties_of(task).get(key, "[]"))
    except RecursionError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("not a list of names")
    return names


def uses_of(task: Task, source_member: str) -> Iterator[FieldUse]:
    """Yield the fields that a task names."""
    kind = task["taskType"]
    is_filter = kind == "Filter" and not is_projection(task, source_member)
    is_needed = is_filter or kind in _USELESS_WITHOUT_FIELD
    yield from (FieldUse(kind, field, is_needed) for field in task["sourceFields"])
    if kind == "Map_all":  # to leave out what is not there is no mistake
        yield from (FieldUse(kind, field, is_needed=False) for field in names_in(task, "EXCLUDE_SOURCE_FIELDS_LIST"))


def operands_of(task: Task) -> tuple[str, str]:
    """Return the two operands of an Arithmetic task, in order: that of MATH_OPERATION_FIELDS_ORDER if it has one.

    :raises ValueError: if that names something other than the two source fields.
    """
    first, second = task["sourceFields"]
    order = properties_of(task).get("MATH_OPERATION_FIELDS_ORDER", f"{first},{second}")
    for pair in ((first, second), (second, first)):
        if _parts(order) == _parts(",".join(pair)):  # a temporary field has a comma in its own name
            return pair
    raise ValueError("MATH_OPERATION_FIELDS_ORDER must name both source fields, separated by a comma")


def filter_of(task: Task, source_member: str) -> Filter:
    """Return a Filter task as a filter.

    :param task: a Filter task with one source field and an operator.
    :param source_member: key of the source connector in ``connectorOperator``.
    """
    return Filter(task["sourceFields"][0], operator_of(task, source_member) or "", properties_of(task))


def _parts(names: str) -> list[str]:
    return [part.strip() for part in names.split(",")]
