"""AppFlow in the account of the connection or of a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, TenantConfigurationError
from airflow_provider_appflow_isv.flow_run import FlowRun
from airflow_provider_appflow_isv.hooks.request_errors import explained
from airflow_provider_appflow_isv.hooks.tenant import TenantHook

if TYPE_CHECKING:
    from mypy_boto3_appflow import AppflowClient


class AppFlowHook(TenantHook):
    """Calls Amazon AppFlow, in the account of the connection or, by a second hop, in a tenant's.

    Parameters are those of :class:`~airflow_provider_appflow_isv.hooks.tenant.TenantHook`: ``aws_conn_id,
    region_name, verify, botocore_config, role_arn, external_id, assume_role_kwargs``. Refusals of AWS are raised as
    :class:`~airflow_provider_appflow_isv.exceptions.AppFlowRequestError`.
    """

    service = "appflow"

    if TYPE_CHECKING:
        conn: AppflowClient

    def flow_arn(self, flow_name: str) -> str:
        """ARN of a flow of this account and region, whether it exists or not."""
        return self._arn(f"flow/{flow_name}")

    def connector_profile_arn(self, name: str) -> str:
        """ARN of a connector profile of this account and region, whether it exists or not."""
        return self._arn(f"connectorprofile/{name}")

    def _arn(self, resource: str) -> str:
        meta = self.conn.meta
        return f"arn:{meta.partition}:appflow:{meta.region_name}:{self.account}:{resource}"

    def _pages(self, operation: str, *, subject: str | None = None, **request: Any) -> Iterator[dict[str, Any]]:
        call = getattr(self.conn, operation)
        name = self.conn.meta.method_to_api_mapping[operation]
        while True:
            with explained(name, account=self.known_account, flow_name=request.get("flowName"), subject=subject):
                page = call(**request)
            yield page
            if not (token := page.get("nextToken")):
                return
            request["nextToken"] = token

    def _call(self, operation: str, *, subject: str | None = None, **request: Any) -> dict[str, Any]:
        name = self.conn.meta.method_to_api_mapping[operation]
        with explained(name, account=self.known_account, flow_name=request.get("flowName"), subject=subject):
            answer: dict[str, Any] = getattr(self.conn, operation)(**request)
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def describe_connectors(self, connector_types: Iterable[str] = ()) -> list[dict[str, Any]]:
        """The connectors that AppFlow offers in this account, sorted by type.

        :param connector_types: only these types, e.g. ``["Salesforce"]``; default all.
        :return: ConnectorConfiguration members, each with its ``connectorType``.
        """
        request: dict[str, Any] = {"connectorTypes": list(connector_types)} if connector_types else {}
        found: dict[str, dict[str, Any]] = {}
        for page in self._pages("describe_connectors", **request):
            found |= page.get("connectorConfigurations") or {}
        return [{"connectorType": kind, **found[kind]} for kind in sorted(found)]

    def list_connectors(self) -> list[dict[str, Any]]:
        """The custom connectors registered in this account (ConnectorDetail members)."""
        return [item for page in self._pages("list_connectors") for item in page.get("connectors", [])]

    def describe_connector_profiles(
        self, names: Iterable[str] = (), *, connector_type: str | None = None
    ) -> list[dict[str, Any]]:
        """Connector profiles (ConnectorProfile members); credentials are never among them.

        :param names: only these; names that don't exist are left out. Default all.
        :param connector_type: only profiles of this type.
        """
        common: dict[str, Any] = {"connectorType": connector_type} if connector_type else {}
        requests = [{**common, "connectorProfileNames": some} for some in _hundreds(names)] or [common]
        pages = (page for request in requests for page in self._pages("describe_connector_profiles", **request))
        return [item for page in pages for item in page.get("connectorProfileDetails", [])]

    def get_connector_profile(self, name: str) -> dict[str, Any] | None:
        """The connector profile of that name (ConnectorProfile members), or None."""
        return self.connector_profile_now(name)[0]

    def connector_profile_now(self, name: str) -> tuple[dict[str, Any] | None, datetime]:
        """As :meth:`get_connector_profile`, and the time of the answer by AWS's clock, which the worker's may not be.

        :param name: the profile.
        """
        found, said = None, None
        for page in self._pages("describe_connector_profiles", connectorProfileNames=[name]):
            found = next(iter(page.get("connectorProfileDetails", [])), found)
            said = page["ResponseMetadata"].get("HTTPHeaders", {}).get("date", said)
        return found, parsedate_to_datetime(said) if said else datetime.now(UTC)

    def create_connector_profile(self, **request: Any) -> str:
        """Create a connector profile from members of CreateConnectorProfile; returns its ARN."""
        subject = f"connector profile {request.get('connectorProfileName')}"
        return str(self._call("create_connector_profile", subject=subject, **request)["connectorProfileArn"])

    def update_connector_profile(self, **request: Any) -> str:
        """Update a connector profile from members of UpdateConnectorProfile; returns its ARN."""
        subject = f"connector profile {request.get('connectorProfileName')}"
        return str(self._call("update_connector_profile", subject=subject, **request)["connectorProfileArn"])

    def delete_connector_profile(self, name: str, *, force: bool = False) -> None:
        """Delete a connector profile.

        :param name: the profile.
        :param force: although flows use it; default False.
        """
        subject = f"connector profile {name}"
        self._call("delete_connector_profile", subject=subject, connectorProfileName=name, forceDelete=force)

    def list_connector_entities(
        self, connector_profile_name: str, *, entities_path: str | None = None
    ) -> dict[str, list[dict[str, Any]]]:
        """What a profile's org offers as source or destination, by group (ConnectorEntity members).

        :param connector_profile_name: the profile to ask through.
        :param entities_path: path below which to list; default the top.
        """
        request = {"connectorProfileName": connector_profile_name}
        if entities_path:
            request["entitiesPath"] = entities_path
        found: dict[str, list[dict[str, Any]]] = {}
        subject = f"connector profile {connector_profile_name}"
        for page in self._pages("list_connector_entities", subject=subject, **request):
            for group, entities in page["connectorEntityMap"].items():
                found.setdefault(group, []).extend(entities)
        return found

    def describe_connector_entity(self, connector_profile_name: str, entity_name: str) -> list[dict[str, Any]]:
        """The fields of one entity (ConnectorEntityField members).

        :param connector_profile_name: the profile to ask through.
        :param entity_name: e.g. ``Account``.
        """
        answer = self._call(
            "describe_connector_entity",
            subject=f"{entity_name} through connector profile {connector_profile_name}",
            connectorProfileName=connector_profile_name,
            connectorEntityName=entity_name,
        )
        fields: list[dict[str, Any]] = answer["connectorEntityFields"]
        return fields

    def ask_through_connector_profile(self, name: str, entity_name: str | None = None) -> None:
        """Have AppFlow ask the SaaS something with the profile's credentials.

        What AppFlow remembers of an earlier answer, for up to an hour, is forgotten before.

        :param name: the profile.
        :param entity_name: the entity to describe, e.g. ``Account``; default None lists the first entity.
        :raises ConnectorAuthenticationError: the SaaS refused the credentials.
        """
        request = {"connectorProfileName": name} | ({"connectorEntityName": entity_name} if entity_name else {})
        try:
            self._call("reset_connector_metadata_cache", subject=f"connector profile {name}", **request)
        except AppFlowIsvError as error:
            # a connector of several API versions wants one to be named, which only flows know
            if error.code != "ValidationException":
                raise
        if entity_name:
            self.describe_connector_entity(name, entity_name)
        else:
            subject = f"connector profile {name}"
            next(self._pages("list_connector_entities", subject=subject, connectorProfileName=name, maxResults=1))

    def list_flows(self) -> list[dict[str, Any]]:
        """All flows of the account and region (FlowDefinition members)."""
        return [flow for page in self._pages("list_flows") for flow in page.get("flows", [])]

    def describe_flow(self, flow_name: str) -> dict[str, Any]:
        """One flow (members of the DescribeFlow answer)."""
        return self._call("describe_flow", flowName=flow_name)

    def get_flow(self, flow_name: str) -> dict[str, Any] | None:
        """One flow as :meth:`describe_flow` gives it, or None if there is no such flow."""
        try:
            return self.describe_flow(flow_name)
        except AppFlowIsvError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise

    def create_flow(self, **request: Any) -> dict[str, Any]:
        """Create a flow from members of CreateFlow; returns ``flowArn`` and ``flowStatus``."""
        return self._call("create_flow", **request)

    def update_flow(self, **request: Any) -> str:
        """Replace a flow's definition by members of UpdateFlow; returns the flow status."""
        return str(self._call("update_flow", **request)["flowStatus"])

    def stop_flow(self, flow_name: str) -> str:
        """Deactivate a scheduled or event flow; returns the flow status."""
        return str(self._call("stop_flow", flowName=flow_name)["flowStatus"])

    def delete_flow(self, flow_name: str, *, force: bool = False) -> None:
        """Delete a flow and the records of its runs.

        :param flow_name: the flow.
        :param force: although it is active; default False.
        """
        self._call("delete_flow", flowName=flow_name, forceDelete=force)

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Give a flow or connector profile tags; those of other keys stay.

        :param arn: ARN of the flow or connector profile.
        :param tags: values by key.
        """
        self._call("tag_resource", subject=arn, resourceArn=arn, tags=tags)

    def flow_runs(self, flow_name: str, *, flow_arn: str | None = None) -> Iterator[FlowRun]:
        """All runs in the flow's execution records, page by page, in AppFlow's (unstated) order.

        :param flow_name: the flow.
        :param flow_arn: its ARN, to be carried by the runs.
        """
        for page in self._pages("describe_flow_execution_records", flowName=flow_name, maxResults=100):
            for record in page.get("flowExecutions", []):
                yield FlowRun.from_record(record, flow_name=flow_name, flow_arn=flow_arn)

    def start_flow(self, flow_name: str, *, client_token: str | None = None) -> FlowRun:
        """Start an on-demand flow, or activate a scheduled or event flow.

        :param flow_name: the flow.
        :param client_token: idempotency token (printable ASCII, valid for 8 h); default a new one for each call.
        :return: the run in progress; without execution id and with the flow's status where it was only activated.
        """
        request = {"flowName": flow_name} | ({"clientToken": client_token} if client_token else {})
        answer = self._call("start_flow", **request)
        execution_id = answer.get("executionId")
        status = "InProgress" if execution_id else answer.get("flowStatus", "Active")
        return FlowRun(flow_name=flow_name, flow_arn=answer.get("flowArn"), execution_id=execution_id, status=status)

    def cancel_flow_runs(self, flow_name: str, execution_ids: Iterable[str]) -> list[str]:
        """Ask AppFlow to cancel runs; those that are not in progress are returned, not refused.

        :param flow_name: the flow.
        :param execution_ids: at least one run. AppFlow would take none for all, so none is an error here.
        :return: the execution ids that could not be cancelled.
        """
        requests = list(_hundreds(execution_ids))
        if not requests:
            raise TenantConfigurationError("execution_ids is empty: name the runs to cancel.", flow_name=flow_name)
        answers = [self._call("cancel_flow_executions", flowName=flow_name, executionIds=ids) for ids in requests]
        return [execution_id for answer in answers for execution_id in answer.get("invalidExecutions") or []]

    def list_buckets(self) -> list[str]:
        """Names of the S3 buckets in the account."""
        with explained("ListBuckets", account=self.known_account):
            return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]


def _hundreds(names: Iterable[str]) -> Iterator[list[str]]:
    """Names or ids in lists of 100, more than which AppFlow takes in no request."""
    rest = iter(names)
    while some := list(islice(rest, 100)):
        yield some
