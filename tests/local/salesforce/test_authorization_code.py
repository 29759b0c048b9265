from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce.codes import AuthorizationCode
from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

CALLBACK = "https://isv.example/callback"
VERIFIER = "an-example-of-a-code-verifier-of-the-length-that-is-asked-for"
LIMITS = "/services/data/v58.0/limits"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _form(client: Client, *, challenge: str | None = _challenge(VERIFIER)) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "client_id": client.app.client_id,
        "client_secret": client.app.client_secret,
        "code": client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK, challenge),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def _without(form: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in names}


def test_a_code_gives_an_access_token_and_a_refresh_token(client: Client) -> None:
    body = client.token(_form(client)).json()
    assert (body["scope"], body["token_type"]) == ("api id refresh_token", "Bearer")
    assert client.get(LIMITS, body["access_token"]).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    assert client.token({**form, **app}).status_code == 200


def test_an_app_without_that_scope_gets_no_refresh_token(client: Client) -> None:
    client.app.scope = "api"
    body = client.token(_form(client)).json()
    assert (body["scope"], "refresh_token" in body) == ("api", False)


def test_a_code_without_challenge_needs_no_verifier(client: Client) -> None:
    form = _without(_form(client, challenge=None), "code_verifier")
    assert client.token(form, client.org.my_domain_url).status_code == 200


def test_the_login_host_finds_the_org_of_a_code(client: Client) -> None:
    other = client.orgs.create("tenant-b", accounts=1)
    other.add_user(client.user.username)
    form = _form(client)
    client.app = other.add_connected_app(client_id=client.app.client_id, client_secret=client.app.client_secret)
    assert client.token(form).json()["instance_url"] == client.org.my_domain_url
    client.org = other
    assert client.token(_form(client)).json()["instance_url"] == other.my_domain_url


def test_a_code_is_good_once(client: Client) -> None:
    form = _form(client)
    assert client.token(form).status_code == 200
    answer = client.token(form)
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "invalid authorization code"},
    )


def test_a_code_is_good_once_however_many_ask_at_the_same_time(client: Client) -> None:
    form = _form(client)
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(client.token, [form] * 4))
    assert statuses == [200, 400, 400, 400]


@pytest.mark.parametrize(("seconds", "status"), [(899, 200), (900, 400)])
def test_a_code_is_good_for_fifteen_minutes(client: Client, seconds: int, status: int) -> None:
    form = _form(client)
    client.clock.now += seconds
    answer = client.token(form)
    assert answer.status_code == status
    assert answer.json().get("error_description") == (None if status == 200 else "expired authorization code")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": f"{CALLBACK}/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": ""}, "redirect_uri_missing"),
        ({"code_verifier": "x" * 64}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client_id"),
    ],
)
def test_a_request_that_does_not_fit_its_code_is_refused(client: Client, changed: dict[str, str], error: str) -> None:
    form = _form(client)
    answer = client.token({**form, **changed})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert client.token(form).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(client: Client) -> None:
    assert client.token(_form(client, challenge=None)).json()["error"] == "invalid_grant"


def test_a_code_of_another_app_is_refused(client: Client) -> None:
    other = client.org.add_connected_app()
    form = {**_form(client), "client_id": other.client_id, "client_secret": other.client_secret}
    assert client.token(form).json()["error_description"] == "invalid authorization code"


def test_an_inactive_user_gets_no_token_for_a_code(client: Client) -> None:
    form = _form(client)
    client.user.active = False
    assert client.token(form).json()["error"] == "inactive_user"


@pytest.mark.parametrize("challenge", ["", "plain", _challenge(VERIFIER) + "="])
def test_what_is_no_challenge_is_refused(client: Client, challenge: str) -> None:
    with pytest.raises(OAuthError, match="invalid_request: code_challenge"):
        client.org.issue_authorization_code(client.app.client_id, client.user.username, CALLBACK, challenge)


@given(
    st.from_regex(r"[A-Za-z0-9._~-]{43,128}", fullmatch=True), st.from_regex(r"[A-Za-z0-9._~-]{43,128}", fullmatch=True)
)
def test_only_the_verifier_of_a_challenge_fits(verifier: str, other: str) -> None:
    code = AuthorizationCode("app", "user", CALLBACK, _challenge(verifier), 0)
    code.check_verifier(verifier)
    if other != verifier:
        with pytest.raises(OAuthError, match="invalid code verifier"):
            code.check_verifier(other)
