"""One tenant, AppFlow in the tenant's own account: every object of the Salesforce org, as ``appflow_whole_org.yaml``
says.

Each object has a flow of its own. A DAG run creates those that are missing, updates those that are not as the file says
and leaves all others alone, then runs them all. One object's failure stops no other; ``count_records`` then fails, and
names the objects that are missing.

Needs what ``appflow_end_user_account`` needs, and the YAML file beside this one. A flow counts against AppFlow's quota
of 1,000 per account and Region. Airflow maps over 1,024 objects at most (``[core] max_map_length``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.catalog import AppFlowListConnectorEntitiesOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from airflow_provider_appflow_isv.specs import FlowSpec

try:
    from airflow.sdk import dag, task, task_group
except ImportError:  # Airflow 2
    from airflow.decorators import (  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs
        dag,
        task,
        task_group,
    )

PROFILE = "salesforce"
WANTED: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def of_tenant(member: str) -> str:
    """The template for a member of the tenant that the DAG run is for."""
    return f"{{{{ (var.json.appflow_tenants | selectattr('name', '==', params.tenant) | first).{member} }}}}"


AWS: dict[str, Any] = {
    "aws_conn_id": "isv_aws",
    "role_arn": of_tenant("role_arn"),
    "external_id": of_tenant("external_id"),
    "region_name": of_tenant("region_name"),
}


def flow_of(object_name: str, tenant: str, bucket: str) -> FlowSpec:
    """The flow of one object: what the file says of every object, with what it says of this one."""
    return FlowSpec.from_dict(
        {
            "name": f"{tenant}-{object_name}",
            "source": {"SalesforceSource": {"profile": PROFILE, "object": object_name}},
            "destination": {"S3Destination": {"bucket": bucket, **WANTED["files"]}},
            **WANTED["every_object"],
            **WANTED["some_objects"].get(object_name, {}),
        }
    )


for each in ("Example", *WANTED["some_objects"]):  # so that mistakes in the file show when the DAG is parsed
    flow_of(each, "example", "example")


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    max_active_runs=1,
    params={"tenant": "tenant-a"},
    tags=["appflow"],
)
def appflow_whole_org() -> None:
    """Load every object of one tenant's Salesforce org into the tenant's bucket."""
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
    entities = AppFlowListConnectorEntitiesOperator(
        task_id="list_objects",
        connector_profile_name=PROFILE,
        include=WANTED["include"],
        exclude=WANTED["exclude"],
        **AWS,
    )

    @task
    def flows(entities: Any, tenant: str, bucket: str) -> list[dict[str, Any]]:
        """One flow for each object, by its name."""
        names = [entity["name"] for entity in entities]
        # a misspelt name would leave the object's masks and filters out
        if unknown := sorted(set(WANTED["some_objects"]) - set(names)):
            raise ValueError(f"some_objects of the YAML file names what is not among the org's objects: {unknown}")
        specs = [flow_of(name, tenant, bucket) for name in names]
        return [{"flow_name": spec.name, "spec": spec.to_dict()} for spec in specs]

    @task_group
    def load(flow_name: str, spec: dict[str, Any]) -> Any:
        """Everything for one object."""
        flow = AppFlowCreateFlowOperator(
            task_id="create_flow",
            spec=spec,
            if_exists="update",
            max_active_tis_per_dag=4,  # AppFlow throttles many creations at once
            map_index_template="{{ task.spec.name }}",
            **AWS,
        )
        run = AppFlowStartFlowOperator(
            task_id="run_flow",
            flow_name=flow_name,
            deferrable=True,
            max_active_tis_per_dag=16,  # in Airflow 2.11 tasks that wait in the triggerer don't count
            map_index_template="{{ task.flow_name }}",
            **AWS,
        )
        flow >> run
        return run.output

    @task(trigger_rule="all_done")
    def count_records(flows: Any, runs: Any) -> dict[str, int]:
        """How many records each object's run has processed; an object without a run is an error."""
        objects = {each["flow_name"]: each["spec"]["source"]["SalesforceSource"]["object"] for each in flows}
        counts = {objects[run["flow_name"]]: run["records_processed"] for run in runs}
        if missing := sorted(set(objects.values()) - set(counts)):
            raise RuntimeError(f"{len(missing)} of {len(objects)} objects are missing: {', '.join(missing)}")
        return counts

    wanted = flows(entities.output, "{{ params.tenant }}", of_tenant("bucket"))
    grant >> profile >> entities
    count_records(wanted, load.expand_kwargs(wanted))


whole_org = appflow_whole_org()
