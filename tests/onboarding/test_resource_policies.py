"""The generated policies of buckets, secrets and keys, as AppFlow meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.service_secrets import SecretUnreadableError, read_as_appflow
from airflow_provider_appflow_isv.onboarding import bucket_policies, key_policies, secret_policies
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from tests.onboarding.setups import tenant_a
from tests.tasks import run_task

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

Change = Callable[[dict[str, Any]], None]


def without(action: str) -> Change:
    """Takes an action away from a policy of one statement."""

    def change(policy: dict[str, Any]) -> None:
        policy["Statement"][0]["Action"].remove(action)

    return change


def for_another_account(policy: dict[str, Any]) -> None:
    policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] = "999999999999"


def unchanged(policy: dict[str, Any]) -> None:
    """What the generator made."""


def run_into(tenant: TenantAccount, change: Change) -> str:
    """The status of a run into a bucket with the generated policy."""
    bucket = tenant.make_bucket(granted=False)
    policy = bucket_policies(tenant_a(account_id=tenant.account, buckets=[bucket]))[bucket]
    change(policy)
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    flow = tenant.make_flow(bucket=bucket)
    return tenant.wait(flow, tenant.start(flow))


@pytest.mark.parametrize(
    ("change", "status"),
    [(unchanged, "Successful"), (without("s3:PutObject"), "Error"), (for_another_account, "Error")],
)
def test_appflow_writes_by_the_bucket_policy_and_not_without(
    change: Change, status: str, tenant: TenantAccount
) -> None:
    assert run_into(tenant, change) == status


@pytest.mark.parametrize("access", ["write", "read", "read_write"])
def test_the_operator_finds_nothing_to_add_to_the_bucket_policy(access: str, tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    kinds: dict[str, Any] = {"buckets": [], "source_buckets": []}
    for kind, member in (("write", "buckets"), ("read", "source_buckets")):
        kinds[member] = [bucket] if kind in access else []
    policy = bucket_policies(tenant_a(account_id=tenant.account, **kinds))[bucket]
    tenant.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    grant = AppFlowGrantBucketAccessOperator(task_id="grant", bucket_name=bucket, access=access, **tenant.aws)
    assert run_task(grant)["action"] == "unchanged"


def make_secret(tenant: TenantAccount, *, change: Change = unchanged, change_key: Change = unchanged) -> str:
    """The ARN of a secret under a key of the tenant's own, both with the generated policies."""
    key = tenant.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = tenant.make_secret({"clientId": "id", "clientSecret": "secret"})
    secrets = tenant.client("secretsmanager")
    arn = str(secrets.update_secret(SecretId=name, KmsKeyId=key)["ARN"])
    setup = tenant_a(account_id=tenant.account, client_credentials_secrets=[arn], secret_keys=[key])
    (policy,), (added,) = secret_policies(setup).values(), key_policies(setup).values()
    change(policy)
    change_key(added)
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policy))
    kms = tenant.client("kms")
    whole = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    whole["Statement"] += added["Statement"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(whole))
    return arn


def test_appflow_reads_the_client_credentials_by_the_policies_of_secret_and_key(tenant: TenantAccount) -> None:
    assert read_as_appflow(make_secret(tenant), tenant.account)["clientId"] == "id"


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"change": without("secretsmanager:GetSecretValue")}, "secretsmanager:GetSecretValue"),
        ({"change": for_another_account}, "secretsmanager:GetSecretValue"),
        ({"change_key": without("kms:Decrypt")}, "kms:Decrypt"),
        ({"change_key": for_another_account}, "kms:Decrypt"),
    ],
)
def test_appflow_does_not_read_them_with_less(changes: Any, action: str, tenant: TenantAccount) -> None:
    arn = make_secret(tenant, **changes)
    with pytest.raises(SecretUnreadableError, match=f"does not allow appflow.amazonaws.com {action}"):
        read_as_appflow(arn, tenant.account)
