"""The tenants: each has an account with a role for the ISV, a bucket and a warehouse, an org and an instance."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.seed import outbound
from airflow_provider_appflow_isv.local.seed.accounts import (
    ASSUME,
    ISV_ACCOUNT,
    KEEP_ROTATED,
    PROFILE_SECRETS,
    account_client,
    make_secret,
    policy,
    statement,
)
from airflow_provider_appflow_isv.local.seed.made import Grant, Tenant
from airflow_provider_appflow_isv.local.seed.salesforce import copy_of, make_login
from airflow_provider_appflow_isv.local.seed.warehouse import DATABASE, make_warehouse

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Orgs
    from airflow_provider_appflow_isv.local.servicenow import Instance, Instances

SECRETS_FOLDER = "appflow"  # how the names of the tenants' secrets in the ISV's account begin
_ROLE_NAME = "appflow-remote-role"
_SECRET_ID = "AppFlowSalesforce"  # noqa: S105  # the secret's name


@dataclass(frozen=True)
class Plan:
    """A tenant to be made.

    :param name: the tenant.
    :param account_id: its account.
    :param grant: how the ISV gets tokens of its org.
    :param accounts: how many accounts its org has.
    :param incidents: how many incidents its instance has.
    """

    name: str
    account_id: str
    grant: Grant
    accounts: int
    incidents: int


PLANS = (
    Plan("tenant-a", "222222222222", "password", 25, 20),
    Plan("tenant-b", "333333333333", "client_credentials", 300, 150),
    Plan("tenant-c", "444444444444", "jwt_bearer", 2500, 1200),
    Plan("tenant-d", "555555555555", "refresh_token", 60, 30),
)


def make_tenant(aws_url: str, orgs: Orgs, instances: Instances, plan: Plan, staging_bucket: str) -> Tenant:
    """Make a tenant, and its logins in the ISV's Secrets Manager.

    :param aws_url: the local AWS endpoint.
    :param orgs: the local Salesforce's orgs; must not have the tenant's yet.
    :param instances: the local ServiceNow's instances; must not have the tenant's yet.
    :param plan: the tenant.
    :param staging_bucket: the ISV's bucket, which the tenant's warehouse reads.
    """
    external_id = secrets.token_urlsafe(24)
    bucket = f"{plan.name}-landing"
    role_arn = _make_role(aws_url, plan, bucket, external_id)
    s3 = account_client(aws_url, plan.account_id, "s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=outbound.KEY, Body=outbound.accounts_csv(), ContentType="text/csv")

    org = orgs.create(plan.name, accounts=plan.accounts)
    login = make_login(org, plan.grant)
    instance = instances.create(plan.name, incidents=plan.incidents)
    warehouse = make_warehouse(aws_url, plan.account_id, plan.name, staging_bucket)

    make_secret(aws_url, plan.account_id, _SECRET_ID, login)
    folder = f"{SECRETS_FOLDER}/{plan.name}"
    make_secret(aws_url, ISV_ACCOUNT, f"{folder}/salesforce", copy_of(org, login))
    make_secret(aws_url, ISV_ACCOUNT, f"{folder}/servicenow", {"ServiceNow": _servicenow_login(instance)})
    make_secret(aws_url, ISV_ACCOUNT, f"{folder}/redshift", {"Redshift": dict(warehouse.credentials)})
    return Tenant(
        name=plan.name,
        account_id=plan.account_id,
        role_arn=role_arn,
        external_id=external_id,
        bucket=bucket,
        outbound_prefix=outbound.FOLDER,
        secret_id=_SECRET_ID,
        isv_secret_id=f"{folder}/salesforce",
        # Salesforce takes client credentials on the org's own domain only.
        login_url=org.my_domain_url if plan.grant == "client_credentials" else orgs.login_url,
        instance_url=org.my_domain_url,
        grant=plan.grant,
        servicenow_url=instance.url,
        servicenow_secret_id=f"{folder}/servicenow",
        redshift_cluster=warehouse.cluster,
        redshift_database=DATABASE,
        redshift_database_url=warehouse.database_url,
        redshift_secret_id=f"{folder}/redshift",
        redshift_role_arn=warehouse.role_arn,
        accounts=plan.accounts,
        incidents=plan.incidents,
    )


def _make_role(aws_url: str, plan: Plan, bucket: str, external_id: str) -> str:
    """Make the role in which the ISV acts in the tenant's account."""
    iam = account_client(aws_url, plan.account_id, "iam")
    secret = [f"arn:aws:secretsmanager:*:*:secret:{_SECRET_ID}-*"]
    trust = statement(
        ASSUME,
        KEEP_ROTATED,
        Principal={"AWS": f"arn:aws:iam::{ISV_ACCOUNT}:root"},
        Condition={"StringEquals": {"sts:ExternalId": external_id}},
    )
    role = iam.create_role(RoleName=_ROLE_NAME, AssumeRolePolicyDocument=policy(trust))["Role"]
    allow = policy(
        statement(["appflow:*"], ["*"]),
        # which AppFlow does as its caller to keep a profile's credentials
        statement(["secretsmanager:CreateSecret", "secretsmanager:PutResourcePolicy"], [PROFILE_SECRETS]),
        statement(["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        statement(["s3:GetObject"], [f"arn:aws:s3:::{bucket}/*"]),
        statement(["secretsmanager:GetSecretValue"], secret),
        *([statement(KEEP_ROTATED, secret)] if plan.grant == "refresh_token" else []),
        # to look at what was loaded
        statement(["redshift-data:ExecuteStatement", "redshift:GetClusterCredentialsWithIAM"], ["*"]),
        statement(["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"], ["*"]),
    )
    iam.put_role_policy(RoleName=_ROLE_NAME, PolicyName="appflow", PolicyDocument=allow)
    return str(role["Arn"])


def _servicenow_login(instance: Instance) -> dict[str, str]:
    user = instance.add_user("isv-loader")
    return {"username": user.username, "password": user.password}
