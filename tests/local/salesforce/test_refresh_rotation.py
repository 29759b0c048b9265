from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.local.salesforce.conftest import Client

LIMITS = "/services/data/v58.0/limits"
EXPIRED = {"error": "invalid_grant", "error_description": "expired access/refresh token"}


@pytest.fixture
def rotating(client: Client) -> Client:
    """Give a client whose app rotates refresh tokens."""
    client.app = client.org.add_connected_app(rotate_refresh_tokens=True)
    return client


def _consent(client: Client) -> str:
    return client.org.issue_refresh_token(client.app.client_id, client.user.username)


def _redeem(client: Client, refresh_token: str) -> requests.Response:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    return client.token({"grant_type": "refresh_token", "refresh_token": refresh_token, **app})


def _is_live(client: Client, answer: dict[str, Any]) -> bool:
    return client.get(LIMITS, answer["access_token"]).status_code == 200


def test_each_redemption_gives_a_new_refresh_token(rotating: Client) -> None:
    tokens = [_consent(rotating)]
    answers = []
    for _ in range(3):
        answers.append(_redeem(rotating, tokens[-1]).json())
        tokens.append(answers[-1]["refresh_token"])
    assert len(set(tokens)) == 4
    assert all(_is_live(rotating, answer) for answer in answers)


def test_a_spent_refresh_token_takes_every_token_of_its_user_and_app_along(rotating: Client) -> None:
    first = _consent(rotating)
    answer = _redeem(rotating, first).json()
    other_consent = _consent(rotating)
    refused = _redeem(rotating, first)
    assert (refused.status_code, refused.json()) == (400, EXPIRED)
    assert not _is_live(rotating, answer)
    assert _redeem(rotating, answer["refresh_token"]).json() == EXPIRED
    assert _redeem(rotating, other_consent).json() == EXPIRED


def test_the_tokens_of_other_users_and_apps_live_on(rotating: Client) -> None:
    stranger = rotating.org.add_user("stranger@tenant-a.example")
    strangers = rotating.org.issue_refresh_token(rotating.app.client_id, stranger.username)
    spent = _consent(rotating)
    _redeem(rotating, spent)
    session = rotating.org.sessions.issue("another-app", rotating.user.username, "api")
    _redeem(rotating, spent)
    assert _redeem(rotating, strangers).status_code == 200
    assert rotating.get(LIMITS, session.access_token).status_code == 200


def test_only_its_own_app_can_give_a_spent_token_away(rotating: Client) -> None:
    spent = _consent(rotating)
    answer = _redeem(rotating, spent).json()
    owner, rotating.app = rotating.app, rotating.org.add_connected_app()
    assert _redeem(rotating, spent).json() == EXPIRED
    rotating.app = owner
    assert _is_live(rotating, answer)


def test_of_two_who_redeem_at_the_same_time_one_is_refused_and_nothing_is_left(rotating: Client) -> None:
    token = _consent(rotating)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: _redeem(rotating, token), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert _redeem(rotating, won["refresh_token"]).json() == EXPIRED


def test_a_new_consent_after_the_fall_is_good(rotating: Client) -> None:
    spent = _consent(rotating)
    _redeem(rotating, spent)
    _redeem(rotating, spent)
    assert _redeem(rotating, _consent(rotating)).status_code == 200


def test_revoking_a_rotated_token_kills_what_came_before_it(rotating: Client) -> None:
    first = _redeem(rotating, _consent(rotating)).json()
    second = _redeem(rotating, first["refresh_token"]).json()
    assert rotating.post("revoke", {"token": second["refresh_token"]}).status_code == 200
    assert not _is_live(rotating, first)
    assert not _is_live(rotating, second)


def test_a_code_of_an_app_that_rotates_gives_the_first_of_the_chain(rotating: Client) -> None:
    app, user = rotating.app, rotating.user
    code = rotating.org.issue_authorization_code(app.client_id, user.username, "https://isv.example/callback")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://isv.example/callback"}
    answer = rotating.token({**form, "client_id": app.client_id, "client_secret": app.client_secret}).json()
    assert _redeem(rotating, answer["refresh_token"]).status_code == 200
    assert _redeem(rotating, answer["refresh_token"]).json() == EXPIRED


def test_without_rotation_a_refresh_token_is_good_again_and_again(client: Client) -> None:
    token = _consent(client)
    assert [_redeem(client, token).status_code for _ in range(3)] == [200, 200, 200]


def test_a_refresh_token_can_be_introspected(client: Client) -> None:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    body = client.post("introspect", {"token": _consent(client), **app}).json()
    assert (body["active"], body["token_type"], body["username"]) == (True, "refresh_token", client.user.username)
    assert "exp" not in body


def test_the_org_counts_rotations_and_presented_spent_tokens(rotating: Client) -> None:
    first = _consent(rotating)
    second = _redeem(rotating, first).json()["refresh_token"]
    sessions = rotating.org.sessions
    assert sessions.refresh_tokens(rotating.app.client_id, rotating.user.username) == [second]
    assert (sessions.rotated, sessions.reused) == (1, 0)
    _redeem(rotating, first)
    assert sessions.refresh_tokens(rotating.app.client_id, rotating.user.username) == []
    assert (sessions.rotated, sessions.reused) == (1, 1)
