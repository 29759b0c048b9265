from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.exceptions import (
    FlowRunAuthenticationFailed,
    FlowRunEmpty,
    FlowRunFailed,
    FlowRunIncomplete,
)
from airflow_provider_appflow_isv.flow_run import FlowRun, RunState, check_not_empty, check_success
from tests.operators.runs import RESULT

ARN = "arn:aws:appflow:us-east-1:222222222222:flow/accounts"
STARTED = datetime(2026, 1, 31, 12, tzinfo=UTC)

documented = ["InProgress", "CancelStarted", "Successful", "Error", "Canceled"]
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
counts = st.integers(min_value=0, max_value=2**63)
records = st.fixed_dictionaries(
    {},
    optional={
        "executionId": st.uuids().map(str),
        "executionStatus": st.sampled_from(documented) | st.text(),
        "startedAt": moments,
        "lastUpdatedAt": moments,
        "dataPullStartTime": moments,
        "dataPullEndTime": moments,
        "executionResult": st.fixed_dictionaries(
            {},
            optional={
                "recordsProcessed": counts,
                "bytesProcessed": counts,
                "bytesWritten": counts,
                "errorInfo": st.fixed_dictionaries(
                    {}, optional={"executionMessage": st.text(), "putFailuresCount": counts}
                ),
            },
        ),
    },
)


def a_run(**members: Any) -> FlowRun:
    return FlowRun(**{"flow_name": "accounts", "flow_arn": ARN, "execution_id": "run-1", **members})


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("InProgress", RunState.PENDING),
        ("CancelStarted", RunState.PENDING),
        ("Successful", RunState.SUCCEEDED),
        ("Error", RunState.FAILED),
        ("Canceled", RunState.FAILED),
    ],
)
def test_each_status_that_appflow_documents_has_its_meaning(status: str, state: RunState) -> None:
    assert a_run(status=status).state is state


@given(st.text().filter(lambda text: text not in documented))
def test_any_other_status_is_a_failure(status: str) -> None:
    assert a_run(status=status).state is RunState.FAILED


def test_a_record_without_a_status_is_a_failure_that_says_so() -> None:
    run = FlowRun.from_record({"executionId": "run-1"}, flow_name="accounts")
    assert (run.state, run.status) == (RunState.FAILED, "absent")


@given(records)
def test_any_record_survives_a_trigger_event(record: dict[str, Any]) -> None:
    run = FlowRun.from_record(record, flow_name="accounts", flow_arn=ARN)
    assert FlowRun.from_json(json.loads(json.dumps(run.to_json()))) == run


@given(records)
def test_any_record_gives_an_xcom_of_json_values(record: dict[str, Any]) -> None:
    xcom = FlowRun.from_record(record, flow_name="accounts").to_xcom()
    assert json.loads(json.dumps(xcom)) == xcom
    assert set(xcom) == RESULT


@given(records)
def test_any_record_can_be_logged(record: dict[str, Any]) -> None:
    assert "accounts" in str(FlowRun.from_record(record, flow_name="accounts", flow_arn=ARN))


def test_a_record_that_has_ended_is_taken_over_whole() -> None:
    record = {
        "executionId": "run-1",
        "executionStatus": "Successful",
        "executionResult": {"recordsProcessed": 25, "bytesProcessed": 4100, "bytesWritten": 3900},
        "startedAt": STARTED,
        "lastUpdatedAt": STARTED + timedelta(seconds=90),
        "dataPullStartTime": STARTED - timedelta(days=1),
        "dataPullEndTime": STARTED,
    }
    assert FlowRun.from_record(record, flow_name="accounts", flow_arn=ARN).to_xcom() == {
        "flow_name": "accounts",
        "flow_arn": ARN,
        "execution_id": "run-1",
        "status": "Successful",
        "records_processed": 25,
        "bytes_processed": 4100,
        "bytes_written": 3900,
        "put_failures": 0,
        "started_at": "2026-01-31T12:00:00+00:00",
        "ended_at": "2026-01-31T12:01:30+00:00",
        "data_pull_start": "2026-01-30T12:00:00+00:00",
        "data_pull_end": "2026-01-31T12:00:00+00:00",
    }


@pytest.mark.parametrize("status", ["InProgress", "CancelStarted"])
def test_a_record_in_progress_has_no_end_and_no_count_of_failures(status: str) -> None:
    record = {"executionId": "run-1", "executionStatus": status, "startedAt": STARTED, "lastUpdatedAt": STARTED}
    run = FlowRun.from_record(record, flow_name="accounts")
    assert (run.ended_at, run.put_failures, run.seconds) == (None, None, None)


def test_members_of_a_later_version_are_left_out() -> None:
    assert FlowRun.from_json({**a_run().to_json(), "member_of_a_later_version": 1}) == a_run()


def test_the_account_is_that_of_the_arn() -> None:
    assert a_run().account == "222222222222"
    assert a_run(flow_arn=None).account is None


def test_a_run_is_described_with_run_flow_account_status_and_duration() -> None:
    ended = a_run(
        status="Successful", started_at=STARTED.isoformat(), ended_at=(STARTED + timedelta(seconds=90)).isoformat()
    )
    assert str(ended) == "run run-1 of flow accounts in account 222222222222: Successful after 90.0 s"


def test_a_run_that_succeeded_passes() -> None:
    check_success(a_run(status="Successful", records_processed=25))


@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        ("Error", "INVALID_SESSION_ID: Session expired", "AppFlowUpdateConnectorProfileOperator"),
        ("Error", "Access Denied: the policy of the bucket", "AppFlowGrantBucketAccessOperator"),
        ("Error", "No such column 'Nam' on entity", "DescribeConnectorEntity"),
        ("Error", "something else", "AppFlow console"),
        ("Error", None, "AppFlow console"),
        ("Canceled", None, "clear the task"),
        ("Paused", None, "does not know that status"),
    ],
)
def test_a_run_that_failed_is_an_error_with_advice(status: str, message: str | None, advice: str) -> None:
    with pytest.raises(FlowRunFailed) as caught:
        check_success(a_run(status=status, message=message))
    assert (caught.value.code, caught.value.account, caught.value.flow_name, caught.value.execution_id) == (
        status,
        "222222222222",
        "accounts",
        "run-1",
    )
    assert status in str(caught.value)
    assert (message or "AppFlow gave no message") in str(caught.value)
    assert advice in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        "Error while authenticating to connector",
        "Error authenticating to connector: Failed to validate Connection",
        "Encountered authentication error while retrieving metadata",
        "Request failed with Salesforce Status Code 401: authentication failed, INVALID_SESSION_ID: Session expired",
        "Request failed with ServiceNow Status Code 401: User Not Authenticated",
        "Status Code: 400 : {'error':'invalid_grant','error_description':'expired access/refresh token'}",
        '[Amazon](500310) Invalid operation: password authentication failed for user "loader";',
        "Incorrect username or password was specified.",
    ],
)
def test_a_run_whose_credentials_the_saas_refused_is_told_as_such(message: str) -> None:
    with pytest.raises(FlowRunAuthenticationFailed, match="AppFlowUpdateConnectorProfileOperator"):
        check_success(a_run(status="Error", message=message))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("Error", "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)"),
        ("Error", "The provided token has expired. (Service: Amazon S3; Status Code: 401; Error Code: ExpiredToken)"),
        ("Error", "Access Denied: the policy of the bucket authentication-failed does not let AppFlow in"),
        ("Error", "User: arn:aws:sts::1:x is not authorized to perform: kms:Decrypt on resource: invalid_token"),
        ("Error", "Request failed with Salesforce Status Code 403: REQUEST_LIMIT_EXCEEDED"),
        ("Error", "Request failed with Salesforce Status Code 400: INVALID_FIELD: No such column"),
        ("Error", "Please validate the ClientCredentialsArn provided"),
        ("Error", None),
        ("Canceled", "Request failed with Salesforce Status Code 401: "),
        ("Paused", "Request failed with Salesforce Status Code 401: "),
    ],
)
def test_a_run_that_failed_for_anything_else_is_not(status: str, message: str | None) -> None:
    with pytest.raises(FlowRunFailed) as caught:
        check_success(a_run(status=status, message=message))
    assert type(caught.value) is FlowRunFailed


def test_a_secret_that_appflow_may_not_read_comes_with_how_to_let_it() -> None:
    with pytest.raises(FlowRunFailed, match="client_credentials_secret"):
        check_success(a_run(status="Error", message="Please validate the ClientCredentialsArn provided"))


@pytest.mark.parametrize(("refused", "allowed"), [(0, 0), (None, 0), (3, 3), (3, 4), (3, None)])
def test_as_many_refused_records_as_allowed_pass(refused: int | None, allowed: int | None) -> None:
    check_success(a_run(status="Successful", put_failures=refused), max_put_failures=allowed)


def test_more_refused_records_than_allowed_are_an_error_with_both_numbers() -> None:
    with pytest.raises(FlowRunIncomplete, match=r"refused 3 records, 2 are allowed.*error bucket"):
        check_success(a_run(status="Successful", put_failures=3), max_put_failures=2)


@pytest.mark.parametrize("processed", [0, None])
def test_a_run_without_records_is_an_error_where_some_are_expected(processed: int | None) -> None:
    with pytest.raises(FlowRunEmpty, match=r"no records.*on_empty"):
        check_not_empty(a_run(status="Successful", records_processed=processed))


def test_a_run_with_records_is_not_empty() -> None:
    check_not_empty(a_run(status="Successful", records_processed=1))
