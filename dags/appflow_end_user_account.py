"""One tenant, AppFlow in the tenant's own account: each step from the list of connectors to the data, as a task.

Needs the Airflow connection ``isv_aws`` (type ``aws``, allowed to assume the tenants' roles) and the Airflow variable
``appflow_tenants``: a JSON list of objects with name, role_arn, external_id, region_name, bucket, secret_id, login_url
and instance_url. The secret is in the tenant's Secrets Manager; docs/credentials.md tells its members.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.catalog import AppFlowListConnectorsOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.specs import Between, FlowSpec, S3Destination, SalesforceSource

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs

PROFILE = "salesforce"
FLOW = "salesforce-accounts"


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
    description="Salesforce accounts to S3",
    source=SalesforceSource(profile=PROFILE, object="Account"),
    destination=S3Destination(bucket=of_tenant("bucket"), prefix="salesforce"),
    fields=["Id", "Name", "CreatedDate"],
    # both bounds are exclusive
    filters=[
        Between("CreatedDate", datetime(2021, 1, 1, 13, tzinfo=UTC), datetime(2021, 1, 31, 13, tzinfo=UTC)),
    ],
)


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), params={"tenant": "tenant-a"}, tags=["appflow"])
def appflow_end_user_account() -> None:
    """Load one tenant's Salesforce accounts of January 2021 into the tenant's bucket."""
    connectors = AppFlowListConnectorsOperator(task_id="list_connectors", usable_as="source", **AWS)
    grant = AppFlowGrantBucketAccessOperator(task_id="grant_bucket_access", bucket_name=of_tenant("bucket"), **AWS)
    profile = AppFlowCreateConnectorProfileOperator(
        task_id="refresh_connector_profile",
        connector_profile_name=PROFILE,
        connector_type="Salesforce",
        connector_profile_properties={"Salesforce": {"instanceUrl": of_tenant("instance_url")}},
        credentials=SalesforceCredentials(secret_id=of_tenant("secret_id"), login_url=of_tenant("login_url")),
        if_exists="update",
        **AWS,
    )
    flow = AppFlowCreateFlowOperator(task_id="create_flow", spec=SPEC, if_exists="update", **AWS)
    run = AppFlowStartFlowOperator(task_id="run_flow", flow_name=FLOW, deferrable=True, **AWS)

    @task
    def read_what_landed(run: Any, aws: dict[str, Any], bucket: str) -> dict[str, Any]:
        """The objects of the run and their first rows, read through the same role."""
        import json
        from itertools import islice

        from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

        s3 = AppFlowHook(**aws).client("s3")
        prefix = f"salesforce/{run['flow_name']}/{run['execution_id']}"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        lines = (line for key in keys for line in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines())
        first_rows = [json.loads(line) for line in islice(lines, 3)]
        return {"keys": keys, "first_rows": first_rows}

    connectors >> grant >> profile >> flow >> run
    read_what_landed(run.output, AWS, of_tenant("bucket"))


end_user_account = appflow_end_user_account()
