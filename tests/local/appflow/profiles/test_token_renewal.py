"""A profile with a refresh token and the connected app's secret keeps itself alive."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.effects import TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    Org,
    flow_request,
    make_org,
    profile_request,
    run_and_wait,
)

ALLOW = {
    "Effect": "Allow",
    "Principal": {"Service": "appflow.amazonaws.com"},
    "Action": "secretsmanager:GetSecretValue",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}
AUTHENTICATION_FAILED = "authentication failed, invalid_grant: expired access/refresh token"
UNREADABLE = "Please validate the ClientCredentialsArn provided"


def app_secret(aws: Aws, content: dict[str, str], policy: dict[str, Any] | None = ALLOW) -> str:
    secrets = aws.client("secretsmanager")
    arn = str(secrets.create_secret(Name="connected-app", SecretString=json.dumps(content))["ARN"])
    if policy:
        secrets.put_resource_policy(
            SecretId=arn, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        )
    return arn


def renewable(aws: Aws, org: Org, policy: dict[str, Any] | None = ALLOW) -> dict[str, str]:
    app = org.salesforce.add_connected_app()
    return {
        "clientCredentialsArn": app_secret(aws, {"clientId": app.client_id, "clientSecret": app.client_secret}, policy),
        "refreshToken": org.salesforce.issue_refresh_token(app.client_id, "user@example.com"),
    }


def stored(aws: Aws) -> dict[str, str]:
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"appflow!{ACCOUNT}-SalesForceAPI")
    credentials: dict[str, str] = json.loads(secret["SecretString"])
    return credentials


def test_a_run_renews_a_dead_token_and_keeps_the_new_one(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org, **renewable(aws, org)))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    renewed = stored(aws)["accessToken"]
    assert renewed != org.access_token
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    assert stored(aws)["accessToken"] == renewed


def test_runs_that_find_the_token_dead_together_all_succeed(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org, **renewable(aws, org)))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    ids = [appflow.start_flow(flowName="accounts")["executionId"] for _ in range(6)]
    assert {wait_until_ended(ACCOUNT, REGION, "accounts", each) for each in ids} == {"Successful"}


def test_a_profile_may_start_with_a_dead_access_token(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = renewable(aws, org)
    appflow.create_connector_profile(**profile_request(org, **credentials, accessToken="dummy"))
    assert stored(aws)["accessToken"] != "dummy"
    assert stored(aws)["refreshToken"] == credentials["refreshToken"]


def test_a_revoked_refresh_token_fails_the_run(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = renewable(aws, org)
    appflow.create_connector_profile(**profile_request(org, **credentials))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    org.salesforce.sessions.revoke(credentials["refreshToken"])
    org.salesforce.expire_tokens()
    record = run_and_wait(appflow, "accounts")
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert "authentication failed, invalid_grant" in message
    assert credentials["refreshToken"] not in message


def test_a_rotated_refresh_token_is_kept(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = renewable(aws, org)
    _rotate(org)
    appflow.create_connector_profile(**profile_request(org, **credentials, accessToken="dummy"))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    tokens = {credentials["refreshToken"], stored(aws)["refreshToken"]}
    for _ in range(2):
        org.salesforce.expire_tokens()
        assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
        tokens.add(stored(aws)["refreshToken"])
    assert len(tokens) == 4


def test_a_refresh_token_that_somebody_else_redeems_too_is_lost_to_both(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = renewable(aws, org)
    _rotate(org)
    appflow.create_connector_profile(**profile_request(org, **credentials, accessToken="dummy"))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    assert _redeemed(org, credentials["refreshToken"]).json()["error"] == "invalid_grant"
    assert AUTHENTICATION_FAILED in _failure(run_and_wait(appflow, "accounts"))
    assert _redeemed(org, stored(aws)["refreshToken"]).json()["error"] == "invalid_grant"


def test_a_dead_grant_is_said_wherever_appflow_asks_the_org(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = renewable(aws, org)
    appflow.create_connector_profile(**profile_request(org, **credentials))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    org.salesforce.sessions.revoke(credentials["refreshToken"])
    org.salesforce.expire_tokens()
    profile = {"connectorProfileName": "SalesForceAPI"}
    update = {name: value for name, value in flow_request().items() if name != "tags"}
    for call, arguments in (
        (appflow.describe_connector_entity, {**profile, "connectorEntityName": "Account"}),
        (appflow.list_connector_entities, profile),
        (appflow.create_flow, flow_request("another")),
        (appflow.update_flow, update),
    ):
        with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match=AUTHENTICATION_FAILED) as refusal:
            call(**arguments)
        assert refusal.value.response["Error"]["Message"].startswith("Error while authenticating to connector: ")
    # StartFlow has no such error in AppFlow's model: the run has
    assert AUTHENTICATION_FAILED in _failure(run_and_wait(appflow, "accounts"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"blocked": True}, "app_blocked: this app is blocked by admin"),
        ({"client_secret": "rotated"}, "invalid_client: client secret invalid"),
        ({"refresh_token_lifetime": 0.0}, "invalid_grant: expired access/refresh token"),
        ({"refresh_ip_allowlist": ("192.0.2.0/24",)}, "invalid_grant: ip restricted"),
    ],
)
def test_a_run_says_why_the_org_gave_no_token(
    aws: Aws, appflow: Any, org: Org, change: dict[str, Any], reason: str
) -> None:
    appflow.create_connector_profile(**profile_request(org, **renewable(aws, org)))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    (app,) = org.salesforce.apps.values()
    vars(app).update(change)
    assert f"authentication failed, {reason}" in _failure(run_and_wait(appflow, "accounts"))


def _failure(record: dict[str, Any]) -> str:
    assert record["executionStatus"] == "Error"
    return str(record["executionResult"]["errorInfo"]["executionMessage"])


def _rotate(org: Org) -> None:
    for app in org.salesforce.apps.values():
        app.rotate_refresh_tokens = True


def _redeemed(org: Org, refresh_token: str) -> requests.Response:
    (app,) = org.salesforce.apps.values()
    client = {"client_id": app.client_id, "client_secret": app.client_secret}
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **client}
    return requests.post(f"{org.instance_url}/services/oauth2/token", data=form, timeout=10)


@pytest.mark.parametrize("policy", [None, {**ALLOW, "Principal": {"Service": "glue.amazonaws.com"}}])
def test_a_secret_that_appflow_may_not_read_is_named(
    aws: Aws, appflow: Any, org: Org, policy: dict[str, Any] | None
) -> None:
    credentials = renewable(aws, org, policy)
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match=UNREADABLE):
        appflow.create_connector_profile(**profile_request(org, **credentials, accessToken="dummy"))


def test_a_secret_that_is_not_there_is_named(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = {
        "clientCredentialsArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:absent-a1b2c3",
        "refreshToken": "example",
        "accessToken": "dummy",
    }
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match=UNREADABLE):
        appflow.create_connector_profile(**profile_request(org, **credentials))


def test_a_secret_without_the_apps_keys_is_named(aws: Aws, appflow: Any, org: Org) -> None:
    credentials = {
        "clientCredentialsArn": app_secret(aws, {"id": "x"}),
        "refreshToken": "example",
        "accessToken": "dummy",
    }
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match="clientId and clientSecret"):
        appflow.create_connector_profile(**profile_request(org, **credentials))


@pytest.fixture
def large_org(orgs: Any) -> Org:
    """An org whose accounts come in two pages."""
    return make_org(orgs, accounts=2500)


def test_a_token_that_is_revoked_between_two_pages_fails_the_run(aws: Aws, appflow: Any, large_org: Org) -> None:
    appflow.create_connector_profile(**profile_request(large_org))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    faults.inject(TokenRevoked(after_page=1))
    record = run_and_wait(appflow, "accounts")
    assert record["executionStatus"] == "Error"
    assert "INVALID_SESSION_ID" in record["executionResult"]["errorInfo"]["executionMessage"]
    assert record["executionResult"]["recordsProcessed"] == 2000
    assert aws.objects() == {}


def test_a_run_whose_token_is_revoked_goes_on_with_a_renewed_one(aws: Aws, appflow: Any, large_org: Org) -> None:
    appflow.create_connector_profile(**profile_request(large_org, **renewable(aws, large_org)))
    aws.make_bucket()
    appflow.create_flow(**flow_request())
    faults.inject(TokenRevoked(after_page=1))
    record = run_and_wait(appflow, "accounts")
    assert record["executionStatus"] == "Successful"
    assert record["executionResult"]["recordsProcessed"] == 2500
