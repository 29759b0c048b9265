"""One tenant, AppFlow in the tenant's own account: a flow that runs by itself every hour, and what comes after its run.

Each DAG run sees that the flow is as it is written here and active, waits for the first of the flow's runs from its own
time on, and reads what that run has landed: what is new or changed since the run before.

Needs what ``appflow_end_user_account`` needs, and ``appflow_keep_fresh`` switched on: it creates the connector profile
and keeps its credential alive for the runs, which AppFlow starts without asking anybody.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.sensors.flow_run import AppFlowWaitForFlowRunSensor
from airflow_provider_appflow_isv.specs import AllFields, FlowSpec, S3Destination, SalesforceSource, Schedule

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs

FLOW = "salesforce-accounts-hourly"


def of_tenant(member: str) -> str:
    """The template for a member of the tenant that the DAG run is for."""
    return f"{{{{ (var.json.appflow_tenants | selectattr('name', '==', params.tenant) | first).{member} }}}}"


AWS: dict[str, Any] = {
    "aws_conn_id": "isv_aws",
    "role_arn": of_tenant("role_arn"),
    "external_id": of_tenant("external_id"),
    "region_name": of_tenant("region_name"),
}
SPEC = FlowSpec(
    name=FLOW,
    source=SalesforceSource(profile="salesforce", object="Account"),
    destination=S3Destination(bucket=of_tenant("bucket"), prefix="salesforce"),
    fields=[AllFields()],
    trigger=Schedule(
        "rate(1hours)",
        pull="Incremental",
        timestamp_field="LastModifiedDate",
        first_execution_from="2020-01-01",  # without it the first run takes the past 30 days
    ),
)


@dag(
    schedule=timedelta(hours=1),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=True,  # somebody decides when it begins to act by itself
    params={"tenant": "tenant-a"},
    tags=["appflow"],
)
def appflow_scheduled() -> None:
    """Wait for one tenant's hourly run and go on with what it has landed."""
    grant = AppFlowGrantBucketAccessOperator(task_id="grant_bucket_access", bucket_name=of_tenant("bucket"), **AWS)
    flow = AppFlowCreateFlowOperator(task_id="create_flow", spec=SPEC, if_exists="update", activate=True, **AWS)
    run = AppFlowWaitForFlowRunSensor(
        task_id="wait_for_run",
        flow_name=FLOW,
        started_after="{{ data_interval_end }}",  # when the DAG run is due, however late it begins
        timeout=timedelta(hours=2).total_seconds(),
        deferrable=True,
        **AWS,
    )

    @task
    def read_what_landed(run: Any, aws: dict[str, Any], bucket: str) -> dict[str, Any]:
        """How many rows the run has landed, and in which objects, read through the same role."""
        from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

        s3 = AppFlowHook(**aws).client("s3")
        prefix = f"salesforce/{run['flow_name']}/{run['execution_id']}"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        rows = sum(1 for key in keys for _ in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines())
        return {"keys": keys, "rows": rows}

    grant >> flow >> run
    read_what_landed(run.output, AWS, of_tenant("bucket"))


scheduled = appflow_scheduled()
