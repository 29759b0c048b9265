from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import SecretsManagerCredentials
from airflow_provider_appflow_isv.exceptions import AppFlowRequestError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

MEMBER = {"ServiceNow": {"username": "loader", "password": "planted-password"}}


def fetch(tenant: TenantAccount, secret_id: str, properties: Any = None, **arguments: Any) -> dict[str, Any]:
    return SecretsManagerCredentials(secret_id, **arguments).fetch(AppFlowHook(**tenant.aws), properties or {})


def test_the_secret_is_the_member_itself(tenant: TenantAccount) -> None:
    assert fetch(tenant, tenant.make_secret(MEMBER)) == MEMBER


@pytest.mark.parametrize("value", ["planted-password", "[]", "{}", json.dumps({**MEMBER, "Slack": {}}), '"planted"'])
def test_a_secret_that_is_not_one_connectors_is_refused_without_quoting_it(value: str, tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret(value)
    says = rf"{secret_id} is not (a JSON object|the credentials of one connector).*Store it as .*<connector>"
    with pytest.raises(TenantConfigurationError, match=says) as caught:
        fetch(tenant, secret_id)
    assert "planted" not in str(caught.value)
    assert caught.value.account == tenant.account


@pytest.mark.parametrize("value", [4711, None, ["planted"], True])
def test_a_value_that_is_no_text_is_named_without_quoting_it(value: Any, tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret({"ServiceNow": {"username": "loader", "password": value}})
    with pytest.raises(
        TenantConfigurationError, match=rf"ServiceNow\.password of secret {secret_id} is not a text"
    ) as got:
        fetch(tenant, secret_id)
    assert not {"4711", "planted"} & set(str(got.value).replace("'", " ").split())


def test_a_secret_that_does_not_exist_is_an_error_that_names_it(tenant: TenantAccount) -> None:
    with pytest.raises(AppFlowRequestError, match=r"secret absent failed with ResourceNotFoundException"):
        fetch(tenant, "absent")


def test_a_secret_of_another_tenant_is_not_found(tenants: dict[str, TenantAccount]) -> None:
    secret_id = tenants["tenant-b"].make_secret(MEMBER)
    with pytest.raises(AppFlowRequestError, match=rf"secret {secret_id} .*account 222222222222"):
        fetch(tenants["tenant-a"], secret_id)


def test_a_secret_of_another_connector_than_the_profiles_is_refused(tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret(MEMBER)
    with pytest.raises(
        TenantConfigurationError, match=rf"{secret_id} has no Slack, which the connector profile is for"
    ):
        fetch(tenant, secret_id, {"Slack": {"instanceUrl": "https://tenant-a.slack.com"}})


def test_a_secret_in_the_isvs_account_is_read_there(tenant: TenantAccount) -> None:
    isv_secret = tenant.tenant.servicenow_secret_id
    assert set(fetch(tenant, isv_secret, stored_in="isv")["ServiceNow"]) == {"username", "password"}


def test_a_value_that_appflow_does_not_take_is_refused_without_quoting_it(tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret({"ServiceNow": {"username": "planted user", "password": "planted-password"}})
    with pytest.raises(TenantConfigurationError, match=r"ServiceNow\.username must be like .* white space") as caught:
        fetch(tenant, secret_id)
    assert "planted" not in str(caught.value)
