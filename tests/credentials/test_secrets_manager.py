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


def fetch(tenant: TenantAccount, secret_id: str) -> dict[str, Any]:
    return SecretsManagerCredentials(secret_id).fetch(AppFlowHook(**tenant.aws), {})


def test_the_secret_is_the_member_itself(tenant: TenantAccount) -> None:
    assert fetch(tenant, tenant.make_secret(MEMBER)) == MEMBER


@pytest.mark.parametrize("value", ["planted-password", "[]", "{}", json.dumps({**MEMBER, "Slack": {}}), '"planted"'])
def test_a_secret_that_is_not_one_connectors_is_refused_without_quoting_it(value: str, tenant: TenantAccount) -> None:
    secret_id = tenant.make_secret(value)
    with pytest.raises(TenantConfigurationError, match=rf"{secret_id} is not the credentials of one connec") as caught:
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
