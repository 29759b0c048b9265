"""The AppFlow backend of one account and Region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from airflow_provider_appflow_isv.local.appflow.connectors.entities import EntityDirectory
from airflow_provider_appflow_isv.local.appflow.connectors.metadata_cache import MetadataCache
from airflow_provider_appflow_isv.local.appflow.connectors.registry import ConnectorRegistry
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.store import FlowStore
from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore
from airflow_provider_appflow_isv.local.appflow.wire.idempotency import ClientTokens
from airflow_provider_appflow_isv.local.appflow.wire.paging import page

from .connectors import aws_connectors, catalog
from .exceptions import ConflictException
from .runs.reports import reports
from .tagging import Tagged, Tagging

_NAMES = ("flowName", "connectorProfileName", "connectorLabel")  # of what a request with a clientToken acts on, in turn


class AppFlowBackend(BaseBackend):
    """Everything that one account has in AppFlow in one Region. Parameters of its methods are validated requests."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.connectors = ConnectorRegistry(account_id, region_name, self.partition)
        cache = MetadataCache()
        self.profiles = ProfileStore(account_id, region_name, self.partition, self.connectors, cache)
        self.entities = EntityDirectory(self.profiles, cache)
        self.flows = FlowStore(account_id, region_name, self.partition, self.profiles)
        self.tokens = ClientTokens()
        self.tagging = Tagging(self._tagged)

    def reset(self) -> None:
        """Forget everything; runs that are still going on are cancelled."""
        self.flows.abandon_runs()
        super().reset()

    def create_connector_profile(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer CreateConnectorProfile."""
        return self._once("CreateConnectorProfile", params, lambda: self.profiles.create(params))

    def update_connector_profile(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UpdateConnectorProfile."""
        return self._once("UpdateConnectorProfile", params, lambda: self.profiles.update(params))

    def delete_connector_profile(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DeleteConnectorProfile."""
        name = self.profiles.get(params["connectorProfileName"]).name
        users = self.flows.using(name)
        if users and not params.get("forceDelete", False):
            raise ConflictException(
                f"Conflict executing request: Connector profile: {name} is associated with one or more flows. If you "
                "still want to delete it, then make delete request with forceDelete flag as true. Some of the "
                f"associated flows are: [{', '.join(users)}]"
            )
        self.profiles.delete(name)
        self.tokens.forget(f"connectorProfileName:{name}")
        return {}

    def register_connector(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer RegisterConnector."""
        return self._once("RegisterConnector", params, lambda: self.connectors.register(params, caller_arn))

    def update_connector_registration(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UpdateConnectorRegistration."""
        return self._once("UpdateConnectorRegistration", params, lambda: self.connectors.update(params))

    def unregister_connector(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UnregisterConnector."""
        label = self.connectors.get(params["connectorLabel"]).label
        users = self.profiles.of_connector(label)
        if users and not params.get("forceDelete", False):
            raise ConflictException(
                f"Conflict executing request: Connector: {label} is associated with one or more connector profiles. If "
                "you still want to unregister it, then make the request with forceDelete flag as true. Some of the "
                f"associated connector profiles are: [{', '.join(users)}]"
            )
        self.connectors.unregister(label)
        self.tokens.forget(f"connectorLabel:{label}")
        return {}

    def create_flow(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer CreateFlow."""
        return self._once("CreateFlow", params, lambda: self.flows.create(params, caller_arn))

    def update_flow(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer UpdateFlow."""
        return self._once("UpdateFlow", params, lambda: self.flows.update(params, caller_arn))

    def delete_flow(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DeleteFlow."""
        answer = self.flows.delete(params)
        self.tokens.forget(f"flowName:{params['flowName']}")
        return answer

    def start_flow(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer StartFlow. A token that is used again repeats its answer for a flow on demand, whatever the flow."""
        name = params["flowName"]
        on_demand = self.flows.get(name).runs_on_demand
        return self._once("StartFlow", params, lambda: self.flows.start(name), same_parameters=not on_demand)

    def start_scheduled_run(self, flow_name: str) -> str:
        """Start a run of an Active scheduled flow as the scheduler would.

        :param flow_name: the flow.
        :return: the run's execution id.
        :raises ResourceNotFoundException: for an unknown flow.
        :raises UnsupportedOperationException: if the flow is not on a schedule or not Active.
        """
        return self.flows.start_scheduled_run(flow_name)

    def describe_connectors(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnectors; no types, or an empty list of them, means all."""
        wanted = params.get("connectorTypes") or catalog.connector_types()
        shown, next_token = page(
            sorted(set(wanted)),
            str,
            scope="DescribeConnectors",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        return {
            "connectorConfigurations": {each: catalog.configuration(each) for each in shown},
            "connectors": [catalog.detail(each) for each in shown],
            "nextToken": next_token,
        }

    def describe_connector(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeConnector, for a connector type or for a registered connector by its label."""
        label = params.get("connectorLabel")
        if params["connectorType"] != catalog.CUSTOM or label is None:
            return catalog.describe(params["connectorType"])
        if self.connectors.find(label) is None and aws_connectors.is_aws_connector(label):
            return {"connectorConfiguration": aws_connectors.describe(label)}
        return {"connectorConfiguration": self.connectors.get(label).describe()}

    def _once(
        self, operation: str, params: dict[str, Any], act: Callable[[], dict[str, Any]], *, same_parameters: bool = True
    ) -> dict[str, Any]:
        named = next((name for name in _NAMES if name in params), "")
        resource = f"{named}:{params.get(named)}"
        return self.tokens.once(operation, params, act, resource=resource, same_parameters=same_parameters)

    def _tagged(self, arn: str) -> Tagged | None:
        flow = self.flows.flows.get(arn.rpartition("/")[2])
        return flow if flow is not None and flow.arn == arn else self.connectors.by_arn(arn)


appflow_backends = BackendDict(AppFlowBackend, "appflow")


def _follow_clock() -> None:
    for account in list(appflow_backends.values()):
        for backend in list(account.values()):
            backend.flows.follow_clock()


settings.on_reset(_follow_clock)


def wait_until_ended(
    account_id: str, region_name: str, flow_name: str, execution_id: str, timeout: float = 30.0
) -> str:
    """Block until a run has ended and what follows from that is done; for tests in the process of the local stack.

    :param account_id: the flow's account.
    :param region_name: the flow's Region.
    :param flow_name: the flow.
    :param execution_id: the run.
    :param timeout: seconds to wait at most, default 30.
    :return: the run's last status: Successful, Error or Canceled.
    :raises TimeoutError: if the run is still going on then.
    """
    run = appflow_backends[account_id][region_name].flows.get(flow_name).runs[execution_id]
    run.settled.result(timeout)
    return run.status


def wait_for_runs(account_id: str, region_name: str, flow_name: str, count: int, timeout: float = 30.0) -> list[str]:
    """Block until so many runs of a flow have ended; for tests of scheduled and event flows.

    :param account_id: the flow's account.
    :param region_name: the flow's Region.
    :param flow_name: the flow.
    :param count: how many runs at least.
    :param timeout: seconds to wait at most, default 30.
    :return: the execution ids of all runs that have ended, in the order of their start.
    :raises TimeoutError: if there are fewer then.
    """
    flow = appflow_backends[account_id][region_name].flows.get(flow_name)

    def ended() -> list[str]:
        return [run.execution_id for run in list(flow.runs.values()) if run.settled.done()]

    with reports.settled:
        if not reports.settled.wait_for(lambda: len(ended()) >= count, timeout):
            raise TimeoutError(f"Only {len(ended())} runs of {flow_name} have ended after {timeout} s, not {count}.")
    return ended()
