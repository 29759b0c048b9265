from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import boto3
import jwt
import pytest
import requests
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.seed import Seed, Tenant, account_client
from airflow_provider_appflow_isv.local.stack import LocalStack

if TYPE_CHECKING:
    from collections.abc import Iterator

TENANTS = ["tenant-a", "tenant-b", "tenant-c", "tenant-d"]
COPIED = TENANTS[:3]


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """Give a running, seeded stack."""
    with LocalStack() as running:
        running.seed()
        yield running


@pytest.fixture(scope="module")
def seed(stack: LocalStack) -> Seed:
    """Give what seeding made."""
    return stack.seed()


@pytest.fixture
def tenant(seed: Seed, request: pytest.FixtureRequest) -> Tenant:
    """Give the tenant named by the test's parameter."""
    return next(tenant for tenant in seed.tenants if tenant.name == request.param)


def _isv_client(stack: LocalStack, service: Any) -> Any:
    """Make a client from nothing but the environment variables."""
    environment = stack.environment()
    return boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def _tenant_client(stack: LocalStack, tenant: Tenant, service: Any) -> Any:
    credentials = _isv_client(stack, "sts").assume_role(
        RoleArn=tenant.role_arn, RoleSessionName="test", ExternalId=tenant.external_id
    )["Credentials"]
    return boto3.client(
        service,
        endpoint_url=stack.aws_url,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _credentials(stack: LocalStack, tenant: Tenant) -> dict[str, str]:
    secret = _tenant_client(stack, tenant, "secretsmanager").get_secret_value(SecretId=tenant.secret_id)
    credentials: dict[str, str] = json.loads(secret["SecretString"])
    return credentials


def _isv_secret(stack: LocalStack, name: str) -> Any:
    return json.loads(_isv_client(stack, "secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def test_four_tenants_are_made_each_with_an_account_and_a_grant_of_its_own(seed: Seed) -> None:
    assert [(tenant.name, tenant.account_id, tenant.grant, tenant.accounts) for tenant in seed.tenants] == [
        ("tenant-a", "222222222222", "password", 25),
        ("tenant-b", "333333333333", "client_credentials", 300),
        ("tenant-c", "444444444444", "jwt_bearer", 2500),
        ("tenant-d", "555555555555", "refresh_token", 60),
    ]
    assert seed.tenants[0].role_arn == "arn:aws:iam::222222222222:role/appflow-remote-role"
    assert seed.tenants[0].bucket == "tenant-a-landing"


def test_the_keys_of_the_environment_are_the_isvs(stack: LocalStack, seed: Seed) -> None:
    assert seed.isv_account == "111111111111"
    assert _isv_client(stack, "sts").get_caller_identity()["Account"] == seed.isv_account


def test_seeding_again_changes_nothing(stack: LocalStack, seed: Seed) -> None:
    assert stack.seed() is seed
    assert (len(stack.orgs), len(stack.instances)) == (4, 4)


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_the_isv_may_assume_a_tenants_role(stack: LocalStack, tenant: Tenant) -> None:
    identity = _tenant_client(stack, tenant, "sts").get_caller_identity()
    assert identity["Account"] == tenant.account_id


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_a_tenants_role_trusts_the_isv_and_only_with_its_external_id(stack: LocalStack, tenant: Tenant) -> None:
    role = account_client(stack.aws_url, tenant.account_id, "iam").get_role(RoleName="appflow-remote-role")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": tenant.external_id}}


@pytest.mark.parametrize("extra", [{}, {"ExternalId": "a-guess"}])
@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_a_missing_or_wrong_external_id_is_refused(stack: LocalStack, tenant: Tenant, extra: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        _isv_client(stack, "sts").assume_role(RoleArn=tenant.role_arn, RoleSessionName="test", **extra)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_external_ids_are_valid_and_differ(seed: Seed) -> None:
    external_ids = [tenant.external_id for tenant in seed.tenants]
    assert len(set(external_ids)) == 4
    for external_id in external_ids:
        assert re.fullmatch(r"[\w+=,.@:/-]{2,1224}", external_id, re.ASCII)


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_a_tenant_reads_its_own_bucket_and_no_other(stack: LocalStack, seed: Seed, tenant: Tenant) -> None:
    s3 = _tenant_client(stack, tenant, "s3")
    for other in seed.tenants:
        if other is tenant:
            found = s3.list_objects_v2(Bucket=other.bucket)["Contents"]
            assert [each["Key"] for each in found] == ["outbound/accounts/accounts.csv"]
            continue
        with pytest.raises(ClientError) as refused:
            s3.list_objects_v2(Bucket=other.bucket)
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_the_isv_reads_no_tenants_secret_from_its_own_account(stack: LocalStack) -> None:
    with pytest.raises(ClientError) as refused:
        _isv_client(stack, "secretsmanager").get_secret_value(SecretId="AppFlowSalesforce")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_a_bucket_has_no_policy_yet(stack: LocalStack, tenant: Tenant) -> None:
    with pytest.raises(ClientError) as refused:
        _tenant_client(stack, tenant, "s3").get_bucket_policy(Bucket=tenant.bucket)
    assert refused.value.response["Error"]["Code"] == "NoSuchBucketPolicy"


@pytest.mark.parametrize(
    ("tenant", "keys"),
    [
        ("tenant-a", {"clientId", "clientSecret", "SFLoginEmail", "SFPassword+SeurityToken"}),
        ("tenant-b", {"clientId", "clientSecret"}),
        ("tenant-c", {"clientId", "username", "privateKey"}),
        ("tenant-d", {"clientId", "clientSecret", "refreshToken"}),
    ],
    indirect=["tenant"],
)
def test_a_secret_has_the_keys_of_its_grant(stack: LocalStack, tenant: Tenant, keys: set[str]) -> None:
    assert set(_credentials(stack, tenant)) == keys


@pytest.mark.parametrize("tenant", COPIED, indirect=True)
def test_the_isv_has_a_copy_of_a_tenants_login(stack: LocalStack, tenant: Tenant) -> None:
    assert _isv_secret(stack, tenant.isv_secret_id) == _credentials(stack, tenant)


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_every_object_of_an_org_has_records(stack: LocalStack, tenant: Tenant) -> None:
    org = stack.orgs[tenant.name]
    counts = {name: len(org.records(name)) for name in ("Account", "Contact", "Opportunity")}
    assert counts == {
        "Account": tenant.accounts,
        "Contact": 2 * tenant.accounts,
        "Opportunity": tenant.accounts,
    }


def _password_form(tenant: Tenant, secret: dict[str, str]) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": secret["clientId"],
        "client_secret": secret["clientSecret"],
        "username": secret["SFLoginEmail"],
        "password": secret["SFPassword+SeurityToken"],
    }


def _client_credentials_form(tenant: Tenant, secret: dict[str, str]) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": secret["clientId"],
        "client_secret": secret["clientSecret"],
    }


def _jwt_bearer_form(tenant: Tenant, secret: dict[str, str]) -> dict[str, str]:
    claims = {
        "iss": secret["clientId"],
        "sub": secret["username"],
        "aud": tenant.login_url,
        "exp": int(time.time()) + 170,
    }
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, secret["privateKey"], algorithm="RS256"),
    }


def _refresh_token_form(tenant: Tenant, secret: dict[str, str]) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": secret["clientId"],
        "client_secret": secret["clientSecret"],
        "refresh_token": secret["refreshToken"],
    }


FORMS = {
    "password": _password_form,
    "client_credentials": _client_credentials_form,
    "jwt_bearer": _jwt_bearer_form,
    "refresh_token": _refresh_token_form,
}


def _answer(tenant: Tenant, secret: dict[str, str]) -> Any:
    form = FORMS[tenant.grant](tenant, secret)
    return requests.post(f"{tenant.login_url}/services/oauth2/token", data=form, timeout=10).json()


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_a_tenants_secret_opens_its_org(stack: LocalStack, tenant: Tenant) -> None:
    token = _answer(tenant, _credentials(stack, tenant))
    assert token["instance_url"] == tenant.instance_url
    answer = requests.get(
        f"{tenant.instance_url}/services/data/v58.0/query",
        params={"q": "SELECT COUNT() FROM Account"},
        headers={"Authorization": f"Bearer {token['access_token']}"},
        timeout=10,
    )
    assert answer.json()["totalSize"] == tenant.accounts


def test_the_airflow_connection_is_the_isvs(stack: LocalStack, seed: Seed) -> None:
    assert json.loads(stack.environment()["AIRFLOW_CONN_ISV_AWS"]) == {
        "conn_type": "aws",
        "login": seed.access_key_id,
        "password": seed.secret_access_key,
        "extra": {"region_name": "us-east-1", "endpoint_url": stack.aws_url},
    }


def test_the_airflow_variable_lists_the_tenants(stack: LocalStack, seed: Seed) -> None:
    listed = json.loads(stack.environment()["AIRFLOW_VAR_APPFLOW_TENANTS"])
    tenant = seed.tenants[1]
    assert [entry["name"] for entry in listed] == TENANTS
    assert listed[1] == {
        "name": "tenant-b",
        "account_id": "333333333333",
        "role_arn": tenant.role_arn,
        "external_id": tenant.external_id,
        "bucket": "tenant-b-landing",
        "outbound_prefix": "outbound/accounts",
        "secret_id": "AppFlowSalesforce",
        "isv_secret_id": "appflow/tenant-b/salesforce",
        "login_url": f"{stack.saas_url}/orgs/tenant-b",
        "instance_url": f"{stack.saas_url}/orgs/tenant-b",
        "grant": "client_credentials",
        "servicenow_url": f"{stack.saas_url}/servicenow/instances/tenant-b",
        "servicenow_secret_id": "appflow/tenant-b/servicenow",
        "redshift_cluster": "tenant-b-warehouse",
        "redshift_database": "analytics",
        "redshift_database_url": tenant.redshift_database_url,
        "redshift_secret_id": "appflow/tenant-b/redshift",
        "redshift_role_arn": "arn:aws:iam::333333333333:role/redshift-copy-role",
        "staging_bucket": "isv-appflow-staging",
        "region_name": "us-east-1",
    }


def test_no_secret_stands_in_the_variable_or_the_printed_seed(stack: LocalStack, seed: Seed) -> None:
    shown = stack.environment()["AIRFLOW_VAR_APPFLOW_TENANTS"] + repr(seed)
    assert seed.secret_access_key not in shown
    for tenant in seed.tenants:
        servicenow = _isv_secret(stack, tenant.servicenow_secret_id)["ServiceNow"]
        redshift = _isv_secret(stack, tenant.redshift_secret_id)["Redshift"]
        for value in (*_credentials(stack, tenant).values(), *servicenow.values(), *redshift.values()):
            assert value not in shown
