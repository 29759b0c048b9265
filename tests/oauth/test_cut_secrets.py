"""A host that quotes a part of what it was told in confidence."""

from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthTokenError
from airflow_provider_appflow_isv.oauth.endpoint import post_form
from tests.hooks.tokens import as_json, token_host
from tests.oauth.endpoints import answering, endpoint

SECRET = "planted-secret-of-an-app-that-nobody-may-see"


@pytest.mark.parametrize("part", [SECRET, SECRET[:20], SECRET[9:30], SECRET[-12:], f"{SECRET[:12]}...{SECRET[-14:]}"])
@pytest.mark.parametrize("member", ["error", "error_description"])
def test_no_part_of_a_secret_is_quoted(part: str, member: str) -> None:
    answer = as_json({"error": "invalid_client", member: f"bad {part}, sorry"}, 401)
    with token_host(answer) as url, pytest.raises(OAuthTokenError) as caught:
        post_form(url, {"client_secret": SECRET}, grant="client_credentials")
    told = f"{caught.value} {caught.value.code}"
    assert "bad ***" in told
    assert [piece for piece in (part[:12], part[-12:]) if piece in told] == []


@pytest.mark.parametrize("part", [SECRET, SECRET[:20], SECRET[9:30], SECRET.upper(), f"a.{SECRET[-14:]}.b"])
def test_no_part_of_a_secret_is_quoted_as_the_host_that_a_redirect_leads_to(part: str) -> None:
    redirect = answering(b"", 307, Location=f"https://{part}.example.com/{SECRET}")
    with (
        endpoint(redirect) as host,
        pytest.raises(OAuthTokenError, match=r"a redirect to '.*\*\*\*.*\.example\.com'") as caught,
    ):
        post_form(host.url, {"client_secret": SECRET}, grant="client_credentials")
    assert [
        piece for piece in (part[2:14], part[-14:-2], SECRET[:12]) if piece.lower() in str(caught.value).lower()
    ] == []


def test_what_is_no_secret_is_quoted() -> None:
    answer = as_json({"error": "invalid_client", "error_description": "no app planted-se"}, 401)
    with token_host(answer) as url, pytest.raises(OAuthTokenError, match="no app planted-se"):
        post_form(url, {"client_secret": SECRET}, grant="client_credentials")
