"""Secrets that AppFlow reads for somebody, made by real Secrets Manager and KMS calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from airflow_provider_appflow_isv.local.service_secrets import SecretUnreadableError, read_as_appflow

ACCOUNT = "123456789012"
REGION = "us-east-1"
APPFLOW = {"Service": "appflow.amazonaws.com"}
CONTENT = {"clientId": "an-id", "clientSecret": "a-secret-value"}
FROM_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


class Aws:
    """moto's server in this process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str) -> Any:
        make_client: Any = boto3.client
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return make_client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def make_secret(self, text: str = json.dumps(CONTENT), granted: dict[str, Any] | None = None, **create: Any) -> str:
        secrets = self.client("secretsmanager")
        arn = str(secrets.create_secret(Name="connected-app", SecretString=text, **create)["ARN"])
        grant = policy("secretsmanager:GetSecretValue", **(granted or {}))
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=grant)
        return arn

    def make_key(self, **statement: Any) -> str:
        return str(self.client("kms").create_key(Policy=policy("kms:Decrypt", **statement))["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def served() -> Iterator[Aws]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield Aws(f"http://127.0.0.1:{port}")
    server.stop()


@pytest.fixture
def aws(served: Aws) -> Aws:
    requests.post(f"{served.url}/moto-api/reset", timeout=30).raise_for_status()
    return served


def policy(action: str, **statement: Any) -> str:
    allow = {"Effect": "Allow", "Principal": APPFLOW, "Action": action, "Resource": "*", **statement}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def test_a_secret_that_lets_appflow_in_is_read(aws: Aws) -> None:
    assert read_as_appflow(aws.make_secret(granted={"Condition": FROM_ACCOUNT}), ACCOUNT) == CONTENT


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}},
        {
            "StringLike": {
                "secretsmanager:SecretId": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:connected-app-*"
            }
        },
        {"StringEquals": {"aws:ResourceAccount": ACCOUNT, "aws:RequestedRegion": REGION}},
        {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    ],
)
def test_a_secrets_policy_sees_what_is_asked_and_by_whom(aws: Aws, condition: dict[str, Any]) -> None:
    assert read_as_appflow(aws.make_secret(granted={"Condition": condition}), ACCOUNT) == CONTENT


@pytest.mark.parametrize(
    "granted",
    [
        {"Principal": {"Service": "glue.amazonaws.com"}},
        {"Principal": {"AWS": ACCOUNT}},
        {"Effect": "Deny"},
        {"Action": "secretsmanager:DescribeSecret"},
        {"Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:another-*"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:appflow:*:123456789012:*"}}},
    ],
)
def test_a_secret_that_keeps_appflow_out_is_not_read(aws: Aws, granted: dict[str, Any]) -> None:
    with pytest.raises(SecretUnreadableError, match="does not allow appflow") as refused:
        read_as_appflow(aws.make_secret(granted=granted), ACCOUNT)
    assert CONTENT["clientSecret"] not in str(refused.value)


def test_a_secret_without_a_policy_is_not_read(aws: Aws) -> None:
    arn = aws.client("secretsmanager").create_secret(Name="connected-app", SecretString=json.dumps(CONTENT))["ARN"]
    with pytest.raises(SecretUnreadableError, match="GetSecretValue"):
        read_as_appflow(arn, ACCOUNT)


def test_the_profiles_account_is_what_the_policy_sees(aws: Aws) -> None:
    arn = aws.make_secret(granted={"Condition": FROM_ACCOUNT})
    with pytest.raises(SecretUnreadableError, match="aws:SourceAccount 999999999999"):
        read_as_appflow(arn, "999999999999")


@pytest.mark.parametrize("arn", ["connected-app", "arn:aws:s3:::bucket", ""])
def test_what_is_no_secrets_arn_is_refused(arn: str) -> None:
    with pytest.raises(SecretUnreadableError, match="not the ARN of a secret"):
        read_as_appflow(arn, ACCOUNT)


def test_an_absent_secret_is_refused() -> None:
    with pytest.raises(SecretUnreadableError, match="There is no secret"):
        read_as_appflow(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:absent-AbCdEf", ACCOUNT)


def test_a_deleted_secret_is_refused(aws: Aws) -> None:
    arn = aws.make_secret()
    aws.client("secretsmanager").delete_secret(SecretId=arn)
    with pytest.raises(SecretUnreadableError, match="InvalidRequestException"):
        read_as_appflow(arn, ACCOUNT)


@pytest.mark.parametrize("text", ["a-secret-value", '["a-secret-value"]', '"a-secret-value"'])
def test_a_secret_that_is_no_json_object_is_refused_without_repeating_it(aws: Aws, text: str) -> None:
    with pytest.raises(SecretUnreadableError, match="JSON object") as refused:
        read_as_appflow(aws.make_secret(text), ACCOUNT)
    assert "a-secret-value" not in str(refused.value)


def test_a_replica_is_not_read(aws: Aws) -> None:
    arn = aws.make_secret(AddReplicaRegions=[{"Region": "eu-west-1"}])
    with pytest.raises(SecretUnreadableError, match="replica"):
        read_as_appflow(arn.replace(REGION, "eu-west-1"), ACCOUNT)


@pytest.mark.parametrize(
    "condition",
    [
        FROM_ACCOUNT,
        {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}},
        {"StringLike": {"kms:EncryptionContext:SecretARN": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:*"}},
    ],
)
def test_a_customer_managed_key_that_lets_appflow_in_is_used(aws: Aws, condition: dict[str, Any]) -> None:
    assert read_as_appflow(aws.make_secret(KmsKeyId=aws.make_key(Condition=condition)), ACCOUNT) == CONTENT


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"},  # what a new key has by default
        {"Action": "kms:Encrypt"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}},
    ],
)
def test_a_customer_managed_key_that_keeps_appflow_out_locks_the_secret(aws: Aws, statement: dict[str, Any]) -> None:
    with pytest.raises(SecretUnreadableError, match="kms:Decrypt"):
        read_as_appflow(aws.make_secret(KmsKeyId=aws.make_key(**statement)), ACCOUNT)


def test_a_key_is_found_by_its_alias(aws: Aws) -> None:
    key = aws.make_key()
    aws.client("kms").create_alias(AliasName="alias/tenant-a", TargetKeyId=key)
    assert read_as_appflow(aws.make_secret(KmsKeyId="alias/tenant-a"), ACCOUNT) == CONTENT


def test_a_disabled_key_locks_the_secret(aws: Aws) -> None:
    key = aws.make_key()
    arn = aws.make_secret(KmsKeyId=key)
    aws.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    with pytest.raises(SecretUnreadableError, match="absent or not enabled"):
        read_as_appflow(arn, ACCOUNT)


def test_an_absent_key_locks_the_secret(aws: Aws) -> None:
    arn = aws.make_secret(KmsKeyId=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/absent")
    with pytest.raises(SecretUnreadableError, match="absent or not enabled"):
        read_as_appflow(arn, ACCOUNT)


def test_the_aws_managed_key_asks_nothing_more(aws: Aws) -> None:
    assert read_as_appflow(aws.make_secret(KmsKeyId="alias/aws/secretsmanager"), ACCOUNT) == CONTENT
