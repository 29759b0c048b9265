"""What a run may write to, and read from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    Aws,
    Org,
    allow_appflow,
    flow_request,
    profile_request,
    run_and_wait,
)

FLOW_ARN = f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/accounts"
DENIED = "does not allow appflow.amazonaws.com s3:PutObject"


def run_with_policy(aws: Aws, org: Org, policy: dict[str, Any] | None) -> dict[str, Any]:
    client = aws.client("appflow")
    client.create_connector_profile(**profile_request(org))
    aws.make_bucket(policy=policy)
    if policy is None:
        aws.client("s3").delete_bucket_policy(Bucket=BUCKET)
    client.create_flow(**flow_request())
    return run_and_wait(client, "accounts")


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Action": "s3:*"},
        {"Action": ["s3:Put*"], "Resource": f"arn:aws:s3:::{BUCKET}/landing/*"},
        {"Principal": "*"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
        {"Condition": {"StringEquals": {"AWS:sourceaccount": [OTHER_ACCOUNT, ACCOUNT]}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow:*:{ACCOUNT}:flow/acc*"}}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": FLOW_ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow::{ACCOUNT}:flow/accounts"}}},
        {"Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}},
    ],
)
def test_a_policy_that_lets_appflow_put_lets_the_run_write(aws: Aws, org: Org, statement: dict[str, Any]) -> None:
    assert run_with_policy(aws, org, allow_appflow(BUCKET, **statement))["executionStatus"] == "Successful"
    assert len(aws.objects()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": ["s3:GetObject", "s3:ListBucket"]},
        {"Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Resource": f"arn:aws:s3:::{BUCKET}/elsewhere/*"},
        {"Principal": {"Service": "glue.amazonaws.com"}},
        {"Principal": {"AWS": ACCOUNT}},
        {"Effect": "Deny"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/other"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}},
        {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "1"}}},
    ],
)
def test_a_policy_that_does_not_let_appflow_put_fails_the_run(aws: Aws, org: Org, statement: dict[str, Any]) -> None:
    record = run_with_policy(aws, org, allow_appflow(BUCKET, **statement))
    assert record["executionStatus"] == "Error"
    assert DENIED in record["executionResult"]["errorInfo"]["executionMessage"]
    assert FLOW_ARN in record["executionResult"]["errorInfo"]["executionMessage"]
    assert aws.objects() == {}


def test_a_bucket_without_a_policy_fails_the_run(aws: Aws, org: Org) -> None:
    record = run_with_policy(aws, org, None)
    assert DENIED in record["executionResult"]["errorInfo"]["executionMessage"]


@pytest.mark.parametrize("text", ["[]", "null", "7"])
def test_a_policy_that_is_no_object_fails_the_run(aws: Aws, org: Org, text: str) -> None:
    client = aws.client("appflow")
    client.create_connector_profile(**profile_request(org))
    aws.make_bucket()
    aws.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=text)
    client.create_flow(**flow_request())
    assert DENIED in run_and_wait(client, "accounts")["executionResult"]["errorInfo"]["executionMessage"]


@pytest.mark.parametrize("answer_to_services", ["true", "false"])
def test_a_denial_of_everybody_may_spare_services(aws: Aws, org: Org, answer_to_services: str) -> None:
    policy = allow_appflow(BUCKET)
    condition = {"BoolIfExists": {"aws:PrincipalIsAWSService": answer_to_services}}
    everybody = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*", "Condition": condition}
    policy["Statement"].append(everybody)
    status = "Error" if answer_to_services == "true" else "Successful"
    assert run_with_policy(aws, org, policy)["executionStatus"] == status


def test_a_deny_wins_over_an_allow(aws: Aws, org: Org) -> None:
    policy = allow_appflow(BUCKET)
    policy["Statement"] += allow_appflow(BUCKET, Effect="Deny", Action="s3:PutObject")["Statement"]
    assert run_with_policy(aws, org, policy)["executionStatus"] == "Error"


def test_a_bucket_of_another_account_fails_the_run(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket(account=OTHER_ACCOUNT)
    appflow.create_flow(**flow_request())
    record = run_and_wait(appflow, "accounts")
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert message.startswith("Amazon AppFlow doesn't support cross-account S3 buckets")


def test_a_bucket_of_another_region_fails_the_run(aws: Aws, appflow: Any, org: Org) -> None:
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket(region="eu-west-1")
    appflow.create_flow(**flow_request())
    record = run_and_wait(appflow, "accounts")
    assert "must be in the flow's Region us-west-2" in record["executionResult"]["errorInfo"]["executionMessage"]


def test_a_source_bucket_must_let_appflow_list_and_read(aws: Aws, appflow: Any) -> None:
    aws.make_bucket(policy=allow_appflow(BUCKET, Action="s3:PutObject"))
    aws.client("s3").put_object(Bucket=BUCKET, Key="input/a.csv", Body=b"Id\n1\n")
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
    }
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="s3:ListBucket"):
        appflow.create_flow(
            **flow_request(sourceFlowConfig=source, tasks=[{"taskType": "Map_all", "sourceFields": []}])
        )
