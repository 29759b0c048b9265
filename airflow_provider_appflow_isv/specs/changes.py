"""How a flow differs from what is wanted of it, and what of that UpdateFlow can't change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from airflow_provider_appflow_isv.specs.completion import completed
from airflow_provider_appflow_isv.specs.normal import TIMES, Definition, default_of, parts_of
from airflow_provider_appflow_isv.specs.task_forms import TaskForm, shown_time, task_forms

_TASKS = "tasks"
# AppFlow user guide, "Managing flows": not the flow's name, source or destination
_WHERE = ("connectorType", "object", "entityName", "objectPath", "bucketName", "bucketPrefix", "domainName")
# UpdateFlow has no kmsArn
_FIXED = frozenset({"kmsArn", *(f"{side}.{name}" for side in ("source", "destination") for name in _WHERE)})


class Difference(NamedTuple):
    """One part in which a flow is not as it is wanted.

    :param part: its place by AppFlow's names, e.g. ``destination.s3OutputFormatConfig.fileType``; ``tasks`` for a task.
    :param wanted: what it should be; None for nothing.
    :param found: what it is; None for nothing.
    :param fixed: whether UpdateFlow can't change it.
    """

    part: str
    wanted: Any
    found: Any
    fixed: bool = False

    def __str__(self) -> str:
        if self.part == _TASKS:
            return f"{_TASKS} lack {self.wanted}" if self.found is None else f"{_TASKS} have {self.found}, not wanted"
        return f"{self.part} is {self._shown(self.found)}, wanted is {self._shown(self.wanted)}"

    def _shown(self, value: Any) -> str:
        if isinstance(value, int) and self.part.rpartition(".")[2] in TIMES:
            return shown_time(value)
        if isinstance(value, tuple):
            return ", ".join(map(str, value))
        return "nothing" if value is None else repr(value)


def differences(wanted: Definition, found: Definition, *, now: datetime | None = None) -> list[Difference]:
    """Return how a flow differs from a wanted definition; nothing if an update would change nothing.

    The order of tasks and AppFlow's defaults are no difference, nor is what :func:`completed` takes from the flow.

    :param wanted: members of CreateFlow or UpdateFlow.
    :param found: DescribeFlow's answer.
    :param now: the present; default the machine's clock.
    """
    has, is_to_have = parts_of(found), parts_of(completed(wanted, found, now=now))
    changed = [
        Difference(part, is_to_have.get(part, default_of(part)), has.get(part, default_of(part)), part in _FIXED)
        for part in sorted({*has, *is_to_have})
        if has.get(part) != is_to_have.get(part)
    ]
    return changed + _task_differences(_forms(wanted), _forms(found))


def _forms(definition: Definition) -> list[TaskForm]:
    return task_forms(definition["sourceFlowConfig"]["connectorType"], definition["tasks"])


def _task_differences(wanted: Sequence[TaskForm], found: Sequence[TaskForm]) -> list[Difference]:
    left, missing = list(found), []
    # those that give types first, so that they find theirs
    for form in sorted(wanted, key=lambda each: len(each.types), reverse=True):
        same = form if form in left else next(filter(form.is_met_by, left), None)
        if same is None:
            missing.append(form)
        else:
            left.remove(same)
    lacking = [Difference(_TASKS, str(form), None) for form in missing]
    return lacking + [Difference(_TASKS, None, str(form)) for form in left]
