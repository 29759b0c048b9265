from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from tests.local.salesforce.signing import claims_of, jwt_form

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

LIMITS = "/services/data/v58.0/limits"


def _app(client: Client) -> dict[str, str]:
    return {"client_id": client.app.client_id, "client_secret": client.app.client_secret}


def _refreshed(client: Client) -> tuple[str, str]:
    refresh_token = client.org.issue_refresh_token(client.app.client_id, client.user.username)
    answer = client.token({"grant_type": "refresh_token", "refresh_token": refresh_token, **_app(client)})
    return refresh_token, str(answer.json()["access_token"])


def test_a_token_dies_two_hours_after_its_last_use(client: Client) -> None:
    token = client.access_token()
    for _ in range(3):
        client.clock.now += 7000
        assert client.get(LIMITS, token).status_code == 200
    client.clock.now += 7201
    assert client.get(LIMITS, token).status_code == 401


def test_all_tokens_of_an_org_can_die_at_once(client: Client) -> None:
    token = client.access_token()
    client.org.expire_tokens()
    assert client.get(LIMITS, token).status_code == 401
    assert client.get(LIMITS, client.access_token()).status_code == 200


def test_the_token_of_a_user_who_is_no_longer_active_is_dead(client: Client) -> None:
    token = client.access_token()
    client.user.active = False
    assert client.get(LIMITS, token).status_code == 401


def test_a_revoked_access_token_is_dead(client: Client) -> None:
    token = client.access_token()
    answer = client.post("revoke", {"token": token})
    assert (answer.status_code, answer.text) == (200, "")
    assert client.get(LIMITS, token).status_code == 401


def test_revoking_a_refresh_token_kills_its_access_tokens_and_no_others(client: Client) -> None:
    refresh_token, access_token = _refreshed(client)
    other = client.access_token()
    assert client.post("revoke", {"token": refresh_token}, client.org.my_domain_url).status_code == 200
    assert client.get(LIMITS, access_token).status_code == 401
    assert client.get(LIMITS, other).status_code == 200
    answer = client.token({"grant_type": "refresh_token", "refresh_token": refresh_token, **_app(client)})
    assert answer.json()["error"] == "invalid_grant"


def test_revoking_an_unknown_token_is_refused(client: Client) -> None:
    answer = client.post("revoke", {"token": "unknown"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_token")


def test_a_spent_refresh_token_cannot_be_revoked_and_its_chain_lives_on(client: Client) -> None:
    client.app.rotate_refresh_tokens = True
    spent = client.org.issue_refresh_token(client.app.client_id, client.user.username)
    form = {"grant_type": "refresh_token", **_app(client)}
    rotated = client.token({**form, "refresh_token": spent}).json()["refresh_token"]
    assert client.post("revoke", {"token": spent}).json()["error"] == "invalid_token"
    assert client.token({**form, "refresh_token": rotated}).status_code == 200


def test_what_is_neither_an_access_token_nor_a_refresh_token_is_an_unsupported_type(client: Client) -> None:
    code = client.org.issue_authorization_code(client.app.client_id, client.user.username, "https://isv.example/cb")
    assertion = jwt_form(claims_of(client, client.app))["assertion"]
    for token in (code, assertion):
        answer = client.post("revoke", {"token": token})
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_token_type")


def test_an_org_does_not_revoke_another_orgs_token(client: Client) -> None:
    token = client.access_token()
    other = client.orgs.create("tenant-b", accounts=1)
    assert client.post("revoke", {"token": token}, other.my_domain_url).status_code == 400
    assert client.get(LIMITS, token).status_code == 200


def test_introspection_tells_when_a_token_dies(client: Client) -> None:
    _, token = _refreshed(client)
    body = client.post("introspect", {"token": token, **_app(client)}).json()
    now = int(client.clock.now)
    assert body == {
        "active": True,
        "scope": "api id refresh_token",
        "client_id": client.app.client_id,
        "username": client.user.username,
        "sub": f"{client.login_url}/id/{client.org.org_id}/{client.user.user_id}",
        "token_type": "access_token",
        "exp": now + 7200,
        "iat": now,
        "nbf": now,
    }


def test_introspection_takes_the_app_from_a_basic_header(client: Client) -> None:
    _, token = _refreshed(client)
    basic = (client.app.client_id, client.app.client_secret)
    assert client.post("introspect", {"token": token}, client.org.my_domain_url, auth=basic).json()["active"]


def test_introspection_says_nothing_about_a_dead_token(client: Client) -> None:
    _, token = _refreshed(client)
    client.org.expire_tokens()
    assert client.post("introspect", {"token": token, **_app(client)}).json() == {"active": False}


def test_introspection_does_not_keep_a_token_alive(client: Client) -> None:
    _, token = _refreshed(client)
    client.clock.now += 7199
    assert client.post("introspect", {"token": token, **_app(client)}).json()["active"]
    client.clock.now += 1
    assert not client.post("introspect", {"token": token, **_app(client)}).json()["active"]


def test_introspection_of_a_spent_refresh_token_is_no_reuse_of_it(client: Client) -> None:
    client.app.rotate_refresh_tokens = True
    spent = client.org.issue_refresh_token(client.app.client_id, client.user.username)
    form = {"grant_type": "refresh_token", **_app(client)}
    rotated = client.token({**form, "refresh_token": spent}).json()
    assert client.post("introspect", {"token": spent, **_app(client)}).json() == {"active": False}
    assert client.post("introspect", {"token": rotated["refresh_token"], **_app(client)}).json()["active"]
    assert client.post("introspect", {"token": rotated["access_token"], **_app(client)}).json()["active"]


def test_introspection_says_nothing_about_a_user_who_is_no_longer_active(client: Client) -> None:
    tokens = _refreshed(client)
    client.user.active = False
    for token in tokens:
        assert client.post("introspect", {"token": token, **_app(client)}).json() == {"active": False}


def test_introspection_says_nothing_about_another_apps_token(client: Client) -> None:
    _, token = _refreshed(client)
    other = client.org.add_connected_app()
    form = {"token": token, "client_id": other.client_id, "client_secret": other.client_secret}
    assert client.post("introspect", form).json() == {"active": False}


def test_the_session_id_of_the_password_grant_cannot_be_introspected(client: Client) -> None:
    form = {"token": client.access_token(), **_app(client)}
    assert client.post("introspect", form).json() == {"active": False}


def test_introspection_needs_the_secret_of_the_app(client: Client) -> None:
    _, token = _refreshed(client)
    form = {"token": token, **_app(client)}
    wrong_secret = client.post("introspect", {**form, "client_secret": "wrong"})
    wrong_app = client.post("introspect", {**form, "client_id": "wrong"})
    assert (wrong_secret.status_code, wrong_secret.json()["error"]) == (400, "invalid_client")
    assert (wrong_app.status_code, wrong_app.json()["error"]) == (400, "invalid_client_id")


def _get(url: str, token: str) -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_userinfo_tells_who_a_token_acts_as(client: Client) -> None:
    body = client.get("/services/oauth2/userinfo", client.access_token()).json()
    assert body["user_id"] == client.user.user_id
    assert body["organization_id"] == client.org.org_id
    assert body["preferred_username"] == client.user.username


def test_the_id_of_an_answer_can_be_asked_who_it_is(client: Client) -> None:
    answer = client.token(client.password_form).json()
    identity = _get(answer["id"], answer["access_token"]).json()
    assert (identity["id"], identity["username"]) == (answer["id"], client.user.username)


def test_all_that_tells_of_an_org_names_the_same_id(client: Client) -> None:
    answer = client.token(
        {"grant_type": "refresh_token", "refresh_token": _refreshed(client)[0], **_app(client)}
    ).json()
    token, path = answer["access_token"], f"/id/{client.org.org_id}/{client.user.user_id}"
    told = client.post("introspect", {"token": token, **_app(client)}).json()
    userinfo = client.get("/services/oauth2/userinfo", token).json()
    assert {told["sub"], userinfo["sub"], answer["id"]} == {client.login_url + path}
    assert userinfo["organization_id"] == _get(answer["id"], token).json()["organization_id"] == client.org.org_id
    assert _get(client.org.my_domain_url + path, token).json()["user_id"] == client.user.user_id
    assert token.startswith(f"{client.org.org_id[:15]}!")


def test_identity_is_not_told_to_a_dead_token_nor_about_another_user(client: Client) -> None:
    token = client.access_token()
    stranger = client.org.add_user("stranger@tenant-a.example")
    assert _get(f"{client.login_url}/id/{client.org.org_id}/{stranger.user_id}", token).status_code == 403
    client.org.expire_tokens()
    assert _get(f"{client.login_url}/id/{client.org.org_id}/{client.user.user_id}", token).status_code == 403
    assert client.get("/services/oauth2/userinfo", token).status_code == 403
