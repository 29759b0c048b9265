"""What the operator that starts a run and the sensor that waits for one have in common."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow_provider_appflow_isv._compat import AirflowSkipException, conf
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, FlowRunAuthenticationFailed, from_json
from airflow_provider_appflow_isv.flow_run import ON_EMPTY, FlowRun, RunState, check_not_empty, check_success
from airflow_provider_appflow_isv.operators.base import (
    AppFlowBaseOperator,
    check_choice,
    check_flow_name,
    check_positive,
)
from airflow_provider_appflow_isv.triggers.wait import MISSING_GRACE, Patience, WantedRun, pick_run, wait_for_run

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_TRIGGERER_AWAY = 900.0


class FlowRunWaitingOperator(AppFlowBaseOperator):
    """Base of what waits for a flow run.

    :param flow_name: the flow.
    :param deferrable: wait in the triggerer instead of on a worker; default is Airflow's
        ``[operators] default_deferrable``.
    :param poll_interval: seconds between looks at the run, reached by widening from 5; default 60.
    :param on_empty: what a run that processed no records means: ``succeed`` (default), ``skip`` or ``fail``.
    :param max_put_failures: how many records the destination may refuse; default None, any number.
    """

    def __init__(
        self,
        *,
        flow_name: str,
        deferrable: bool | None = None,
        poll_interval: float = 60.0,
        on_empty: str = "succeed",
        max_put_failures: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.flow_name = flow_name
        self.deferrable = (
            conf.getboolean("operators", "default_deferrable", fallback=False) if deferrable is None else deferrable
        )
        self.poll_interval = poll_interval
        self.on_empty = on_empty
        self.max_put_failures = max_put_failures

    def check_arguments(self) -> None:
        """As of the base; flow name and on_empty too."""
        super().check_arguments()
        check_flow_name(self.flow_name)
        check_choice("on_empty", self.on_empty, ON_EMPTY)
        check_positive("poll_interval", self.poll_interval)

    def wait(
        self,
        hook: AppFlowHook,
        wanted: WantedRun,
        *,
        seconds: float,
        cancel_on_kill: bool = False,
        must_connect: bool = False,
        carried: dict[str, Any] | None = None,
    ) -> FlowRun:
        """The run once it has ended, or a deferral.

        :param hook: hook for the flow's account.
        :param wanted: the run.
        :param seconds: how long to wait from now.
        :param cancel_on_kill: for the trigger.
        :param must_connect: fail at once if there is no AWS at the address.
        :param carried: further arguments of ``execute_complete`` after a deferral, JSON values; default none.
        :raises FlowRunTimeout: it had not ended in time.
        """
        patience = Patience(
            deadline=time.time() + seconds,
            poll_interval=self.poll_interval,
            missing_until=time.time() + MISSING_GRACE,
        )
        if not self.deferrable:
            waiting = wait_for_run(hook.get_async_conn, wanted, patience, log=self.log, must_connect=must_connect)
            return asyncio.run(waiting)
        with self.patient(must_connect=must_connect):
            run = self.look(hook, wanted)
            if run and run.state is not RunState.PENDING:
                return run
        return self._defer(wanted, patience, cancel_on_kill, carried)

    def look(self, hook: AppFlowHook, wanted: WantedRun) -> FlowRun | None:
        """The run as the execution records show it now; None if it is not there."""
        return pick_run(hook.flow_runs(self.flow_name, flow_arn=wanted.flow_arn), wanted)

    @contextmanager
    def patient(self, *, must_connect: bool) -> Iterator[None]:
        """Leave the block at trouble that may pass, such as throttling, with a line in the log.

        :param must_connect: raise if there is no AWS at the address.
        """
        from airflow_provider_appflow_isv.hooks.request_errors import is_transient

        try:
            yield
        except AppFlowIsvError as error:
            if not is_transient(error, must_connect=must_connect):
                raise
            self.log.warning("Could not look for a run of flow %s, will look again: %s", self.flow_name, error)

    def _defer(
        self, wanted: WantedRun, patience: Patience, cancel_on_kill: bool, carried: dict[str, Any] | None
    ) -> NoReturn:
        from airflow_provider_appflow_isv.triggers.flow_run import AppFlowFlowRunTrigger

        until = datetime.fromtimestamp(patience.deadline, UTC)
        self.log.info("Waiting for %s in the triggerer, until %s at the latest", wanted, until)
        trigger = AppFlowFlowRunTrigger(
            flow_name=wanted.flow_name,
            flow_arn=wanted.flow_arn,
            execution_id=wanted.execution_id,
            started_after=wanted.started_after.isoformat() if wanted.started_after else None,
            deadline=patience.deadline,
            poll_interval=patience.poll_interval,
            missing_until=patience.missing_until,
            cancel_on_kill=cancel_on_kill,
            **self.shared_arguments,
        )
        # the trigger keeps the deadline; Airflow's own only counts where no triggerer runs
        backstop = timedelta(seconds=max(0.0, patience.deadline - time.time()) + _TRIGGERER_AWAY)
        self.defer(trigger=trigger, method_name="execute_complete", kwargs=carried, timeout=backstop)

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """Go on with what the trigger found.

        :param context: Airflow's task context.
        :param event: the event of :class:`~airflow_provider_appflow_isv.triggers.flow_run.AppFlowFlowRunTrigger`.
        """
        return self.finish(self.ended_run(event))

    def ended_run(self, event: dict[str, Any] | None) -> FlowRun:
        """The run that the trigger's event tells of.

        :raises AppFlowIsvError: the trigger gave up on it.
        """
        told = event or {}
        if told.get("outcome") == "error" and isinstance(told.get("error"), dict):
            raise from_json(told["error"])
        run = told.get("run")
        if told.get("outcome") == "ended" and isinstance(run, dict) and "flow_name" in run:
            return FlowRun.from_json(run)
        raise AppFlowIsvError(
            f"The trigger told nothing that this version understands: {event!r}.",
            flow_name=self.flow_name,
            hint="Run the same version of this provider on workers and triggerers, then clear the task.",
        )

    def name_profiles(self, error: AppFlowIsvError) -> None:
        """Have an error about authentication name the flow's connector profiles, if they can be looked up.

        :param error: the error.
        """
        from airflow_provider_appflow_isv.hooks.profile_credentials import profile_names

        try:
            names = profile_names(self.make_hook().describe_flow(self.flow_name))
        except AppFlowIsvError as trouble:  # the error to tell of is the other
            self.log.info("Which connector profiles flow %s uses could not be looked up: %s", self.flow_name, trouble)
        else:
            about = f" It concerns connector profile {' or '.join(names)}." if names else ""
            error.message = f"{error.message}{about}"

    def finish(self, run: FlowRun) -> dict[str, Any]:
        """Log how the run ended and turn it into the task's result.

        :return: :meth:`FlowRun.to_xcom`.
        :raises FlowRunAuthenticationFailed: the SaaS refused the credentials; it names the connector profile if the
            role may look at the flow.
        :raises FlowRunError: it did not end as wanted.
        :raises AirflowSkipException: it processed no records and ``on_empty`` is ``skip``.
        """
        self.log.info(
            "Ended: %s, %s records and %s bytes read, %s bytes written, %s records refused",
            run,
            run.records_processed,
            run.bytes_processed,
            run.bytes_written,
            run.put_failures,
        )
        try:
            check_success(run, max_put_failures=self.max_put_failures)
        except FlowRunAuthenticationFailed as error:
            self.name_profiles(error)
            raise
        if not run.records_processed and self.on_empty == "skip":
            raise AirflowSkipException(f"No records in {run}")
        if self.on_empty == "fail":
            check_not_empty(run)
        return run.to_xcom()
