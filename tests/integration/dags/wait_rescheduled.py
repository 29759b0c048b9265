"""A sensor that frees its worker between looks."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow_provider_appflow_isv.sensors.flow_run import AppFlowWaitForFlowRunSensor

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # the same class elsewhere

with DAG(
    "wait_rescheduled",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    params={"flow_name": "", "execution_id": "", "role_arn": "", "external_id": ""},
) as wait_rescheduled:
    AppFlowWaitForFlowRunSensor(
        task_id="wait",
        flow_name="{{ params.flow_name }}",
        execution_id="{{ params.execution_id }}",
        aws_conn_id="isv_aws",
        role_arn="{{ params.role_arn }}",
        external_id="{{ params.external_id }}",
        mode="reschedule",
        poke_interval=1,
        timeout=120,
    )
