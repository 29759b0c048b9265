"""The flows of one account and Region: their lifecycle, their runs and their tags."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .buckets import BucketError
from .connections import connector_errors
from .exceptions import (
    ConflictException,
    ConnectorServerException,
    ResourceNotFoundException,
    UnsupportedOperationException,
    ValidationException,
)
from .flow_rules import changes_schema, check_flow, check_update
from .flows import Flow, FlowRun, FlowVersion, definition_of, initial_status
from .paging import page
from .runs.engine import engine
from .runs.launcher import RunLauncher
from .schedules import pull_window
from .settings import settings

if TYPE_CHECKING:
    from .profile_store import ProfileStore

_MAX_TAGS = 50


class FlowStore:
    """Flows by name.

    :param account_id: their account.
    :param region_name: their Region.
    :param partition: partition of their ARNs.
    :param profiles: the connector profiles that they may go through.
    """

    def __init__(self, account_id: str, region_name: str, partition: str, profiles: ProfileStore) -> None:
        self._arn_start = f"arn:{partition}:appflow:{region_name}:{account_id}:flow/"
        self._profiles = profiles
        self._launcher = RunLauncher(account_id, region_name, profiles)
        self._lock = threading.RLock()
        self.flows: dict[str, Flow] = {}

    def create(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer CreateFlow."""
        name, definition = params["flowName"], definition_of(params)
        self._refuse_duplicate(name)
        check_flow(definition, self._profiles.profiles, "Create")
        self._check_source(name, definition)
        with self._lock:
            self._refuse_duplicate(name)
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
            return {"flowArn": flow.arn, "flowStatus": flow.status}

    def update(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer UpdateFlow: everything but name, key and tags is replaced; runs that have started are not touched."""
        flow, definition = self.get(params["flowName"]), definition_of(params)
        check_flow(definition, self._profiles.profiles, "Update")
        check_update(flow.newest.definition, definition)
        self._check_source(flow.name, definition)
        with self._lock:
            before, now = flow.newest, settings.now()
            if "kmsArn" in before.definition:
                definition["kmsArn"] = before.definition["kmsArn"]
            if flow.trigger_type != definition["triggerConfig"]["triggerType"]:
                flow.status = initial_status(definition["triggerConfig"]["triggerType"])
            schema_version = before.schema_version + changes_schema(before.definition, definition)
            visible_from = now + settings.update_delay_seconds
            flow.versions = [*flow.versions, FlowVersion(definition, schema_version, now, caller_arn, visible_from)]
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
        """Answer DeleteFlow."""
        with self._lock:
            flow = self.get(params["flowName"])
            if not flow.runs_on_demand and flow.status == "Active" and not params.get("forceDelete", False):
                raise ConflictException(
                    "Conflict executing request: Flow is in active state, please set forceDelete to true or "
                    f"deactivate the flow: {flow.name}"
                )
            del self.flows[flow.name]
            return {}

    def start(self, name: str) -> dict[str, Any]:
        """Answer StartFlow: run a flow on demand, activate any other."""
        with self._lock:
            flow = self.get(name)
            answer = {"flowArn": flow.arn, "flowStatus": "Active"}
            if flow.runs_on_demand:
                return {**answer, "executionId": self._begin_run(flow).execution_id}
            flow.status = "Active"
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
                flow.status = "Suspended"
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
            return self._begin_run(flow).execution_id

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
        flow = self.get(params["flowName"])
        newest_first = settings.record_order == "newest"
        runs = list(flow.runs.values())  # in the order of their start
        shown, next_token = page(
            runs[::-1] if newest_first else runs,
            lambda run: run.sort_key,
            scope=f"DescribeFlowExecutionRecords:{flow.name}",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
            descending=newest_first,
        )
        return {"flowExecutions": [run.record() for run in shown if run.poll()], "nextToken": next_token}

    def tag(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer TagResource."""
        with self._lock:
            flow = self._by_arn(params["resourceArn"])
            tags = {**flow.tags, **params["tags"]}
            if len(tags) > _MAX_TAGS:
                raise ValidationException(f"A flow can have {_MAX_TAGS} tags at most, this would make {len(tags)}.")
            flow.tags = tags
            return {}

    def untag(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UntagResource."""
        with self._lock:
            flow = self._by_arn(params["resourceArn"])
            flow.tags = {key: value for key, value in flow.tags.items() if key not in params["tagKeys"]}
            return {}

    def tags(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListTagsForResource."""
        return {"tags": self._by_arn(params["resourceArn"]).tags}

    def abandon_runs(self) -> None:
        """Cancel every run, for a reset."""
        for flow in list(self.flows.values()):
            for run in list(flow.runs.values()):
                engine.cancel(run)

    def _cancel_run(self, flow: Flow, execution_id: str) -> bool:
        run = flow.runs.get(execution_id)
        return run is not None and engine.cancel(run)

    def _begin_run(self, flow: Flow) -> FlowRun:
        window = pull_window(flow, settings.now()) if flow.trigger_type == "Scheduled" else None
        return self._launcher.launch(flow, window)

    def _check_source(self, name: str, definition: dict[str, Any]) -> None:
        """AppFlow looks at the source when a flow is saved: it logs in, and lists an S3 source."""
        source = definition["sourceFlowConfig"]
        if source["connectorType"] == "S3":
            self._check_source_files(name, source["sourceConnectorProperties"]["S3"])
        elif "connectorProfileName" in source:
            connection = self._profiles.connection(source["connectorProfileName"])
            if connection is not None:
                with connector_errors():
                    connection.check()

    def _check_source_files(self, name: str, location: dict[str, Any]) -> None:
        prefix = location.get("bucketPrefix", "")
        try:
            found = self._launcher.buckets(self._arn_start + name).keys(location["bucketName"], prefix)
        except BucketError as error:
            raise ConnectorServerException(f"Error while communicating to connector: {error}") from None
        if not found:
            raise ConnectorServerException(
                f"Error while communicating to connector: there is no object under s3://{location['bucketName']}/"
                f"{prefix}. Put the source files there before the flow is created."
            )

    def _by_arn(self, arn: str) -> Flow:
        name = arn.removeprefix(self._arn_start)
        if name == arn or name not in self.flows:
            raise ResourceNotFoundException(f"Resource with ARN {arn} does not exist.")
        return self.flows[name]

    def _refuse_duplicate(self, name: str) -> None:
        if name in self.flows:
            raise ConflictException(f"Conflict executing request: Flow with name {name} already exists.")
