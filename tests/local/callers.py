"""Users and roles with just the policies that a test gives them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.seed import REGION, account_client

ACCOUNT = "555555555555"
numbers = itertools.count(1)

Keys = dict[str, str]


def allow(action: Any, resource: Any = "*", **statement: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **statement}


def deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Account:
    """The account that the tests' users and roles are in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.iam = account_client(url, ACCOUNT, "iam")
        self.number = next(numbers)

    def client(self, keys: Keys, service: str = "appflow") -> Any:
        make_client: Any = boto3.client
        return make_client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def managed_policy(self, *statements: dict[str, Any]) -> str:
        name = f"policy-{next(numbers)}"
        return str(self.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"])

    def user(self, *statements: dict[str, Any], tags: dict[str, str] | None = None) -> tuple[str, Keys]:
        """A user with an inline policy, if there are statements; returns its name and keys."""
        name = f"user-{self.number}"
        self.iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()])
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=document(*statements))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return name, {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def role(self, *statements: dict[str, Any], **create: Any) -> str:
        """A role with an inline policy, if there are statements; returns its name."""
        name = f"role-{self.number}"
        trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **create)
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        return name

    def session(self, role: str, **request: Any) -> Keys:
        """Keys of a session of the role, opened by the account's root."""
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        sts = account_client(self.url, ACCOUNT, "sts")
        given = sts.assume_role(RoleArn=arn, RoleSessionName="loader", **request)["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }


def refusal(call: Any, **request: Any) -> str:
    """The message with which a call is refused as AppFlow refuses."""
    with pytest.raises(ClientError) as error:
        call(**request)
    answer = error.value.response
    assert answer["Error"]["Code"] == "AccessDeniedException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    return str(answer["Error"]["Message"])


def assert_allowed(call: Any, **request: Any) -> None:
    """The call passes the check of permissions: it ends well, or because there is no such flow."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
