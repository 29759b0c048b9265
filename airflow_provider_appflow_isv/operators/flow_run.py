"""Starting a flow, and cancelling its runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.durations import seconds_of
from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    ConnectorAuthenticationError,
    FlowRunAuthenticationFailed,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.operators.base import (
    AppFlowBaseOperator,
    as_list,
    check_connector_profile_name,
    check_flow_name,
    check_positive,
    check_texts,
    is_literal,
)
from airflow_provider_appflow_isv.operators.sources import SourceTakingOperator
from airflow_provider_appflow_isv.operators.waiting import FlowRunWaitingOperator
from airflow_provider_appflow_isv.triggers.wait import WantedRun

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.flow_run import FlowRun
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_LONGEST_RUN = 48 * 3600.0
_IN_NO_ID = re.compile(r"[\s,()\[\]{}]")


class AppFlowStartFlowOperator(SourceTakingOperator, FlowRunWaitingOperator):
    """Start an on-demand flow and, unless told otherwise, wait for the run.

    A scheduled or event flow is only activated by AppFlow's StartFlow; for those set ``wait_for_completion=False``.

    :param flow_name: the flow.
    :param wait_for_completion: wait for the run, on the worker or deferred; default True. False returns at once.
    :param deferrable: wait in the triggerer; default is Airflow's ``[operators] default_deferrable``.
    :param poll_interval: seconds between looks at the run, reached by widening from 5; default 60.
    :param timeout: seconds or timedelta after which to give up; default 48 h, longer than which AppFlow lets no run
        last.
    :param on_empty: what a run that processed no records means: ``succeed`` (default), ``skip`` or ``fail``.
    :param max_put_failures: how many records the destination may refuse; default None, any number.
    :param cancel_on_kill: cancel the run when the task is killed; for a deferred task that needs Airflow 3.3. Default
        True.
    :param on_auth_failure: a credential source, with which to refresh the flow's connector profile if the SaaS refuses
        its credentials, when the flow is started or when the run has failed; the flow is then started once more. That
        happens once per try, also across a deferral, and each of the two runs has the whole timeout. Of several
        profiles it is the only one that takes such credentials, or ``auth_failure_profile``; if the SaaS can still be
        asked through it, the failure ends the task. So it does if AppFlow redeems the credentials and has had them
        already. Records that the first run wrote before it failed stay; ``wait_for_completion=False`` sees only a
        refusal of the start. Default None: such a failure ends the task. Steps before the run that refresh and prove
        the profile meet most failures earlier.
    :param auth_failure_profile: the flow's connector profile that ``on_auth_failure`` is for; needed if several take
        such credentials. Default None.
    :param cancel_on_timeout: cancel the run when the task gives up on it, at the timeout or because it can't be
        followed any more, lest a retry loads beside it; default True. A deferred task that Airflow ends because no
        triggerer answers can't do so.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "execution_id", "status", "records_processed", "bytes_processed",
    "bytes_written", "put_failures", "started_at", "ended_at", "data_pull_start", "data_pull_end"}``; what is not known
    yet, or any more, is None.

    Credentials that the SaaS refuses are a
    :class:`~airflow_provider_appflow_isv.exceptions.FlowRunAuthenticationFailed` of the run or, when the flow is
    started, a :class:`~airflow_provider_appflow_isv.exceptions.ConnectorAuthenticationError`.
    """

    template_fields: Sequence[str] = (
        *AppFlowBaseOperator.template_fields,
        "flow_name",
        "on_empty",
        "on_auth_failure",
        "auth_failure_profile",
    )
    source_argument = "on_auth_failure"

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        timeout: float | timedelta = _LONGEST_RUN,
        cancel_on_kill: bool = True,
        cancel_on_timeout: bool = True,
        on_auth_failure: CredentialSource | None = None,
        auth_failure_profile: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.timeout = seconds_of(timeout)
        self.cancel_on_kill = cancel_on_kill
        self.cancel_on_timeout = cancel_on_timeout
        self.on_auth_failure = on_auth_failure
        self.auth_failure_profile = auth_failure_profile
        self.take_source(on_auth_failure)
        self._profile = self.given("auth_failure_profile")
        self._started: FlowRun | None = None
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the timeout and the profile too."""
        super().check_arguments()
        check_positive("timeout", self.timeout)
        self.refuse_nothing(self._profile, "another connector profile would be refreshed than meant")
        if self._profile:
            check_connector_profile_name(self.auth_failure_profile)

    def execute(self, context: Context) -> dict[str, Any]:
        """Start, then wait as told; once more with fresh credentials if they were refused and may be refreshed."""
        return self._refreshing_once(self._run, refreshed=None)

    def execute_complete(
        self, context: Context, event: dict[str, Any] | None = None, refreshed: str | None = None
    ) -> dict[str, Any]:
        """Go on with what the trigger found.

        :param context: Airflow's task context.
        :param event: the event of :class:`~airflow_provider_appflow_isv.triggers.flow_run.AppFlowFlowRunTrigger`.
        :param refreshed: the connector profile that this try has refreshed already, if any.
        """

        def complete() -> dict[str, Any]:
            try:
                run = self.ended_run(event)
            except AppFlowIsvError as error:
                self._give_up(error.execution_id)
                raise
            return self.finish(run)

        return self._refreshing_once(complete, refreshed)

    def _refreshing_once(self, attempt: Callable[[], dict[str, Any]], refreshed: str | None) -> dict[str, Any]:
        try:
            return attempt()
        except (ConnectorAuthenticationError, FlowRunAuthenticationFailed) as error:
            if refreshed:
                error.hint = (
                    f"Connector profile {refreshed} got fresh credentials in this try already: check that their user "
                    "may call the API, and that the org lets AppFlow's addresses in."
                )
            if self.on_auth_failure is None or refreshed:
                raise
            profile = self._refresh(error, self.on_auth_failure)
            if profile is None:
                raise
        return self._refreshing_once(lambda: self._run(profile), profile)

    def _refresh(self, error: AppFlowIsvError, credentials: CredentialSource) -> str | None:
        """Push fresh credentials into the flow's profile that was refused; None if they are for another."""
        from airflow_provider_appflow_isv.hooks.profile_credentials import push, refused_profile

        self.log.warning("The credentials of flow %s were refused: %s", self.flow_name, error)
        hook = self.make_hook()
        profile = refused_profile(hook, self.flow_name, credentials, self.auth_failure_profile)
        if profile is None:
            error.hint = "on_auth_failure is for a connector profile through which the SaaS can still be asked."
            return None
        arn = push(hook, profile, credentials)
        self.log.info("Refreshed %s; starting the flow once more", arn)
        return str(profile["connectorProfileName"])

    def _run(self, refreshed: str | None = None) -> dict[str, Any]:
        hook = self.make_hook()
        try:
            run = hook.start_flow(self.flow_name)
        except ConnectorAuthenticationError as error:
            self.name_profiles(error)
            raise
        self._started = run
        if not run.execution_id:
            return self._activated(run)
        self.log.info("Started %s", run)
        if not self.wait_for_completion:
            return run.to_xcom()
        wanted = WantedRun(flow_name=self.flow_name, flow_arn=run.flow_arn, execution_id=run.execution_id)
        carried = {"refreshed": refreshed} if refreshed else None
        try:
            ended = self.wait(hook, wanted, seconds=self.timeout, cancel_on_kill=self.cancel_on_kill, carried=carried)
        except Exception:  # whatever it is, nobody follows the run any more
            self._give_up(run.execution_id)
            raise
        return self.finish(ended)

    def on_kill(self) -> None:
        """Cancel the run that this try started."""
        if self.cancel_on_kill and self._started and self._started.execution_id:
            self._cancel(self._started.execution_id)

    def _activated(self, run: FlowRun) -> dict[str, Any]:
        self.log.info(
            "Flow %s in account %s is %s; AppFlow decides when it runs", run.flow_name, run.account, run.status
        )
        if self.wait_for_completion:
            raise TenantConfigurationError(
                "The flow is not an on-demand flow: it has been activated, and there is no run to wait for.",
                account=run.account,
                flow_name=run.flow_name,
                hint="Set wait_for_completion=False and wait for its runs with AppFlowWaitForFlowRunSensor.",
            )
        return run.to_xcom()

    def _give_up(self, execution_id: str | None) -> None:
        if self.cancel_on_timeout and execution_id:
            self._cancel(execution_id)

    def _cancel(self, execution_id: str) -> None:
        try:
            declined = self.make_hook().cancel_flow_runs(self.flow_name, [execution_id])
        except Exception as error:  # what led here is the error to raise
            self.log.warning("Run %s of flow %s could not be cancelled: %s", execution_id, self.flow_name, error)
        else:
            done = "had ended already" if declined else "is being cancelled"
            self.log.info("Run %s of flow %s %s", execution_id, self.flow_name, done)


class AppFlowCancelFlowRunsOperator(AppFlowBaseOperator):
    """Cancel runs of a flow, by their execution ids only: a run that starts meanwhile is left alone.

    AppFlow first tells ``CancelStarted`` of a run, then ``Canceled``; this does not wait for that. What a run has
    written stays, and what it has processed is billed (AppFlow API reference, CancelFlowExecutions).

    :param flow_name: the flow.
    :param execution_ids: the runs, one id or a list; an empty list cancels none. Default None: all that the flow's
        records show in progress. A list comes from another task by its ``.output``, or from a template in a DAG with
        ``render_template_as_native_obj=True``.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "canceled", "not_in_progress"}``, two sorted lists of execution ids: runs that are being
    cancelled, and runs that AppFlow could not cancel because they had ended, or were never the flow's.
    """

    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "flow_name", "execution_ids")

    def __init__(self, *, flow_name: str, execution_ids: str | list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flow_name = flow_name
        self.execution_ids = execution_ids
        self._filters = self.given("execution_ids")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; flow name and ids too."""
        super().check_arguments()
        check_flow_name(self.flow_name)
        self.refuse_nothing(self._filters, "all runs of the flow would be cancelled")
        if self._filters:
            check_texts("execution_ids", self.execution_ids)
            for execution_id in as_list(self.execution_ids):
                _check_is_one(execution_id)

    def execute(self, context: Context) -> dict[str, Any]:
        """Find the runs if none are given, and cancel them."""
        hook = self.make_hook()
        account, ids = hook.account, self._wanted(hook)
        declined = sorted(hook.cancel_flow_runs(self.flow_name, ids)) if ids else []
        canceled = sorted(set(ids) - set(declined))
        self.log.info(
            "Runs of flow %s in account %s: being cancelled: %s; not in progress: %s",
            self.flow_name,
            account,
            ", ".join(canceled) or "none",
            ", ".join(declined) or "none",
        )
        return {"flow_name": self.flow_name, "canceled": canceled, "not_in_progress": declined}

    def _wanted(self, hook: AppFlowHook) -> list[str]:
        if self.execution_ids is None:
            runs = hook.flow_runs(self.flow_name)
            return [run.execution_id for run in runs if run.execution_id and run.is_in_progress]
        return list(dict.fromkeys(as_list(self.execution_ids)))


def _check_is_one(execution_id: Any) -> None:
    """Refuse the text of a list: AppFlow would take it for the id of a run that isn't there, and cancel nothing."""
    if is_literal(execution_id) and _IN_NO_ID.search(execution_id):
        raise TenantConfigurationError(
            f"execution_ids has {execution_id!r}: no execution id has a bracket, a comma or a blank.",
            hint="Give several as a list: the .output of a task, or a template in a DAG with "
            "render_template_as_native_obj=True.",
        )
