from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


def fetch(tenant: TenantAccount, properties: Any = None, **arguments: Any) -> dict[str, Any]:
    given = {"secret_id": tenant.tenant.secret_id, "login_url": tenant.tenant.login_url, **arguments}
    return SalesforceCredentials(**given).fetch(AppFlowHook(**tenant.aws), properties or tenant.properties)


@pytest.mark.parametrize("name", ["tenant-a", "tenant-b", "tenant-c"])
def test_the_member_holds_a_live_access_token(name: str, tenants: dict[str, TenantAccount]) -> None:
    credentials = fetch(tenants[name])["Salesforce"]
    assert tenants[name].org.sessions.find(credentials["accessToken"])


def test_appflow_is_given_no_refresh_token_that_it_could_redeem(tenant: TenantAccount) -> None:
    assert fetch(tenant)["Salesforce"]["refreshToken"] == "none"


def test_each_fetch_is_a_fresh_token(tenant: TenantAccount) -> None:
    assert fetch(tenant) != fetch(tenant)


@pytest.mark.parametrize("properties", [{"Salesforce": {}}, {"Salesforce": {"instanceUrl": ""}}, {"Slack": {}}])
def test_a_profile_that_names_no_org_is_refused(properties: dict[str, Any], tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"\['instanceUrl'\] is missing.*of another org"):
        fetch(tenant, properties)


def test_a_token_for_another_org_than_the_profiles_is_refused(tenants: dict[str, TenantAccount]) -> None:
    ours, theirs = tenants["tenant-a"], tenants["tenant-b"]
    with_their_org = {**ours.secret(), "instanceUrl": ours.tenant.instance_url}
    with pytest.raises(TenantConfigurationError, match=r"is for .*tenant-a, and the login is wanted for .*tenant-b"):
        fetch(ours, theirs.properties, secret_id=ours.make_secret(with_their_org))


@pytest.mark.parametrize("given", [{}, {"salesforce_conn_id": "org", "secret_id": "secret"}])
def test_a_connection_or_a_secret_is_needed(given: dict[str, Any]) -> None:
    with pytest.raises(TenantConfigurationError, match="needs salesforce_conn_id or secret_id, one of them"):
        SalesforceCredentials(**given)


def test_an_unknown_place_is_refused() -> None:
    with pytest.raises(TenantConfigurationError, match=r"stored_in 'vault' is not known\. Possible are tenant and isv"):
        SalesforceCredentials(secret_id="secret", stored_in="vault")


def test_the_repr_names_the_source_only(tenant: TenantAccount) -> None:
    source = SalesforceCredentials(secret_id=tenant.tenant.secret_id, login_url=tenant.tenant.login_url)
    source.fetch(AppFlowHook(**tenant.aws), tenant.properties)
    assert repr(source) == (
        f"SalesforceCredentials(salesforce_conn_id=None, secret_id='{tenant.tenant.secret_id}', stored_in='tenant', "
        f"grant=None, login_url='{tenant.tenant.login_url}', allowed_hosts=())"
    )
