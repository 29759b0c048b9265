"""Which permissions a request needs, as the Service Authorization Reference lists them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.wire.permissions import Permission, permissions
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model

PREFIX = "arn:aws:appflow:us-east-1:111122223333"
NAMES = {
    "flowName": "daily",
    "connectorProfileName": "org",
    "connectorLabel": "mine",
    "resourceArn": f"{PREFIX}:flow/x",
}
EVERY_RESOURCE = {
    "CancelFlowExecutions": f"{PREFIX}:flow/daily",
    "CreateConnectorProfile": "*",
    "CreateFlow": "*",
    "DeleteConnectorProfile": f"{PREFIX}:connectorprofile/org",
    "DeleteFlow": f"{PREFIX}:flow/daily",
    "DescribeConnector": f"{PREFIX}:connector/mine",
    "DescribeConnectorEntity": f"{PREFIX}:connectorprofile/org",
    "DescribeConnectorProfiles": "*",
    "DescribeConnectors": "*",
    "DescribeFlow": f"{PREFIX}:flow/daily",
    "DescribeFlowExecutionRecords": f"{PREFIX}:flow/daily",
    "ListConnectorEntities": f"{PREFIX}:connectorprofile/org",
    "ListConnectors": f"{PREFIX}:connector/mine",
    "ListFlows": f"{PREFIX}:flow/daily",
    "ListTagsForResource": f"{PREFIX}:flow/x",
    "RegisterConnector": "*",
    "ResetConnectorMetadataCache": f"{PREFIX}:connectorprofile/org",
    "StartFlow": f"{PREFIX}:flow/daily",
    "StopFlow": f"{PREFIX}:flow/daily",
    "TagResource": f"{PREFIX}:flow/x",
    "UnregisterConnector": f"{PREFIX}:connector/mine",
    "UntagResource": f"{PREFIX}:flow/x",
    "UpdateConnectorProfile": f"{PREFIX}:connectorprofile/org",
    "UpdateConnectorRegistration": f"{PREFIX}:connector/mine",
    "UpdateFlow": f"{PREFIX}:flow/daily",
}


def test_every_operation_is_known() -> None:
    assert set(EVERY_RESOURCE) == set(service_model().operation_names)


@pytest.mark.parametrize(("operation", "resource"), EVERY_RESOURCE.items())
def test_each_operation_has_its_action_and_resource(operation: str, resource: str) -> None:
    needed = permissions(operation, NAMES, PREFIX)[0]
    assert needed.action.lower() == f"appflow:{operation.lower()}"
    assert needed.resource == resource


@pytest.mark.parametrize(
    ("operation", "resource"),
    [
        ("ListFlows", f"{PREFIX}:flow/*"),
        ("ListConnectors", f"{PREFIX}:connector/*"),
        ("DescribeConnectorEntity", f"{PREFIX}:connectorprofile/*"),
    ],
)
def test_a_request_that_names_nothing_is_about_all_of_the_kind(operation: str, resource: str) -> None:
    assert permissions(operation, {}, PREFIX)[0].resource == resource


def test_a_connector_of_aws_goes_by_its_type() -> None:
    (needed,) = permissions("DescribeConnector", {"connectorType": "Salesforce"}, PREFIX)
    assert needed.resource == f"{PREFIX}:connector/Salesforce"


def test_unregistering_is_spelt_as_the_reference_spells_it() -> None:
    assert permissions("UnregisterConnector", NAMES, PREFIX)[0].action == "appflow:UnRegisterConnector"


@pytest.mark.parametrize("operation", ["CreateFlow", "UpdateFlow"])
def test_a_flow_uses_each_of_its_profiles_once(operation: str) -> None:
    params = {
        "flowName": "daily",
        "sourceFlowConfig": {"connectorType": "Salesforce", "connectorProfileName": "org"},
        "destinationFlowConfigList": [
            {"connectorType": "Salesforce", "connectorProfileName": "org"},
            {"connectorType": "Redshift", "connectorProfileName": "warehouse"},
            {"connectorType": "S3"},
        ],
    }
    assert permissions(operation, params, PREFIX)[1:] == [
        Permission("appflow:UseConnectorProfile", f"{PREFIX}:connectorprofile/org"),
        Permission("appflow:UseConnectorProfile", f"{PREFIX}:connectorprofile/warehouse"),
    ]


def test_a_flow_made_with_tags_is_tagged() -> None:
    tags = {"tenant": "a", "stage": "test"}
    context: dict[str, Any] = {
        "aws:RequestTag/tenant": "a",
        "aws:RequestTag/stage": "test",
        "aws:TagKeys": ("tenant", "stage"),
    }
    assert permissions("CreateFlow", {"flowName": "daily", "tags": tags}, PREFIX) == [
        Permission("appflow:CreateFlow", "*", context),
        Permission("appflow:TagResource", f"{PREFIX}:flow/daily", context),
    ]


def test_untagging_tells_the_keys() -> None:
    (needed,) = permissions("UntagResource", {**NAMES, "tagKeys": ["tenant"]}, PREFIX)
    assert needed.context == {"aws:TagKeys": ("tenant",)}


@pytest.mark.parametrize("operation", ["CreateFlow", "UpdateFlow"])
def test_a_flow_that_writes_to_the_glue_catalog_passes_its_role(operation: str) -> None:
    role = "arn:aws:iam::111122223333:role/catalog"
    params = {"metadataCatalogConfig": {"glueDataCatalog": {"roleArn": role}}}
    expected = Permission("iam:PassRole", role, {"iam:PassedToService": "appflow.amazonaws.com"})
    assert permissions(operation, params, PREFIX)[1:] == [expected]


def test_a_redshift_profile_passes_a_role_to_redshift_and_one_to_appflow() -> None:
    unload, data_api = (f"arn:aws:iam::111122223333:role/{name}" for name in ("unload", "data-api"))
    redshift = {"Redshift": {"roleArn": unload, "dataApiRoleArn": data_api}}
    params = {"connectorProfileConfig": {"connectorProfileProperties": redshift}}
    assert permissions("CreateConnectorProfile", params, PREFIX)[1:3] == [
        Permission("iam:PassRole", unload, {"iam:PassedToService": "redshift.amazonaws.com"}),
        Permission("iam:PassRole", data_api, {"iam:PassedToService": "appflow.amazonaws.com"}),
    ]


def test_a_new_profile_has_a_secret_that_appflow_makes_as_its_caller() -> None:
    needed = permissions("CreateConnectorProfile", {"connectorProfileName": "org"}, PREFIX)[1:]
    name = "appflow!111122223333-org"
    assert {(each.action, each.resource) for each in needed} == {
        (f"secretsmanager:{action}", f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}")
        for action in ("CreateSecret", "PutResourcePolicy")
    }
    assert all(each.context["aws:CalledVia"] == ("appflow.amazonaws.com",) for each in needed)
    assert needed[0].context["secretsmanager:Name"] == name


MEMBERS = st.sampled_from(
    [
        *NAMES,
        "tags",
        "tagKeys",
        "sourceFlowConfig",
        "destinationFlowConfigList",
        "metadataCatalogConfig",
        "connectorProfileConfig",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted(EVERY_RESOURCE)), st.dictionaries(MEMBERS, ANYTHING))
def test_a_request_that_is_not_valid_has_permissions_too(operation: str, params: dict[str, Any]) -> None:
    assert all(needed.resource for needed in permissions(operation, params, PREFIX))
