"""Roles and users to assume them, in a moto of this process whose STS checks trust policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
TAGGING = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "tenant-a-7f3"}}


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def tag_list(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


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

    def reset(self) -> None:
        requests.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()

    def make_role(self, principal: Any, account: str = TENANT, **statement: Any) -> None:
        trust = {"Principal": principal, "Action": "sts:AssumeRole", **statement}
        self.client("iam", account=account).create_role(
            RoleName=ROLE_NAME,
            AssumeRolePolicyDocument=policy(**trust),
            MaxSessionDuration=7200,
            Tags=tag_list(stage="test"),
        )

    def user_keys(
        self, account: str = ISV, name: str = "airflow", tags: dict[str, str] | None = None, **allow: Any
    ) -> dict[str, str]:
        iam = self.client("iam", account=account)
        iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()])
        if allow:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(**allow))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def assume(self, keys: dict[str, str] | None = None, role: str = ROLE, **request: Any) -> dict[str, str]:
        named = {"RoleSessionName": "airflow", **request}
        answer = self.client("sts", keys).assume_role(RoleArn=role, **named)
        given = answer["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }


@contextmanager
def served_aws() -> Iterator[Aws]:
    """moto on loopback, while the block lasts."""
    enforce_trust()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield Aws(f"http://127.0.0.1:{port}")
    server.stop()


def assert_refused(
    aws: Aws,
    caller: str,
    keys: dict[str, str] | None = None,
    role: str = ROLE,
    action: str = "sts:AssumeRole",
    why: str = "",
    **request: Any,
) -> None:
    with pytest.raises(ClientError) as error:
        aws.assume(keys, role, **request)
    answer = error.value.response
    assert answer["Error"]["Code"] == "AccessDenied"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert answer["Error"]["Message"] == (
        f"User: {caller} is not authorized to perform: {action} on resource: {role}{why}"
    )
