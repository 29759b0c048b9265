from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, OAuthUnavailable, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


AT_MY_DOMAIN = {"Salesforce": {"instanceUrl": "https://a--uat.sandbox.my.salesforce.com"}}


def refuse(proxy: socket.socket) -> None:
    """Let the connections of one fetch, and its retries, through to nobody."""
    proxy.settimeout(2)
    with suppress(TimeoutError):
        while True:
            proxy.accept()[0].close()


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


@pytest.mark.parametrize("properties", [{"Salesforce": {}}, {"Salesforce": {"instanceUrl": ""}}])
def test_a_profile_that_names_no_org_is_refused(properties: dict[str, Any], tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=r"\['instanceUrl'\] is missing.*of another org"):
        fetch(tenant, properties)


def test_pardot_gets_a_token_of_the_org_that_is_named(tenant: TenantAccount) -> None:
    properties = {"Pardot": {"instanceUrl": "https://pi.pardot.com", "businessUnitId": "0Uv000000000000000"}}
    credentials = fetch(tenant, properties, instance_url=tenant.tenant.instance_url)["Pardot"]
    assert tenant.org.sessions.find(credentials["accessToken"])
    assert credentials["refreshToken"] == "none"


def test_pardot_gets_no_token_of_another_org(tenants: dict[str, TenantAccount]) -> None:
    properties = {"Pardot": {"businessUnitId": "0Uv000000000000000"}}
    other = tenants["tenant-b"].tenant.instance_url
    with pytest.raises(
        OAuthConfigurationError, match=r"answered for another org, at .*, but the login is for .*tenant-b"
    ):
        fetch(tenants["tenant-a"], properties, instance_url=other)


def test_a_token_for_another_org_than_the_profiles_is_refused(tenants: dict[str, TenantAccount]) -> None:
    ours, theirs = tenants["tenant-a"], tenants["tenant-b"]
    with_their_org = {**ours.secret(), "instanceUrl": ours.tenant.instance_url}
    with pytest.raises(TenantConfigurationError, match=r"is for .*tenant-a, and the login is wanted for .*tenant-b"):
        fetch(ours, theirs.properties, secret_id=ours.make_secret(with_their_org))


def test_the_profile_does_not_lead_to_the_workers_own_machine(tenant: TenantAccount) -> None:
    secret = tenant.make_secret({**tenant.secret(), "loginUrl": tenant.tenant.login_url})
    place = urlsplit(tenant.stack.saas_url).netloc
    for what, properties in (("instanceUrl of the profile", tenant.properties), ("login_url", AT_MY_DOMAIN)):
        with pytest.raises(TenantConfigurationError, match=f"{what} 'http://127.* is not a host"):
            fetch(tenant, properties, secret_id=secret, login_url=None)
    assert fetch(tenant, secret_id=secret, login_url=None, allowed_hosts=(place,))


@pytest.mark.parametrize(
    ("properties", "host"),
    [
        ({}, "a--uat.sandbox.my.salesforce.com"),
        ({"isSandboxEnvironment": True, "instanceUrl": "https://a.example.org"}, "test.salesforce.com"),
        ({"instanceUrl": "https://a.example.org"}, "login.salesforce.com"),
    ],
)
def test_the_profile_tells_where_its_org_logs_in(
    properties: dict[str, Any], host: str, tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        told = {"Salesforce": {**AT_MY_DOMAIN["Salesforce"], **properties}}
        thread = threading.Thread(target=refuse, args=[proxy], daemon=True)
        thread.start()
        with pytest.raises(OAuthUnavailable, match=f"^{host} could not be asked"):
            fetch(tenant, told, login_url=None, allowed_hosts=(".example.org",))
        thread.join(10)


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
        f"grant=None, login_url='{tenant.tenant.login_url}', instance_url=None, allowed_hosts=(), token_lifetime=900.0)"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grant": "jwt"}, "grant 'jwt' is not known.*jwt_bearer"),
        ({"login_url": "http://login.salesforce.com"}, "login_url 'http://login.salesforce.com' is not a host"),
        ({"login_url": "https://login.example.com"}, "login_url 'https://login.example.com' is not a host"),
    ],
)
def test_what_can_not_work_is_refused_when_the_dag_is_parsed(given: dict[str, str], said: str) -> None:
    arguments: dict[str, Any] = {"secret_id": "secret", **given}
    with pytest.raises(TenantConfigurationError, match=said):
        SalesforceCredentials(**arguments)


def test_an_org_other_than_the_profiles_is_refused_when_the_dag_is_parsed() -> None:
    source = SalesforceCredentials(secret_id="secret", instance_url="https://b.my.salesforce.com")
    source.check_for("Salesforce", {"Salesforce": {"instanceUrl": "https://B.my.salesforce.com/"}})
    with pytest.raises(TenantConfigurationError, match=r"instance_url 'https://b.* is not the org of .*https://a"):
        source.check_for("Salesforce", {"Salesforce": {"instanceUrl": "https://a.my.salesforce.com"}})


def test_an_org_other_than_the_profiles_is_refused_before_a_token_is_asked_for(
    tenants: dict[str, TenantAccount],
) -> None:
    ours, theirs = tenants["tenant-a"], tenants["tenant-b"]
    before = len(ours.org.sessions._sessions)
    with pytest.raises(TenantConfigurationError, match=r"is not the org of the profile's instanceUrl"):
        fetch(ours, instance_url=theirs.tenant.instance_url)
    assert len(ours.org.sessions._sessions) == before
