from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.salesforce import THIRTY_DAYS

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

EXPIRED = (400, "expired access/refresh token")


@pytest.fixture(params=[False, True], ids=["kept", "rotated"])
def consented(client: Client, request: pytest.FixtureRequest) -> Client:
    """Give a client whose app has refresh tokens of either kind."""
    client.app.rotate_refresh_tokens = request.param
    return client


def _consent(client: Client) -> str:
    return client.org.issue_refresh_token(client.app.client_id, client.user.username)


def _redeem(client: Client, token: str) -> tuple[int, str]:
    """Redeem a refresh token; gives the status and the next token, or what is wrong."""
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    answer = client.token({"grant_type": "refresh_token", "refresh_token": token, **app})
    body = answer.json()
    return answer.status_code, body.get("error_description") or body.get("refresh_token", token)


def _is_active(client: Client, token: str) -> bool:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    return bool(client.post("introspect", {"token": token, **app}).json()["active"])


def test_the_sixth_consent_revokes_the_oldest(consented: Client) -> None:
    tokens = [_consent(consented) for _ in range(6)]
    assert [_is_active(consented, token) for token in tokens] == [False] + [True] * 5
    assert _redeem(consented, tokens[0]) == EXPIRED
    assert _redeem(consented, tokens[1])[0] == 200


def test_access_tokens_of_the_consent_that_had_to_go_are_dead(client: Client) -> None:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    form = {"grant_type": "refresh_token", "refresh_token": _consent(client), **app}
    access_token = client.token(form).json()["access_token"]
    for _ in range(5):
        _consent(client)
    assert client.get("/services/data/v58.0/limits", access_token).status_code == 401


def test_a_rotated_token_keeps_the_place_of_its_consent(client: Client) -> None:
    client.app.rotate_refresh_tokens = True
    oldest = _consent(client)
    for _ in range(4):
        _, oldest = _redeem(client, oldest)
        _consent(client)
    assert _is_active(client, oldest)
    _consent(client)
    assert _redeem(client, oldest) == EXPIRED


def test_other_users_and_apps_have_places_of_their_own(client: Client) -> None:
    token, app, user = _consent(client), client.app, client.user
    client.user = client.org.add_user("stranger@tenant-a.example")
    for _ in range(5):
        _consent(client)
    client.user, client.app = user, client.org.add_connected_app()
    for _ in range(5):
        _consent(client)
    client.app = app
    assert _is_active(client, token)


def test_consents_that_are_over_take_no_place(client: Client) -> None:
    client.app.refresh_token_idle_limit = 100
    for _ in range(3):
        _consent(client)
    client.clock.now += 60
    used = _consent(client)
    client.clock.now += 60
    tokens = [used, *(_consent(client) for _ in range(4))]
    assert all(_is_active(client, token) for token in tokens)


def test_a_refresh_token_that_is_idle_for_thirty_days_dies(consented: Client) -> None:
    consented.app.refresh_token_idle_limit = THIRTY_DAYS
    token = _consent(consented)
    for _ in range(3):
        consented.clock.now += 29 * 86_400
        status, token = _redeem(consented, token)
        assert status == 200
    consented.clock.now += 30 * 86_400
    assert not _is_active(consented, token)
    assert _redeem(consented, token) == EXPIRED


def test_introspection_is_no_use_of_a_refresh_token(consented: Client) -> None:
    consented.app.refresh_token_idle_limit = THIRTY_DAYS
    token = _consent(consented)
    consented.clock.now += 29 * 86_400
    assert _is_active(consented, token)
    consented.clock.now += 86_400
    assert not _is_active(consented, token)


def test_a_lifetime_runs_from_consent_however_often_the_token_is_used(consented: Client) -> None:
    consented.app.refresh_token_lifetime = 3600
    token = _consent(consented)
    consented.clock.now += 3599
    status, token = _redeem(consented, token)
    assert status == 200
    consented.clock.now += 1
    assert _redeem(consented, token) == EXPIRED


def test_a_refresh_token_may_expire_at_once(consented: Client) -> None:
    consented.app.refresh_token_lifetime = 0
    assert _redeem(consented, _consent(consented)) == EXPIRED


def test_until_revoked_a_refresh_token_lives(consented: Client) -> None:
    token = _consent(consented)
    consented.clock.now += 10 * 365 * 86_400
    assert _redeem(consented, token)[0] == 200


def test_introspection_tells_when_a_refresh_token_dies(client: Client) -> None:
    app = {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    client.app.refresh_token_idle_limit, client.app.refresh_token_lifetime = 100, 1000
    token = _consent(client)
    told = client.post("introspect", {"token": token, **app}).json()
    assert told["exp"] == int(client.clock.now + 100)
    client.app.refresh_token_idle_limit = None
    assert client.post("introspect", {"token": token, **app}).json()["exp"] == int(client.clock.now + 1000)
