"""A move of the clock over HTTP, and what comes due by it."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from airflow_provider_appflow_isv.local.appflow.controls.effects import StuckInProgress
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.models import appflow_backends
from airflow_provider_appflow_isv.local.appflow.runs.reports import reports
from airflow_provider_appflow_isv.local.seed import REGION, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.appflow.conftest import allow_appflow, scheduled

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack() as running:
        yield running


def _move(stack: LocalStack, advance: float, **wait: float) -> bool:
    """Move the clock; return whether all that came due by it is done."""
    answer = requests.post(f"{stack.aws_url}/local/clock", json={"advance": advance, **wait}, timeout=60)
    return bool(answer.json()["done"])


def make_flow(stack: LocalStack, **trigger: Any) -> tuple[Any, str]:
    """Return an AppFlow client, and the name of a flow from one prefix of a bucket to another."""
    bucket = f"bucket-{uuid.uuid4()}"
    s3 = account_client(stack.aws_url, ACCOUNT, "s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(allow_appflow(bucket, Action="s3:*")))
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"Id,Name\n1,x\n")
    appflow = account_client(stack.aws_url, ACCOUNT, "appflow")
    location = {"bucketName": bucket, "bucketPrefix": "in"}
    appflow.create_flow(
        flowName=bucket,
        triggerConfig=trigger,
        sourceFlowConfig={"connectorType": "S3", "sourceConnectorProperties": {"S3": location}},
        destinationFlowConfigList=[
            {
                "connectorType": "S3",
                "destinationConnectorProperties": {"S3": location | {"bucketPrefix": "out"}},
            }
        ],
        tasks=[{"taskType": "Map_all", "sourceFields": []}],
    )
    return appflow, bucket


def test_a_move_of_the_clock_answers_when_all_that_came_due_by_it_is_done(stack: LocalStack) -> None:
    appflow, flow = make_flow(stack, **scheduled())
    appflow.start_flow(flowName=flow)
    assert _move(stack, 10 * 3600) is True
    records = appflow.describe_flow_execution_records(flowName=flow)["flowExecutions"]
    assert [record["executionStatus"] for record in records] == ["Successful"] * 11


def test_a_move_of_the_clock_ends_the_runs_that_have_lasted_long_enough(stack: LocalStack) -> None:
    appflow, flow = make_flow(stack, triggerType="OnDemand")
    settings.run_seconds = 3600
    execution_id = appflow.start_flow(flowName=flow)["executionId"]
    appflow_backends[ACCOUNT][REGION].flows.get(flow).runs[execution_id].worked.result(30)
    assert _move(stack, 3600) is True
    (record,) = appflow.describe_flow_execution_records(flowName=flow)["flowExecutions"]
    assert record["executionStatus"] == "Successful"


def test_a_move_of_the_clock_waits_no_longer_than_told(stack: LocalStack) -> None:
    appflow, flow = make_flow(stack, **scheduled())
    appflow.start_flow(flowName=flow)
    busy, go_on = threading.Event(), threading.Event()

    def block() -> None:
        busy.set()
        go_on.wait(30)

    reports.later(block)
    assert busy.wait(30)  # what follows from the end of a run waits in the same queue
    assert _move(stack, 3600, wait=0.01) is False
    assert _move(stack, 1, wait=0) is False
    go_on.set()
    assert _move(stack, 0) is True


def test_runs_that_something_keeps_are_not_waited_for(stack: LocalStack) -> None:
    appflow, flow = make_flow(stack, **scheduled())
    faults.inject(StuckInProgress(), flow=flow)
    appflow.start_flow(flowName=flow)
    assert _move(stack, 10 * 3600) is True
    (record,) = appflow.describe_flow_execution_records(flowName=flow)["flowExecutions"]
    assert record["executionStatus"] == "InProgress"
