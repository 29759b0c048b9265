from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_appflow_isv.local.oauth_errors import ERRORS
from airflow_provider_appflow_isv.local.oauth_faults import (
    Altered,
    Answer,
    Huge,
    Lost,
    OAuthEffect,
    Redirect,
    Refusal,
    Slow,
)
from airflow_provider_appflow_isv.local.salesforce.oauth import sign

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client


@pytest.fixture
def rotating(client: Client) -> Client:
    """Give a client whose app rotates refresh tokens."""
    client.app.rotate_refresh_tokens = True
    return client


def _app(client: Client) -> dict[str, str]:
    return {"client_id": client.app.client_id, "client_secret": client.app.client_secret}


def _form(client: Client) -> dict[str, str]:
    token = client.org.issue_refresh_token(client.app.client_id, client.user.username)
    return {"grant_type": "refresh_token", "refresh_token": token, **_app(client)}


def _is_active(client: Client, token: str) -> bool:
    return bool(client.post("introspect", {"token": token, **_app(client)}).json()["active"])


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_of_salesforces_list_can_be_planned(client: Client, code: str) -> None:
    client.org.fail_next_token_requests(1, Refusal(code))
    answer = client.token(client.password_form)
    assert answer.json() == {"error": code, "error_description": ERRORS[code].description}
    assert answer.status_code == ERRORS[code].status
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.token(client.password_form).status_code == 200


def test_a_refusal_may_have_words_and_a_status_of_its_own(client: Client) -> None:
    client.org.fail_next_token_requests(1, Refusal("invalid_grant", "expired access/refresh token", 401))
    answer = client.token(client.password_form)
    assert (answer.status_code, answer.json()["error_description"]) == (401, "expired access/refresh token")


def test_a_code_that_salesforce_does_not_have_needs_words_and_a_status() -> None:
    with pytest.raises(ValueError, match=r"^error: must be one of access_denied, "):
        Refusal("made_up")
    assert Refusal("made_up", "an example", 418).status == 418


@pytest.mark.parametrize(
    "fault", [Refusal("app_blocked"), Answer("<html>502</html>", 502), Redirect("http://127.0.0.1:9/token")]
)
def test_a_request_that_is_not_served_spends_nothing(rotating: Client, fault: OAuthEffect) -> None:
    form = _form(rotating)
    rotating.org.fail_next_token_requests(1, fault)
    url = f"{rotating.login_url}/services/oauth2/token"
    assert requests.post(url, data=form, timeout=10, allow_redirects=False).status_code != 200
    assert _is_active(rotating, form["refresh_token"])


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "text"),
    [
        (Answer("<html>Maintenance</html>"), 200, "text/html", "<html>Maintenance</html>"),
        (Answer("", 502), 502, "text/html", ""),
        (Answer("[1]", content_type="application/json"), 200, "application/json", "[1]"),
    ],
)
def test_any_answer_can_be_planned(
    client: Client, fault: OAuthEffect, status: int, content_type: str, text: str
) -> None:
    client.org.fail_next_token_requests(1, fault)
    answer = client.token(client.password_form)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_leads_elsewhere(client: Client, status: int) -> None:
    client.org.fail_next_token_requests(1, Redirect("https://elsewhere.example/token", status))
    url = f"{client.login_url}/services/oauth2/token"
    answer = requests.post(url, data=client.password_form, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (status, "https://elsewhere.example/token")


def test_members_of_an_answer_can_be_others_or_missing(client: Client) -> None:
    lies: dict[str, Any] = {"instance_url": "https://elsewhere.example", "signature": "AAAA", "id": None}
    client.org.fail_next_token_requests(1, Altered(lies))
    lying, honest = client.token(client.password_form).json(), client.token(client.password_form).json()
    assert (lying["instance_url"], lying["signature"]) == ("https://elsewhere.example", "AAAA")
    assert set(honest) - set(lying) == {"id"}
    assert honest["signature"] == sign(client.app.client_secret, honest["id"], honest["issued_at"])


def test_an_answer_can_be_huge(client: Client) -> None:
    client.org.fail_next_token_requests(1, Huge(100_000))
    answer = client.token(client.password_form)
    assert len(answer.content) > 100_000
    assert answer.json()["access_token"]


def test_an_answer_can_come_byte_by_byte(client: Client) -> None:
    client.org.fail_next_token_requests(1, Slow(0.1))
    url = f"{client.login_url}/services/oauth2/token"
    with requests.post(url, data=client.password_form, timeout=10, stream=True) as answer:
        pieces = list(answer.iter_content(1))
    assert len(pieces) == int(answer.headers["Content-Length"])
    assert json.loads(b"".join(pieces))["access_token"]


def test_a_client_that_does_not_wait_for_a_slow_answer_holds_up_nobody(client: Client) -> None:
    client.org.fail_next_token_requests(1, Slow())
    url = f"{client.login_url}/services/oauth2/token"
    with requests.post(url, data=client.password_form, timeout=10, stream=True) as answer:
        assert answer.raw.read(1) == b"{"
    assert client.token(client.password_form).status_code == 200


def test_an_answer_can_be_lost_after_the_token_was_rotated(rotating: Client) -> None:
    form = _form(rotating)
    rotating.org.fail_next_token_requests(1, Lost())
    with pytest.raises(requests.ConnectionError):
        rotating.token(form)
    assert not _is_active(rotating, form["refresh_token"])
    assert rotating.token(form).json()["error"] == "invalid_grant"


def test_other_endpoints_fail_by_themselves(client: Client) -> None:
    client.org.fail_next_token_requests(1, endpoint="introspect")
    client.org.fail_next_token_requests(1, Refusal("unsupported_token_type"), endpoint="revoke", after=1)
    token = client.token(_form(client)).json()["access_token"]
    assert client.post("introspect", {"token": token, **_app(client)}).status_code == 503
    assert _is_active(client, token)
    assert client.post("revoke", {"token": client.access_token()}).status_code == 200
    assert client.post("revoke", {"token": token}).json()["error"] == "unsupported_token_type"
    assert _is_active(client, token)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fault": 404}, "fault: must be an effect, or one of 429, 500, 503, not 404"),
        ({"endpoint": "authorize"}, "endpoint: must be one of token, introspect, revoke, not 'authorize'"),
    ],
)
def test_what_cannot_be_planned_is_said(client: Client, arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        client.org.fail_next_token_requests(1, **arguments)
