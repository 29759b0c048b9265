"""One walk through all of AppFlow's operations, for any client that can make its calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import (
    CustomConnection,
    provide,
    string_field,
    withdraw,
)
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model
from tests.local.appflow.conftest import ACCOUNT, REGION, Aws, Org, flow_request, profile_request, scheduled

Call = Callable[[str, dict[str, Any]], dict[str, Any]]

_LAMBDA_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:example-connector"
_REGISTRATION = {"connectorProvisioningConfig": {"lambda": {"lambdaArn": _LAMBDA_ARN}}}


class Shop(CustomConnection):
    """A connector of one table, in place of a Lambda function."""

    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        return {"Objects": [{"name": "orders"}]}

    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        return [string_field("id")]


def walk(call: Call, aws: Aws, org: Org) -> None:
    """Make every call once at least, and look at what the answers say.

    :param call: makes one call: operation name and parameters in, the answer out.
    :param aws: the local AWS, empty.
    :param org: a local Salesforce org.
    """
    aws.make_bucket()
    called: set[str] = set()

    def ask(operation: str, **params: Any) -> dict[str, Any]:
        called.add(operation)
        return call(operation, params)

    _catalogue(ask)
    _profiles(ask, org)
    _flows(ask)
    provide(_LAMBDA_ARN, {"canUseAsSource": True}, Shop)
    try:
        _custom_connectors(ask)
    finally:
        withdraw(_LAMBDA_ARN)
    assert called == set(service_model().operation_names)


def _catalogue(ask: Callable[..., dict[str, Any]]) -> None:
    first = ask("DescribeConnectors", maxResults=20)
    second = ask("DescribeConnectors", maxResults=20, nextToken=first["nextToken"])
    assert len(first["connectorConfigurations"]) + len(second["connectorConfigurations"]) == 24
    described = ask("DescribeConnector", connectorType="Salesforce")["connectorConfiguration"]
    assert described["canUseAsSource"] is True
    assert ask("ListConnectors")["connectors"] == []


def _profiles(ask: Callable[..., dict[str, Any]], org: Org) -> None:
    request = profile_request(org)
    arn = ask("CreateConnectorProfile", **request)["connectorProfileArn"]
    changed = {name: value for name, value in request.items() if name != "connectorType"}
    assert ask("UpdateConnectorProfile", **changed)["connectorProfileArn"] == arn
    profiles = ask("DescribeConnectorProfiles", connectorProfileNames=["SalesForceAPI"])["connectorProfileDetails"]
    assert [profile["connectorProfileArn"] for profile in profiles] == [arn]
    entities = ask("ListConnectorEntities", connectorProfileName="SalesForceAPI")["connectorEntityMap"]
    assert "Account" in {entity["name"] for group in entities.values() for entity in group}
    fields = ask("DescribeConnectorEntity", connectorProfileName="SalesForceAPI", connectorEntityName="Account")
    assert "Id" in {field["identifier"] for field in fields["connectorEntityFields"]}
    ask("ResetConnectorMetadataCache", connectorProfileName="SalesForceAPI")


def _flows(ask: Callable[..., dict[str, Any]]) -> None:
    arn = ask("CreateFlow", **flow_request(tags={"team": "data"}))["flowArn"]
    ask("TagResource", resourceArn=arn, tags={"stage": "test"})
    ask("UntagResource", resourceArn=arn, tagKeys=["team"])
    assert ask("ListTagsForResource", resourceArn=arn)["tags"] == {"stage": "test"}
    assert ask("UpdateFlow", **flow_request(description="Accounts."))["flowStatus"] == "Active"
    assert ask("DescribeFlow", flowName="accounts")["description"] == "Accounts."
    execution_id = ask("StartFlow", flowName="accounts")["executionId"]
    assert wait_until_ended(ACCOUNT, REGION, "accounts", execution_id) == "Successful"
    (record,) = ask("DescribeFlowExecutionRecords", flowName="accounts")["flowExecutions"]
    assert (record["executionId"], record["executionResult"]["recordsProcessed"]) == (execution_id, 25)
    cancelled = ask("CancelFlowExecutions", flowName="accounts", executionIds=[execution_id])
    assert cancelled["invalidExecutions"] == [execution_id]

    assert ask("CreateFlow", **flow_request("hourly", triggerConfig=scheduled()))["flowStatus"] == "Draft"
    ask("StartFlow", flowName="hourly")
    assert ask("StopFlow", flowName="hourly")["flowStatus"] == "Suspended"
    assert [flow["flowName"] for flow in ask("ListFlows")["flows"]] == ["accounts", "hourly"]
    for name in ("accounts", "hourly"):
        ask("DeleteFlow", flowName=name)
    ask("DeleteConnectorProfile", connectorProfileName="SalesForceAPI")
    assert ask("ListFlows")["flows"] == []


def _custom_connectors(ask: Callable[..., dict[str, Any]]) -> None:
    registration = {"connectorLabel": "example", "connectorProvisioningType": "LAMBDA", **_REGISTRATION}
    arn = ask("RegisterConnector", **registration)["connectorArn"]
    assert (
        ask("UpdateConnectorRegistration", connectorLabel="example", description="An example.")["connectorArn"] == arn
    )
    assert [each["connectorLabel"] for each in ask("ListConnectors")["connectors"]] == ["example"]
    ask("UnregisterConnector", connectorLabel="example")
    assert ask("ListConnectors")["connectors"] == []
