"""Events reach queues, buses and log groups as EventBridge brings them there, also in other accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_appflow_isv.local import event_bus
from tests.local.appflow.conftest import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, aws, served_aws
from tests.local.queues import add_rule, make_queue, received

__all__ = ["aws", "served_aws"]  # fixtures

THIRD_ACCOUNT = "888888888888"
EVENT = {
    "version": "0",
    "id": "5c42b99e-e005-43b3-c744-07990c50d2cc",
    "detail-type": "AppFlow End Flow Run Report",
    "source": "aws.appflow",
    "account": ACCOUNT,
    "time": "2026-01-31T06:00:00Z",
    "region": REGION,
    "resources": ["bd3275d267f032646f926d73a98d12c2"],
    "detail": {"flow-name": "accounts", "status": "Execution Successful"},
}


def put_event() -> None:
    event_bus.put(ACCOUNT, REGION, "default", EVENT)


def test_a_queue_gets_the_whole_event(aws: Aws) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn})
    put_event()
    assert received(aws, url) == [EVENT]


def test_a_queue_of_another_account_gets_it_too(aws: Aws) -> None:
    url, arn = make_queue(aws, OTHER_ACCOUNT)
    add_rule(aws, {"Arn": arn})
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == [EVENT]


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/another"}}},
    ],
)
def test_a_queue_whose_policy_does_not_let_the_rule_in_gets_nothing(
    aws: Aws, statement: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    url, arn = make_queue(aws, **statement)
    add_rule(aws, {"Arn": arn})
    put_event()
    assert received(aws, url) == []
    assert "does not allow events.amazonaws.com sqs:SendMessage" in caplog.text


def test_a_queue_policy_may_name_the_rule(aws: Aws) -> None:
    condition = {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/runs"}}
    url, arn = make_queue(aws, Condition=condition)
    add_rule(aws, {"Arn": arn})
    put_event()
    assert received(aws, url) == [EVENT]


def test_a_rule_that_does_not_match_sends_nothing(aws: Aws) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn}, EventPattern=json.dumps({"detail": {"flow-name": ["contacts"]}}))
    put_event()
    assert received(aws, url) == []


def test_a_disabled_rule_sends_nothing(aws: Aws) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn}, State="DISABLED")
    put_event()
    assert received(aws, url) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"hello": "world"}'}, {"hello": "world"}),
        ({"InputPath": "$.detail"}, EVENT["detail"]),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"flow": "$.detail.flow-name"},
                    "InputTemplate": '{"which": "<flow>"}',
                }
            },
            {"which": "accounts"},
        ),
    ],
)
def test_a_target_gets_what_its_input_says(aws: Aws, target: dict[str, Any], expected: Any) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn, **target})
    put_event()
    assert received(aws, url) == [expected]


def bus_arn(account: str) -> str:
    return f"arn:aws:events:{REGION}:{account}:event-bus/default"


def let_in(aws: Aws, account: str, caller: str) -> None:
    aws.client("events", account).put_permission(
        EventBusName="default", Action="events:PutEvents", Principal=caller, StatementId="let-in"
    )


def test_a_bus_of_another_account_hands_the_event_to_its_own_rules_unchanged(aws: Aws) -> None:
    url, arn = make_queue(aws, OTHER_ACCOUNT)
    let_in(aws, OTHER_ACCOUNT, ACCOUNT)
    add_rule(aws, {"Arn": bus_arn(OTHER_ACCOUNT)})
    add_rule(aws, {"Arn": arn}, OTHER_ACCOUNT)
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == [EVENT]


def test_a_bus_that_does_not_let_the_account_in_gets_nothing(aws: Aws) -> None:
    url, arn = make_queue(aws, OTHER_ACCOUNT)
    add_rule(aws, {"Arn": bus_arn(OTHER_ACCOUNT)})
    add_rule(aws, {"Arn": arn}, OTHER_ACCOUNT)
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == []


def test_an_event_is_not_handed_on_to_a_third_account(aws: Aws) -> None:
    url, arn = make_queue(aws, THIRD_ACCOUNT)
    for account, caller in ((OTHER_ACCOUNT, ACCOUNT), (THIRD_ACCOUNT, OTHER_ACCOUNT)):
        let_in(aws, account, caller)
        add_rule(aws, {"Arn": bus_arn(account)}, caller)
    add_rule(aws, {"Arn": arn}, THIRD_ACCOUNT)
    put_event()
    assert received(aws, url, THIRD_ACCOUNT) == []


def test_a_log_group_gets_the_event(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/events/runs")
    add_rule(aws, {"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/runs"})
    put_event()
    found = logs.filter_log_events(logGroupName="/aws/events/runs")["events"]
    assert [json.loads(each["message"]) for each in found] == [EVENT]


def test_a_target_that_the_local_stack_lacks_does_not_keep_the_others_from_the_event(aws: Aws) -> None:
    url, arn = make_queue(aws)
    events = aws.client("events")
    events.put_rule(Name="runs", EventPattern=json.dumps({"source": ["aws.appflow"]}))
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
    events.put_targets(Rule="runs", Targets=[{"Id": "1", "Arn": topic}, {"Id": "2", "Arn": arn}])
    put_event()
    assert received(aws, url) == [EVENT]
