"""Faults that are injected into calls, lists of records and runs."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow import wait_until_ended
from airflow_provider_appflow_isv.local.appflow.controls.effects import (
    Drop,
    Effect,
    EmptyRecords,
    Error,
    Latency,
    LaterPage,
    RateLimit,
    RunFails,
    StuckInCancelStarted,
    StuckInProgress,
    Timeout,
    TokenRevoked,
)
from airflow_provider_appflow_isv.local.appflow.controls.faults import Call, Faults, faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    Aws,
    flow_request,
    record_of,
    run_and_wait,
)
from tests.local.appflow.walks import walk

RECORDS = "DescribeFlowExecutionRecords"


def _error_of(call: Any, **arguments: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    return str(response["Error"]["Code"]), int(response["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 429),
        ("InternalServerException", 500),
        ("ServiceUnavailable", 503),
        ("ConflictException", 409),
        ("AccessDeniedException", 403),
        ("ExpiredTokenException", 403),
    ],
)
def test_an_error_hits_the_next_calls_of_its_operation(connected: Any, code: str, status: int) -> None:
    connected.create_flow(**flow_request())
    faults.inject(Error(code, "Injected."), operation=RECORDS, times=2)
    connected.describe_flow(flowName="accounts")
    for _ in range(2):
        assert _error_of(connected.describe_flow_execution_records, flowName="accounts") == (code, status)
    assert connected.describe_flow_execution_records(flowName="accounts")["flowExecutions"] == []


def test_an_error_has_the_message_that_was_given(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException", "Slow down."))
    with pytest.raises(ClientError, match=r"Slow down\."):
        appflow.list_flows()


def test_an_error_without_an_operation_hits_any_call(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException"), times=2)
    assert _error_of(appflow.list_flows)[1] == 429
    assert _error_of(appflow.describe_connectors)[1] == 429
    assert appflow.list_flows()["flows"] == []


def test_an_error_of_one_flow_leaves_the_others_alone(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException"), flow="broken")
    appflow.list_flows()
    assert _error_of(appflow.describe_flow, flowName="sound")[1] == 404
    assert _error_of(appflow.describe_flow, flowName="broken")[1] == 429


def test_an_error_of_one_flow_hits_its_tags_too(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException"), flow="broken")
    arn = f"arn:aws:appflow:{REGION}:{ACCOUNT}:flow/broken"
    assert _error_of(appflow.list_tags_for_resource, resourceArn=arn)[1] == 429


def test_an_error_of_one_account_leaves_the_others_alone(aws: Aws) -> None:
    faults.inject(Error("ThrottlingException"), account=OTHER_ACCOUNT)
    assert aws.client("appflow").list_flows()["flows"] == []
    assert _error_of(aws.client("appflow", OTHER_ACCOUNT).list_flows)[1] == 429


def test_of_two_errors_the_first_one_hits_first(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException"))
    faults.inject(Error("InternalServerException"))
    assert [_error_of(appflow.list_flows)[1] for _ in range(2)] == [429, 500]


def test_an_error_without_a_count_lasts_until_it_is_cleared(appflow: Any) -> None:
    number = faults.inject(Error("ThrottlingException"), times=None)
    assert [_error_of(appflow.list_flows)[1] for _ in range(5)] == [429] * 5
    faults.clear(number)
    assert appflow.list_flows()["flows"] == []


def test_clearing_one_fault_leaves_the_others(appflow: Any) -> None:
    first = faults.inject(Error("ThrottlingException"))
    faults.inject(Error("InternalServerException"))
    faults.clear(first)
    assert _error_of(appflow.list_flows)[1] == 500
    assert faults.injected() == []


def test_a_fault_that_is_not_there_cannot_be_cleared() -> None:
    with pytest.raises(ValueError, match="id: there is no fault 0"):
        faults.clear(0)


def test_a_rate_limit_throttles_what_comes_too_fast_and_fills_by_the_local_clock(appflow: Any) -> None:
    faults.inject(RateLimit(rate=0.001, burst=2), operation="ListFlows")
    for _ in range(2):
        assert appflow.list_flows()["flows"] == []
    with pytest.raises(ClientError, match="Too Many Requests"):
        appflow.list_flows()
    appflow.describe_connectors()
    settings.advance_clock(1000)
    assert appflow.list_flows()["flows"] == []
    assert _error_of(appflow.list_flows) == ("ThrottlingException", 429)


def test_each_account_and_operation_has_a_bucket_of_its_own(aws: Aws) -> None:
    faults.inject(RateLimit(rate=0.001, burst=1))
    for account in (ACCOUNT, OTHER_ACCOUNT):
        client = aws.client("appflow", account)
        client.list_flows()
        client.describe_connectors()
        assert _error_of(client.list_flows)[1] == 429


@given(rate=st.integers(1, 20), burst=st.integers(1, 20), pauses=st.lists(st.integers(0, 3), max_size=40))
def test_a_rate_limit_never_lets_through_more_than_burst_and_rate_allow(
    rate: int, burst: int, pauses: list[int]
) -> None:
    limited = Faults()
    limited.inject(RateLimit(rate, burst))
    begun, passed = settings.now(), 0
    for pause in pauses:
        settings.advance_clock(pause)
        passed += sum(limited.error_of(Call(ACCOUNT, "ListFlows")) is None for _ in range(30))
    assert min(burst, 30 * len(pauses)) <= passed <= burst + rate * (settings.now() - begun)


def test_an_empty_list_of_records_has_no_run_though_there_is_one(connected: Any) -> None:
    connected.create_flow(**flow_request())
    ended = run_and_wait(connected, "accounts")
    faults.inject(EmptyRecords(), flow="accounts")
    answer = connected.describe_flow_execution_records(flowName="accounts")
    assert answer["flowExecutions"] == []
    assert "nextToken" not in answer
    assert record_of(connected, "accounts", ended["executionId"])["executionStatus"] == "Successful"


@pytest.mark.parametrize(
    ("older", "late_page", "expected"),
    [
        (0, 3, [[], [], ["new"]]),
        (3, 2, [["2", "1"], ["new", "0"]]),
        (3, 3, [["2", "1"], ["0"], ["new"]]),
        (5, 2, [["4", "3"], ["new", "2"], ["1", "0"]]),
    ],
)
def test_a_walk_finds_the_newest_run_on_a_later_page_only(
    connected: Any, older: int, late_page: int, expected: list[list[str]]
) -> None:
    connected.create_flow(**flow_request())
    names = {connected.start_flow(flowName="accounts")["executionId"]: str(number) for number in range(older)}
    names[connected.start_flow(flowName="accounts")["executionId"]] = "new"
    faults.inject(LaterPage(late_page))
    first, second = (walk(connected, "accounts", 2) for _ in range(2))
    assert [[names[each] for each in page] for page in first] == expected
    assert names[second[0][0]] == "new"


def test_with_one_record_to_a_page_the_newest_run_comes_alone_on_its_page(connected: Any) -> None:
    connected.create_flow(**flow_request())
    old, new = (connected.start_flow(flowName="accounts")["executionId"] for _ in range(2))
    faults.inject(LaterPage(2))
    assert walk(connected, "accounts", 1) == [[old], [new]]


def test_a_stuck_run_stays_in_progress_until_the_fault_is_cleared(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    number = faults.inject(StuckInProgress(), flow="accounts")
    stuck = connected.start_flow(flowName="accounts")["executionId"]
    other = run_and_wait(connected, "accounts")
    assert other["executionStatus"] == "Successful"
    assert record_of(connected, "accounts", stuck)["executionStatus"] == "InProgress"
    settings.advance_clock(3600)
    assert record_of(connected, "accounts", stuck)["executionStatus"] == "InProgress"
    faults.clear(number)
    assert wait_until_ended(ACCOUNT, REGION, "accounts", stuck) == "Successful"
    assert len(aws.objects()) == 2


def test_a_run_stuck_in_progress_can_be_cancelled(connected: Any) -> None:
    connected.create_flow(**flow_request())
    faults.inject(StuckInProgress())
    stuck = connected.start_flow(flowName="accounts")["executionId"]
    connected.cancel_flow_executions(flowName="accounts", executionIds=[stuck])
    assert wait_until_ended(ACCOUNT, REGION, "accounts", stuck) == "Canceled"


def test_a_cancel_can_be_stuck_until_the_fault_is_cleared(connected: Any) -> None:
    connected.create_flow(**flow_request())
    number = faults.inject(StuckInCancelStarted())
    with settings.held():
        stuck, other = (connected.start_flow(flowName="accounts")["executionId"] for _ in range(2))
        connected.cancel_flow_executions(flowName="accounts")
        assert wait_until_ended(ACCOUNT, REGION, "accounts", other) == "Canceled"
        assert record_of(connected, "accounts", stuck)["executionStatus"] == "CancelStarted"
        faults.clear(number)
        assert wait_until_ended(ACCOUNT, REGION, "accounts", stuck) == "Canceled"


def test_a_failing_run_ends_in_error_with_the_message_and_moves_nothing(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    faults.inject(RunFails("The vendor is on holiday."))
    failed = run_and_wait(connected, "accounts")
    assert failed["executionStatus"] == "Error"
    assert failed["executionResult"]["errorInfo"]["executionMessage"] == "The vendor is on holiday."
    assert aws.objects() == {}
    assert run_and_wait(connected, "accounts")["executionStatus"] == "Successful"


def test_a_token_is_revoked_after_the_page_that_was_named_and_once() -> None:
    revoked: list[int] = []
    faults.inject(TokenRevoked(after_page=2), flow="accounts")
    for page in (1, 2, 3, 2):
        faults.between_pages(ACCOUNT, "other", page, lambda: revoked.append(0))
        faults.between_pages(ACCOUNT, "accounts", page, partial(revoked.append, page))
    assert revoked == [2]


def test_a_reset_of_the_settings_clears_the_faults(appflow: Any) -> None:
    faults.inject(Error("ThrottlingException"), times=None)
    settings.reset()
    assert faults.injected() == []
    assert appflow.list_flows()["flows"] == []


@pytest.mark.parametrize(
    ("effect", "arguments", "message"),
    [
        (Error("ThrottlingException"), {"operation": "start_flow"}, "operation: AppFlow has no 'start_flow'"),
        (Error("ThrottlingException"), {"operation": 3}, "operation: must be a text"),
        (Error("ThrottlingException"), {"flow": ""}, "flow: must be a text"),
        (Error("ThrottlingException"), {"account": 123456789012}, "account: must be an account id: 12 digits, not"),
        (Error("ThrottlingException"), {"account": "tenant-a"}, "account: must be an account id: 12 digits, not"),
        (Error("ThrottlingException"), {"times": 0}, "times: must be a whole number, 1 or more"),
        (EmptyRecords(), {"operation": "ListFlows"}, "operation: leave it out, EmptyRecords"),
        (RunFails("no"), {"operation": "StartFlow"}, "operation: leave it out, RunFails"),
        (Latency(1), {}, "effect: Latency needs the server of a running LocalStack"),
        (Timeout(), {}, "effect: Timeout needs"),
        (Drop(), {}, "effect: Drop needs"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(effect: Effect, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        faults.inject(effect, **arguments)
    assert faults.injected() == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Error(""), "code: must be an error code: letters only, not"),
        (lambda: Error("Foo\r\nX: y"), "code: must be an error code: letters only, not"),
        (lambda: Latency(-1), "seconds: must be a number of seconds, 0 or more"),
        (lambda: LaterPage(1), "page: must be a whole number, 2 or more"),
        (lambda: RateLimit(0, 1), "rate: must be a number above 0"),
        (lambda: RateLimit(1, 0), "burst: must be a whole number, 1 or more"),
        (lambda: TokenRevoked(-1), "after_page: must be a whole number, 0 or more"),
    ],
)
def test_an_effect_with_a_wrong_member_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
