"""The amazon provider's own AppFlow operators, one after the other on one flow."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.appflow import (
    AppflowBaseOperator,
    AppflowRecordsShortCircuitOperator,
    AppflowRunAfterOperator,
    AppflowRunBeforeOperator,
    AppflowRunDailyOperator,
    AppflowRunFullOperator,
    AppflowRunOperator,
)

from airflow_provider_appflow_isv.operators.catalog import AppFlowListConnectorsOperator

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # the same class elsewhere

AppflowBaseOperator.UPDATE_PROPAGATION_TIME = 2  # seconds; more than the local stack takes in these tests
CHECKED: dict[str, Any] = {"flow_name": "amazon-operators", "aws_conn_id": "isv_aws"}
FLOW: dict[str, Any] = {**CHECKED, "poll_interval": 1}
CREATED = {**FLOW, "source": "salesforce", "source_field": "CreatedDate"}

with DAG("amazon_operators", schedule=None) as amazon_operators:
    (
        AppflowRunFullOperator(task_id="full", source="salesforce", **FLOW)
        >> AppflowRunBeforeOperator(task_id="before", filter_date="2021-01-15T00:00:00+00:00", **CREATED)
        >> AppflowRunAfterOperator(task_id="after", filter_date="2021-01-15T00:00:00+00:00", **CREATED)
        >> AppflowRunDailyOperator(task_id="daily", filter_date="2021-01-15T00:00:00+00:00", **CREATED)
        >> AppflowRunOperator(task_id="as_it_is", **FLOW)
        >> AppflowRecordsShortCircuitOperator(task_id="has_records", appflow_run_task_id="full", **CHECKED)
        >> AppFlowListConnectorsOperator(task_id="goes_on", aws_conn_id="isv_aws")
        >> AppflowRunDailyOperator(task_id="empty_day", filter_date="1999-01-01T00:00:00+00:00", **CREATED)
        >> AppflowRecordsShortCircuitOperator(task_id="has_none", appflow_run_task_id="empty_day", **CHECKED)
        >> AppFlowListConnectorsOperator(task_id="is_skipped", aws_conn_id="isv_aws")
    )
