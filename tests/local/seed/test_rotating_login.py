"""The tenant whose refresh token is rotated, and who may write the next one back."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, Tenant, account_client

if TYPE_CHECKING:
    from tests.local.seed.isv_pattern import Isv


def _tenant(isv: Isv, name: str) -> Tenant:
    return next(tenant for tenant in isv.seed.tenants if tenant.name == name)


def _secrets_of_the_role(isv: Isv, tenant: Tenant) -> Any:
    """A Secrets Manager client in the role that the ISV has in a tenant's account."""
    assumed = isv.client("sts").assume_role(
        RoleArn=tenant.role_arn, RoleSessionName="test", ExternalId=tenant.external_id
    )["Credentials"]
    return boto3.client(
        "secretsmanager",
        region_name=isv.seed.region,
        endpoint_url=isv.stack.aws_url,
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )


def _rewrite(client: Any, name: str) -> None:
    """Write a secret as a rotation does: beside the present version, which then gives way."""
    present = client.get_secret_value(SecretId=name)
    put = client.put_secret_value(SecretId=name, SecretString=present["SecretString"], VersionStages=["AWSPENDING"])
    client.update_secret_version_stage(
        SecretId=name,
        VersionStage="AWSCURRENT",
        MoveToVersionId=put["VersionId"],
        RemoveFromVersionId=present["VersionId"],
    )


def test_a_refresh_token_is_in_one_secret_only(isv: Isv) -> None:
    tenant = _tenant(isv, "tenant-d")
    places = ((tenant.account_id, tenant.secret_id), (ISV_ACCOUNT, tenant.isv_secret_id))
    own, copy = (
        json.loads(
            account_client(isv.stack.aws_url, account, "secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        )
        for account, name in places
    )
    assert {name for name in own if copy[name] != own[name]} == {"refreshToken"}
    for secret in (own, copy):
        form = {"client_id": secret["clientId"], "client_secret": secret["clientSecret"]}
        url = f"{tenant.login_url}/services/oauth2/introspect"
        told = requests.post(url, data={**form, "token": secret["refreshToken"]}, timeout=10).json()
        assert (told["active"], told["token_type"]) == (True, "refresh_token")


@pytest.mark.parametrize(
    ("name", "allowed"), [("tenant-a", False), ("tenant-b", False), ("tenant-c", False), ("tenant-d", True)]
)
def test_only_a_login_with_a_refresh_token_may_be_rewritten(isv: Isv, name: str, allowed: bool) -> None:
    tenant = _tenant(isv, name)
    expected = nullcontext() if allowed else pytest.raises(ClientError, match="AccessDenied")
    identity.enforce(True)
    try:
        with expected:
            _rewrite(_secrets_of_the_role(isv, tenant), tenant.secret_id)
        with expected:
            _rewrite(isv.client("secretsmanager"), tenant.isv_secret_id)
    finally:
        identity.enforce(False)
