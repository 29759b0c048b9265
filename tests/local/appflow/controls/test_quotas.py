"""Quotas, which a test can lower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow import wait_for_runs, wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.quotas import Quotas, quotas
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.scheduler import scheduler
from tests.local.appflow.conftest import (
    ACCOUNT,
    REGION,
    Aws,
    Org,
    ended_record,
    flow_request,
    message_of,
    profile_request,
    record_of,
    run_and_wait,
    scheduled,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

HOUR, DAY = 3600.0, 24 * 3600.0


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_quotas_are_appflows() -> None:
    known = Quotas()
    assert (known.flows, known.connector_profiles, known.concurrent_runs) == (1000, 100, 1000)
    assert (known.runs_per_month, known.tags, known.run_seconds) == (10_000_000, 50, 48 * HOUR)


def test_the_flows_of_an_account_and_region_are_limited(connected: Any) -> None:
    quotas.flows = 2
    for name in ("fa", "fb"):
        connected.create_flow(**flow_request(name))
    with pytest.raises(connected.exceptions.ServiceQuotaExceededException) as error:
        connected.create_flow(**flow_request("fc"))
    assert refused(error) == ("ServiceQuotaExceededException", 402)
    assert "2 flows per account and Region" in message_of(error)
    connected.delete_flow(flowName="fa")
    connected.create_flow(**flow_request("fc"))


def test_each_account_and_region_has_a_quota_of_its_own(aws: Aws, connected: Any, org: Org) -> None:
    quotas.connector_profiles = 1
    elsewhere = aws.client("appflow", region="eu-west-1")
    elsewhere.create_connector_profile(**profile_request(org))
    with pytest.raises(connected.exceptions.ServiceQuotaExceededException, match="1 connector profiles"):
        connected.create_connector_profile(**profile_request(org, "another"))


def test_concurrent_runs_are_limited(connected: Any) -> None:
    quotas.concurrent_runs = 2
    connected.create_flow(**flow_request())
    with settings.held():
        ids = [connected.start_flow(flowName="accounts")["executionId"] for _ in range(2)]
        with pytest.raises(connected.exceptions.ServiceQuotaExceededException, match="2 concurrent flow runs"):
            connected.start_flow(flowName="accounts")
    for execution_id in ids:
        wait_until_ended(ACCOUNT, REGION, "accounts", execution_id)
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Successful"


def test_runs_of_a_deleted_flow_still_count(connected: Any) -> None:
    quotas.concurrent_runs = 1
    connected.create_flow(**flow_request("fa"))
    connected.create_flow(**flow_request("fb"))
    with settings.held():
        connected.start_flow(flowName="fa")
        connected.delete_flow(flowName="fa")
        with pytest.raises(connected.exceptions.ServiceQuotaExceededException):
            connected.start_flow(flowName="fb")


def test_runs_of_a_month_are_limited(connected: Any) -> None:
    quotas.runs_per_month = 2
    connected.create_flow(**flow_request())
    for _ in range(2):
        run_and_wait(connected, "accounts")
    with pytest.raises(connected.exceptions.ServiceQuotaExceededException, match="2 flow runs per month"):
        connected.start_flow(flowName="accounts")
    settings.advance_clock(32 * DAY)
    run_and_wait(connected, "accounts")


def test_a_scheduled_run_beyond_a_quota_is_left_out(connected: Any) -> None:
    quotas.runs_per_month = 1
    connected.create_flow(**flow_request(triggerConfig=scheduled(scheduleExpression="rate(20days)")))
    connected.start_flow(flowName="accounts")
    wait_for_runs(ACCOUNT, REGION, "accounts", 1)
    quotas.runs_per_month = 0
    settings.advance_clock(20 * DAY)
    scheduler.wait_until_idle()
    quotas.runs_per_month = 10
    settings.advance_clock(20 * DAY)
    wait_for_runs(ACCOUNT, REGION, "accounts", 2)
    records = connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"]
    assert (records[0]["startedAt"] - records[1]["startedAt"]).days == 40


def test_a_run_that_takes_too_long_ends_in_error(connected: Any) -> None:
    connected.create_flow(**flow_request())
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        settings.advance_clock(47 * HOUR)
        assert record_of(connected, "accounts", execution_id)["executionStatus"] == "InProgress"
        settings.advance_clock(HOUR)
        record = ended_record(connected, "accounts", execution_id)
    assert record["executionStatus"] == "Error"
    assert record["executionResult"]["errorInfo"]["executionMessage"] == "The flow run took longer than 48 hours."


def test_a_reset_of_the_settings_gives_the_quotas_back() -> None:
    quotas.flows, quotas.run_seconds = 1, 1.0
    settings.reset()
    assert (quotas.flows, quotas.run_seconds) == (1000, 48 * HOUR)
