"""All tenants, AppFlow in each tenant's own account: every half hour a fresh credential into the connector profile.

For flows that run by themselves, on a schedule or on events, such as that of ``appflow_scheduled``: AppFlow can't renew
the access token in the profile. Choose an interval that is shorter than the session timeout of the tenants' orgs. The
tenants are mapped, so that one tenant's failure stops no other.

Needs the Airflow connection ``isv_aws`` (type ``aws``, allowed to assume the tenants' roles) and the Airflow variable
``appflow_tenants``: a JSON list of objects with the names in ``MEMBERS``. The secret is in the tenant's Secrets
Manager; docs/connections.md names its members.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator

try:
    from airflow.sdk import Variable, dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs
    from airflow.models import Variable

PROFILE = "salesforce"
MEMBERS = ("role_arn", "external_id", "region_name", "secret_id", "login_url", "instance_url")


def arguments_for(tenant: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one tenant's task."""
    return {
        "role_arn": tenant["role_arn"],
        "external_id": tenant["external_id"],
        "region_name": tenant["region_name"],
        "connector_profile_properties": {"Salesforce": {"instanceUrl": tenant["instance_url"]}},
        "credentials": SalesforceCredentials(secret_id=tenant["secret_id"], login_url=tenant["login_url"]),
    }


@dag(
    schedule=timedelta(minutes=30),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,  # somebody decides when it begins to act by itself
    max_active_runs=1,
    tags=["appflow"],
)
def appflow_keep_fresh() -> None:
    """Refresh the credential in every tenant's connector profile."""

    @task
    def tenants() -> list[dict[str, Any]]:
        """What the mapped step needs of each tenant."""
        return [
            {member: tenant[member] for member in MEMBERS}
            for tenant in Variable.get("appflow_tenants", deserialize_json=True)
        ]

    AppFlowCreateConnectorProfileOperator.partial(
        task_id="refresh_connector_profile",
        connector_profile_name=PROFILE,
        connector_type="Salesforce",
        if_exists="update",
        aws_conn_id="isv_aws",
        # Airflow's UI shows each mapped task with the tenant's account instead of 0, 1, 2
        map_index_template="{{ task.role_arn.split(':')[4] }}",
    ).expand_kwargs(tenants().map(arguments_for))


keep_fresh = appflow_keep_fresh()
