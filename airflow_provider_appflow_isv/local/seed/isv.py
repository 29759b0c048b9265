"""The ISV: an account with a user for Airflow, and a bucket through which the tenants' warehouses are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.seed.accounts import (
    ASSUME,
    ISV_ACCOUNT,
    KEEP_ROTATED,
    PROFILE_SECRETS,
    REGION,
    account_client,
    policy,
    statement,
)
from airflow_provider_appflow_isv.local.seed.made import Seed
from airflow_provider_appflow_isv.local.seed.tenants import PLANS, SECRETS_FOLDER, make_tenant
from airflow_provider_appflow_isv.local.seed.warehouse import staged_files_statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_appflow_isv.local.salesforce import Orgs
    from airflow_provider_appflow_isv.local.seed.made import Tenant
    from airflow_provider_appflow_isv.local.servicenow import Instances

_USER = "isv"
_STAGING_BUCKET = "isv-appflow-staging"


def seed_stack(aws_url: str, orgs: Orgs, instances: Instances) -> Seed:
    """Make the ISV's account and four tenants, with fresh random secrets.

    :param aws_url: the local AWS endpoint.
    :param orgs: the local Salesforce's orgs; must not have the tenants' yet.
    :param instances: the local ServiceNow's instances; must not have the tenants' yet.
    :return: what was made.
    """
    account_client(aws_url, ISV_ACCOUNT, "s3").create_bucket(Bucket=_STAGING_BUCKET)
    tenants = tuple(make_tenant(aws_url, orgs, instances, plan, _STAGING_BUCKET) for plan in PLANS)
    _let_warehouses_read(aws_url, tenants)
    iam = account_client(aws_url, ISV_ACCOUNT, "iam")
    iam.create_user(UserName=_USER)
    for name, document in (("tenants", _tenants_policy(tenants)), ("own-account", _own_policy(tenants))):
        iam.put_user_policy(UserName=_USER, PolicyName=name, PolicyDocument=document)
    key = iam.create_access_key(UserName=_USER)["AccessKey"]
    return Seed(ISV_ACCOUNT, key["AccessKeyId"], key["SecretAccessKey"], REGION, _STAGING_BUCKET, tenants)


def _let_warehouses_read(aws_url: str, tenants: Sequence[Tenant]) -> None:
    """Let each tenant's cluster read its own folder of the bucket; AppFlow may not write there yet."""
    statements = [
        each
        for tenant in tenants
        for each in staged_files_statements(_STAGING_BUCKET, tenant.name, Principal={"AWS": tenant.redshift_role_arn})
    ]
    account_client(aws_url, ISV_ACCOUNT, "s3").put_bucket_policy(Bucket=_STAGING_BUCKET, Policy=policy(*statements))


def _secret_arn(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ISV_ACCOUNT}:secret:{name}"


def _tenants_policy(tenants: Sequence[Tenant]) -> str:
    """What the ISV's user may do to reach the tenants' accounts."""
    return policy(statement(ASSUME, [tenant.role_arn for tenant in tenants]))


def _own_policy(tenants: Sequence[Tenant]) -> str:
    """What the ISV's user may do in the ISV's account, so that AppFlow there loads the tenants' warehouses."""
    bucket = f"arn:aws:s3:::{_STAGING_BUCKET}"
    return policy(
        statement(["appflow:*"], ["*"]),
        # which AppFlow does as its caller to keep a profile's credentials
        statement(["secretsmanager:CreateSecret", "secretsmanager:PutResourcePolicy"], [PROFILE_SECRETS]),
        statement(["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucket"], [bucket]),
        statement(["s3:GetObject"], [f"{bucket}/*"]),
        statement(
            ["secretsmanager:GetSecretValue"],
            [_secret_arn(f"{SECRETS_FOLDER}/*")],
        ),
        statement(
            KEEP_ROTATED, [_secret_arn(f"{each.isv_secret_id}-*") for each in tenants if each.grant == "refresh_token"]
        ),
        statement(
            ["iam:PassRole"],
            [tenant.redshift_role_arn for tenant in tenants],
            Condition={"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        ),
    )
