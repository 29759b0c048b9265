from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from airflow_provider_appflow_isv.local.trust import enforce_trust

TENANT = "222222222222"
ISV = "111111111111"
DEFAULT = "123456789012"
ROLE_NAME = "appflow-remote-role"
ROLE = f"arn:aws:iam::{TENANT}:role/{ROLE_NAME}"
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "tenant-a-7f3"}}


class Aws:
    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str, keys: dict[str, str] | None = None, account: str | None = None) -> Any:
        make_client: Any = boto3.client
        credentials = keys or {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        unchecked = Config(parameter_validation=False)  # the server is to do the checking
        client = make_client(service, region_name="us-east-1", endpoint_url=self.url, config=unchecked, **credentials)
        if account is not None:

            def choose_account(request: Any, **_: Any) -> None:
                request.headers["x-moto-account-id"] = account

            client.meta.events.register("before-sign", choose_account)
        return client

    def make_role(self, principal: Any, account: str = TENANT, **statement: Any) -> None:
        trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **statement}
        self.client("iam", account=account).create_role(
            RoleName=ROLE_NAME,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            MaxSessionDuration=7200,
        )

    def user_keys(self, account: str = ISV, name: str = "airflow") -> dict[str, str]:
        iam = self.client("iam", account=account)
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def assume(self, keys: dict[str, str] | None = None, role: str = ROLE, **request: Any) -> dict[str, str]:
        answer = self.client("sts", keys).assume_role(RoleArn=role, RoleSessionName="airflow", **request)
        given = answer["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }


@pytest.fixture(scope="module")
def served() -> Iterator[Aws]:
    enforce_trust()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield Aws(f"http://127.0.0.1:{port}")
    server.stop()


@pytest.fixture
def aws(served: Aws) -> Aws:
    requests.post(f"{served.url}/moto-api/reset", timeout=30).raise_for_status()
    return served


def assert_refused(aws: Aws, caller: str, keys: dict[str, str] | None = None, role: str = ROLE, **request: Any) -> None:
    with pytest.raises(ClientError) as error:
        aws.assume(keys, role, **request)
    answer = error.value.response
    assert answer["Error"]["Code"] == "AccessDenied"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert answer["Error"]["Message"] == (
        f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_a_trusted_account_gets_credentials_of_the_roles_account(aws: Aws) -> None:
    aws.make_role({"AWS": ISV})
    keys = aws.assume(aws.user_keys())
    identity = aws.client("sts", keys).get_caller_identity()
    assert identity["Account"] == TENANT
    assert identity["Arn"] == f"arn:aws:sts::{TENANT}:assumed-role/{ROLE_NAME}/airflow"


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": f"arn:aws:iam::{ISV}:root"},
        {"AWS": [f"arn:aws:iam::{ISV}:user/airflow", "333333333333"]},
    ],
)
def test_a_caller_may_be_trusted_in_several_ways(aws: Aws, principal: Any) -> None:
    aws.make_role(principal)
    assert aws.assume(aws.user_keys())["aws_access_key_id"].startswith("ASIA")


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "333333333333"},
        {"AWS": f"arn:aws:iam::{ISV}:user/somebody-else"},
        {"AWS": f"arn:aws:iam::{ISV}:role/airflow"},
        {"Service": "appflow.amazonaws.com"},
    ],
)
def test_a_caller_that_is_not_trusted_is_refused(aws: Aws, principal: Any) -> None:
    aws.make_role(principal)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys())


def test_a_role_that_does_not_exist_is_refused_in_the_same_words(aws: Aws) -> None:
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys())


def test_the_right_external_id_is_let_in(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, Condition=EXTERNAL_ID)
    assert aws.assume(aws.user_keys(), ExternalId="tenant-a-7f3")


@pytest.mark.parametrize("request_", [{"ExternalId": "tenant-b-9k1"}, {}])
def test_a_wrong_or_missing_external_id_is_refused(aws: Aws, request_: dict[str, str]) -> None:
    aws.make_role({"AWS": ISV}, Condition=EXTERNAL_ID)
    assert_refused(aws, f"arn:aws:iam::{ISV}:user/airflow", aws.user_keys(), **request_)


def test_a_role_of_the_callers_own_account_is_checked_too(aws: Aws) -> None:
    aws.make_role({"AWS": "333333333333"})
    assert_refused(aws, f"arn:aws:iam::{TENANT}:user/airflow", aws.user_keys(TENANT))


def test_a_key_that_nobody_knows_is_the_root_of_the_default_account(aws: Aws) -> None:
    aws.make_role({"AWS": ISV})
    assert_refused(aws, f"arn:aws:iam::{DEFAULT}:root")
    trust = {"Effect": "Allow", "Principal": {"AWS": DEFAULT}, "Action": "sts:AssumeRole"}
    aws.client("iam", account=TENANT).update_assume_role_policy(
        RoleName=ROLE_NAME, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    assert aws.assume()


def test_a_role_session_is_trusted_as_its_role(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, account="444444444444")
    first = f"arn:aws:iam::444444444444:role/{ROLE_NAME}"
    aws.make_role({"AWS": first})
    chained = aws.assume(aws.assume(aws.user_keys(), first))
    assert aws.client("sts", chained).get_caller_identity()["Account"] == TENANT


def test_a_role_session_that_is_not_trusted_is_named(aws: Aws) -> None:
    aws.make_role({"AWS": ISV}, account="444444444444")
    aws.make_role({"AWS": ISV})
    keys = aws.assume(aws.user_keys(), f"arn:aws:iam::444444444444:role/{ROLE_NAME}")
    assert_refused(aws, f"arn:aws:sts::444444444444:assumed-role/{ROLE_NAME}/airflow", keys)


@pytest.mark.parametrize("duration", [900, 3600, 7200])
def test_a_duration_within_the_roles_limit_is_taken(aws: Aws, duration: int) -> None:
    aws.make_role({"AWS": ISV})
    assert aws.assume(aws.user_keys(), DurationSeconds=duration)


@pytest.mark.parametrize(
    ("duration", "reason"),
    [
        (899, "greater than or equal to 900"),
        (43201, "less than or equal to 43200"),
        (7201, "exceeds the MaxSessionDuration set for this role"),
    ],
)
def test_a_duration_outside_the_limits_is_refused(aws: Aws, duration: int, reason: str) -> None:
    aws.make_role({"AWS": ISV})
    client = aws.client("sts", aws.user_keys())
    with pytest.raises(ClientError, match=reason) as error:
        client.assume_role(RoleArn=ROLE, RoleSessionName="airflow", DurationSeconds=duration)
    assert error.value.response["Error"]["Code"] == "ValidationError"


def test_a_chained_role_lasts_an_hour_at_most(aws: Aws) -> None:
    first = f"arn:aws:iam::444444444444:role/{ROLE_NAME}"
    aws.make_role({"AWS": ISV}, account="444444444444")
    aws.make_role({"AWS": first})
    keys = aws.assume(aws.user_keys(), first)
    with pytest.raises(ClientError, match="1 hour session limit for roles assumed by role chaining"):
        aws.assume(keys, DurationSeconds=3601)


def test_enforcing_twice_changes_nothing(aws: Aws) -> None:
    from moto.sts.responses import TokenResponse

    before = TokenResponse.assume_role
    enforce_trust()
    assert TokenResponse.assume_role is before
