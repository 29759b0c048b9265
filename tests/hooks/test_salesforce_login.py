from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, TenantConfigurationError
from airflow_provider_appflow_isv.hooks.salesforce_login import SANDBOX_LOGIN, SalesforceLogin
from airflow_provider_appflow_isv.stores.base import Stored

APP = {"client_id": "key", "client_secret": "secret"}
PASSWORD = {**APP, "username": "user", "password": "pass"}
CLIENT_CREDENTIALS = {**APP, "instance_url": "https://a.my.salesforce.com"}
JWT = {"client_id": "key", "username": "user", "private_key": "pem"}
REFRESH = {**APP, "refresh_token": "refresh"}
CODE = {**APP, "code": "code", "redirect_uri": "https://isv.example/callback"}
ORG = "https://a.my.salesforce.com"
SANDBOX = "https://a--uat.sandbox.my.salesforce.com"


def login_from(members: dict[str, Any], **wanted: Any) -> SalesforceLogin:
    return SalesforceLogin.from_stored(Stored(members, "secret tenant-a"), **wanted)


@pytest.mark.parametrize(
    ("members", "grant"),
    [
        (PASSWORD, "password"),
        (CLIENT_CREDENTIALS, "client_credentials"),
        (JWT, "jwt_bearer"),
        (REFRESH, "refresh_token"),
        ({"client_id": "key", "refresh_token": "refresh"}, "refresh_token"),
        ({**REFRESH, "instance_url": ORG, "username": "user"}, "refresh_token"),
        (CODE, "authorization_code"),
        ({**CODE, **REFRESH}, "authorization_code"),
        ({**CODE, **REFRESH, "grant": "refresh_token"}, "authorization_code"),
        ({**CODE, **REFRESH, **PASSWORD, "grant": "password"}, "password"),
    ],
)
def test_the_grant_is_the_one_that_the_members_allow(members: dict[str, str], grant: str) -> None:
    assert login_from(members).grant == grant


@pytest.mark.parametrize(
    ("members", "grants"),
    [
        ({**PASSWORD, **JWT}, "password and jwt_bearer"),
        ({**PASSWORD, **REFRESH}, "password and refresh_token"),
        ({**JWT, **REFRESH}, "jwt_bearer and refresh_token"),
    ],
)
def test_members_that_allow_two_grants_must_say_which(members: dict[str, str], grants: str) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"secret tenant-a allows the grants {grants}\..*set grant"):
        login_from(members)


@pytest.mark.parametrize("grant", ["password", "jwt_bearer"])
def test_members_that_allow_two_grants_may_say_which(grant: str) -> None:
    assert login_from({**PASSWORD, **JWT, "grant": grant}).grant == grant


def test_the_grant_of_the_argument_comes_before_the_stores() -> None:
    assert login_from({**PASSWORD, **JWT, "grant": "password"}, grant="jwt_bearer").grant == "jwt_bearer"


def test_once_the_code_is_gone_its_refresh_token_is_redeemed() -> None:
    assert login_from(REFRESH, grant="authorization_code").grant == "refresh_token"


def test_a_step_is_taken_whatever_else_there_is() -> None:
    assert login_from({**CODE, **REFRESH}, grant="authorization_code", step="refresh_token").grant == "refresh_token"


def test_an_unknown_grant_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(TenantConfigurationError, match=r"grant 'magic' of the secret tenant-a.*Possible are password"):
        login_from({**PASSWORD, "grant": "magic"})


@pytest.mark.parametrize(
    ("members", "missing"),
    [
        ({**PASSWORD, "password": ""}, "password"),
        ({**APP, "username": "user", "grant": "password"}, "password"),
        ({**PASSWORD, "client_secret": None}, "client_secret"),
        ({**CLIENT_CREDENTIALS, "instance_url": None}, "instance_url"),
        ({**JWT, "username": ""}, "username"),
        ({"refresh_token": "refresh"}, "client_id"),
        ({**CODE, "redirect_uri": ""}, "redirect_uri"),
        ({**APP, "grant": "authorization_code"}, "code, redirect_uri"),
        ({}, "client_id, client_secret, instance_url"),
    ],
)
def test_a_missing_member_is_named_with_the_names_it_may_have(members: dict[str, Any], missing: str) -> None:
    with pytest.raises(TenantConfigurationError, match=rf"secret tenant-a lacks {missing} for the .*Known names are"):
        login_from(members)


def test_a_security_token_is_appended_to_the_password() -> None:
    assert login_from({**PASSWORD, "security_token": "token"}).members["password"] == "passtoken"


def test_the_login_host_of_the_argument_comes_before_the_stores() -> None:
    members = {**PASSWORD, "login_url": ORG}
    assert login_from(members).login_url == ORG
    assert login_from(members, login_url="https://test.salesforce.com/").login_url == "https://test.salesforce.com"


def test_the_org_is_the_stores_or_the_arguments() -> None:
    assert login_from({**PASSWORD, "instance_url": f"{ORG}/"}).instance_url == ORG
    assert login_from(PASSWORD, instance_url=ORG).instance_url == ORG
    assert login_from({**PASSWORD, "instance_url": ORG}, instance_url=f"{ORG}/").instance_url == ORG


def test_a_store_for_another_org_than_wanted_is_refused() -> None:
    with pytest.raises(TenantConfigurationError, match=r"secret tenant-a is for https://a\.my.*wanted for https://b\."):
        login_from({**PASSWORD, "instance_url": ORG}, instance_url="https://b.my.salesforce.com")


@pytest.mark.parametrize(
    ("members", "host"),
    [
        (PASSWORD, "https://login.salesforce.com"),
        ({**PASSWORD, "domain": "test"}, "https://test.salesforce.com"),
        ({**PASSWORD, "domain": "a.my"}, "https://a.my.salesforce.com"),
        ({**PASSWORD, "domain": "test", "instance_url": ORG}, "https://test.salesforce.com"),
        # an org may forbid the hosts that all share
        ({**PASSWORD, "instance_url": ORG}, ORG),
        ({**REFRESH, "instance_url": SANDBOX}, SANDBOX),
        ({**PASSWORD, "instance_url": "http://127.0.0.1:4567/orgs/a"}, "https://login.salesforce.com"),
        ({**PASSWORD, "instance_url": "https://a.example"}, "https://login.salesforce.com"),
        # redeemed on the org's own host only
        (CLIENT_CREDENTIALS, ORG),
    ],
)
def test_the_host_to_ask_is_productions_a_domains_or_the_orgs_own(members: dict[str, str], host: str) -> None:
    assert login_from(members).token_host == host


def test_a_sandbox_without_my_domain_is_asked_where_sandboxes_log_in() -> None:
    login = login_from(JWT, sandbox=True)
    assert (login.token_host, login.jwt_audience) == (SANDBOX_LOGIN, SANDBOX_LOGIN)
    assert login_from(JWT, sandbox=True, instance_url="http://127.0.0.1:4567/orgs/a").token_host == SANDBOX_LOGIN
    assert login_from({**JWT, "login_url": ORG}, sandbox=True).token_host == ORG


@pytest.mark.parametrize(
    ("url", "sandbox", "audience"), [(ORG, False, "login"), (SANDBOX, False, "test"), (ORG, True, "test")]
)
def test_an_assertion_posted_to_the_my_domain_is_for_the_login_host(url: str, sandbox: bool, audience: str) -> None:
    login = login_from({**JWT, "instance_url": url}, sandbox=sandbox)
    assert (login.token_host, login.jwt_audience) == (url, f"https://{audience}.salesforce.com")


@pytest.mark.parametrize(
    ("login_url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com/", "https://test.salesforce.com"),
        ("https://a.my.salesforce.com", "https://login.salesforce.com"),
        ("https://a--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://a--dev.my.salesforce.com", "https://test.salesforce.com"),
        ("https://a.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://a-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
    ],
)
def test_the_audience_of_an_assertion_is_the_login_host_and_never_a_my_domain(login_url: str, audience: str) -> None:
    assert login_from({**JWT, "login_url": login_url}).jwt_audience == audience


def test_the_audience_can_be_named() -> None:
    assert login_from({**JWT, "audience": "https://x.example"}).jwt_audience == "https://x.example"


@pytest.mark.parametrize("wanted", ["00D000000000001", "00D000000000001EAA"])
@pytest.mark.parametrize("answered", ["00D000000000001", "00D000000000001EAA"])
def test_an_org_is_the_same_by_15_or_18_characters_of_its_id(wanted: str, answered: str) -> None:
    login_from({**PASSWORD, "organization_id": wanted}).check_org(ORG, answered, shown="a.my.salesforce.com")
    login_from(PASSWORD, organization_id=wanted).check_org(ORG, answered, shown="a.my.salesforce.com")


@pytest.mark.parametrize("answered", ["00D000000000002EAA", "00d000000000001EAA", ""])
def test_an_answer_of_an_org_with_another_id_is_refused(answered: str) -> None:
    with pytest.raises(OAuthConfigurationError, match="but the login is for org 00D000000000001"):
        login_from(PASSWORD, organization_id="00D000000000001").check_org(ORG, answered, shown="a.my.salesforce.com")


@pytest.mark.parametrize("org", [None, "https://b.my.salesforce.com"])
@pytest.mark.parametrize("more", ["/planted", ":8443"])
def test_what_an_answer_adds_to_its_orgs_host_is_refused_and_not_quoted(org: str | None, more: str) -> None:
    with pytest.raises(
        OAuthConfigurationError, match=r"Salesforce answered for .* at a\.my\.salesforce\.com"
    ) as caught:
        login_from(PASSWORD, instance_url=org).check_org(f"{ORG}{more}", "", shown="a.my.salesforce.com")
    assert more not in str(caught.value)


def test_an_org_that_is_named_nowhere_is_taken_by_its_host() -> None:
    login_from(PASSWORD).check_org(ORG.upper(), "", shown="a.my.salesforce.com")


def test_the_repr_shows_no_secret() -> None:
    text = repr(login_from({**PASSWORD, "password": "s3cret-pass", "client_secret": "s3cret-client"}))
    assert "secret tenant-a" in text
    assert "s3cret" not in text
