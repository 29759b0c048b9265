"""All tenants, AppFlow in the ISV's own account: Salesforce and ServiceNow to the warehouse of each tenant.

Profiles and flows of all tenants are in one account, so their names begin with the tenant's. AppFlow comes to the
tenant's Redshift by user name and password, and the cluster copies what AppFlow has left in the tenant's folder of the
ISV's bucket, by a role of the tenant's that may read that folder.

AppFlow only inserts into Redshift, so a flow that ran twice would load all records twice. Here each flow takes all
records, and ``empty_tables`` stands before the runs; these have no retries, and no two runs of the DAG go on at a time.
To load again, trigger the DAG, or clear a tenant's ``empty_tables`` with what follows it. ``count_rows`` fails if the
tables have other than the records of this DAG run. Between the two a reader sees tables that are not full; who minds
lets AppFlow load into a second table, and has the last task put its rows in place of the old in one transaction.

Needs the Airflow connection ``isv_aws`` (type ``aws``, for the ISV's account, allowed to assume the tenants' roles) and
the Airflow variable ``appflow_tenants``: a JSON list of objects with the names in ``MEMBERS``. All of a tenant's
secrets are in the ISV's Secrets Manager; docs/credentials.md tells their members. The tenant's database lets its user
``IAMR:<the role's name>`` select from and truncate the two tables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials, SecretsManagerCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.specs import (
    AllFields,
    FlowSpec,
    RedshiftDestination,
    SalesforceSource,
    ServiceNowSource,
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

MEMBERS = (
    *("name", "role_arn", "external_id", "region_name", "staging_bucket"),
    *("isv_secret_id", "login_url", "instance_url", "servicenow_secret_id", "servicenow_url"),
    *("redshift_secret_id", "redshift_database_url", "redshift_role_arn", "redshift_cluster", "redshift_database"),
)
TABLES = ("public.accounts", "public.incidents")


def of_tenant(member: str) -> str:
    """The template for a member of the tenant that a mapped task is for."""
    # not from the variable, which may have changed since the tasks were mapped
    return f"{{{{ ti.xcom_pull(task_ids='tenants')[ti.map_index].tenant.{member} }}}}"


NAME = of_tenant("name")


def specs_of(tenant: dict[str, Any]) -> dict[str, Any]:
    """A tenant's two flows, as values that a task can return."""
    name = tenant["name"]
    sources = {
        "accounts": SalesforceSource(profile=f"{name}-salesforce", object="Account"),
        "incidents": ServiceNowSource(profile=f"{name}-servicenow", object="incident"),
    }
    return {
        table: FlowSpec(
            name=f"{name}-{table}",
            source=source,
            destination=RedshiftDestination(
                profile=f"{name}-redshift",
                object=f"public.{table}",
                intermediate_bucket=tenant["staging_bucket"],
                prefix=name,  # the folder that the tenant's cluster may read
            ),
            fields=[AllFields()],
        ).to_dict()
        for table, source in sources.items()
    }


def run_sql(tenant: dict[str, Any], sql: str) -> list[Any]:
    """Run a statement in a tenant's warehouse, through the tenant's role, and return the rows."""
    import time

    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

    role = {name: tenant[name] for name in ("role_arn", "external_id", "region_name")}
    warehouse = AppFlowHook(aws_conn_id="isv_aws", **role).client("redshift-data")
    where = {"ClusterIdentifier": tenant["redshift_cluster"], "Database": tenant["redshift_database"]}
    statement = warehouse.execute_statement(**where, Sql=sql)["Id"]
    while (state := warehouse.describe_statement(Id=statement))["Status"] in ("SUBMITTED", "PICKED", "STARTED"):
        time.sleep(1)
    if state["Status"] != "FINISHED":
        raise RuntimeError(f"{sql} in {where}: {state.get('Error', state['Status'])}")
    return list(warehouse.get_statement_result(Id=statement)["Records"]) if state["HasResultSet"] else []


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), max_active_runs=1, tags=["appflow"])
def appflow_isv_account() -> None:
    """Load the Salesforce accounts and the ServiceNow incidents of every tenant into the tenant's Redshift."""

    @task
    def tenants() -> list[dict[str, Any]]:
        """What the mapped steps need of each tenant: its settings and its flows."""
        found = [
            {member: tenant[member] for member in MEMBERS}
            for tenant in Variable.get("appflow_tenants", deserialize_json=True)
        ]
        return [{"tenant": tenant, **specs_of(tenant)} for tenant in found]

    # once for all: two tasks that change one bucket's policy at a time could undo each other's change
    grant = AppFlowGrantBucketAccessOperator(
        task_id="grant_bucket_access",
        bucket_name="{{ (var.json.appflow_tenants | first).staging_bucket }}",
        aws_conn_id="isv_aws",
        region_name="{{ (var.json.appflow_tenants | first).region_name }}",
    )

    @task_group
    def load(tenant: dict[str, Any], accounts: dict[str, Any], incidents: dict[str, Any]) -> None:
        """Everything for one tenant."""
        # Airflow's UI shows each mapped task with the tenant's name instead of 0, 1, 2
        isv: dict[str, Any] = {
            "aws_conn_id": "isv_aws",
            "region_name": of_tenant("region_name"),
            "map_index_template": NAME,
        }
        salesforce = AppFlowCreateConnectorProfileOperator(
            task_id="refresh_salesforce",
            connector_profile_name=f"{NAME}-salesforce",
            connector_type="Salesforce",
            connector_profile_properties={"Salesforce": {"instanceUrl": of_tenant("instance_url")}},
            credentials=SalesforceCredentials(secret_id=of_tenant("isv_secret_id"), login_url=of_tenant("login_url")),
            if_exists="update",
            **isv,
        )
        servicenow = AppFlowCreateConnectorProfileOperator(
            task_id="refresh_servicenow",
            connector_profile_name=f"{NAME}-servicenow",
            connector_type="Servicenow",
            connector_profile_properties={"ServiceNow": {"instanceUrl": of_tenant("servicenow_url")}},
            credentials=SecretsManagerCredentials(of_tenant("servicenow_secret_id")),
            if_exists="update",
            **isv,
        )
        redshift = AppFlowCreateConnectorProfileOperator(
            task_id="refresh_redshift",
            connector_profile_name=f"{NAME}-redshift",
            connector_type="Redshift",
            connector_profile_properties={
                "Redshift": {
                    "databaseUrl": of_tenant("redshift_database_url"),
                    "bucketName": of_tenant("staging_bucket"),
                    "bucketPrefix": NAME,
                    "roleArn": of_tenant("redshift_role_arn"),
                }
            },
            credentials=SecretsManagerCredentials(of_tenant("redshift_secret_id")),
            if_exists="update",
            **isv,
        )
        flows = [
            AppFlowCreateFlowOperator(task_id="create_accounts_flow", spec=accounts, if_exists="update", **isv),
            AppFlowCreateFlowOperator(task_id="create_incidents_flow", spec=incidents, if_exists="update", **isv),
        ]
        # a retry would load beside what the first try has loaded
        once: dict[str, Any] = {"deferrable": True, "retries": 0, "max_put_failures": 0, **isv}
        runs = [
            AppFlowStartFlowOperator(task_id="run_accounts_flow", flow_name=f"{NAME}-accounts", **once),
            AppFlowStartFlowOperator(task_id="run_incidents_flow", flow_name=f"{NAME}-incidents", **once),
        ]
        emptied = empty_tables(tenant)
        [salesforce, redshift] >> flows[0] >> emptied
        [servicenow, redshift] >> flows[1] >> emptied
        emptied >> runs
        count_rows(tenant, [run.output for run in runs])

    @task(map_index_template=NAME)
    def empty_tables(tenant: dict[str, Any]) -> None:
        """Make room, so that the runs load what is in source once."""
        for table in TABLES:
            run_sql(tenant, f"TRUNCATE {table}")

    @task(map_index_template=NAME)
    def count_rows(tenant: dict[str, Any], runs: list[Any]) -> dict[str, Any]:
        """How many rows the tables have; other than the runs' records is an error."""
        counts = {
            table: run_sql(tenant, f"SELECT count(*) FROM {table}")[0][0]["longValue"]  # noqa: S608  # names of ours
            for table in TABLES
        }
        loaded = {table: run["records_processed"] for table, run in zip(TABLES, runs, strict=True)}
        if counts != loaded:
            raise RuntimeError(f"{tenant['name']} has {counts} rows, the flows loaded {loaded}")
        return {"tenant": tenant["name"], "rows": counts, "runs": runs}

    grant >> load.expand_kwargs(tenants())


isv_account = appflow_isv_account()
