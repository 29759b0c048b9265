"""Targets of EventBridge rules that name a role: then the role is asked, and a policy beside it across accounts."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from airflow_provider_appflow_isv.local import event_bus
from tests.local.appflow.conftest import ACCOUNT, OTHER_ACCOUNT, REGION, Aws, aws, served_aws
from tests.local.queues import add_rule, make_queue, queue_policy, received
from tests.local.test_event_bus import EVENT, bus_arn, put_event

__all__ = ["aws", "served_aws"]  # fixtures

EVENTBRIDGE = {"Service": "events.amazonaws.com"}
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/runs"
names = (f"deliverer-{number}" for number in itertools.count())


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def make_role(aws: Aws, trusted: Any = EVENTBRIDGE, account: str = ACCOUNT, **allow: Any) -> str:
    """A role with one inline statement, if there is any; returns its ARN."""
    iam, name = aws.client("iam", account), next(names)
    trust = document(Principal=trusted, Action="sts:AssumeRole")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    if allow:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(Resource="*", **allow))
    return arn


def queue_without_policy(aws: Aws, account: str = ACCOUNT) -> tuple[str, str]:
    url, arn = make_queue(aws, account)
    aws.client("sqs", account).set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    return url, arn


def test_a_role_that_may_send_needs_no_policy_on_a_queue_of_its_account(aws: Aws) -> None:
    url, arn = queue_without_policy(aws)
    add_rule(aws, {"Arn": arn, "RoleArn": make_role(aws, Action="sqs:SendMessage")})
    put_event()
    assert received(aws, url) == [EVENT]


def test_a_role_that_does_not_exist_brings_nothing(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/absent"})
    put_event()
    assert received(aws, url) == []
    assert "there is no role" in caplog.text


def test_a_role_of_another_account_brings_nothing(aws: Aws) -> None:
    url, arn = queue_without_policy(aws, OTHER_ACCOUNT)
    add_rule(aws, {"Arn": arn, "RoleArn": make_role(aws, account=OTHER_ACCOUNT, Action="sqs:*")})
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == []


def test_a_role_that_does_not_trust_eventbridge_brings_nothing(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn, "RoleArn": make_role(aws, {"Service": "lambda.amazonaws.com"}, Action="sqs:*")})
    put_event()
    assert received(aws, url) == []
    assert "does not allow events.amazonaws.com sts:AssumeRole" in caplog.text


@pytest.mark.parametrize("allow", [{}, {"Action": "sqs:ReceiveMessage"}, {"Effect": "Deny", "Action": "sqs:*"}])
def test_a_role_that_may_not_send_brings_nothing(
    aws: Aws, allow: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn, "RoleArn": make_role(aws, **allow)})
    put_event()
    assert received(aws, url) == []
    assert "do not allow sqs:SendMessage" in caplog.text


def test_across_accounts_the_queue_must_let_the_role_in(aws: Aws) -> None:
    url, arn = queue_without_policy(aws, OTHER_ACCOUNT)
    role = make_role(aws, Action="sqs:SendMessage")
    add_rule(aws, {"Arn": arn, "RoleArn": role})
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == []
    policy = queue_policy(arn, Principal={"AWS": role}, Condition={"ArnEquals": {"aws:PrincipalArn": role}})
    aws.client("sqs", OTHER_ACCOUNT).set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    put_event()
    assert received(aws, url, OTHER_ACCOUNT) == [EVENT]


def test_a_queue_that_denies_the_role_gets_nothing(aws: Aws) -> None:
    url, arn = make_queue(aws, Effect="Deny", Principal="*")
    add_rule(aws, {"Arn": arn, "RoleArn": make_role(aws, Action="sqs:SendMessage")})
    put_event()
    assert received(aws, url) == []


@pytest.fixture
def queue_url(aws: Aws) -> str:
    """A queue behind the default bus of another account."""
    url, arn = make_queue(aws, OTHER_ACCOUNT)
    add_rule(aws, {"Arn": arn}, OTHER_ACCOUNT)
    return url


def let_in(aws: Aws, account: str = OTHER_ACCOUNT, **statement: Any) -> None:
    allow = {"Sid": "let-in", "Principal": {"AWS": ACCOUNT}, "Action": "events:PutEvents"}
    policy = document(**{**allow, "Resource": bus_arn(account), **statement})
    aws.client("events", account).put_permission(Policy=policy)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"events:source": "aws.appflow"}},
        {"StringLike": {"events:detail-type": "AppFlow * Flow Run Report"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"ArnEquals": {"aws:SourceArn": RULE}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
        {"StringEquals": {"aws:ResourceAccount": OTHER_ACCOUNT}},
    ],
)
def test_a_bus_policy_sees_the_event_and_who_sends_it(aws: Aws, queue_url: str, condition: dict[str, Any]) -> None:
    let_in(aws, Condition=condition)
    add_rule(aws, {"Arn": bus_arn(OTHER_ACCOUNT)})
    put_event()
    assert received(aws, queue_url, OTHER_ACCOUNT) == [EVENT]


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"events:source": "aws.s3"}},
        {"StringEquals": {"events:detail-type": "Object Created"}},
        {"StringEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
    ],
)
def test_a_bus_policy_keeps_other_events_and_senders_out(aws: Aws, queue_url: str, condition: dict[str, Any]) -> None:
    let_in(aws, Condition=condition)
    add_rule(aws, {"Arn": bus_arn(OTHER_ACCOUNT)})
    put_event()
    assert received(aws, queue_url, OTHER_ACCOUNT) == []


@pytest.mark.parametrize(("allow", "arrived"), [({"Action": "events:PutEvents"}, [EVENT]), ({}, [])])
def test_a_bus_may_name_the_targets_role_which_must_be_allowed_itself(
    aws: Aws, queue_url: str, allow: dict[str, Any], arrived: list[Any]
) -> None:
    role = make_role(aws, **allow)
    let_in(aws, Principal={"AWS": role}, Condition={"ArnEquals": {"aws:PrincipalArn": role}})
    add_rule(aws, {"Arn": bus_arn(OTHER_ACCOUNT), "RoleArn": role})
    put_event()
    assert received(aws, queue_url, OTHER_ACCOUNT) == arrived


@pytest.mark.parametrize(("effect", "arrived"), [("Allow", [EVENT]), ("Deny", [])])
def test_a_bus_of_the_rules_account_needs_no_policy_but_may_deny(aws: Aws, effect: str, arrived: list[Any]) -> None:
    aws.client("events").create_event_bus(Name="reports")
    url, arn = make_queue(aws)
    add_rule(aws, {"Arn": arn}, EventBusName="reports")
    target = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/reports"
    policy = document(Effect=effect, Sid="all", Principal="*", Action="events:PutEvents", Resource=target)
    if effect == "Deny":
        aws.client("events").put_permission(EventBusName="reports", Policy=policy)
    add_rule(aws, {"Arn": target})
    event_bus.put(ACCOUNT, REGION, "default", EVENT)
    assert received(aws, url) == arrived
