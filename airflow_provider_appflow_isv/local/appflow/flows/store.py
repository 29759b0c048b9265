"""The flows of one account and Region: their lifecycle, their runs and their tags."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.controls.quotas import RunCounter, quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import (
    ConflictException,
    ResourceNotFoundException,
    UnsupportedOperationException,
)
from airflow_provider_appflow_isv.local.appflow.flows.activations import (
    DEFAULT_ERROR_THRESHOLD,
    EventActivation,
    ScheduledActivation,
)
from airflow_provider_appflow_isv.local.appflow.flows.end_checks import check_ends
from airflow_provider_appflow_isv.local.appflow.flows.flow import (
    ERROR,
    SUCCESSFUL,
    Flow,
    FlowRun,
    FlowVersion,
    definition_of,
    initial_status,
)
from airflow_provider_appflow_isv.local.appflow.flows.records import execution_records
from airflow_provider_appflow_isv.local.appflow.flows.rules import changes_schema, check_flow, check_update
from airflow_provider_appflow_isv.local.appflow.flows.schedules import pull_window, scheduled_properties
from airflow_provider_appflow_isv.local.appflow.profiles.kms_keys import check_key
from airflow_provider_appflow_isv.local.appflow.runs.engine import engine
from airflow_provider_appflow_isv.local.appflow.runs.launcher import RunLauncher
from airflow_provider_appflow_isv.local.appflow.wire.paging import page

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore
    from airflow_provider_appflow_isv.local.appflow.runs.job import Record

_MAX_STATUS_MESSAGE = 2048  # FlowStatusMessage in AppFlow's model


class FlowStore:
    """Flows by name.

    :param account_id: their account.
    :param region_name: their Region.
    :param partition: partition of their ARNs.
    :param profiles: the connector profiles that they may go through.
    """

    def __init__(self, account_id: str, region_name: str, partition: str, profiles: ProfileStore) -> None:
        self._arn_start = f"arn:{partition}:appflow:{region_name}:{account_id}:flow/"
        self._region_name = region_name
        self._profiles = profiles
        self._launcher = RunLauncher(account_id, region_name, profiles)
        self._lock = threading.RLock()
        self._counter = RunCounter()
        self.flows: dict[str, Flow] = {}

    def create(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer CreateFlow."""
        name, definition = params["flowName"], definition_of(params)
        self._refuse_duplicate(name)
        if "kmsArn" in definition:
            check_key(definition["kmsArn"], self._region_name)
        check_flow(definition, self._profiles)
        check_ends(definition, self._profiles, self._launcher.buckets(self._arn_start + name))
        with self._lock:
            self._refuse_duplicate(name)
            quotas.check_flows(self.flows)
            now = settings.now()
            flow = self.flows[name] = Flow(
                name=name,
                arn=self._arn_start + name,
                status=initial_status(definition["triggerConfig"]["triggerType"]),
                created_at=now,
                created_by=caller_arn,
                tags=dict(params.get("tags", {})),
                versions=[FlowVersion(definition, 1, now, caller_arn, now)],
            )
            self._launcher.prepare_destination(flow)
            return {"flowArn": flow.arn, "flowStatus": flow.status}

    def update(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer UpdateFlow: everything but name, key and tags is replaced; runs that have started are not touched."""
        flow, definition = self.get(params["flowName"]), definition_of(params)
        check_flow(definition, self._profiles, flow.newest.definition)
        check_update(flow.newest.definition, definition)
        check_ends(definition, self._profiles, self._launcher.buckets(flow.arn))
        with self._lock:
            if self.get(flow.name) is not flow:  # deleted meanwhile, and perhaps created anew
                raise ResourceNotFoundException(f"Flow with name {flow.name} was deleted meanwhile.")
            before, now = flow.newest, settings.now()
            if "kmsArn" in before.definition:
                definition["kmsArn"] = before.definition["kmsArn"]
            if flow.trigger_type != definition["triggerConfig"]["triggerType"]:
                self._end_activation(flow, initial_status(definition["triggerConfig"]["triggerType"]))
            schema_version = before.schema_version + changes_schema(before.definition, definition)
            visible_from = now + settings.update_delay_seconds
            flow.versions = [*flow.versions, FlowVersion(definition, schema_version, now, caller_arn, visible_from)]
            if flow.activation is not None:
                flow.activation.refresh()
            return {"flowStatus": flow.status}

    def get(self, name: str) -> Flow:
        """Return a flow.

        :raises ResourceNotFoundException: if there is none of that name.
        """
        try:
            return self.flows[name]
        except KeyError:
            raise ResourceNotFoundException(f"Flow with name {name} does not exist.") from None

    def list_flows(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListFlows."""
        shown, next_token = page(
            [flow for _, flow in sorted(self.flows.items())],
            lambda flow: flow.name,
            scope="ListFlows",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        return {"flows": [flow.summary() for flow in shown], "nextToken": next_token}

    def using(self, profile_name: str) -> list[str]:
        """Return the names of the flows that go through a profile."""
        return sorted(name for name, flow in self.flows.items() if profile_name in flow.profile_names)

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DeleteFlow. Runs that are going on end as they would, but nobody can look at them any more."""
        with self._lock:
            flow = self.get(params["flowName"])
            if not flow.runs_on_demand and flow.status == "Active" and not params.get("forceDelete", False):
                raise ConflictException(
                    "Conflict executing request: Flow is in active state, please set forceDelete to true or "
                    f"deactivate the flow: {flow.name}"
                )
            self._end_activation(flow, "Deleted")
            del self.flows[flow.name]
            return {}

    def start(self, name: str) -> dict[str, Any]:
        """Answer StartFlow: run a flow on demand, activate any other."""
        with self._lock:
            flow = self.get(name)
            answer = {"flowArn": flow.arn, "flowStatus": "Active"}
            if flow.runs_on_demand:
                return {**answer, "executionId": self._begin_run(flow, settings.now()).execution_id}
            if flow.activation is None or not flow.activation.is_live:
                self._activate(flow)
            activation = flow.activation
        if isinstance(activation, EventActivation):
            activation.listener.wait_until_tried()
        return answer

    def stop(self, name: str) -> dict[str, Any]:
        """Answer StopFlow; a flow that is not active stays as it is."""
        with self._lock:
            flow = self.get(name)
            if flow.runs_on_demand:
                raise UnsupportedOperationException(
                    f"The flow {name} runs on demand and cannot be stopped. Cancel its runs with CancelFlowExecutions."
                )
            if flow.status == "Active":
                self._end_activation(flow, "Suspended")
            return {"flowArn": flow.arn, "flowStatus": flow.status}

    def start_scheduled_run(self, name: str) -> str:
        """Start a run as the scheduler would and return its execution id.

        :raises ResourceNotFoundException: for an unknown flow.
        :raises UnsupportedOperationException: if the flow is not scheduled and active.
        """
        with self._lock:
            flow = self.get(name)
            if flow.trigger_type != "Scheduled" or flow.status != "Active":
                raise UnsupportedOperationException(
                    f"The flow {name} is {flow.trigger_type} and {flow.status}; only an Active flow on a schedule runs "
                    "by itself. Call StartFlow to activate it."
                )
            return self._begin_run(flow, settings.now()).execution_id

    def cancel(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer CancelFlowExecutions: the given runs, or all that are in progress."""
        flow = self.get(params["flowName"])
        wanted = params.get("executionIds")
        if wanted is None:
            for run in list(flow.runs.values()):
                engine.cancel(run)
            return {"invalidExecutions": []}
        return {"invalidExecutions": [each for each in wanted if not self._cancel_run(flow, each)]}

    def records(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeFlowExecutionRecords."""
        return execution_records(self.get(params["flowName"]), params)

    def follow_clock(self) -> None:
        """Go on by a clock that was put back: what lies ahead of it by now counts as of now."""
        with self._lock:
            for flow in self.flows.values():
                flow.follow_clock()

    def abandon_runs(self) -> None:
        """Let no flow run by itself any more and cancel every run, for a reset."""
        self._launcher.close()
        for flow in list(self.flows.values()):
            with self._lock:
                self._end_activation(flow, "Deleted")
            for run in list(flow.runs.values()):
                engine.cancel(run)

    def _cancel_run(self, flow: Flow, execution_id: str) -> bool:
        run = flow.runs.get(execution_id)
        return run is not None and engine.cancel(run)

    def _begin_run(self, flow: Flow, moment: float, events: list[Record] | None = None) -> FlowRun:
        """Start a run as of a moment.

        :raises ServiceQuotaExceededException: if a quota leaves no room for it.
        """
        self._counter.check()
        window = pull_window(flow, moment)
        run = self._launcher.launch(flow, moment, lambda ended: self._run_ended(flow, ended), window, events)
        self._counter.add(run)
        return run

    def _activate(self, flow: Flow) -> None:
        flow.status, flow.status_message = "Active", None
        flow.activated_at, flow.failures = settings.now(), 0

        def launch(moment: float, events: list[Record] | None) -> FlowRun:
            return self._begin_run(flow, moment, events)

        if flow.trigger_type == "Scheduled":
            flow.activation = ScheduledActivation(flow, launch, self._lock)
        else:
            flow.activation = EventActivation(
                flow,
                lambda: self._profiles.connection(flow.definition["sourceFlowConfig"]["connectorProfileName"]),
                launch,
                self._lock,
                lambda reason: self._deactivate(flow, reason),
            )
        flow.activation.begin()

    def _end_activation(self, flow: Flow, status: str) -> None:
        activation, flow.activation, flow.status = flow.activation, None, status
        flow.status_message = None
        if activation is not None:
            activation.end()

    def _run_ended(self, flow: Flow, run: FlowRun) -> None:
        """Count failures in a row; the flow's activation goes on unless there are too many."""
        with self._lock:
            if flow.activation is None or run.started_at < flow.activated_at:
                return
            if run.status == ERROR:
                flow.failures += 1
            elif run.status == SUCCESSFUL:
                flow.failures = 0
            properties = scheduled_properties(flow.definition) or {}
            if flow.failures < properties.get("flowErrorDeactivationThreshold", DEFAULT_ERROR_THRESHOLD):
                flow.activation.run_ended(run)
                return
        self._deactivate(flow, run.message)

    def _deactivate(self, flow: Flow, reason: str) -> None:
        """Suspend a flow that fails again and again."""
        with self._lock:
            if flow.activation is None:
                return
            self._end_activation(flow, "Suspended")
            flow.status_message = reason[:_MAX_STATUS_MESSAGE]
        self._launcher.report_deactivated(flow, reason)

    def _refuse_duplicate(self, name: str) -> None:
        if name in self.flows:
            raise ConflictException(f"Conflict executing request: Flow with name {name} already exists.")
