"""A profile's secret is the account's own: its users may change or delete it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.local.appflow.conftest import ACCOUNT, Aws, Org, flow_request, message_of, profile_request, run_and_wait

SECRET = f"appflow!{ACCOUNT}-SalesForceAPI"


def text(secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretString="planted")  # not a secret of anybody


def a_list(secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretString='["planted"]')


def another_object(secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretString='{"planted": 1}')


def another_type(secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretString='{"accessToken": ["planted"]}')


def binary(secrets: Any) -> None:
    secrets.put_secret_value(SecretId=SECRET, SecretBinary=b"planted")


def marked(secrets: Any) -> None:
    secrets.delete_secret(SecretId=SECRET, RecoveryWindowInDays=7)


def gone(secrets: Any) -> None:
    secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


@pytest.fixture(params=[text, a_list, another_object, another_type, binary, marked, gone])
def spoilt(request: pytest.FixtureRequest, aws: Aws, connected: Any) -> Any:
    """A client of an account with a flow whose profile has lost its credentials."""
    connected.create_flow(**flow_request())
    spoil: Callable[[Any], None] = request.param
    spoil(aws.client("secretsmanager"))
    return connected


def test_a_call_says_which_secret_it_is_and_what_to_do(spoilt: Any) -> None:
    with pytest.raises(spoilt.exceptions.ConnectorAuthenticationException) as refusal:
        spoilt.list_connector_entities(connectorProfileName="SalesForceAPI")
    assert f"the secret {SECRET} " in message_of(refusal)
    assert "Call UpdateConnectorProfile with the credentials." in message_of(refusal)
    assert "planted" not in message_of(refusal)


def test_a_run_ends_in_error_and_says_so(spoilt: Any) -> None:
    record = run_and_wait(spoilt, "accounts")
    assert record["executionStatus"] == "Error"
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert message.startswith(f"Error while authenticating to connector: the secret {SECRET} ")


def test_an_update_of_the_profile_mends_it(spoilt: Any, org: Org) -> None:
    request = profile_request(org)
    del request["connectorType"]
    spoilt.update_connector_profile(**request)
    assert run_and_wait(spoilt, "accounts")["executionStatus"] == "Successful"


def test_the_profile_can_be_deleted(aws: Aws, spoilt: Any) -> None:
    spoilt.delete_connector_profile(connectorProfileName="SalesForceAPI", forceDelete=True)
    assert spoilt.describe_connector_profiles()["connectorProfileDetails"] == []
    assert aws.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"] == []


def test_credentials_of_the_same_form_are_taken(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    org.salesforce.expire_tokens()
    live = json.dumps({"accessToken": org.new_token()})
    aws.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=live)
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Successful"
