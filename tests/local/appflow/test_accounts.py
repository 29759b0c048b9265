"""Accounts and Regions are kept apart, also when they are reached by an assumed role."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.appflow import register
from airflow_provider_appflow_isv.local.appflow.models import appflow_backends
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    OTHER_ACCOUNT,
    REGION,
    Aws,
    Org,
    allow_appflow,
    flow_request,
    map_fields,
    profile_request,
    run_and_wait,
)

ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/appflow-remote-role"


def remote_client(aws: Aws, service: str) -> Any:
    """A client with the other account's role, assumed from the default account as a tenant's role is."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    aws.client("iam", OTHER_ACCOUNT).create_role(
        RoleName="appflow-remote-role", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    keys = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="isv")["Credentials"]
    make_client: Any = boto3.client
    return make_client(
        service,
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_flows_of_the_same_name_are_apart_by_account(aws: Aws, org: Org) -> None:
    clients = {account: aws.client("appflow", account) for account in (ACCOUNT, OTHER_ACCOUNT)}
    for account, client in clients.items():
        bucket = f"{BUCKET}-{account}"
        aws.make_bucket(bucket, account)
        client.create_connector_profile(**profile_request(org))
        request = flow_request(tasks=map_fields("Id") if account == ACCOUNT else map_fields("Name"))
        request["destinationFlowConfigList"][0]["destinationConnectorProperties"]["S3"]["bucketName"] = bucket
        client.create_flow(**request)
    for account, client in clients.items():
        assert run_and_wait(client, "accounts", account)["executionStatus"] == "Successful"
        assert len(client.describe_flow_execution_records(flowName="accounts")["flowExecutions"]) == 1
        assert f":{account}:" in client.describe_flow(flowName="accounts")["flowArn"]
        (content,) = aws.objects(f"{BUCKET}-{account}", account).values()
        assert list(json.loads(content.splitlines()[0])) == (["Id"] if account == ACCOUNT else ["Name"])


def test_flows_are_apart_by_region(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    assert aws.client("appflow", region="eu-west-1").list_flows()["flows"] == []


def test_an_assumed_role_acts_in_its_own_account_and_is_named_as_creator(aws: Aws, org: Org) -> None:
    client = remote_client(aws, "appflow")
    client.create_connector_profile(**profile_request(org))
    client.create_flow(**flow_request())
    described = aws.client("appflow", OTHER_ACCOUNT).describe_flow(flowName="accounts")
    assert described["createdBy"] == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/appflow-remote-role/isv"
    assert aws.client("appflow", ACCOUNT).list_flows()["flows"] == []


def test_a_user_is_named_as_the_one_who_updated(aws: Aws, connected: Any, org: Org) -> None:
    connected.create_flow(**flow_request())
    iam = aws.client("iam")
    user = iam.create_user(UserName="engineer")["User"]
    key = iam.create_access_key(UserName="engineer")["AccessKey"]
    make_client: Any = boto3.client
    client = make_client(
        "appflow",
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    client.update_flow(**flow_request(tasks=map_fields("Id")))
    described = client.describe_flow(flowName="accounts")
    assert described["lastUpdatedBy"] == user["Arn"]
    assert described["createdBy"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_reset_forgets_everything(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    requests.post(f"{aws.url}/moto-api/reset", timeout=30).raise_for_status()
    assert connected.list_flows()["flows"] == []
    assert connected.describe_connector_profiles()["connectorProfileDetails"] == []


def test_a_reset_cancels_the_runs_that_are_going_on(aws: Aws, connected: Any) -> None:
    from airflow_provider_appflow_isv.local.appflow.controls.settings import settings

    connected.create_flow(**flow_request())
    with settings.held():
        execution_id = connected.start_flow(flowName="accounts")["executionId"]
        run = appflow_backends[ACCOUNT][REGION].flows.get("accounts").runs[execution_id]
        requests.post(f"{aws.url}/moto-api/reset", timeout=30).raise_for_status()
        assert run.ended.result(30) == "Canceled"


def test_a_reset_ends_the_check_of_identity_policies(aws: Aws) -> None:
    identity.enforce(True)
    assert identity.is_enforced()
    requests.post(f"{aws.url}/moto-api/reset", timeout=30).raise_for_status()
    assert not identity.is_enforced()


def test_a_refusal_by_iam_is_typed(aws: Aws, connected: Any) -> None:
    connected.create_flow(**flow_request())
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    allow = {"Effect": "Allow", "Action": "appflow:DescribeFlow", "Resource": "*"}
    iam.put_user_policy(
        UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    make_client: Any = boto3.client
    client = make_client(
        "appflow",
        region_name=REGION,
        endpoint_url=aws.url,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with enable_iam_authentication():
        client.describe_flow(flowName="accounts")
        with pytest.raises(ClientError) as error:
            client.start_flow(flowName="accounts")
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert error.value.response["Error"]["Message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: appflow:StartFlow on resource: "
        f"arn:aws:appflow:us-west-2:{ACCOUNT}:flow/accounts"
    )


def test_appflow_works_under_mock_aws_too(org: Org) -> None:
    register()
    make_client: Any = boto3.client
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": REGION}
    with mock_aws():
        s3 = make_client("s3", **keys)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(allow_appflow(BUCKET)))
        client = make_client("appflow", **keys)
        client.create_connector_profile(**profile_request(org))
        client.create_flow(**flow_request())
        assert run_and_wait(client, "accounts")["executionStatus"] == "Successful"


def test_registering_again_changes_nothing() -> None:
    import moto.backend_index

    register()
    register()
    names = [name for name, _ in moto.backend_index.backend_url_patterns]
    assert names.count("appflow") == 1
