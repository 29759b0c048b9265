"""A ServiceNow instance as AppFlow is told of it: profiles, and flows of its tables to S3."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.local.appflow.conftest import ACCOUNT, Aws, flow_request

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow import Instance

Row = dict[str, str]

PROFILE = "tickets"
BASIC = {"username": "loader", "password": "planted-password"}


def profile_of(instance: Instance, credentials: dict[str, Any] | None = None, url: str = "") -> dict[str, Any]:
    """CreateConnectorProfile's request, with user name and password unless other credentials are given."""
    return {
        "connectorProfileName": PROFILE,
        "connectorType": "Servicenow",
        "connectionMode": "Public",
        "connectorProfileConfig": {
            "connectorProfileProperties": {"ServiceNow": {"instanceUrl": url or instance.url}},
            "connectorProfileCredentials": {"ServiceNow": credentials or BASIC},
        },
    }


def connect(aws: Aws, instance: Instance, credentials: dict[str, Any] | None = None) -> Any:
    """An AppFlow client of an account that has a ServiceNow profile and a bucket that AppFlow may write to."""
    appflow = aws.client("appflow")
    appflow.create_connector_profile(**profile_of(instance, credentials))
    aws.make_bucket()
    return appflow


def oauth_of(instance: Instance) -> dict[str, str]:
    """OAuth credentials without any token."""
    client = instance.add_oauth_client()
    return {"clientId": client.client_id, "clientSecret": client.client_secret}


def code_for(instance: Instance, oauth: dict[str, str]) -> dict[str, Any]:
    """OAuth credentials with an authorization code."""
    code = instance.issue_authorization_code(oauth["clientId"], "loader")
    return {"oAuth2Credentials": {**oauth, "oAuthRequest": {"authCode": code}}}


def kept_credentials(aws: Aws) -> dict[str, Any]:
    """The profile's credentials in Secrets Manager."""
    secret = aws.client("secretsmanager").get_secret_value(SecretId=f"appflow!{ACCOUNT}-{PROFILE}")
    credentials: dict[str, Any] = json.loads(secret["SecretString"])
    return credentials


def every_field() -> list[dict[str, Any]]:
    return [{"taskType": "Map_all", "sourceFields": [], "connectorOperator": {"ServiceNow": "NO_OP"}}]


def mapped(*names: str) -> list[dict[str, Any]]:
    """A projection of the fields and one Map task for each."""
    projection = {
        "taskType": "Filter",
        "sourceFields": list(names),
        "connectorOperator": {"ServiceNow": "PROJECTION"},
    }
    return [projection, *({"taskType": "Map", "sourceFields": [name], "destinationField": name} for name in names)]


def condition(field: str, operator: str, **properties: str) -> dict[str, Any]:
    return {
        "taskType": "Filter",
        "sourceFields": [field],
        "connectorOperator": {"ServiceNow": operator},
        "taskProperties": properties,
    }


def table_flow(table: str, tasks: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """CreateFlow's request for a table to S3."""
    request = flow_request(tasks=tasks, **changes)
    request["sourceFlowConfig"] |= {
        "connectorType": "Servicenow",
        "connectorProfileName": PROFILE,
        "sourceConnectorProperties": {"ServiceNow": {"object": table}},
    }
    return request


def landed(aws: Aws) -> list[dict[str, Any]]:
    """All records in the bucket."""
    return [json.loads(line) for content in aws.objects().values() for line in content.splitlines()]


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["sys_id"])


def milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)
