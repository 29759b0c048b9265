"""Faults of connections, and errors of the call that the front answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from airflow_provider_appflow_isv.local.appflow.controls.effects import Drop, Error, Latency, Timeout
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from tests.local.fronted import ACCOUNT, POLL, client, post, stack

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.stack import LocalStack

__all__ = ["stack"]  # a fixture


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_dropped_connection_has_no_answer(stack: LocalStack, operation: str) -> None:
    appflow = client(stack, "appflow")
    faults.inject(Drop(), flow="accounts", account=ACCOUNT)
    with pytest.raises(ConnectionClosedError):
        getattr(appflow, operation)(flowName="accounts")
    assert getattr(appflow, operation)(flowName="accounts")


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_timeout_lasts_until_the_client_gives_up(stack: LocalStack, operation: str) -> None:
    faults.inject(Timeout(), flow="accounts")
    with pytest.raises(ReadTimeoutError):
        getattr(client(stack, "appflow", read_timeout=0.2), operation)(flowName="accounts")
    assert getattr(client(stack, "appflow"), operation)(flowName="accounts")


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_a_call_without_an_answer_goes_on_once_the_fault_is_cleared(stack: LocalStack, operation: str) -> None:
    number = faults.inject(Timeout(), flow="accounts")
    hit = faults.injected()[0]

    async def call_and_clear() -> Any:
        call = asyncio.to_thread(getattr(client(stack, "appflow"), operation), flowName="accounts")
        calling = asyncio.create_task(call)
        while hit.remaining:
            await asyncio.sleep(0)
        faults.clear(number)
        return await calling

    assert asyncio.run(call_and_clear())["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("operation", ["describe_flow_execution_records", "describe_flow"])
def test_latency_delays_the_answer(stack: LocalStack, operation: str) -> None:
    faults.inject(Latency(0.5), flow="accounts", times=2)
    with pytest.raises(ReadTimeoutError):
        getattr(client(stack, "appflow", read_timeout=0.1), operation)(flowName="accounts")
    assert getattr(client(stack, "appflow", read_timeout=30), operation)(flowName="accounts")
    assert faults.injected() == []


def test_a_fault_of_a_connection_leaves_other_flows_and_accounts_alone(stack: LocalStack) -> None:
    faults.inject(Drop(), flow="other", account=ACCOUNT, operation="DescribeFlow")
    faults.inject(Drop(), account="333333333333")
    appflow = client(stack, "appflow")
    assert appflow.describe_flow(flowName="accounts")
    assert appflow.list_flows()["flows"]
    assert len(faults.injected()) == 2


def test_an_error_of_a_poll_is_used_up_by_one_call(stack: LocalStack) -> None:
    faults.inject(Error("ThrottlingException"), operation="DescribeFlowExecutionRecords")
    assert post(stack, POLL, b'{"flowName": "accounts"}')[0] == 429
    assert post(stack, POLL, b'{"flowName": "accounts"}')[0] == 200
