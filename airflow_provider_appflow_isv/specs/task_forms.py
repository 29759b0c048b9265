"""The normal form of tasks, in which those that ask AppFlow for the same are equal.

AppFlow's answers differ from what was sent: tasks come in another order, properties and fields that were left out
appear with their defaults or empty (hashicorp/terraform-provider-aws issues 35992 and 43591).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from airflow_provider_appflow_isv.specs.ends import key_of

Task = Mapping[str, Any]

_TYPES = ("SOURCE_DATA_TYPE", "DESTINATION_DATA_TYPE")
_EXCLUDED, _PARTITIONED = "EXCLUDE_SOURCE_FIELDS_LIST", "ORDERED_PARTITION_KEYS_LIST"
_ORDER = "MATH_OPERATION_FIELDS_ORDER"
_MAKERS = ("Merge", "Arithmetic")
_CHANGES = ("Mask", "Truncate", "Validate")
_NAMED = ("Map", *_MAKERS, "Passthrough")  # tasks whose destinationField counts
_TEXT = "string"
_DEFAULT_TYPES = dict.fromkeys(_TYPES, _TEXT)


class TaskForm(NamedTuple):
    """A task in its normal form; its text is for people.

    :param kind: its taskType.
    :param sources: its source fields.
    :param operator: its operator, None for NO_OP.
    :param target: its destination field where that counts.
    :param properties: its taskProperties, sorted.
    """

    kind: str
    sources: tuple[str, ...]
    operator: str | None
    target: str | None
    properties: tuple[tuple[str, Any], ...]

    @property
    def types(self) -> dict[str, Any]:
        """The data types that a mapping gives, by property."""
        return {name: value for name, value in self.properties if name in _TYPES}

    @property
    def by_default(self) -> TaskForm:
        """The same without data types that AppFlow gives a mapping by default."""
        return self._untyped() if self.types == _DEFAULT_TYPES else self

    def is_met_by(self, found: TaskForm) -> bool:
        """Whether a flow's task is this one. AppFlow may show what a mapping leaves open: the type that it keeps, or
        the one that it converts from.

        :param found: the flow's task.
        """
        if self.by_default == found.by_default:
            return True
        wanted, has = self.types, found.types
        if len(has) < len(_TYPES) or self._untyped() != found._untyped():
            return False
        return wanted.items() <= has.items() if wanted else len({*has.values()}) == 1

    def _untyped(self) -> TaskForm:
        return self._replace(properties=tuple(item for item in self.properties if item[0] not in _TYPES))

    def __str__(self) -> str:
        kind_of_time = dict(self.properties).get("DATA_TYPE") in ("date", "datetime")
        shown = [f"{name}={_shown(item, is_time=kind_of_time)}" for name, item in self.properties]
        words = [
            self.kind,
            *([self.operator] if self.operator else []),
            *([f"of {', '.join(self.sources)}"] if self.sources else []),
            *([f"to {self.target}"] if self.target and self.kind not in _MAKERS else []),
            *([f"({', '.join(shown)})"] if shown else []),
        ]
        return " ".join(words)


def task_forms(connector_type: str, tasks: Sequence[Task], *, implied: bool = False) -> list[TaskForm]:
    """Return a flow's tasks in their normal form.

    :param connector_type: its source's.
    :param tasks: the tasks.
    :param implied: whether to keep a projection of just the fields that the other tasks name; default False.
    """
    key = key_of(connector_type)
    tasks = [{name: value for name, value in each.items() if value is not None} for each in tasks]
    names = _made_names(tasks, key)
    used = {name for each in tasks if operator_of(each, key) != "PROJECTION" for name in each["sourceFields"] if name}
    projections = [each for each in tasks if operator_of(each, key) == "PROJECTION"]
    # beside a Map_all task, a projection says which fields are all of them
    takes_all = any(each["taskType"] == "Map_all" for each in tasks)
    is_implied = not takes_all and len(projections) == 1 and {*projections[0]["sourceFields"]} == used - set(names)
    shown = tasks if implied or not is_implied else [each for each in tasks if each is not projections[0]]
    return [_form(each, key, names) for each in shown]


def operator_of(task: Task, key: str) -> str | None:
    """Return a task's operator.

    :param task: the task.
    :param key: the source connector's key in ``connectorOperator``.
    """
    operator: str | None = (task.get("connectorOperator") or {}).get(key)
    return operator


def names_in(task: Task, name: str) -> tuple[str, ...]:
    """Return a property of a task that is a JSON list of field names; empty without it."""
    return _read_names((task.get("taskProperties") or {}).get(name, "[]"))


def _made_names(tasks: Sequence[Task], key: str) -> dict[str, str]:
    """Names for the fields that only other tasks see, by the names they have: what they are made of and how."""
    makers: dict[str, list[TaskForm]] = defaultdict(list)
    for each in tasks:
        if each["taskType"] in _MAKERS and each.get("destinationField"):
            makers[each["destinationField"]].append(_form(each, key, {}))
    changes: dict[str, list[TaskForm]] = defaultdict(list)
    for each in tasks:
        if each["taskType"] in _CHANGES and len(each["sourceFields"]) == 1:
            changes[each["sourceFields"][0]].append(_form(each, key, {})._replace(sources=()))
    names = {name: ", ".join(sorted(map(str, made))) for name, made in makers.items()}
    same = Counter(names.values())
    more = {name: ", ".join(sorted(map(str, changes[name]))) for name, made in names.items() if same[made] > 1}
    return {name: ", ".join([made, *([more[name]] if more.get(name) else [])]) for name, made in names.items()}


def _form(task: Task, key: str, made: Mapping[str, str]) -> TaskForm:
    kind, operator = task["taskType"], operator_of(task, key)
    sources = tuple(made.get(name, name) for name in task["sourceFields"] if name)
    properties = dict(task.get("taskProperties") or {})
    if operator == "PROJECTION":
        return TaskForm(kind, tuple(sorted(sources)), operator, None, ())
    if operator == "NO_OP":
        operator = None
    target: str | None = task.get("destinationField") or next(iter(task["sourceFields"]), None)
    if kind in _MAKERS:
        # what only other tasks see is told by what it is made of
        target = made.get(task.get("destinationField") or "")
    if kind == "Arithmetic":
        sources = _operands(sources, properties)
    _normalise(kind, operator, properties)
    if kind == "Map" and not made.keys().isdisjoint(task["sourceFields"]) and properties == _DEFAULT_TYPES:
        properties = {}  # what other tasks have made is a text, whether a mapping says so or not
    return TaskForm(kind, sources, operator, target if kind in _NAMED else None, tuple(sorted(properties.items())))


def _operands(sources: tuple[str, ...], properties: dict[str, Any]) -> tuple[str, ...]:
    """The fields of an Arithmetic task in the order that counts."""
    order = [name.strip() for name in properties.get(_ORDER, ",".join(sources)).split(",")]
    for each in (sources, sources[::-1]):
        if order == [name.strip() for name in ",".join(each).split(",")]:
            properties.pop(_ORDER, None)
            return each
    return sources


def _normalise(kind: str, operator: str | None, properties: dict[str, Any]) -> None:
    if kind == "Filter":
        _normalise_filter(properties)
    elif kind == "Map":
        _normalise_types(properties)
    elif kind == "Mask":
        if properties.get("MASK_VALUE") == "*":
            del properties["MASK_VALUE"]
        if operator == "MASK_ALL":
            properties.pop("MASK_LENGTH", None)
    elif kind == "Map_all":
        for name in ("DATA_TYPE", *_TYPES):
            properties.pop(name, None)
    for name in (_EXCLUDED, _PARTITIONED):
        names = _read_names(properties.pop(name, "[]"))
        if names:
            properties[name] = tuple(sorted(names)) if name == _EXCLUDED else names


def _normalise_filter(properties: dict[str, Any]) -> None:
    properties.setdefault("DATA_TYPE", _TEXT)
    if "VALUES" in properties:  # one of them has to do, whichever comes first
        properties["VALUES"] = ",".join(sorted(properties["VALUES"].split(",")))


def _normalise_types(properties: dict[str, Any]) -> None:
    """DATA_TYPE is what AWS's own samples send for a field that keeps its type."""
    source, destination = _TYPES
    kept = properties.pop("DATA_TYPE", None)
    known = properties.pop(source, kept)
    to = properties.pop(destination, kept or known)
    properties |= {name: each for name, each in ((source, known), (destination, to)) if each}


def _read_names(written: str) -> tuple[str, ...]:
    try:
        found = json.loads(written)
    except (ValueError, TypeError, RecursionError):
        return (written,)
    return tuple(map(str, found)) if isinstance(found, list) else (written,)


def _shown(value: Any, *, is_time: bool) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return shown_time(int(value)) if is_time and value.lstrip("-").isdecimal() else str(value)


def shown_time(milliseconds: int) -> str:
    """A point in time for people.

    :param milliseconds: since the epoch.
    """
    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)).isoformat()
    except OverflowError:
        return str(milliseconds)
