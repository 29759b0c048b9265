from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_appflow_isv._compat import BaseHook
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.hooks.salesforce_login import SalesforceLogin, check_host, host_names

PASSWORD = {"client_id": "key", "client_secret": "secret", "username": "user", "password": "pass"}
CLIENT_CREDENTIALS = {"client_id": "key", "client_secret": "secret", "instance_url": "https://a.my.salesforce.com"}
JWT = {"client_id": "key", "username": "user", "private_key": "-----BEGIN PRIVATE KEY-----"}


def from_connection(patch: pytest.MonkeyPatch, **connection: Any) -> SalesforceLogin:
    patch.setenv("AIRFLOW_CONN_ORG", json.dumps({"conn_type": "salesforce", **connection}))
    return SalesforceLogin.from_connection(BaseHook.get_connection("org"))


def from_secret(members: Any, **more: Any) -> SalesforceLogin:
    return SalesforceLogin.from_secret(json.dumps(members), name="tenant-a", **more)


@pytest.mark.parametrize(
    ("members", "grant"),
    [(PASSWORD, "password"), (CLIENT_CREDENTIALS, "client_credentials"), (JWT, "jwt_bearer")],
)
def test_the_grant_is_the_one_that_the_members_allow(members: dict[str, str], grant: str) -> None:
    assert from_secret(members).grant == grant


def test_a_secret_that_allows_two_grants_must_say_which() -> None:
    with pytest.raises(TenantConfigurationError, match=r"secret tenant-a allows .* password and jwt_bearer.*set grant"):
        from_secret({**PASSWORD, **JWT})


@pytest.mark.parametrize("grant", ["password", "jwt_bearer"])
def test_a_secret_that_allows_two_grants_may_say_which(grant: str) -> None:
    assert from_secret({**PASSWORD, **JWT, "grant": grant}).grant == grant


def test_the_grant_of_the_argument_comes_before_the_secrets() -> None:
    assert from_secret({**PASSWORD, **JWT, "grant": "password"}, grant="jwt_bearer").grant == "jwt_bearer"


def test_an_unknown_grant_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(TenantConfigurationError, match=r"grant 'magic' of the secret tenant-a.*Possible are password"):
        from_secret({**PASSWORD, "grant": "magic"})


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        ({**PASSWORD, "password": ""}, "password"),
        ({**PASSWORD, "client_secret": None}, "client_secret"),
        ({**CLIENT_CREDENTIALS, "instance_url": None}, "instance_url"),
        ({**JWT, "username": ""}, "username"),
        ({}, "client_id, client_secret, instance_url"),
    ],
)
def test_a_missing_member_is_named_with_the_names_it_may_have(members: dict[str, Any], missing: str) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"secret tenant-a lacks {missing} for the .*Known names are"):
        from_secret(members)


@pytest.mark.parametrize("text", ["not json", "[]", '"text"', "", "null"])
def test_a_secret_that_is_no_object_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(TenantConfigurationError, match="value of secret tenant-a is not a JSON object") as caught:
        SalesforceLogin.from_secret(text, name="tenant-a")
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(
    "names",
    [
        ("clientId", "clientSecret", "SFLoginEmail", "SFPassword+SeurityToken"),
        ("clientId", "clientSecret", "SFLoginEmail", "SFPassword+SecurityToken"),
        ("consumer_key", "consumer_secret", "username", "password"),
        ("consumerKey", "consumerSecret", "userName", "password"),
    ],
)
def test_members_are_found_under_the_names_of_the_blog_and_of_salesforce(names: tuple[str, ...]) -> None:
    login = from_secret(dict(zip(names, ("key", "secret", "user", "pass"), strict=True)))
    assert (login.client_id, login.client_secret, login.username, login.password) == ("key", "secret", "user", "pass")


@pytest.mark.parametrize("name", ["security_token", "securityToken"])
def test_a_security_token_is_appended_to_the_password(name: str) -> None:
    assert from_secret({**PASSWORD, name: "token"}).password == "passtoken"


@pytest.mark.parametrize("name", ["login_url", "loginUrl"])
def test_the_login_host_of_the_argument_comes_before_the_secrets(name: str) -> None:
    members = {**PASSWORD, name: "https://a.my.salesforce.com"}
    assert from_secret(members).login_url == "https://a.my.salesforce.com"
    assert from_secret(members, login_url="https://test.salesforce.com").login_url == "https://test.salesforce.com"


@pytest.mark.parametrize("name", ["instance_url", "instanceUrl"])
def test_the_org_is_the_secrets_or_the_arguments(name: str) -> None:
    org = "https://a.my.salesforce.com"
    assert from_secret({**PASSWORD, name: f"{org}/"}).instance_url == org
    assert from_secret(PASSWORD, instance_url=org).instance_url == org
    assert from_secret({**PASSWORD, name: org}, instance_url=f"{org}/").instance_url == org


@pytest.mark.parametrize("name", ["instance_url", "instanceUrl"])
def test_a_secret_for_another_org_than_wanted_is_refused(name: str) -> None:
    with pytest.raises(
        TenantConfigurationError, match=r"secret tenant-a is for https://a\.my.*wanted for https://b\.my"
    ):
        from_secret({**PASSWORD, name: "https://a.my.salesforce.com"}, instance_url="https://b.my.salesforce.com")


def test_the_login_host_is_productions_by_default() -> None:
    assert from_secret(PASSWORD).login_url == "https://login.salesforce.com"


def test_a_domain_stands_for_its_host() -> None:
    assert from_secret({**PASSWORD, "domain": "test"}).login_url == "https://test.salesforce.com"


def test_client_credentials_are_redeemed_on_the_orgs_own_host() -> None:
    assert from_secret(CLIENT_CREDENTIALS).token_host == "https://a.my.salesforce.com"
    assert from_secret(PASSWORD).token_host == "https://login.salesforce.com"


@pytest.mark.parametrize(
    ("login_url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com/", "https://test.salesforce.com"),
        ("https://a.my.salesforce.com", "https://login.salesforce.com"),
        ("https://a--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
    ],
)
def test_the_audience_of_an_assertion_is_the_login_host_and_never_a_my_domain(login_url: str, audience: str) -> None:
    assert from_secret({**JWT, "login_url": login_url}).jwt_audience == audience


def test_the_audience_can_be_named() -> None:
    assert from_secret({**JWT, "audience": "https://x.example"}).jwt_audience == "https://x.example"


def test_a_connection_is_read_as_the_salesforce_provider_lays_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"consumer_key": "key", "consumer_secret": "secret", "security_token": "token", "domain": "test"}
    login = from_connection(monkeypatch, login="user", password="pass", extra=extra)
    assert login == SalesforceLogin(
        grant="password",
        client_id="key",
        client_secret="secret",
        username="user",
        password="passtoken",
        login_url="https://test.salesforce.com",
    )


def test_a_connection_with_prefixed_extras_is_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"extra__salesforce__consumer_key": "key", "extra__salesforce__consumer_secret": "secret"}
    assert from_connection(monkeypatch, login="user", password="pass", extra=extra).client_id == "key"


def test_a_private_key_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    login = from_connection(monkeypatch, login="user", extra={"consumer_key": "key", "private_key_file_path": str(key)})
    assert (login.grant, login.private_key) == ("jwt_bearer", "-----BEGIN PRIVATE KEY-----")


def test_a_private_key_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "absent.pem")
    with pytest.raises(TenantConfigurationError, match=r"private_key_file_path.*absent\.pem"):
        from_connection(monkeypatch, login="user", extra={"consumer_key": "key", "private_key_file_path": path})


def test_what_a_connection_lacks_is_said_of_that_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TenantConfigurationError, match="connection org lacks client_id, client_secret"):
        from_connection(monkeypatch, login="user", password="pass")


def test_the_repr_shows_no_secret() -> None:
    text = repr(from_secret({**PASSWORD, "password": "s3cret-pass", "client_secret": "s3cret-client"}))
    assert "user" in text
    assert "s3cret" not in text


def test_a_key_is_a_secret_as_a_whole_and_line_by_line() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nIBADAN\n-----END PRIVATE KEY-----\n"
    assert from_secret({**JWT, "private_key": key}).secrets == (key, "MIIEvQ", "IBADAN")


@pytest.mark.parametrize(
    "url",
    [
        "https://login.salesforce.com",
        "https://test.salesforce.com",
        "https://LOGIN.salesforce.com",
        "https://a.my.salesforce.com",
        "https://a--dev.sandbox.my.salesforce.com:443",
        "http://127.0.0.1:4567",
        "http://localhost:4567/orgs/tenant-a",
    ],
)
def test_salesforces_hosts_and_loopback_may_have_credentials(url: str) -> None:
    check_host(url, what="login_url")


@pytest.mark.parametrize(
    "url",
    [
        "http://login.salesforce.com",
        "https://login.salesforce.com:8443",
        "https://user@login.salesforce.com",
        "https://login.salesforce.com.example.com",
        "https://example.com/login.salesforce.com",
        "https://evilmy.salesforce.com",
        "https://evil.example",
        "ftp://login.salesforce.com",
        "login.salesforce.com",
        "http://127.0.0.1.example.com",
        "https://login.salesforce.com:port",
        "https://[login.salesforce.com",
        # urlsplit and urllib3 read these differently
        "https://evil.example\\.my.salesforce.com",
        "http://evil.example\\@127.0.0.1",
        "http://127.0.0.1\\@evil.example",
        "https://evil.example#@login.salesforce.com",
        "",
    ],
)
def test_no_other_host_may_have_them(url: str) -> None:
    with pytest.raises(TenantConfigurationError, match=r"login_url .* is not a host .*allowed_hosts"):
        check_host(url, what="login_url")


@pytest.mark.parametrize("allowed", ["sso.example.com", ".example.com"])
def test_a_host_can_be_allowed_by_name_or_by_what_it_ends_with(allowed: str) -> None:
    check_host("https://sso.example.com", allowed_hosts=(allowed,), what="login_url")


@pytest.mark.parametrize("allowed", ["example.com", [""], ["."], ["sso.example.com", ""]])
def test_what_would_allow_any_host_is_refused(allowed: Any) -> None:
    with pytest.raises(TenantConfigurationError, match="is not a list of host names"):
        host_names(allowed)


def test_a_host_that_is_allowed_must_still_be_https() -> None:
    with pytest.raises(TenantConfigurationError):
        check_host("http://sso.example.com", allowed_hosts=("sso.example.com",), what="login_url")
