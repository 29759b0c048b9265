from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError
from airflow_provider_appflow_isv.local.salesforce.grants import GRANTS, JWT_BEARER
from tests.local.salesforce.signing import PUBLIC_KEY, claims_of, jwt_form

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.principals import GrantType
    from tests.local.salesforce.conftest import Client

CALLBACK = "https://isv.example/callback"
ELSEWHERE = ("192.0.2.0/24", "2001:db8::/32")
HERE = ("127.0.0.0/8",)
IP_RESTRICTED = {"error": "invalid_grant", "error_description": "ip restricted"}


@pytest.fixture
def ready(client: Client) -> Client:
    """Give a client whose app is good for every grant."""
    client.app.run_as = client.user.username
    client.app.certificate = PUBLIC_KEY
    client.app.approved.add(client.user.username)
    return client


def _form(client: Client, flow: str) -> dict[str, str]:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    if flow == "password":
        return client.password_form
    if flow == JWT_BEARER:
        return jwt_form(claims_of(client, client.app))
    if flow == "refresh_token":
        token = client.org.issue_refresh_token(client.app.client_id, client.user.username)
        return {"grant_type": flow, "refresh_token": token, **app}
    if flow == "authorization_code":
        code = client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK)
        return {"grant_type": flow, "code": code, "redirect_uri": CALLBACK, **app}
    return {"grant_type": flow, **app}


def _answer(client: Client, flow: str) -> tuple[int, Any]:
    answer = client.token(_form(client, flow), client.org.my_domain_url)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("flow", GRANTS)
def test_an_app_that_is_let_in_gets_a_token(ready: Client, flow: str) -> None:
    assert _answer(ready, flow)[0] == 200


@pytest.mark.parametrize("flow", GRANTS)
def test_an_app_that_is_blocked_gets_none(ready: Client, flow: str) -> None:
    ready.app.blocked = True
    assert _answer(ready, flow) == (
        400,
        {"error": "app_blocked", "error_description": "this app is blocked by admin"},
    )


@pytest.mark.parametrize("flow", GRANTS)
def test_an_org_that_is_locked_gives_none(ready: Client, flow: str) -> None:
    ready.org.active = False
    status, body = _answer(ready, flow)
    assert (status, body["error"]) == (400, "inactive_org")
    assert body["error_description"] == "organization is locked, closed, or suspended"


@pytest.mark.parametrize("flow", GRANTS)
def test_an_inactive_user_gets_none(ready: Client, flow: str) -> None:
    form = _form(ready, flow)
    ready.user.active = False
    assert ready.token(form, ready.org.my_domain_url).json()["error"] == "inactive_user"


@pytest.mark.parametrize("flow", GRANTS)
def test_only_the_flow_that_is_switched_off_is_refused(ready: Client, flow: GrantType) -> None:
    ready.app.disabled_flows = {flow}
    answers = {each: _answer(ready, each) for each in GRANTS}
    assert answers[flow][1]["error"] == "oauth_flow_disabled"
    assert all(status == 200 for each, (status, _) in answers.items() if each != flow)


@pytest.mark.parametrize("flow", ["password", "client_credentials", JWT_BEARER])
def test_an_app_that_is_not_installed_is_unknown_to_who_had_not_approved_it(ready: Client, flow: str) -> None:
    ready.app.installed = False
    assert _answer(ready, flow)[0] == 200
    ready.app.approved.clear()
    assert _answer(ready, flow)[1]["error"] == "app_not_found"


def test_nobody_can_consent_to_an_app_that_is_not_installed(client: Client) -> None:
    client.app.installed = False
    names = client.app.client_id, client.user.username
    with pytest.raises(OAuthError, match="app_not_found"):
        client.org.issue_refresh_token(*names)
    with pytest.raises(OAuthError, match="app_not_found"):
        client.org.issue_authorization_code(*names, CALLBACK)


@pytest.mark.parametrize("flow", GRANTS)
def test_a_user_is_let_in_from_their_login_ips_only(ready: Client, flow: str) -> None:
    ready.user.login_ip_ranges = ELSEWHERE
    assert _answer(ready, flow) == (400, IP_RESTRICTED)
    ready.user.login_ip_ranges = ELSEWHERE + HERE
    assert _answer(ready, flow)[0] == 200


def test_an_app_may_relax_login_ips_but_not_for_assertions(ready: Client) -> None:
    ready.user.login_ip_ranges = ELSEWHERE
    ready.app.enforce_login_ips = False
    refused = [flow for flow in GRANTS if _answer(ready, flow)[0] != 200]
    assert refused == [JWT_BEARER]


def test_the_allowlist_of_refresh_tokens_is_for_codes_and_refresh_tokens(ready: Client) -> None:
    ready.app.refresh_ip_allowlist = ELSEWHERE
    refused = {flow for flow in GRANTS if _answer(ready, flow) == (400, IP_RESTRICTED)}
    assert refused == {"authorization_code", "refresh_token"}
    ready.app.refresh_ip_allowlist = HERE
    assert {_answer(ready, flow)[0] for flow in GRANTS} == {200}


def test_a_refused_redemption_spends_no_refresh_token(ready: Client) -> None:
    ready.app.rotate_refresh_tokens = True
    form = _form(ready, "refresh_token")
    for setting, value, usual in (("blocked", True, False), ("refresh_ip_allowlist", ELSEWHERE, ())):
        setattr(ready.app, setting, value)
        assert ready.token(form).status_code == 400
        setattr(ready.app, setting, usual)
    assert ready.token(form).status_code == 200


@pytest.mark.parametrize("flow", ["authorization_code", "refresh_token"])
def test_a_secret_that_is_not_required_is_checked_if_sent(ready: Client, flow: str) -> None:
    form = {name: value for name, value in _form(ready, flow).items() if name != "client_secret"}
    missing = "missing required parameter: client_secret"
    assert ready.token(form).json() == {"error": "invalid_request", "error_description": missing}
    ready.app.secret_required = False
    assert ready.token({**form, "client_secret": "wrong"}).json()["error"] == "invalid_client"
    assert ready.token(form).status_code == 200


def test_client_credentials_need_the_secret_in_any_case(ready: Client) -> None:
    ready.app.secret_required = False
    form = {"grant_type": "client_credentials", "client_id": ready.app.client_id}
    assert ready.token(form, ready.org.my_domain_url).json()["error"] == "invalid_request"


@pytest.mark.parametrize("flow", GRANTS)
def test_an_app_without_scopes_gets_no_token(ready: Client, flow: str) -> None:
    form = _form(ready, flow)
    ready.app.scope = ""
    assert ready.token(form, ready.org.my_domain_url).json() == {
        "error": "invalid_grant",
        "error_description": "no valid scopes defined",
    }


@pytest.mark.parametrize("flow", ["client_credentials", JWT_BEARER, "refresh_token"])
def test_less_than_the_apps_scopes_can_be_asked_and_no_more(ready: Client, flow: str) -> None:
    form = _form(ready, flow)
    assert ready.token({**form, "scope": "api"}, ready.org.my_domain_url).json()["scope"] == "api"
    refused = ready.token({**form, "scope": "api full"}, ready.org.my_domain_url)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


def test_an_app_may_need_a_code_challenge(client: Client) -> None:
    client.app.require_pkce = True
    with pytest.raises(OAuthError, match=r"^invalid_request: missing required code challenge$"):
        client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK)
    assert client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK, "x" * 43)


def test_an_app_may_have_callback_urls_of_its_own(client: Client) -> None:
    client.app.redirect_uris = (CALLBACK,)
    assert client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK)
    with pytest.raises(OAuthError, match="redirect_uri_mismatch"):
        client.org.issue_authorization_code(client.app.client_id, client.user.username, f"{CALLBACK}/")
