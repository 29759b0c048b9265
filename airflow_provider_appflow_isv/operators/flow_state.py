"""Flows that exist already: activated, stopped, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator, check_flow_name
from airflow_provider_appflow_isv.operators.deleting import DeletingOperator

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_INACTIVE = ("Draft", "Suspended")


class _ActivationOperator(AppFlowBaseOperator):
    template_fields: Sequence[str] = (*AppFlowBaseOperator.template_fields, "flow_name")

    def __init__(self, *, flow_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flow_name = flow_name
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the name too."""
        super().check_arguments()
        check_flow_name(self.flow_name)

    def describe(self, hook: AppFlowHook, *, hint: str) -> dict[str, Any]:
        """The flow as it stands, unless it runs on demand.

        :param hook: hook for the flow's account.
        :param hint: what to do about a flow that runs on demand.
        """
        flow = hook.describe_flow(self.flow_name)
        if flow["triggerConfig"]["triggerType"] == "OnDemand":
            raise TenantConfigurationError(
                "The flow runs on demand: it is neither activated nor stopped, and AppFlow was not asked to.",
                account=flow["flowArn"].split(":")[4],
                flow_name=self.flow_name,
                hint=hint,
            )
        return flow

    def done(self, flow: dict[str, Any], status: str, action: str) -> dict[str, Any]:
        """Log what came of it and turn it into the task's result.

        :param flow: the flow as it was.
        :param status: its status now.
        :param action: what was done.
        """
        arn, said = flow["flowArn"], flow.get("flowStatusMessage")
        was = f"{flow['flowStatus']}: {said}" if said else flow["flowStatus"]
        account = arn.split(":")[4]
        self.log.info("Flow %s in account %s: %s, %s (was %s)", self.flow_name, account, action, status, was)
        return {"flow_name": self.flow_name, "flow_arn": arn, "flow_status": status, "action": action}


class AppFlowActivateFlowOperator(_ActivationOperator):
    """Activate a scheduled or event flow, which AppFlow creates as a draft.

    AppFlow's StartFlow activates such a flow, but runs one on demand and bills the run: for that there is
    :class:`~airflow_provider_appflow_isv.operators.flow_run.AppFlowStartFlowOperator`, and it is refused here.

    :param flow_name: the flow.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``activated``, or ``unchanged`` if the
    flow was active.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Activate it, or see that it is active."""
        hook = self.make_hook()
        flow = self.describe(hook, hint="Run it with AppFlowStartFlowOperator.")
        if flow["flowStatus"] == "Active":
            return self.done(flow, "Active", "unchanged")
        return self.done(flow, hook.start_flow(self.flow_name).status, "activated")


class AppFlowStopFlowOperator(_ActivationOperator):
    """Deactivate a scheduled or event flow: it starts no more runs. One that is in progress goes on to its end.

    :param flow_name: the flow. One that runs on demand is refused: cancel its runs with
        :class:`~airflow_provider_appflow_isv.operators.flow_run.AppFlowCancelFlowRunsOperator`.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``stopped``, or ``unchanged`` if the
    flow was a draft or suspended.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Deactivate it, or see that it is inactive."""
        hook = self.make_hook()
        flow = self.describe(hook, hint="Cancel its runs with AppFlowCancelFlowRunsOperator.")
        if flow["flowStatus"] in _INACTIVE:
            return self.done(flow, flow["flowStatus"], "unchanged")
        return self.done(flow, hook.stop_flow(self.flow_name), "stopped")


class AppFlowDeleteFlowOperator(DeletingOperator):
    """Delete a flow and the records of its runs; what the runs wrote stays.

    :param flow_name: the flow.
    :param force: delete it although it is active or runs are in progress. Such runs go on, and are billed, but AppFlow
        shows them to nobody any more; the log names them. Default False: that is an error that says what to do first.
    :param if_missing: what it means if there is no such flow: ``skip`` (default) or ``fail``. Deleting is done when
        the flow is gone, so a retry after a lost answer, or a clean-up that runs twice, ends well; the log warns, with
        account and region, in case the task looked in the wrong place.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"flow_name", "flow_arn", "flow_status", "action"}``; the action is ``deleted`` with status ``Deleted``,
    or ``skipped`` with status None.
    """

    template_fields: Sequence[str] = (*DeletingOperator.template_fields, "flow_name")

    def __init__(self, *, flow_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flow_name = flow_name
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the name too."""
        super().check_arguments()
        check_flow_name(self.flow_name)

    def execute(self, context: Context) -> dict[str, Any]:
        """Delete it, or see that it is gone."""
        hook = self.make_hook()
        arn = hook.flow_arn(self.flow_name)
        action = self.delete(f"Flow {self.flow_name}", arn, lambda: self._delete(hook))
        status = "Deleted" if action == "deleted" else None
        return {"flow_name": self.flow_name, "flow_arn": arn, "flow_status": status, "action": action}

    def _delete(self, hook: AppFlowHook) -> None:
        running = sorted(str(run.execution_id) for run in hook.flow_runs(self.flow_name) if run.is_in_progress)
        if running and not self.is_forced:
            raise AppFlowIsvError(
                f"The flow has {len(running)} runs in progress, which nobody could look at once it is deleted: "
                f"{', '.join(running)}.",
                account=hook.account,
                flow_name=self.flow_name,
                hint="Stop it if it is on a schedule or event (AppFlowStopFlowOperator), then cancel the runs "
                "(AppFlowCancelFlowRunsOperator) or wait for them; or set force=True.",
            )
        hook.delete_flow(self.flow_name, force=self.is_forced)
        if running:
            self.log.warning("Runs of flow %s that nobody can look at any more: %s", self.flow_name, ", ".join(running))
