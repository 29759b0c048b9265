"""All that a profile's org offers is described; then all flows of a tenant are stopped and deleted, and the profile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.operators.catalog import (
    AppFlowDescribeConnectorEntityOperator,
    AppFlowListConnectorEntitiesOperator,
    AppFlowListConnectorProfilesOperator,
    AppFlowListFlowsOperator,
)
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowDeleteConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowCancelFlowRunsOperator
from airflow_provider_appflow_isv.operators.flow_state import AppFlowDeleteFlowOperator, AppFlowStopFlowOperator

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # the same class elsewhere

AWS: dict[str, Any] = {
    "aws_conn_id": "isv_aws",
    "role_arn": "{{ params.role_arn }}",
    "external_id": "{{ params.external_id }}",
}
PROFILE = "{{ params.profile }}"


def flow_name(flow: dict[str, Any]) -> str:
    """What the mapped tasks need of a flow."""
    return str(flow["flowName"])


with DAG(
    "clear_tenant",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={"profile": "", "flows": "", "role_arn": "", "external_id": ""},
) as clear_tenant:
    entities = AppFlowListConnectorEntitiesOperator(
        task_id="entities", connector_profile_name=PROFILE, include=["Account", "Contact"], **AWS
    )
    describe = AppFlowDescribeConnectorEntityOperator.partial(
        task_id="describe", connector_profile_name=PROFILE, **AWS
    ).expand(entity_name=entities.output.map(lambda entity: entity["name"]))
    flows = AppFlowListFlowsOperator(task_id="flows", include="{{ params.flows }}", **AWS)
    scheduled = AppFlowListFlowsOperator(
        task_id="scheduled", include="{{ params.flows }}", trigger_type="Scheduled", **AWS
    )
    stop = AppFlowStopFlowOperator.partial(task_id="stop", **AWS).expand(flow_name=scheduled.output.map(flow_name))
    cancel = AppFlowCancelFlowRunsOperator.partial(task_id="cancel", **AWS).expand(
        flow_name=flows.output.map(flow_name)
    )
    delete = AppFlowDeleteFlowOperator.partial(task_id="delete", **AWS).expand(flow_name=flows.output.map(flow_name))
    profiles = AppFlowListConnectorProfilesOperator(task_id="profiles", names=PROFILE, **AWS)
    delete_profile = AppFlowDeleteConnectorProfileOperator.partial(task_id="delete_profile", **AWS).expand(
        connector_profile_name=profiles.output.map(lambda profile: profile["connectorProfileName"])
    )
    describe >> stop >> cancel >> delete >> delete_profile
