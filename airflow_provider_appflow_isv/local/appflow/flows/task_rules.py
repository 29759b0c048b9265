"""What AppFlow checks of a flow's tasks.

Only the first message is publicly seen; that the others are refused is inferred from what the operators, cdk-appflow
and the console need. Whatever is known to be accepted passes: Map without properties, with any data types and with no
operator, Map_all with data types, a projection of nothing (Terraform's acceptance tests, cdk-appflow).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from airflow_provider_appflow_isv.local.appflow.runs.task_list import (
    Task,
    filter_of,
    is_projection,
    names_in,
    operands_of,
    operator_of,
    properties_of,
)
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

_MAX_PARTITION_KEYS = 10  # AppFlow user guide, "Partitioning and aggregating data output"
_POSITIVE = re.compile(r"0*[1-9]\d*", re.ASCII)
_COMPARISONS = (
    "EQUAL_TO",
    "NOT_EQUAL_TO",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL_TO",
    "BETWEEN",
    "CONTAINS",
)
_OPERATORS = {
    "Arithmetic": ("ADDITION", "SUBTRACTION", "MULTIPLICATION", "DIVISION"),
    "Filter": ("PROJECTION", *_COMPARISONS),
    "Mask": ("MASK_ALL", "MASK_FIRST_N", "MASK_LAST_N"),
    "Validate": ("VALIDATE_NON_NULL", "VALIDATE_NON_ZERO", "VALIDATE_NON_NEGATIVE", "VALIDATE_NUMERIC"),
}
_ACTIONS = ("DropRecord", "DropDataset")


def task_problems(tasks: Sequence[Task], source_type: str) -> list[str]:
    """Return what is wrong with a flow's tasks, one text for each problem.

    :param tasks: the tasks, already validated against the model.
    :param source_type: connector type of the source; its operators are the ones that count.
    """
    member = member_of(source_type)
    problems = []
    selects = any(task["taskType"] == "Map_all" or is_projection(task, member) for task in tasks)
    if source_type != "S3" and not selects:
        problems.append("You must specify a projection task or a MAP_ALL task")
    for number, task in enumerate(tasks, start=1):
        problems += [f"task {number} of type {task['taskType']}: {each}" for each in _problems(task, member)]
    return [f"Task Validation Error: {problem}" for problem in problems]


def _problems(task: Task, member: str) -> Iterator[str]:
    kind = task["taskType"]
    if kind in _OPERATORS and operator_of(task, member) not in _OPERATORS[kind]:
        yield f"connectorOperator.{member} must be one of {', '.join(_OPERATORS[kind])}"
        return
    if is_projection(task, member):
        return
    sources = task["sourceFields"]
    if kind in _SOURCE_FIELDS and not _SOURCE_FIELDS[kind][0](len(sources)):
        yield f"sourceFields must have {_SOURCE_FIELDS[kind][1]}, not {len(sources)}"
    elif kind in _PROPERTIES:
        yield from _PROPERTIES[kind](task, member)


def _filter_problems(task: Task, member: str) -> Iterator[str]:
    try:
        filter_of(task, member).values()
    except ValueError as error:
        yield str(error)


def _arithmetic_problems(task: Task, _member: str) -> Iterator[str]:
    try:
        operands_of(task)
    except ValueError as error:
        yield str(error)


def _mask_problems(task: Task, member: str) -> Iterator[str]:
    properties = properties_of(task)
    if len(properties.get("MASK_VALUE", "*")) != 1:
        yield "MASK_VALUE must be one character"
    if operator_of(task, member) != "MASK_ALL" or "MASK_LENGTH" in properties:
        yield from _not_positive(task, "MASK_LENGTH")


def _truncate_problems(task: Task, _member: str) -> Iterator[str]:
    yield from _not_positive(task, "TRUNCATE_LENGTH")


def _validate_problems(task: Task, _member: str) -> Iterator[str]:
    if properties_of(task).get("VALIDATION_ACTION") not in _ACTIONS:
        yield f"VALIDATION_ACTION must be one of {', '.join(_ACTIONS)}"


def _map_all_problems(task: Task, _member: str) -> Iterator[str]:
    yield from _no_list(task, "EXCLUDE_SOURCE_FIELDS_LIST")


def _partition_problems(task: Task, _member: str) -> Iterator[str]:
    key = "ORDERED_PARTITION_KEYS_LIST"
    wrong = list(_no_list(task, key))
    yield from wrong
    if not wrong and not 1 <= len(names_in(task, key)) <= _MAX_PARTITION_KEYS:
        yield f"{key} must have 1 to {_MAX_PARTITION_KEYS} field names, not {len(names_in(task, key))}"


def _no_list(task: Task, key: str) -> Iterator[str]:
    try:
        names_in(task, key)
    except ValueError:
        yield f"{key} must be a JSON list of field names"


def _not_positive(task: Task, key: str) -> Iterator[str]:
    if not _POSITIVE.fullmatch(properties_of(task).get(key, "")):
        yield f"{key} must be a positive whole number"


_SOURCE_FIELDS: dict[str, tuple[Callable[[int], bool], str]] = {
    **dict.fromkeys(("Filter", "Map", "Mask", "Truncate", "Validate"), (lambda count: count == 1, "exactly one field")),
    "Arithmetic": (lambda count: count == 2, "exactly two fields"),
    "Merge": (lambda count: count > 1, "two fields or more"),
}
_PROPERTIES: dict[str, Callable[[Task, str], Iterator[str]]] = {
    "Arithmetic": _arithmetic_problems,
    "Filter": _filter_problems,
    "Map_all": _map_all_problems,
    "Mask": _mask_problems,
    "Partition": _partition_problems,
    "Truncate": _truncate_problems,
    "Validate": _validate_problems,
}
