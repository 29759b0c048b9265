"""Connector profiles made by the operators, and what AppFlow then keeps of their credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from tests.accounts import fresh
from tests.tasks import run_task

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from tests.accounts import TenantAccount

URL = "https://tenant-a.example.com"


def create(
    tenant: TenantAccount, connector_type: str, properties: dict[str, Any], source: CredentialSource, **more: Any
) -> str:
    """A profile in the tenant's account; returns its name."""
    name = fresh("profile")
    operator = AppFlowCreateConnectorProfileOperator(
        task_id="create",
        connector_profile_name=name,
        connector_type=connector_type,
        connector_profile_properties=properties,
        credentials=source,
        **tenant.aws,
        **more,
    )
    assert run_task(operator)["action"] == "created"
    return name


def kept(tenant: TenantAccount, profile: str) -> Any:
    """What AppFlow has written to its secret in the tenant's account."""
    client = tenant.client("secretsmanager")
    text = client.get_secret_value(SecretId=f"appflow!{tenant.account}-{profile}")["SecretString"]
    return json.loads(text)


def asked(tenant: TenantAccount, profile: str, entity: str) -> list[dict[str, Any]]:
    """The fields of an entity, as the vendor tells AppFlow with the profile's credentials."""
    answer = tenant.client("appflow").describe_connector_entity(
        connectorProfileName=profile, connectorEntityName=entity
    )
    fields: list[dict[str, Any]] = answer["connectorEntityFields"]
    return fields
