"""Runs whose access token is revoked on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide
from airflow_provider_appflow_isv.local.appflow.controls.effects import TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from tests.local.appflow.conftest import BUCKET, Aws, flow_request, make_instance, run_and_wait
from tests.local.appflow.shop import CONFIGURATION, LAMBDA, Shop, register_request, shop_flow, shop_profile
from tests.local.appflow.tickets import BASIC, code_for, connect, landed, mapped, oauth_of, table_flow

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance, Instances


def failure_of(record: dict[str, Any]) -> str:
    assert record["executionStatus"] == "Error"
    return str(record["executionResult"]["errorInfo"]["executionMessage"])


def token_only(instance: Instance) -> dict[str, Any]:
    """OAuth credentials that cannot be renewed."""
    oauth = oauth_of(instance)
    token = instance.access_tokens.issue(oauth["clientId"], "loader", 1800).value
    return {"oAuth2Credentials": {**oauth, "accessToken": token}}


def test_a_token_may_be_revoked_before_the_first_page(connected: Any) -> None:
    connected.create_flow(**flow_request())
    faults.inject(TokenRevoked(after_page=0))
    assert "INVALID_SESSION_ID" in failure_of(run_and_wait(connected, "accounts"))


@pytest.mark.parametrize(("after_page", "processed"), [(0, 0), (1, 1000)])
def test_a_token_of_servicenow_that_is_revoked_fails_the_run(
    aws: Aws, instances: Instances, after_page: int, processed: int
) -> None:
    instance = make_instance(instances, incidents=1500)
    appflow = connect(aws, instance, token_only(instance))
    appflow.create_flow(**table_flow("incident", mapped("number")))
    faults.inject(TokenRevoked(after_page))
    record = run_and_wait(appflow, "accounts")
    assert "ServiceNow Status Code 401: authentication failed" in failure_of(record)
    assert record["executionResult"]["recordsProcessed"] == processed
    assert landed(aws) == []


def test_a_run_of_servicenow_goes_on_with_a_renewed_token(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, code_for(instance, oauth_of(instance)))
    appflow.create_flow(**table_flow("incident", mapped("number")))
    faults.inject(TokenRevoked(after_page=0))
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    assert faults.injected() == []


def test_user_name_and_password_cannot_be_revoked(aws: Aws, instance: Instance) -> None:
    appflow = connect(aws, instance, BASIC)
    appflow.create_flow(**table_flow("incident", mapped("number")))
    faults.inject(TokenRevoked(after_page=0))
    assert "logs in to ServiceNow without a token" in failure_of(run_and_wait(appflow, "accounts"))


def test_a_custom_connector_has_no_token_that_can_be_revoked(aws: Aws, appflow: Any) -> None:
    provide(LAMBDA, CONFIGURATION, Shop)
    aws.make_bucket()
    appflow.register_connector(**register_request())
    appflow.create_connector_profile(**shop_profile())
    appflow.create_flow(**shop_flow())
    faults.inject(TokenRevoked(after_page=0))
    assert "CustomConnector has no token to revoke" in failure_of(run_and_wait(appflow, "orders"))


def test_files_have_no_token_that_can_be_revoked(aws: Aws, appflow: Any) -> None:
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="input/a", Body=b"id\n1\n")
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
    }
    tasks = [{"taskType": "Map_all", "sourceFields": []}]
    appflow.create_flow(**flow_request("files", tasks, sourceFlowConfig=source))
    faults.inject(TokenRevoked(after_page=1))
    assert "S3 has no token to revoke" in failure_of(run_and_wait(appflow, "files"))
