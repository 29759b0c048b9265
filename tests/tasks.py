"""Running a task as workers and triggerers do, without a scheduler."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any

import pytest

try:
    from airflow.sdk import DAG
    from airflow.sdk.exceptions import TaskDeferred
except ImportError:  # Airflow 2
    from airflow.exceptions import TaskDeferred  # type: ignore[no-redef]  # the same class elsewhere
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # the same class elsewhere

__all__ = ["DAG", "TaskDeferred", "defer_task", "fire", "first_event", "resume_task", "run_task"]


def run_task(operator: Any, **params: Any) -> Any:
    """Render the templates and execute."""
    context: Any = {"params": params}
    operator.render_template_fields(context)
    return operator.execute(context)


def defer_task(operator: Any, **params: Any) -> TaskDeferred:
    """Execute up to the deferral."""
    with pytest.raises(TaskDeferred) as caught:
        run_task(operator, **params)
    deferred: TaskDeferred = caught.value
    return deferred


def fire(deferred: TaskDeferred) -> Any:
    """What the deferral's trigger tells, made anew from its serialized form and without its grace."""
    path, arguments = deferred.trigger.serialize()
    module, _, name = path.rpartition(".")
    trigger = getattr(import_module(module), name)(**{**arguments, "first_event_after": 0.0})
    return first_event(trigger)


def first_event(trigger: Any) -> Any:
    """The payload of a trigger's first event."""

    async def wait() -> Any:
        return (await anext(trigger.run())).payload

    return asyncio.run(wait())


def resume_task(operator: Any, deferred: TaskDeferred) -> Any:
    """Run the trigger and go on with the task where the deferral says."""
    resume = getattr(operator, deferred.method_name)
    return resume({}, event=fire(deferred), **(deferred.kwargs or {}))
