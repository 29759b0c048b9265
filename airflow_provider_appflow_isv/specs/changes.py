"""How a flow differs from what is wanted of it, and what of that UpdateFlow can't change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from airflow_provider_appflow_isv.specs.normal import (
    Definition,
    Key,
    has_types,
    parts_of,
    task_keys,
    without_types,
)

# what AppFlow may choose by itself: it differs only from something that is wanted
_APPFLOWS_CHOICE = frozenset(
    {
        "description",
        "destination.apiVersion",
        "kmsArn",
        "source.apiVersion",
        "source.datetimeTypeFieldName",
        "trigger.dataPullMode",
        "trigger.flowErrorDeactivationThreshold",
        "trigger.scheduleStartTime",
        "trigger.timezone",
    }
)
# AppFlow user guide, "Managing flows": not the flow's name, source or destination
_WHERE = ("connectorType", "object", "entityName", "objectPath", "bucketName", "bucketPrefix", "domainName")
# UpdateFlow has no kmsArn
_FIXED = frozenset({"kmsArn", *(f"{side}.{name}" for side in ("source", "destination") for name in _WHERE)})


class Difference(NamedTuple):
    """One part in which a flow is not as it is wanted.

    :param part: its place, e.g. ``destination.fileType``, or ``tasks``.
    :param wanted: what it should be; None for nothing.
    :param found: what it is; None for nothing.
    :param fixed: whether UpdateFlow can't change it.
    """

    part: str
    wanted: Any
    found: Any
    fixed: bool = False

    def __str__(self) -> str:
        return f"{self.part} is {_shown(self.found)}, wanted is {_shown(self.wanted)}"


def differences(wanted: Definition, found: Definition, *, now: datetime | None = None) -> list[Difference]:
    """Return how a flow differs from a wanted definition; nothing if an update would change nothing.

    The order of tasks and AppFlow's defaults are no difference. Neither is a start of the schedule that has passed.

    :param wanted: members of CreateFlow or UpdateFlow.
    :param found: DescribeFlow's answer.
    :param now: the present; default the machine's clock.
    """
    has, is_to_have = parts_of(found), parts_of(wanted)
    start = is_to_have.get("trigger.scheduleStartTime")
    if isinstance(start, int) and start <= (now or datetime.now(UTC)).timestamp() * 1000:
        del is_to_have["trigger.scheduleStartTime"]
    changed = [
        Difference(part, is_to_have.get(part), has.get(part), part in _FIXED)
        for part in sorted({*has, *is_to_have})
        if has.get(part) != is_to_have.get(part) and (part in is_to_have or part not in _APPFLOWS_CHOICE)
    ]
    return changed + _task_differences(_keys(wanted), _keys(found))


def _keys(definition: Definition) -> list[Key]:
    return task_keys(definition["sourceFlowConfig"]["connectorType"], definition["tasks"])


def _task_differences(wanted: Sequence[Key], found: Sequence[Key]) -> list[Difference]:
    left, missing = list(found), []
    # those that give types first, so that they find theirs
    for key in sorted(wanted, key=has_types, reverse=True):
        same = next((each for each in left if _is(key, each)), None)
        if same is None:
            missing.append(key)
        else:
            left.remove(same)
    return [Difference("tasks", key, None) for key in missing] + [Difference("tasks", None, key) for key in left]


def _is(wanted: Key, found: Key) -> bool:
    return wanted == (found if has_types(wanted) else without_types(found))


def _shown(value: Any) -> str:
    if isinstance(value, tuple) and len(value) == 5 and isinstance(value[4], tuple):
        kind, sources, operator, target, properties = value
        words = [
            kind,
            *([operator] if operator else []),
            *([f"of {', '.join(sources)}"] if sources else []),
            *([f"to {target}"] if target else []),
            *(f"{name}={item}" for name, item in properties),
        ]
        return f"({' '.join(words)})"
    return "nothing" if value is None else repr(value)
