"""One tenant, the other way round: files in the tenant's bucket become accounts of the tenant's Salesforce org.

Accounts are told apart by the external id ``External_Id__c``: those that the org has are updated, the others created,
so the DAG can run again on the same files. It fails if Salesforce refuses a single record; AppFlow keeps such records
in the bucket's folder ``refused``.

Needs what ``appflow_end_user_account`` needs, and of each tenant outbound_prefix, too: the bucket's folder with CSV
files whose header has the names in ``FIELDS``. The org's user must be allowed to write these.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.specs import ErrorHandling, FlowSpec, S3Source, SalesforceDestination

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs

PROFILE = "salesforce-outbound"
FLOW = "accounts-into-salesforce"
FIELDS = ["External_Id__c", "Name", "Type", "Industry", "BillingCity", "NumberOfEmployees", "AnnualRevenue"]


def of_tenant(member: str) -> str:
    """The template for a member of the tenant that the DAG run is for."""
    return f"{{{{ (var.json.appflow_tenants | selectattr('name', '==', params.tenant) | first).{member} }}}}"


BUCKET = of_tenant("bucket")
AWS: dict[str, Any] = {
    "aws_conn_id": "isv_aws",
    "role_arn": of_tenant("role_arn"),
    "external_id": of_tenant("external_id"),
    "region_name": of_tenant("region_name"),
}
SPEC = FlowSpec(
    name=FLOW,
    source=S3Source(bucket=BUCKET, prefix=of_tenant("outbound_prefix"), format="CSV"),
    destination=SalesforceDestination(
        profile=PROFILE,
        object="Account",
        operation="UPSERT",
        id_fields=["External_Id__c"],
        on_error=ErrorHandling(bucket=BUCKET, prefix="refused"),
    ),
    fields=FIELDS,
)


@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), params={"tenant": "tenant-a"}, tags=["appflow"])
def appflow_into_salesforce() -> None:
    """Upsert one tenant's outbound accounts into the tenant's Salesforce org."""
    # to read the files, and to write those with refused records
    grant = AppFlowGrantBucketAccessOperator(
        task_id="grant_bucket_access", bucket_name=BUCKET, access="read_write", **AWS
    )
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
    run = AppFlowStartFlowOperator(
        task_id="run_flow", flow_name=FLOW, deferrable=True, max_put_failures=0, on_empty="fail", **AWS
    )

    @task
    def count_records(run: Any) -> dict[str, int]:
        """How many records were read, and how many of them Salesforce has taken."""
        read, refused = run["records_processed"], run["put_failures"]
        return {"read": read, "written": read - refused}

    grant >> profile >> flow >> run
    count_records(run.output)


into_salesforce = appflow_into_salesforce()
