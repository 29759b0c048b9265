"""What is seeded for AppFlow in the ISV's account is enough, with the caller's policies checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.policies import Principal, is_allowed
from airflow_provider_appflow_isv.local.seed import Tenant, account_client
from tests.local.seed.isv_pattern import Isv, warehouse_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_appflow_isv.local.stack import LocalStack

ACCOUNTS = ("Salesforce", "Salesforce", "Account")
INCIDENTS = ("Servicenow", "ServiceNow", "incident")


@pytest.fixture(autouse=True)
def _mode(stack: object) -> Iterator[None]:
    identity.enforce(True)
    yield
    identity.enforce(False)


@pytest.fixture
def isv(stack: LocalStack) -> Iterator[Isv]:
    """Give the ISV; what a test lets AppFlow do ends with it."""
    seeded = Isv(stack)
    bucket = {"Bucket": seeded.seed.staging_bucket}
    policy = seeded.client("s3").get_bucket_policy(**bucket)["Policy"]
    yield seeded
    seeded.client("s3").put_bucket_policy(**bucket, Policy=policy)


def test_appflow_may_not_write_to_the_staging_bucket_before_it_is_let_in(isv: Isv, tenant: Tenant) -> None:
    isv.connect(tenant)
    record = isv.load(tenant, ACCOUNTS, "public.accounts")
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert "does not allow appflow.amazonaws.com s3:PutObject" in message


@pytest.mark.parametrize("number", [1, 2])
def test_the_isv_loads_a_tenants_accounts_and_incidents_into_the_tenants_warehouse(isv: Isv, number: int) -> None:
    tenant = isv.seed.tenants[number]
    isv.let_appflow_write()
    isv.connect(tenant)
    for source, table in ((ACCOUNTS, "public.accounts"), (INCIDENTS, "public.incidents")):
        record = isv.load(tenant, source, table)
        assert (record["executionStatus"], "errorInfo" in record["executionResult"]) == ("Successful", False)
    loaded = warehouse_of(isv.seed, tenant)
    accounts = loaded.execute("select id, name, numberofemployees from accounts").rows
    assert sorted(accounts) == sorted(
        (each["Id"], each["Name"], each["NumberOfEmployees"]) for each in isv.stack.orgs[tenant.name].records("Account")
    )
    incidents = loaded.execute("select number, short_description, active from incidents").rows
    assert sorted(incidents) == sorted(
        (each["number"], each["short_description"], each["active"] == "true")
        for each in isv.stack.instances[tenant.name].records("incident")
    )
    assert (len(accounts), len(incidents)) == (tenant.accounts, tenant.incidents)


def test_a_warehouse_reads_its_own_tenants_folder_of_the_staging_bucket_only(isv: Isv) -> None:
    policy = isv.client("s3").get_bucket_policy(Bucket=isv.seed.staging_bucket)["Policy"]
    tenant, other = isv.seed.tenants[:2]
    role = Principal(account_id=tenant.account_id, arns=(tenant.redshift_role_arn,))
    allowed = [
        is_allowed(
            policy,
            principal=role,
            action="s3:GetObject",
            resource=f"arn:aws:s3:::{isv.seed.staging_bucket}/{name}/file",
            context={},
        )
        for name in (tenant.name, other.name)
    ]
    assert allowed == [True, False]
    iam = account_client(isv.stack.aws_url, tenant.account_id, "iam")
    own = iam.get_role_policy(RoleName="redshift-copy-role", PolicyName="read-staged-files")["PolicyDocument"]
    assert f"{isv.seed.staging_bucket}/{tenant.name}/" in json.dumps(own)


def test_the_isv_reads_no_secret_of_its_own_but_the_tenants_logins(isv: Isv) -> None:
    document = account_client(isv.stack.aws_url, isv.seed.isv_account, "iam").get_user_policy(
        UserName="isv", PolicyName="own-account"
    )["PolicyDocument"]
    (granted,) = (each for each in document["Statement"] if each["Action"] == ["secretsmanager:GetSecretValue"])
    assert granted["Resource"] == ["arn:aws:secretsmanager:us-east-1:111111111111:secret:appflow/*"]
