"""Minting for any connector: a custom one whose vendor is the local Salesforce, and others at a token URL of theirs."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from airflow_provider_appflow_isv.credentials import OAuth2Credentials
from airflow_provider_appflow_isv.credentials.connectors import connector
from airflow_provider_appflow_isv.credentials.token_urls import default_token_url
from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthTokenError,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
from tests.accounts import fresh
from tests.credentials.profiles import URL, create, kept
from tests.oauth.endpoints import GRANTED, answering, endpoint, granting

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from tests.accounts import TenantAccount

CALLBACK = "https://isv.example.com/callback"
OAUTH = {"tokenUrl": f"{URL}/token", "oAuth2GrantType": "AUTHORIZATION_CODE"}


@pytest.fixture
def org(tenant: TenantAccount) -> Org:
    return tenant.org


def make_app(org: Org, **settings: Any) -> dict[str, str]:
    """An app of the org with a user of its own, as a secret has it."""
    user = org.add_user(f"{fresh('user')}@example.com")
    app = org.add_connected_app(run_as=user.username, **settings)
    return {"clientId": app.client_id, "clientSecret": app.client_secret, "username": user.username}


def custom(org: Org, grant: str = "AUTHORIZATION_CODE") -> dict[str, Any]:
    url = f"{org.my_domain_url}/services/oauth2/token"
    return {"CustomConnector": {"oAuth2Properties": {"tokenUrl": url, "oAuth2GrantType": grant}}}


def minting(org: Org, **arguments: Any) -> OAuth2Credentials:
    """A source that may ask the org, which is on loopback."""
    return OAuth2Credentials(**arguments, allowed_hosts=(urlsplit(org.my_domain_url).netloc,))


def token_of(credentials: dict[str, Any]) -> str:
    return str(credentials["CustomConnector"]["oauth2"]["accessToken"])


@pytest.mark.parametrize("authentication", ["body", "basic"])
def test_a_custom_connector_is_asked_for_at_its_own_token_url(
    authentication: str, tenant: TenantAccount, org: Org
) -> None:
    source = minting(
        org, secret_id=tenant.make_secret(make_app(org)), client_authentication=authentication, scope="api"
    )
    profile = create(tenant, "CustomConnector", custom(org, "CLIENT_CREDENTIALS"), source, connector_label="GitHub")
    credentials = kept(tenant, profile)
    assert set(credentials["oauth2"]) == {"accessToken"}
    assert org.sessions.find(credentials["oauth2"]["accessToken"])


@pytest.mark.parametrize(
    ("connector_type", "client_goes_along"),
    [("Slack", True), ("Zendesk", True), ("Marketo", True), ("Honeycode", False), ("Googleanalytics", True)],
)
def test_another_connector_is_asked_for_at_the_url_that_is_named(
    connector_type: str, client_goes_along: bool, tenant: TenantAccount, org: Org
) -> None:
    app = make_app(org)
    source = OAuth2Credentials(
        secret_id=tenant.make_secret(app), token_url=f"{org.my_domain_url}/services/oauth2/token"
    )
    member = connector(connector_type).member
    needs = dict.fromkeys(connector(connector_type).needs, URL)
    credentials = kept(tenant, create(tenant, connector_type, {member: needs}, source))
    assert org.sessions.find(credentials.pop("accessToken"))
    assert credentials == ({name: app[name] for name in ("clientId", "clientSecret")} if client_goes_along else {})


@pytest.mark.parametrize("rotates", [True, False])
def test_a_refresh_token_is_redeemed_again_and_again_and_stays_good(
    rotates: bool, tenant: TenantAccount, org: Org
) -> None:
    app = make_app(org, rotate_refresh_tokens=rotates)
    app["refreshToken"] = org.issue_refresh_token(app["clientId"], app["username"])
    source = minting(org, secret_id=tenant.make_secret(app))
    hook = AppFlowHook(**tenant.aws)
    tokens = [token_of(source.fetch(hook, custom(org))) for _ in range(3)]
    assert len(set(tokens)) == 3
    assert all(org.sessions.find(token) for token in tokens)


def test_workers_that_ask_at_the_same_moment_spend_a_rotating_token_once(tenant: TenantAccount, org: Org) -> None:
    app = make_app(org, rotate_refresh_tokens=True)
    app["refreshToken"] = org.issue_refresh_token(app["clientId"], app["username"])
    source = minting(org, secret_id=tenant.make_secret(app))

    def fetch(_: int) -> str:
        return token_of(source.fetch(AppFlowHook(**tenant.aws), custom(org)))

    with ThreadPoolExecutor(4) as workers:
        tokens = list(workers.map(fetch, range(4)))
    assert all(org.sessions.find(token) for token in tokens)


def test_a_code_gives_a_refresh_token_that_is_kept(tenant: TenantAccount, org: Org) -> None:
    app = make_app(org, rotate_refresh_tokens=True)
    app |= {"code": org.issue_authorization_code(app["clientId"], app["username"], CALLBACK), "redirect_uri": CALLBACK}
    source = minting(org, secret_id=tenant.make_secret(app))
    hook = AppFlowHook(**tenant.aws)
    tokens = [token_of(source.fetch(hook, custom(org))) for _ in range(2)]
    assert all(org.sessions.find(token) for token in tokens)
    assert not {"code", "code_verifier"} & set(source.store(hook).read().members)


@pytest.mark.parametrize("grant", ["refresh_token", "authorization_code"])
def test_a_code_is_redeemed_before_and_its_refresh_token_after_whichever_is_named(
    grant: str, tenant: TenantAccount, org: Org
) -> None:
    app = make_app(org, rotate_refresh_tokens=True)
    app["refreshToken"] = org.issue_refresh_token(app["clientId"], app["username"])
    app |= {"code": org.issue_authorization_code(app["clientId"], app["username"], CALLBACK), "redirect_uri": CALLBACK}
    org.sessions.revoke(app["refreshToken"])
    source, hook = minting(org, secret_id=tenant.make_secret(app), grant=grant), AppFlowHook(**tenant.aws)
    tokens = [token_of(source.fetch(hook, custom(org))) for _ in range(2)]
    assert all(org.sessions.find(token) for token in tokens)


def test_a_code_that_is_spent_is_left_for_the_refresh_token_beside_it(tenant: TenantAccount, org: Org) -> None:
    app = make_app(org, rotate_refresh_tokens=True)
    app["refreshToken"] = org.issue_refresh_token(app["clientId"], app["username"])
    source = minting(org, secret_id=tenant.make_secret({**app, "code": "spent-code", "redirect_uri": CALLBACK}))
    hook = AppFlowHook(**tenant.aws)
    tokens = [token_of(source.fetch(hook, custom(org))) for _ in range(3)]
    assert all(org.sessions.find(token) for token in tokens)


def test_a_token_url_in_a_secret_does_not_lead_to_the_workers_own_machine(tenant: TenantAccount, org: Org) -> None:
    with endpoint(granting) as elsewhere:
        secret_id = tenant.make_secret({**make_app(org), "tokenUrl": elsewhere.url})
        source, hook = OAuth2Credentials(secret_id=secret_id), AppFlowHook(**tenant.aws)
        with pytest.raises(TenantConfigurationError, match=r"token_url 'http://127\.0\.0\.1.*allowed_hosts"):
            source.fetch(hook, custom(org, "CLIENT_CREDENTIALS"))
        assert elsewhere.headers == []
        named = OAuth2Credentials(secret_id=secret_id, allowed_hosts=(urlsplit(elsewhere.url).netloc,))
        assert token_of(named.fetch(hook, custom(org, "CLIENT_CREDENTIALS"))) == GRANTED["access_token"]


def test_a_code_in_a_connection_is_refused_before_it_is_spent(
    tenant: TenantAccount, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_CODE", '{"conn_type": "http", "extra": {"clientId": "a", "code": "b", "redirect_uri": "c"}}'
    )
    source = minting(org, conn_id="code")
    with pytest.raises(TenantConfigurationError, match="connection code can't take the refresh token"):
        source.fetch(AppFlowHook(**tenant.aws), custom(org))


def test_a_revoked_refresh_token_asks_for_consent_again(tenant: TenantAccount, org: Org) -> None:
    app = make_app(org)
    app["refreshToken"] = org.issue_refresh_token(app["clientId"], app["username"])
    org.sessions.revoke(app["refreshToken"])
    with pytest.raises(OAuthConsentRequired) as caught:
        minting(org, secret_id=tenant.make_secret(app)).fetch(AppFlowHook(**tenant.aws), custom(org))
    assert app["refreshToken"] not in str(caught.value)


def test_an_app_that_is_not_known_is_told_as_the_vendor_tells_it(tenant: TenantAccount, org: Org) -> None:
    source = minting(org, secret_id=tenant.make_secret({"clientId": "absent", "clientSecret": "planted-secret"}))
    with pytest.raises(OAuthConfigurationError, match="invalid_client_id") as caught:
        source.fetch(AppFlowHook(**tenant.aws), custom(org))
    assert "planted" not in str(caught.value)


def test_an_address_that_is_no_token_url_is_told_of(tenant: TenantAccount, org: Org) -> None:
    source = OAuth2Credentials(
        secret_id=tenant.make_secret(make_app(org)), token_url=f"{tenant.stack.aws_url}/moto-api/reset-auth"
    )
    with pytest.raises(OAuthTokenError):
        source.fetch(AppFlowHook(**tenant.aws), custom(org))


@pytest.mark.parametrize(
    ("connector_type", "properties", "url"),
    [
        ("Googleanalytics", {}, "https://oauth2.googleapis.com/token"),
        ("Servicenow", {"instanceUrl": f"{URL}/"}, f"{URL}/oauth_token.do"),
        ("SAPOData", {"oAuthProperties": {"tokenUrl": f"{URL}/sap"}}, f"{URL}/sap"),
        ("CustomConnector", {"oAuth2Properties": {"tokenUrl": f"{URL}/own"}}, f"{URL}/own"),
    ],
)
def test_where_a_token_is_asked_for_is_known_of_some(connector_type: str, properties: dict[str, Any], url: str) -> None:
    assert default_token_url(connector(connector_type), properties) == url


def test_where_it_is_not_known_it_has_to_be_said() -> None:
    with pytest.raises(TenantConfigurationError, match=r"token_url is missing: Slack has none"):
        default_token_url(connector("Slack"), {"instanceUrl": URL})


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
@pytest.mark.parametrize(
    ("told", "counted", "says"),
    [
        (300, 1800.0, r"ends in (300|2\d\d) seconds, .* counts on 1800: set token_lifetime of OAuth2Credentials to"),
        ("300", timedelta(hours=2), r"ends in (300|2\d\d) seconds, .* counts on 7200: set token_lifetime"),
        (300, None, r"ends in (300|2\d\d) seconds, .* counts on no end: set token_lifetime"),
        (1790, 1800.0, None),
        (7200, 1800.0, None),
        (None, 1800.0, None),
        ("never", None, None),
    ],
)
def test_a_token_that_the_vendor_ends_earlier_than_we_count_is_warned_of(
    told: Any, counted: Any, says: str | None, grant: str, tenant: TenantAccount, caplog: pytest.LogCaptureFixture
) -> None:
    app = {"clientId": "app", "clientSecret": "planted", "refreshToken": "planted-refresh"}
    secret_id = tenant.make_secret(app)
    with endpoint(answering({**GRANTED, "expires_in": told})) as vendor:
        source = OAuth2Credentials(secret_id=secret_id, token_url=vendor.url, token_lifetime=counted, grant=grant)
        source.fetch(AppFlowHook(**tenant.aws), {"CustomConnector": {"oAuth2Properties": OAUTH}})
    said = [record.getMessage() for record in caplog.records if record.name.endswith("credentials.oauth2")]
    assert len(said) == (1 if says else 0)
    assert says is None or re.search(says, said[0])
    assert "planted" not in caplog.text


def test_only_what_we_mint_ends() -> None:
    assert OAuth2Credentials(secret_id="s").token_lifetime == 1800.0
    handed_over = OAuth2Credentials(secret_id="s", redeemer="appflow")
    assert (handed_over.token_lifetime, handed_over.redeemed_by_appflow) == (None, True)
