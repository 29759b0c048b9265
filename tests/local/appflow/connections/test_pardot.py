"""Pardot profiles, which log in as Salesforce's do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.appflow.conftest import ACCOUNT, Aws, Org
from tests.local.appflow.profiles.test_token_renewal import renewable

CALLBACK = "https://isv.example/callback"


def _request(org: Org, **credentials: Any) -> dict[str, Any]:
    return {
        "connectorProfileName": "pardot",
        "connectorType": "Pardot",
        "connectionMode": "Public",
        "connectorProfileConfig": {
            "connectorProfileProperties": {
                "Pardot": {"instanceUrl": org.instance_url, "businessUnitId": "0Uv000000000000000"}
            },
            "connectorProfileCredentials": {"Pardot": credentials},
        },
    }


def _stored(aws: Aws) -> dict[str, str]:
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"appflow!{ACCOUNT}-pardot")
    credentials: dict[str, str] = json.loads(secret["SecretString"])
    return credentials


def test_a_live_access_token_is_let_in(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**_request(org, accessToken=org.access_token))
    assert _stored(aws) == {"accessToken": org.access_token}


def test_a_dead_access_token_is_refused(appflow: Any, org: Org) -> None:
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException, match="INVALID_SESSION_ID"):
        appflow.create_connector_profile(**_request(org, accessToken="dead"))


def test_a_code_is_redeemed_with_the_apps_secret(aws: Aws, appflow: Any, org: Org) -> None:
    arn = renewable(aws, org)["clientCredentialsArn"]
    (app,) = org.salesforce.apps
    code = org.salesforce.issue_authorization_code(app, "user@example.com", CALLBACK)
    request = {"authCode": code, "redirectUri": CALLBACK}
    appflow.create_connector_profile(**_request(org, oAuthRequest=request, clientCredentialsArn=arn))
    assert set(_stored(aws)) == {"accessToken", "refreshToken", "clientCredentialsArn"}


def test_a_code_without_the_apps_secret_is_refused(appflow: Any, org: Org) -> None:
    request = {"authCode": "example", "redirectUri": CALLBACK}
    with pytest.raises(appflow.exceptions.ValidationException, match=r"ClientCredentialsArn .* connector: PARDOT"):
        appflow.create_connector_profile(**_request(org, oAuthRequest=request))


def test_a_refresh_token_gives_a_new_access_token(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**_request(org, accessToken="dead", **renewable(aws, org)))
    assert _stored(aws)["accessToken"] != "dead"


def test_there_are_no_entities(appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**_request(org, accessToken=org.access_token))
    with pytest.raises(appflow.exceptions.UnsupportedOperationException, match="no Pardot entities"):
        appflow.list_connector_entities(connectorProfileName="pardot")
    with pytest.raises(appflow.exceptions.UnsupportedOperationException, match="no Pardot entities"):
        appflow.describe_connector_entity(connectorProfileName="pardot", connectorEntityName="prospect")
