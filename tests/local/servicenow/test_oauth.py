from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from airflow_provider_appflow_isv.local.oauth_faults import Answer, Lost, Refusal

if TYPE_CHECKING:
    from tests.local.servicenow.conftest import Client

ACCESS_DENIED = {"error_description": "access_denied", "error": "server_error"}
INCIDENTS = "/api/now/table/incident"


def test_the_password_grant_answers_as_documented(client: Client) -> None:
    answer = client.token(client.password_form)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "refresh_token", "scope", "token_type", "expires_in"}
    assert (body["scope"], body["token_type"], body["expires_in"]) == ("useraccount", "Bearer", 1800)


def test_an_access_token_opens_the_table_api(client: Client) -> None:
    assert client.get(INCIDENTS, client.access_token()).status_code == 200


def test_an_access_token_dies_after_half_an_hour(client: Client) -> None:
    token = client.access_token()
    client.clock.now += 1799
    assert client.get(INCIDENTS, token).status_code == 200
    client.clock.now += 1
    assert client.get(INCIDENTS, token).status_code == 401


def test_a_second_login_gets_the_same_tokens_with_the_time_left(client: Client) -> None:
    first = client.token(client.password_form).json()
    client.clock.now += 600
    second = client.token(client.password_form).json()
    assert second == {**first, "expires_in": 1200}


def test_a_login_after_the_access_token_died_gets_a_new_one(client: Client) -> None:
    first = client.token(client.password_form).json()
    client.clock.now += 1800
    second = client.token(client.password_form).json()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]


def test_a_refresh_token_gives_a_new_access_token_and_no_refresh_token(client: Client) -> None:
    first = client.token(client.password_form).json()
    second = client.token(client.form("refresh_token", refresh_token=first["refresh_token"])).json()
    assert set(second) == {"access_token", "scope", "token_type", "expires_in"}
    assert second["access_token"] != first["access_token"]
    assert client.get(INCIDENTS, second["access_token"]).status_code == 200


def test_a_refresh_token_dies_after_a_hundred_days(client: Client) -> None:
    form = client.form("refresh_token", refresh_token=client.token(client.password_form).json()["refresh_token"])
    client.clock.now += 100 * 86_400 - 1
    assert client.token(form).status_code == 200
    client.clock.now += 1
    assert client.token(form).json() == ACCESS_DENIED


def test_an_authorization_code_gives_both_tokens_once(client: Client) -> None:
    code = client.instance.issue_authorization_code(client.oauth_client.client_id, client.user.username)
    form = client.form("authorization_code", code=code, redirect_uri="https://app.example.com/back")
    body = client.token(form).json()
    assert client.get(INCIDENTS, body["access_token"]).status_code == 200
    assert client.token(client.form("refresh_token", refresh_token=body["refresh_token"])).status_code == 200
    assert client.token(form).json() == ACCESS_DENIED


def test_an_authorization_code_dies_after_ten_minutes(client: Client) -> None:
    code = client.instance.issue_authorization_code(client.oauth_client.client_id, client.user.username)
    client.clock.now += 600
    assert client.token(client.form("authorization_code", code=code)).json() == ACCESS_DENIED


@pytest.mark.parametrize(
    ("redirect_uri", "status"),
    [("https://app.example.com/back", 200), ("https://other.example.com/back", 401), ("", 401)],
)
def test_an_authorization_code_needs_the_clients_redirect_url(client: Client, redirect_uri: str, status: int) -> None:
    client.oauth_client.redirect_url = "https://app.example.com/back"
    code = client.instance.issue_authorization_code(client.oauth_client.client_id, client.user.username)
    assert client.token(client.form("authorization_code", code=code, redirect_uri=redirect_uri)).status_code == status


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
def test_a_secret_of_another_client_is_refused(client: Client, grant_type: str) -> None:
    secrets = {
        "refresh_token": str(client.token(client.password_form).json()["refresh_token"]),
        "code": client.instance.issue_authorization_code(client.oauth_client.client_id, client.user.username),
    }
    client.oauth_client = client.instance.add_oauth_client()
    answer = client.token(client.form(grant_type, **secrets))
    assert (answer.status_code, answer.json()) == (401, ACCESS_DENIED)


def test_client_credentials_act_as_the_application_user(client: Client) -> None:
    client.instance.client_credentials_enabled = True
    client.oauth_client.application_user = client.user.username
    body = client.token(client.form("client_credentials")).json()
    assert "refresh_token" not in body
    assert client.get(INCIDENTS, body["access_token"]).status_code == 200


@pytest.mark.parametrize(("enabled", "application_user"), [(False, "loader"), (True, None), (True, "nobody")])
def test_client_credentials_need_the_property_and_an_application_user(
    client: Client, enabled: bool, application_user: str | None
) -> None:
    client.instance.client_credentials_enabled = enabled
    client.oauth_client.application_user = application_user
    answer = client.token(client.form("client_credentials"))
    assert (answer.status_code, answer.json()) == (401, ACCESS_DENIED)


@pytest.mark.parametrize("field", ["client_id", "client_secret", "username", "password"])
def test_wrong_credentials_are_denied_without_a_reason(client: Client, field: str) -> None:
    answer = client.token({**client.password_form, field: "wrong"})
    assert (answer.status_code, answer.json()) == (401, ACCESS_DENIED)


@pytest.mark.parametrize("values", [{"active": "false"}, {"locked_out": "true"}])
def test_a_user_who_may_not_log_in_gets_no_token_and_loses_theirs(client: Client, values: dict[str, str]) -> None:
    token = client.access_token()
    client.instance.update("sys_user", client.user.sys_id, values)
    assert client.token(client.password_form).json() == ACCESS_DENIED
    assert client.get(INCIDENTS, token).status_code == 401


@pytest.mark.parametrize("field", ["grant_type", "client_id", "client_secret", "username", "password"])
def test_a_missing_field_is_named(client: Client, field: str) -> None:
    answer = client.token({name: value for name, value in client.password_form.items() if name != field})
    assert answer.status_code == 400
    assert answer.json() == {"error_description": f"{field} is missing from the form", "error": "invalid_request"}


def test_an_unknown_grant_is_refused(client: Client) -> None:
    answer = client.token(client.form("implicit"))
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_json_instead_of_a_form_is_refused(client: Client) -> None:
    answer = requests.post(f"{client.instance.url}/oauth_token.do", json=client.password_form, timeout=10)
    assert answer.status_code == 400


def test_expired_access_tokens_can_be_refreshed(client: Client) -> None:
    body = client.token(client.password_form).json()
    client.instance.expire_tokens()
    assert client.get(INCIDENTS, body["access_token"]).status_code == 401
    assert client.token(client.form("refresh_token", refresh_token=body["refresh_token"])).status_code == 200


def test_revoked_tokens_can_not_be_refreshed(client: Client) -> None:
    body = client.token(client.password_form).json()
    code = client.instance.issue_authorization_code(client.oauth_client.client_id, client.user.username)
    client.instance.revoke_tokens()
    assert client.get(INCIDENTS, body["access_token"]).status_code == 401
    assert client.token(client.form("refresh_token", refresh_token=body["refresh_token"])).json() == ACCESS_DENIED
    assert client.token(client.form("authorization_code", code=code)).json() == ACCESS_DENIED


def test_token_requests_fail_as_planned(client: Client) -> None:
    client.instance.fail_next_token_requests(2, 429, after=1)
    statuses = [client.token(client.password_form).status_code for _ in range(4)]
    assert statuses == [200, 429, 429, 200]


def test_a_token_request_fails_in_any_way_that_is_planned(client: Client) -> None:
    client.instance.fail_next_token_requests(1, Refusal("invalid_grant", status=401))
    client.instance.fail_next_token_requests(1, Answer("<html>Maintenance</html>"))
    client.instance.fail_next_token_requests(1, Lost())
    assert client.token(client.password_form).json()["error"] == "invalid_grant"
    assert client.token(client.password_form).text == "<html>Maintenance</html>"
    with pytest.raises(requests.ConnectionError):
        client.token(client.password_form)
    assert client.token(client.password_form).status_code == 200


def test_a_revocation_can_fail_as_planned(client: Client) -> None:
    token = client.access_token()
    client.instance.fail_next_token_requests(1, endpoint="revoke")
    url = f"{client.instance.url}/oauth_revoke_token.do"
    assert requests.post(url, data={"token": token}, timeout=10).status_code == 503
    assert client.get(INCIDENTS, token).status_code == 200


def test_a_token_of_one_instance_is_worth_nothing_in_another(client: Client) -> None:
    token = client.access_token()
    client.instance = client.instances.create("tenant-b")
    assert client.get(INCIDENTS, token).status_code == 401


def test_no_secret_is_in_a_repr(client: Client) -> None:
    token = client.instance.access_tokens.find(client.access_token())
    assert token is not None
    secrets = (client.user.password, client.oauth_client.client_secret, token.value)
    assert not any(secret in repr([client.user, client.oauth_client, token]) for secret in secrets)


@pytest.mark.parametrize("send", [requests.post, requests.get])
def test_a_revoked_access_token_is_dead_and_the_refresh_token_lives(client: Client, send: Any) -> None:
    tokens = client.token(client.password_form).json()
    parameter = {"data" if send is requests.post else "params": {"token": tokens["access_token"]}}
    assert send(f"{client.instance.url}/oauth_revoke_token.do", timeout=10, **parameter).status_code == 200
    assert client.get(INCIDENTS, tokens["access_token"]).status_code == 401
    renewed = client.token(client.form("refresh_token", refresh_token=tokens["refresh_token"]))
    assert client.get(INCIDENTS, renewed.json()["access_token"]).status_code == 200


def test_a_revoked_refresh_token_is_dead(client: Client) -> None:
    tokens = client.token(client.password_form).json()
    url = f"{client.instance.url}/oauth_revoke_token.do"
    assert requests.post(url, data={"token": tokens["refresh_token"]}, timeout=10).status_code == 200
    refused = client.token(client.form("refresh_token", refresh_token=tokens["refresh_token"]))
    assert (refused.status_code, refused.json()) == (401, ACCESS_DENIED)
    assert client.get(INCIDENTS, tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(("form", "status"), [({"token": "unknown"}, 200), ({}, 400)])
def test_only_a_revocation_without_a_token_is_an_error(client: Client, form: dict[str, str], status: int) -> None:
    url = f"{client.instance.url}/oauth_revoke_token.do"
    assert requests.post(url, data=form, timeout=10).status_code == status
