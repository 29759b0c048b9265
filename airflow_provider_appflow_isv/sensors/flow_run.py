"""Waiting for a run that something else started."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import (
    AirflowSensorTimeout,
    AirflowSkipException,
    BaseSensorOperator,
    PokeReturnValue,
    first_reschedule,
)
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, FlowRunTimeout, TenantConfigurationError
from airflow_provider_appflow_isv.flow_run import RunState
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, is_literal
from airflow_provider_appflow_isv.operators.waiting import FlowRunWaitingOperator
from airflow_provider_appflow_isv.triggers.wait import MISSING_GRACE, WantedRun, check_missing

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_NOTHING = (None, "", "None")  # what a template renders to that has found nothing


class AppFlowWaitForFlowRunSensor(FlowRunWaitingOperator, BaseSensorOperator):
    """Wait for a given run of a flow, or for the first run that starts after a point in time.

    The latter is for scheduled and event flows, whose runs AppFlow starts by itself.

    :param flow_name: the flow.
    :param execution_id: the run to wait for.
    :param started_after: wait for the first run that starts then or later: a datetime or ISO 8601 text, UTC unless it
        says otherwise; e.g. ``"{{ data_interval_end }}"``. One of ``execution_id`` and ``started_after`` is needed.
    :param deferrable: wait in the triggerer; default is Airflow's ``[operators] default_deferrable``.
    :param poll_interval: seconds between looks, reached by widening from 5; default is ``poke_interval``. In
        ``mode="reschedule"`` only ``poke_interval`` counts.
    :param on_empty: what a run that processed no records means: ``succeed`` (default), ``skip`` or ``fail``.
    :param max_put_failures: how many records the destination may refuse; default None, any number.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator` and of
    Airflow's sensors: ``timeout`` counts in every mode, ``mode="reschedule"`` frees the worker between looks;
    ``silent_fail`` and ``exponential_backoff`` count in that mode only.

    Returns what :class:`~airflow_provider_appflow_isv.operators.flow_run.AppFlowStartFlowOperator` returns.
    """

    template_fields: Sequence[str] = (
        *AppFlowBaseOperator.template_fields,
        "flow_name",
        "execution_id",
        "started_after",
        "on_empty",
    )

    def __init__(
        self,
        *,
        execution_id: str | None = None,
        started_after: str | datetime | None = None,
        poll_interval: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.poll_interval = max(1.0, float(self.poke_interval)) if poll_interval is None else poll_interval
        self.execution_id = execution_id
        self.started_after = started_after
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; that there is one run to wait for, too."""
        super().check_arguments()
        if (self.execution_id in _NOTHING) == (self.started_after in _NOTHING):
            raise TenantConfigurationError(
                "Give execution_id or started_after, one of them.",
                hint="execution_id waits for that run, started_after for the first run from then on.",
            )
        if self.started_after is not None and is_literal(self.started_after):
            self._earliest_start()

    def execute(self, context: Context) -> Any:
        """Wait as told."""
        if self.reschedule and not self.deferrable:
            return super(FlowRunWaitingOperator, self).execute(context)
        with self._as_sensor():
            hook = self.make_hook()
            return self.finish(self.wait(hook, self._wanted(hook), seconds=self.timeout, must_connect=True))

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """Go on with what the trigger found."""
        with self._as_sensor():
            return super().execute_complete(context, event)

    def poke(self, context: Context) -> bool | PokeReturnValue:
        """One look, for ``mode="reschedule"``."""
        before = first_reschedule(context)
        with self.patient(must_connect=before is None):
            hook = self.make_hook()
            wanted = self._wanted(hook)
            run = self.look(hook, wanted)
            began = before or datetime.now(UTC)
            check_missing(wanted, run, missing_until=began.timestamp() + MISSING_GRACE, now=time.time())
            if run and run.state is not RunState.PENDING:
                return PokeReturnValue(is_done=True, xcom_value=self.finish(run))
            self.log.info("Waiting for %s: %s", wanted, run.status if run else "not in the execution records yet")
        return False

    def _wanted(self, hook: AppFlowHook) -> WantedRun:
        return WantedRun(
            flow_name=self.flow_name,
            flow_arn=hook.flow_arn(self.flow_name),
            execution_id=self.execution_id,
            started_after=None if self.execution_id else self._earliest_start(),
        )

    def _earliest_start(self) -> datetime:
        value = self.started_after
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError as error:
            raise TenantConfigurationError(
                f"started_after {value!r} is not a point in time.",
                flow_name=self.flow_name,
                hint="Give a datetime or ISO 8601 text, e.g. 2026-01-31T00:00:00+00:00.",
            ) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @contextmanager
    def _as_sensor(self) -> Iterator[None]:
        """Skip where soft_fail or never_fail ask for it, and raise a timeout as Airflow's sensors do."""
        try:
            yield
        except AppFlowIsvError as error:
            late = isinstance(error, FlowRunTimeout)
            if self.never_fail or (self.soft_fail and late):
                raise AirflowSkipException(f"Skipping instead of failing: {error}") from error
            if late:
                raise AirflowSensorTimeout(str(error)) from error
            raise
