"""All tenants, AppFlow in each tenant's own account: the steps are mapped, so that one tenant's failure stops no other.

Needs what ``appflow_end_user_account`` needs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.specs import AllFields, FlowSpec, S3Destination, SalesforceSource

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
FLOW = "salesforce-accounts-all"


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), tags=["appflow"])
def appflow_all_tenants() -> None:
    """Load the Salesforce accounts of every tenant into the tenant's bucket."""

    @task
    def tenants() -> list[dict[str, Any]]:
        """What the mapped steps need of each tenant."""
        names = ("name", "role_arn", "external_id", "region_name", "bucket", "secret_id", "login_url", "instance_url")
        return [
            {member: tenant[member] for member in names}
            for tenant in Variable.get("appflow_tenants", deserialize_json=True)
        ]

    @task_group
    def load(
        name: str,
        role_arn: str,
        external_id: str,
        region_name: str,
        bucket: str,
        secret_id: str,
        login_url: str,
        instance_url: str,
    ) -> None:
        """Everything for one tenant."""
        aws: dict[str, Any] = {
            "aws_conn_id": "isv_aws",
            "role_arn": role_arn,
            "external_id": external_id,
            "region_name": region_name,
        }
        # Airflow's UI shows each mapped task with the tenant's account instead of 0, 1, 2
        shown: dict[str, Any] = {**aws, "map_index_template": "{{ task.role_arn.split(':')[4] }}"}
        grant = AppFlowGrantBucketAccessOperator(task_id="grant_bucket_access", bucket_name=bucket, **shown)
        profile = AppFlowCreateConnectorProfileOperator(
            task_id="refresh_connector_profile",
            connector_profile_name=PROFILE,
            connector_type="Salesforce",
            connector_profile_properties={"Salesforce": {"instanceUrl": instance_url}},
            credentials=SalesforceCredentials(secret_id=secret_id, login_url=login_url),
            if_exists="update",
            **shown,
        )
        spec = FlowSpec(
            name=FLOW,
            source=SalesforceSource(profile=PROFILE, object="Account"),
            destination=S3Destination(bucket=bucket, prefix="salesforce"),  # the bucket is known when the task runs
            fields=[AllFields()],
        )
        flow = AppFlowCreateFlowOperator(task_id="create_flow", spec=spec, if_exists="update", **shown)
        run = AppFlowStartFlowOperator(task_id="run_flow", flow_name=FLOW, deferrable=True, **shown)
        grant >> profile >> flow >> run
        read_what_landed(name, run.output, aws, bucket)

    @task
    def read_what_landed(name: str, run: Any, aws: dict[str, Any], bucket: str) -> dict[str, Any]:
        """The run, its objects and their first rows, read through the tenant's role."""
        import json
        from itertools import islice

        from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

        hook = AppFlowHook(**aws)
        s3 = hook.client("s3")
        prefix = f"salesforce/{run['flow_name']}/{run['execution_id']}"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        lines = (line for key in keys for line in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines())
        first_rows = [json.loads(line) for line in islice(lines, 2)]
        return {"tenant": name, "account": hook.account, "run": run, "keys": keys, "first_rows": first_rows}

    load.expand_kwargs(tenants())


all_tenants = appflow_all_tenants()
