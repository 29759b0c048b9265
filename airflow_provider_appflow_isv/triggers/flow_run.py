"""Waiting for a flow run in the triggerer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_appflow_isv._compat import seconds_before_first_event
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError
from airflow_provider_appflow_isv.tenant_role import SHARED_ARGUMENTS
from airflow_provider_appflow_isv.triggers.wait import Patience, WantedRun, wait_for_run

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


class AppFlowFlowRunTrigger(BaseTrigger):
    """Fires once, when a flow run has ended or can't be waited for any more.

    Every argument has a default, and one that another version of this provider wrote is left alone: a trigger that
    can't be made leaves its task, and others, deferred for ever.

    The event is ``{"outcome": "ended", "run": FlowRun.to_json()}`` or ``{"outcome": "error", "error":
    AppFlowIsvError.to_json()}``.

    :param flow_name: the flow.
    :param flow_arn: its ARN, for messages and results.
    :param execution_id: the run; None waits for the first run since ``started_after``.
    :param started_after: earliest start of that run, ISO 8601.
    :param deadline: seconds since the epoch at which to give up; it stands when the trigger moves to another triggerer.
    :param poll_interval: seconds between looks, reached by widening from 5; default 60.
    :param missing_until: seconds since the epoch until which a known run may be absent from the execution records.
    :param first_event_after: seconds before the event at the earliest; default 10 up to Airflow 3.3, else 0.
    :param cancel_on_kill: cancel the run when a user fails, clears or marks the deferred task (Airflow 3.3 and later
        tell the trigger); default False.
    :param kwargs: arguments of :class:`~airflow_provider_appflow_isv.hooks.appflow.AppFlowHook`.
    """

    def __init__(
        self,
        flow_name: str = "",
        flow_arn: str | None = None,
        execution_id: str | None = None,
        started_after: str | None = None,
        deadline: float = 0.0,
        poll_interval: float = 60.0,
        missing_until: float | None = None,
        first_event_after: float | None = None,
        cancel_on_kill: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Airflow
        self.flow_name = flow_name
        self.flow_arn = flow_arn
        self.execution_id = execution_id
        self.started_after = started_after
        self.deadline = deadline
        self.poll_interval = poll_interval
        self.missing_until = missing_until
        self.first_event_after = seconds_before_first_event() if first_event_after is None else first_event_after
        self.cancel_on_kill = cancel_on_kill
        self.hook_arguments = {name: kwargs[name] for name in SHARED_ARGUMENTS if name in kwargs}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class path and the arguments; no secret is among them."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "flow_name": self.flow_name,
            "flow_arn": self.flow_arn,
            "execution_id": self.execution_id,
            "started_after": self.started_after,
            "deadline": self.deadline,
            "poll_interval": self.poll_interval,
            "missing_until": self.missing_until,
            "first_event_after": self.first_event_after,
            "cancel_on_kill": self.cancel_on_kill,
            **self.hook_arguments,
        }

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then tell how it ended."""
        began = time.monotonic()
        try:
            event = {"outcome": "ended", "run": await self._wait()}
        except AppFlowIsvError as error:
            # one of the connection or the role doesn't know the run, and the task may have to cancel it
            error.flow_name = error.flow_name or self.flow_name
            error.execution_id = error.execution_id or self.execution_id
            event = {"outcome": "error", "error": error.to_json()}
        except Exception as error:  # the task must hear of it, and with it whether to cancel the run
            self.log.exception("Waiting for a run of flow %s failed", self.flow_name)
            event = {"outcome": "error", "error": self._unforeseen(error).to_json()}
        await asyncio.sleep(max(0.0, began + self.first_event_after - time.monotonic()))
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]  # untyped in Airflow

    async def on_kill(self) -> None:
        """Cancel the run: by its id only, since a cleared task's next run may have started already."""
        if not (self.cancel_on_kill and self.execution_id):
            return
        try:
            async with await self._open_client() as client:
                await client.cancel_flow_executions(flowName=self.flow_name, executionIds=[self.execution_id])
        except Exception:
            self.log.exception("Could not cancel run %s of flow %s", self.execution_id, self.flow_name)
        else:
            self.log.info("Cancelled run %s of flow %s", self.execution_id, self.flow_name)

    def _unforeseen(self, error: Exception) -> AppFlowIsvError:
        return AppFlowIsvError(
            f"Waiting for the run failed in the triggerer with {type(error).__name__}: {error}.",
            flow_name=self.flow_name,
            execution_id=self.execution_id,
            hint="See the triggerer's log.",
        )

    def _hook(self) -> AppFlowHook:
        from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

        hook = AppFlowHook(**self.hook_arguments)
        # masking asks the supervisor, which a thread of the triggerer must not: it wedges that of Airflow 3.0
        hook.mask = lambda _: None
        return hook

    async def _open_client(self) -> Any:
        # the first import of boto3 takes a good part of a second, which is not for the event loop
        hook = await asyncio.to_thread(self._hook)
        return await hook.get_async_conn()

    async def _wait(self) -> dict[str, Any]:
        wanted = WantedRun(
            flow_name=self.flow_name,
            flow_arn=self.flow_arn,
            execution_id=self.execution_id,
            started_after=datetime.fromisoformat(self.started_after) if self.started_after else None,
        )
        patience = Patience(deadline=self.deadline, poll_interval=self.poll_interval, missing_until=self.missing_until)
        return (await wait_for_run(self._open_client, wanted, patience, log=self.log)).to_json()
