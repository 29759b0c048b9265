"""Redshift, which the local stack has a counterpart of: clusters by password or Data API, and serverless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import BasicCredentials, RedshiftCredentials
from airflow_provider_appflow_isv.exceptions import ConnectorAuthenticationError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.stores.secret import SecretStore
from tests.credentials.profiles import asked, create, kept

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


@pytest.fixture
def login(tenant: TenantAccount) -> dict[str, str]:
    """User name and password of the tenant's cluster."""
    stored = SecretStore(AppFlowHook("isv_aws"), tenant.tenant.redshift_secret_id).current()
    return dict(stored.content["Redshift"])


@pytest.fixture
def staging(tenant: TenantAccount) -> dict[str, str]:
    return {"bucketName": tenant.tenant.bucket, "roleArn": tenant.tenant.redshift_role_arn}


def by_password(tenant: TenantAccount, staging: dict[str, str]) -> dict[str, Any]:
    return {"Redshift": {**staging, "databaseUrl": tenant.tenant.redshift_database_url}}


def by_data_api(tenant: TenantAccount, staging: dict[str, str]) -> dict[str, Any]:
    role = {"dataApiRoleArn": f"arn:aws:iam::{tenant.account}:role/data-api"}
    return {"Redshift": {**staging, **role, "databaseName": tenant.tenant.redshift_database}}


@pytest.mark.parametrize("source", [RedshiftCredentials, BasicCredentials])
def test_a_cluster_lets_its_user_in(
    source: Any, tenant: TenantAccount, staging: dict[str, str], login: dict[str, str]
) -> None:
    credentials = source(secret_id=tenant.make_secret(login))
    profile = create(tenant, "Redshift", by_password(tenant, staging), credentials)
    assert kept(tenant, profile) == login
    assert asked(tenant, profile, "public.accounts")


def test_a_cluster_refuses_a_wrong_password(
    tenant: TenantAccount, staging: dict[str, str], login: dict[str, str]
) -> None:
    credentials = RedshiftCredentials(secret_id=tenant.make_secret({**login, "password": "planted-wrong"}))
    with pytest.raises(ConnectorAuthenticationError) as caught:
        create(tenant, "Redshift", by_password(tenant, staging), credentials)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("username", [None, "loader"])
def test_the_data_api_needs_no_secret(username: str | None, tenant: TenantAccount, staging: dict[str, str]) -> None:
    properties = by_data_api(tenant, staging)
    properties["Redshift"]["clusterIdentifier"] = tenant.tenant.redshift_cluster
    profile = create(tenant, "Redshift", properties, RedshiftCredentials(username=username))
    assert kept(tenant, profile) == ({"username": username} if username else {})
    assert asked(tenant, profile, "public.accounts")


def test_a_workgroup_is_reached_by_the_data_api(tenant: TenantAccount, staging: dict[str, str]) -> None:
    properties = by_data_api(tenant, staging)
    properties["Redshift"] |= {"isRedshiftServerless": True, "workgroupName": "example"}
    assert kept(tenant, create(tenant, "Redshift", properties, RedshiftCredentials())) == {}


def test_the_operator_refuses_an_illegal_combination_before_it_runs(
    tenant: TenantAccount, staging: dict[str, str]
) -> None:
    with pytest.raises(TenantConfigurationError, match="clusterIdentifier is missing: without a password"):
        create(tenant, "Redshift", by_data_api(tenant, staging), RedshiftCredentials())
