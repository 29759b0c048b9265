"""What policies see of a request that an AWS service makes."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.services import (
    APPFLOW,
    EVENTBRIDGE,
    flow_source_arn,
    refusal,
    service_context,
)

ACCOUNT = "111111111111"
RESOURCE = "arn:aws:s3:::landing/key"
FLOW = f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/daily"


def refused(condition: dict[str, Any], **statement: Any) -> str | None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    context = service_context(
        APPFLOW,
        region="us-west-2",
        resource_account="222222222222",
        source_account=ACCOUNT,
        source_arn=flow_source_arn(FLOW),
    )
    everything = {**allow, "Condition": {}}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, **statement}, *([everything] if statement else [])]}
    return refusal(policy, APPFLOW, "s3:PutObject", RESOURCE, context)


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:PrincipalIsAWSService": "true", "aws:SecureTransport": "true"}},
        {"StringEquals": {"aws:PrincipalServiceName": "appflow.amazonaws.com"}},
        {"StringEquals": {"aws:ResourceAccount": "222222222222", "aws:SourceAccount": ACCOUNT}},
        {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
        {"ArnEquals": {"aws:SourceArn": FLOW}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow::{ACCOUNT}:flow/daily"}},
        {"StringLike": {"aws:SourceArn": f"arn:aws:appflow::{ACCOUNT}:flow/*"}},
    ],
)
def test_conditions_see_the_service_and_for_whom_it_asks(condition: dict[str, Any]) -> None:
    assert refused(condition) is None


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow::{ACCOUNT}:flow/weekly"}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow:eu-west-1:{ACCOUNT}:flow/daily"}},
        {"ArnNotLike": {"aws:SourceArn": FLOW}},
        {"ArnNotLike": {"aws:SourceArn": f"arn:aws:appflow::{ACCOUNT}:flow/daily"}},
    ],
)
def test_a_refusal_names_the_condition_keys_that_were_sent(condition: dict[str, Any]) -> None:
    message = refused(condition)
    assert message is not None
    assert message.startswith(f"does not allow appflow.amazonaws.com s3:PutObject on {RESOURCE}. The request has ")
    assert f"aws:SourceArn {FLOW}" in message
    assert "aws:PrincipalIsAWSService true" in message


@pytest.mark.parametrize("arn", [FLOW, f"arn:aws:appflow::{ACCOUNT}:flow/daily"])
def test_a_denial_meets_the_flow_in_both_spellings(arn: str) -> None:
    assert refused({"ArnLike": {"aws:SourceArn": arn}}, Effect="Deny") is not None
    assert refused({"ArnNotLike": {"aws:SourceArn": arn}}, Effect="Deny") is None


def test_a_request_for_no_resource_has_no_source_arn() -> None:
    context = service_context(EVENTBRIDGE, region="us-west-2", resource_account=ACCOUNT, source_account=ACCOUNT)
    assert context["aws:PrincipalServiceName"] == "events.amazonaws.com"
    assert "aws:SourceArn" not in context
