"""The accounts of the seed, and what acts in them: administrators and policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import boto3

REGION = "us-east-1"
ISV_ACCOUNT = "111111111111"
# assuming a role with all that a task can say of its session
ASSUME = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
# writing a rotated refresh token back into its secret
KEEP_ROTATED = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
PROFILE_SECRETS = "arn:aws:secretsmanager:*:*:secret:appflow!*"  # an ARN


def account_client(aws_url: str, account_id: str, service: str, region: str = REGION) -> Any:
    """Return a boto3 client that acts in an account of the local AWS with every right.

    :param aws_url: the local AWS endpoint.
    :param account_id: the account.
    :param service: the service, e.g. ``s3``.
    :param region: the region.
    :return: the client.
    """
    make_client: Any = boto3.client  # its stub wants the service as a literal
    client = make_client(
        service,
        region_name=region,
        endpoint_url=aws_url,
        aws_access_key_id="local-administrator",
        aws_secret_access_key="local-administrator",  # noqa: S106  # moto takes any; the header below decides
    )

    def choose_account(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = account_id

    client.meta.events.register("before-sign", choose_account)
    return client


def statement(actions: Sequence[str], resources: Sequence[str] = (), **more: object) -> dict[str, object]:
    """Return a statement of a policy that allows actions.

    :param actions: the actions.
    :param resources: what they may be done to; none in a trust policy.
    :param more: its other members, e.g. ``Principal``.
    """
    targets = {"Resource": list(resources)} if resources else {}
    return {"Effect": "Allow", "Action": list(actions), **targets, **more}


def policy(*statements: dict[str, object]) -> str:
    """Return a policy document as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def make_secret(aws_url: str, account_id: str, name: str, value: object) -> None:
    """Store a secret.

    :param aws_url: the local AWS endpoint.
    :param account_id: the account that it is in.
    :param name: its name.
    :param value: what is stored, as JSON.
    """
    account_client(aws_url, account_id, "secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
