"""Queues that EventBridge delivers to."""

from __future__ import annotations

import json
from typing import Any

from tests.local.appflow.conftest import ACCOUNT, REGION, Aws


def queue_policy(queue_arn: str, **statement: Any) -> str:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, **statement}]})


def make_queue(aws: Aws, account: str = ACCOUNT, **statement: Any) -> tuple[str, str]:
    """A queue that EventBridge may send to; returns its URL and ARN."""
    sqs = aws.client("sqs", account)
    url = sqs.create_queue(QueueName="reports")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{account}:reports"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": queue_policy(arn, **statement)})
    return url, arn


def add_rule(aws: Aws, target: dict[str, Any], account: str = ACCOUNT, **rule: Any) -> None:
    """A rule for AppFlow's events, on the default bus unless told otherwise."""
    events = aws.client("events", account)
    pattern = json.dumps({"source": [{"prefix": "aws."}]})
    bus = {"EventBusName": rule["EventBusName"]} if "EventBusName" in rule else {}
    events.put_rule(**{"Name": "runs", "EventPattern": pattern, **rule})
    events.put_targets(Rule="runs", Targets=[{"Id": "1", **target}], **bus)


def received(aws: Aws, url: str, account: str = ACCOUNT) -> list[Any]:
    """What is in a queue now."""
    answer = aws.client("sqs", account).receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def next_messages(aws: Aws, url: str, count: int, account: str = ACCOUNT) -> list[Any]:
    """The next so many messages of a queue, by long polls."""
    sqs = aws.client("sqs", account)
    found: list[Any] = []
    for _ in range(20):
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"]))
        if len(found) >= count:
            break
    assert len(found) == count, found
    return found
