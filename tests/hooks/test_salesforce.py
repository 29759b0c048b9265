from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook
from tests.hooks.tokens import as_json, connection_of, hook_of, opens, saas_of, token_host

if TYPE_CHECKING:
    from werkzeug import Request, Response

    from tests.accounts import TenantAccount


def test_a_token_comes_from_a_secret_by_each_grant(any_tenant: TenantAccount) -> None:
    token = hook_of(any_tenant).get_token()
    assert opens(token, any_tenant)
    assert (token.instance_url, token.organization_id) == (any_tenant.tenant.instance_url, any_tenant.org.org_id)


def test_a_token_comes_from_a_connection_by_each_grant(
    any_tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = SalesforceTokenHook(connection_of(any_tenant, monkeypatch), allowed_hosts=saas_of(any_tenant))
    assert opens(hook.get_conn(), any_tenant)


@pytest.mark.parametrize("place", [[], ["127.0.0.1:9"]])
def test_a_store_cannot_have_credentials_sent_to_the_workers_own_machine(
    place: list[str], tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TenantConfigurationError, match=r"login_url 'http://127\.0\.0\.1.*allowed_hosts"):
        SalesforceTokenHook(connection_of(tenant, monkeypatch), allowed_hosts=place).get_token()


@pytest.mark.parametrize(
    "members", [{"loginUrl": "{url}"}, {"domain": "{place}/x"}, {"instanceUrl": "{url}", "grant": "client_credentials"}]
)
def test_no_member_of_a_secret_leads_to_the_workers_own_machine(members: dict[str, str], tenant: TenantAccount) -> None:
    with token_host(as_json({"access_token": "planted-token", "instance_url": "https://a.my.salesforce.com"})) as url:
        told = {name: text.format(url=url, place=urlsplit(url).netloc) for name, text in members.items()}
        with pytest.raises(TenantConfigurationError, match="is not a host that credentials are sent to"):
            hook_of(tenant, login_url=None, instance_url=None, **told).get_token()


def test_the_password_grant_warns_of_its_end(tenant: TenantAccount, logged: Callable[[], str]) -> None:
    hook_of(tenant).get_token()
    assert "ends with Winter '27" in logged()


def test_the_other_grants_do_not_warn(replayable: TenantAccount, logged: Callable[[], str]) -> None:
    hook_of(replayable).get_token()
    said = logged()
    assert "Got an access token" in said
    assert "Winter '27" not in said


@pytest.mark.parametrize("name", ["login_url", "instance_url"])
def test_credentials_are_not_sent_to_a_host_that_is_not_allowed(name: str, tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match=f"{name} 'https://salesforce.example'.*allowed_hosts"):
        hook_of(tenant, **{name: "https://salesforce.example"}).get_token()


def test_an_answer_for_another_org_is_refused(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "https://somebody-else.my.salesforce.com"
    monkeypatch.setattr(tenant.org, "instance_url", other)
    with pytest.raises(
        OAuthConfigurationError, match=r"answered for another org, at somebody-else\.my\.sales.* is for .*tenant-a"
    ):
        hook_of(tenant).get_token()


def test_an_answer_that_names_a_foreign_host_is_refused(tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant.org, "instance_url", "https://evil.example")
    with pytest.raises(
        TenantConfigurationError, match=r"instance_url of Salesforce's answer 'evil\.example' is not a host"
    ):
        hook_of(tenant, instance_url=None).get_token()


def test_the_slash_at_the_end_of_an_instance_url_does_not_make_another_org(tenant: TenantAccount) -> None:
    token = hook_of(tenant, instance_url=f"{tenant.tenant.instance_url}/").get_token()
    assert token.instance_url == tenant.tenant.instance_url


def test_an_answer_signed_with_another_secret_is_refused(tenant: TenantAccount) -> None:
    answer = {
        "access_token": "forged-token",
        "instance_url": tenant.tenant.instance_url,
        "id": "https://login.salesforce.com/id/00D/005",
        "issued_at": "1700000000000",
        "signature": "Zm9yZ2Vk",
    }
    with (
        token_host(as_json(answer)) as host,
        pytest.raises(OAuthConfigurationError, match="signature of Salesforce's answer does not fit"),
    ):
        hook_of(tenant, login_url=host).get_token()


def test_an_error_that_quotes_the_password_is_shown_without_it(tenant: TenantAccount) -> None:
    password = tenant.secret()["SFPassword+SeurityToken"]
    answer = {"error": "invalid_grant", "error_description": f"no user with password {password}"}
    with (
        token_host(as_json(answer, 400)) as host,
        pytest.raises(OAuthConfigurationError, match=r"with password \*\*\*") as caught,
    ):
        hook_of(tenant, login_url=host).get_token()
    assert password not in str(caught.value)


def test_no_secret_shows_in_a_repr_or_an_exception(any_tenant: TenantAccount) -> None:
    hook = hook_of(any_tenant)
    token = hook.get_token()
    any_tenant.org.fail_next_token_requests(1, 503)
    with pytest.raises(OAuthUnavailable) as caught:
        hook_of(any_tenant, retries=0).get_token()
    shown = (
        f"{token!r} {hook!r} {vars(hook)!r} {caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    )
    members = any_tenant.secret()
    secret_names = {"clientSecret", "SFPassword+SeurityToken", "privateKey"} & set(members)
    assert secret_names
    for secret in (token.access_token, *(members[name] for name in secret_names)):
        assert secret not in shown


def test_the_test_button_tells_the_org(any_tenant: TenantAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    conn_id = connection_of(any_tenant, monkeypatch)
    passed, message = SalesforceTokenHook(conn_id, allowed_hosts=saas_of(any_tenant)).test_connection()
    assert passed
    assert any_tenant.org.org_id in message


def test_the_test_button_tells_what_is_wrong(tenant: TenantAccount) -> None:
    passed, message = hook_of(tenant, clientId="unknown-app").test_connection()
    assert not passed
    assert "invalid_client_id" in message


def test_a_connection_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TenantConfigurationError, match=r"'no_such_org' does not exist"):
        SalesforceTokenHook("no_such_org").get_token()


def test_a_connection_and_a_secret_at_once_are_refused(tenant: TenantAccount) -> None:
    with pytest.raises(TenantConfigurationError, match="salesforce_conn_id or secret_id, not both"):
        SalesforceTokenHook("org", secret_id="x", aws_hook=AppFlowHook(**tenant.aws))


def test_a_secret_without_a_hook_to_read_it_is_refused() -> None:
    with pytest.raises(TenantConfigurationError, match="secret_id needs aws_hook"):
        SalesforceTokenHook(secret_id="x")


@pytest.mark.parametrize("name", ["salesforce_conn_id", "secret_id"])
def test_an_empty_name_is_refused(name: str, tenant: TenantAccount) -> None:
    given: dict[str, Any] = {name: "", "aws_hook": AppFlowHook(**tenant.aws)}
    with pytest.raises(TenantConfigurationError, match="is empty"):
        SalesforceTokenHook(**given)


def test_an_unknown_grant_is_refused() -> None:
    with pytest.raises(TenantConfigurationError, match=r"grant 'magic' is not known.*Possible are password"):
        SalesforceTokenHook("org", grant="magic")


def test_what_salesforce_says_is_shown_without_secrets_even_where_it_is_cut(tenant: TenantAccount) -> None:
    def quote(request: Request) -> Response:
        secret = request.form["client_secret"]
        answer = {"error": f"bad {secret}", "error_description": "x" * 250 + secret}
        return as_json(answer, 400)(request)

    secret = tenant.secret()["clientSecret"]
    with token_host(quote) as host, pytest.raises(OAuthConfigurationError) as caught:
        hook_of(tenant, login_url=host).get_token()
    assert secret[:6] not in str(caught.value)
    assert "bad ***" in str(caught.value)


@pytest.mark.parametrize("issued_at", ["soon", None, -1, "1.5"])
def test_a_time_of_issue_that_is_none_is_the_clocks(issued_at: Any, tenant: TenantAccount) -> None:
    url = tenant.tenant.instance_url
    answer = {"access_token": "planted-token", "instance_url": url, "id": 1, "issued_at": issued_at}
    with token_host(as_json(answer)) as host:
        token = hook_of(tenant, login_url=host, clock=lambda: 1_600_000_000.0).get_token()
    assert token.issued_at == 1_600_000_000_000


@pytest.mark.parametrize("missing", ["access_token", "instance_url"])
@pytest.mark.parametrize("value", [None, "", 1, ["text"]])
def test_an_answer_without_a_token_or_an_org_is_refused(missing: str, value: Any, tenant: TenantAccount) -> None:
    answer = {"access_token": "planted-token", "instance_url": tenant.tenant.instance_url, missing: value}
    with (
        token_host(as_json(answer)) as host,
        pytest.raises(OAuthConfigurationError, match=f"answered without {missing}.*Check login_url"),
    ):
        hook_of(tenant, login_url=host).get_token()
