"""All tenants, AppFlow in each tenant's own account: every half hour each connector profile is proven and kept fresh.

For flows that run by themselves, on a schedule or on events, such as that of ``appflow_scheduled``: AppFlow can't renew
the access token in the profile. The tenants are mapped, so that one tenant's failure stops no other. What is good until
the next DAG run is left alone, after a request to the org through the profile has shown that it works.

It also keeps alive what ends when nobody uses it, such as Salesforce's refresh tokens after 30 days: each request
through a profile has AppFlow use its grant, where AppFlow is the one to redeem it, and where this side is, ``max_age``
has it redeem once in a few days, whatever the flows do.

The last task tells which tenants' users have to consent again, and which tenants failed for another reason or have an
unusable entry in the variable, in its log and its XCom ``attention``. It fails if there are any, and the DAG run with
it, so that whoever is alerted of failed DAG runs hears of them; it has no retries, for that would not help. All other
tenants are fresh by then.

Needs the Airflow connection ``isv_aws`` (type ``aws``, allowed to assume the tenants' roles) and the Airflow variable
``appflow_tenants``: a JSON list of objects with the names in ``MEMBERS``. The secret is in the tenant's Secrets
Manager; docs/credentials.md tells its members.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.connector_profile import (
    AppFlowCreateConnectorProfileOperator,
    AppFlowUpdateConnectorProfileOperator,
)

try:
    from airflow.sdk import Variable, dag, task, task_group
except ImportError:  # Airflow 2
    from airflow.decorators import (  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs
        dag,
        task,
        task_group,
    )
    from airflow.models import Variable

PROFILE = "salesforce"
MEMBERS = ("name", "role_arn", "external_id", "region_name", "secret_id", "login_url", "instance_url")
EVERY = timedelta(minutes=30)
SESSION = timedelta(hours=2)  # shortest session timeout of the tenants' orgs; this is what Salesforce sets by default

log = logging.getLogger(__name__)


def usable(entries: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Of the variable's entries what the steps need, and what is to be told of those that they can't be made of.

    :param entries: the variable's value.
    """
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        members: dict[str, Any] = entry if isinstance(entry, dict) else {}
        tenant = {member: str(members.get(member) or "") for member in MEMBERS}
        if missing := [member for member, value in tenant.items() if not value]:
            name = tenant["name"] or f"entry {number} of appflow_tenants"
            bad.append(told(name, None, "unusable", f"{', '.join(missing)} missing"))
        elif tenant["role_arn"].count(":") < 5:
            bad.append(told(tenant["name"], None, "unusable", "role_arn is no ARN"))
        else:
            good.append(tenant)
    return good, bad


def told(tenant: str, account: str | None, problem: str, message: str) -> dict[str, Any]:
    """What is told of one tenant."""
    return {
        "tenant": tenant,
        "account": account,
        "connector_profile_name": PROFILE,
        "problem": problem,
        "message": message,
    }


def in_need(found: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is to be told of the tenants that are not fresh.

    :param found: the tenants.
    :param outcomes: what became of each, in the same order.
    """
    return [
        told(tenant["name"], tenant["role_arn"].split(":")[4], done["action"], done["message"])
        for tenant, done in zip(found, outcomes, strict=True)
        if done["action"] in ("consent_required", "failed")
    ]


def arguments_for(tenant: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one tenant's steps, which all of its members but the name are."""
    return {member: value for member, value in tenant.items() if member != "name"}


@dag(
    schedule=EVERY,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,  # somebody decides when it begins to act by itself
    max_active_runs=1,
    tags=["appflow"],
)
def appflow_keep_fresh() -> None:
    """Keep the credential in every tenant's connector profile fresh."""

    @task
    def tenants(ti: Any = None) -> list[dict[str, Any]]:
        """What the mapped steps need of each tenant; what is wrong with the other entries goes to the last task."""
        good, bad = usable(Variable.get("appflow_tenants", deserialize_json=True))
        ti.xcom_push(key="unusable", value=bad)
        return good

    @task_group
    def keep(
        role_arn: str,
        external_id: str,
        region_name: str,
        secret_id: str,
        login_url: str,
        instance_url: str,
    ) -> Any:
        """Everything for one tenant."""
        shared: dict[str, Any] = {
            "connector_profile_name": PROFILE,
            "connector_profile_properties": {"Salesforce": {"instanceUrl": instance_url}},
            "credentials": SalesforceCredentials(
                secret_id=secret_id, login_url=login_url, token_lifetime=SESSION.total_seconds()
            ),
            "aws_conn_id": "isv_aws",
            "role_arn": role_arn,
            "external_id": external_id,
            "region_name": region_name,
            "on_consent_required": "report",
            # Airflow's UI shows each mapped task with the tenant's account instead of 0, 1, 2
            "map_index_template": "{{ task.role_arn.split(':')[4] }}",
        }
        create = AppFlowCreateConnectorProfileOperator(
            task_id="create_connector_profile", connector_type="Salesforce", if_exists="skip", **shared
        )
        refresh = AppFlowUpdateConnectorProfileOperator(
            task_id="refresh_connector_profile",
            min_validity=EVERY + timedelta(minutes=10),
            max_age=timedelta(days=3),
            **shared,
        )
        create >> refresh

        @task(trigger_rule="all_done")
        def outcome(created: Any, refreshed: Any) -> dict[str, Any]:
            """The last word of the steps, which have none if they failed; there may be no profile to refresh."""
            without_profile = created if created and created["action"] == "consent_required" else None
            return refreshed or without_profile or {"action": "failed", "message": "see the log of its tasks"}

        return outcome(create.output, refresh.output)

    @task(trigger_rule="all_done", retries=0)
    def tell_who_needs_attention(found: Any, outcomes: Any, ti: Any = None) -> None:
        """Fail if a tenant's user has to consent again, a tenant's refresh has failed, or an entry is unusable."""
        unusable = list(ti.xcom_pull(task_ids="tenants", key="unusable") or ())
        attention = [*unusable, *in_need(list(found), list(outcomes or ()))]
        ti.xcom_push(key="attention", value=attention)
        for each in attention:
            log.error(
                "%(tenant)s (account %(account)s, profile %(connector_profile_name)s): %(problem)s: %(message)s", each
            )
        if attention:
            named = ", ".join(f"{each['tenant']} ({each['problem']})" for each in attention)
            raise RuntimeError(f"{len(attention)} of {len(found) + len(unusable)} tenants need attention: {named}")

    listed = tenants()
    tell_who_needs_attention(listed, keep.expand_kwargs(listed.map(arguments_for)))


keep_fresh = appflow_keep_fresh()
