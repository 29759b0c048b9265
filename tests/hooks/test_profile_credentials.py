"""What is good but once, of all that a connector profile may get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import (
    AuthorizationCode,
    BasicCredentials,
    OAuth2Credentials,
    SalesforceCredentials,
)
from airflow_provider_appflow_isv.hooks.profile_credentials import spends

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials import CredentialSource

ARN = "arn:aws:secretsmanager:us-east-1:222222222222:secret:app"
HANDED_OVER = OAuth2Credentials(secret_id="s", redeemer="appflow")


def custom(grant: str) -> dict[str, Any]:
    return {"oAuth2Properties": {"tokenUrl": "https://vendor.example/token", "oAuth2GrantType": grant}}


@pytest.mark.parametrize(
    ("source", "connector_type", "properties", "spent"),
    [
        (AuthorizationCode(secret_id="s", client_credentials_arn=ARN), "Salesforce", {}, True),
        (HANDED_OVER, "Zendesk", {}, True),
        (HANDED_OVER, "CustomConnector", custom("AUTHORIZATION_CODE"), True),
        (HANDED_OVER, "CustomConnector", custom("CLIENT_CREDENTIALS"), False),
        (HANDED_OVER, "Marketo", {}, False),
        (OAuth2Credentials(secret_id="s"), "Zendesk", {}, False),
        (SalesforceCredentials(secret_id="s"), "Salesforce", {}, False),
        (BasicCredentials(secret_id="s"), "Servicenow", {}, False),
    ],
)
def test_codes_and_refresh_tokens_that_appflow_redeems_are_good_once(
    source: CredentialSource, connector_type: str, properties: dict[str, Any], spent: bool
) -> None:
    existing = {"connectorType": connector_type, "connectorProfileProperties": {connector_type: properties}}
    assert spends(existing, source) is spent
