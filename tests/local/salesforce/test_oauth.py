from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.salesforce.oauth import sign

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}


def _with_run_as(client: Client) -> dict[str, str]:
    app = client.org.add_connected_app(run_as=client.user.username)
    return {**CLIENT_CREDENTIALS, "client_id": app.client_id, "client_secret": app.client_secret}


def test_the_password_grant_answers_as_documented(client: Client) -> None:
    answer = client.token(client.password_form)
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "instance_url", "id", "issued_at", "signature", "token_type", "scope"}
    assert body["access_token"].startswith(f"{client.org.org_id[:15]}!")
    assert body["instance_url"] == client.org.my_domain_url
    assert body["id"] == f"{client.login_url}/id/{client.org.org_id}/{client.user.user_id}"
    assert body["issued_at"] == str(round(client.clock.now * 1000))
    assert (body["token_type"], body["scope"]) == ("Bearer", "api id")


def test_the_signature_is_made_with_the_client_secret(client: Client) -> None:
    body = client.token(client.password_form).json()
    signed = f"{body['id']}{body['issued_at']}".encode()
    digest = hmac.new(client.app.client_secret.encode(), signed, hashlib.sha256).digest()
    assert body["signature"] == base64.b64encode(digest).decode()


def test_the_signature_is_the_documented_one() -> None:
    # "OAuth 2.0 Web Server Flow", Salesforce Help, gives the id and the time; the secret is made up.
    identity = "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P"
    signature = sign("example-consumer-secret", identity, "1278448384422")
    assert signature == "DIZuBk5O1ed6YXDl5qFHYBiy9fkDMu7Eeqj8zM3wrYE="


def test_the_password_grant_works_on_my_domain_too(client: Client) -> None:
    assert client.token(client.password_form, client.org.my_domain_url).status_code == 200


def test_the_login_host_finds_the_org_by_app_and_user(client: Client) -> None:
    other = client.orgs.create("tenant-b", accounts=1)
    user = other.add_user("loader@tenant-b.example")
    app = other.add_connected_app(client_id=client.app.client_id, client_secret=client.app.client_secret)
    form = {**client.password_form, "username": user.username, "password": user.password + user.security_token}
    assert client.token(form).json()["instance_url"] == other.my_domain_url
    assert app.client_id == client.app.client_id
    assert client.token(client.password_form).json()["instance_url"] == client.org.my_domain_url


@pytest.mark.parametrize(
    ("changed", "error", "description"),
    [
        ({"grant_type": "magic"}, "unsupported_grant_type", "grant type not supported"),
        ({"grant_type": ""}, "invalid_request", "missing required parameter: grant_type"),
        ({"client_id": "unknown"}, "invalid_client_id", "client identifier invalid"),
        ({"client_id": ""}, "invalid_request", "missing required parameter: client_id"),
        ({"client_secret": "wrong"}, "invalid_client", "client secret invalid"),
        ({"client_secret": ""}, "invalid_request", "missing required parameter: client_secret"),
        ({"username": "nobody@tenant-a.example"}, "invalid_grant", "authentication failure"),
        ({"username": ""}, "invalid_request", "missing required parameter: username"),
        ({"password": "wrong"}, "invalid_grant", "authentication failure"),
        ({"password": ""}, "invalid_request", "missing required parameter: password"),
        ({"format": "xml"}, "invalid_request", "format: only json is supported"),
    ],
)
def test_a_wrong_password_request_is_refused(
    client: Client, changed: dict[str, str], error: str, description: str
) -> None:
    answer = client.token({**client.password_form, **changed})
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"error": error, "error_description": description}


def test_the_password_alone_without_the_security_token_is_refused(client: Client) -> None:
    answer = client.token({**client.password_form, "password": client.user.password})
    assert answer.json() == {"error": "invalid_grant", "error_description": "authentication failure"}


def test_an_org_may_switch_the_password_grant_off(client: Client) -> None:
    client.org.password_flow_enabled = False
    answer = client.token(client.password_form)
    assert answer.json() == {"error": "invalid_grant", "error_description": "authentication failure"}
    assert client.token(_with_run_as(client), client.org.my_domain_url).status_code == 200


def test_an_inactive_user_gets_no_token(client: Client) -> None:
    client.user.active = False
    assert client.token(client.password_form).json() == {
        "error": "inactive_user",
        "error_description": "user is inactive",
    }


def test_a_user_whom_the_administrator_has_not_approved_gets_no_token(client: Client) -> None:
    client.app.permitted_users = "admin_approved"
    assert client.token(client.password_form).json() == {
        "error": "invalid_app_access",
        "error_description": "user is not admin approved to access this app",
    }
    client.app.approved.add(client.user.username)
    assert client.token(client.password_form).status_code == 200


def test_client_credentials_act_as_the_run_as_user(client: Client) -> None:
    body = client.token(_with_run_as(client), client.org.my_domain_url).json()
    assert body["id"].endswith(f"/{client.user.user_id}")
    assert client.get("/services/data/v58.0/limits", body["access_token"]).status_code == 200


def test_client_credentials_may_stand_in_a_basic_header(client: Client) -> None:
    form = _with_run_as(client)
    basic = (form["client_id"], form["client_secret"])
    assert client.token(CLIENT_CREDENTIALS, client.org.my_domain_url, auth=basic).status_code == 200
    wrong = client.token(CLIENT_CREDENTIALS, client.org.my_domain_url, auth=(basic[0], "wrong"))
    assert wrong.json()["error"] == "invalid_client"


def test_client_credentials_are_refused_on_the_login_host(client: Client) -> None:
    answer = client.token(_with_run_as(client))
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "request not supported on this domain"},
    )


def test_client_credentials_need_a_run_as_user(client: Client) -> None:
    form = {**CLIENT_CREDENTIALS, "client_id": client.app.client_id, "client_secret": client.app.client_secret}
    answer = client.token(form, client.org.my_domain_url)
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "no client credentials user enabled",
    }


def test_an_app_of_another_org_is_unknown_on_my_domain(client: Client) -> None:
    other = client.orgs.create("tenant-b", accounts=1)
    assert client.token(_with_run_as(client), other.my_domain_url).json()["error"] == "invalid_client_id"


def _refresh_form(client: Client) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": client.app.client_id,
        "client_secret": client.app.client_secret,
        "refresh_token": client.org.issue_refresh_token(client.app.client_id, client.user.username),
    }


def test_a_refresh_token_gives_an_access_token_and_no_new_refresh_token(client: Client) -> None:
    body = client.token(_refresh_form(client)).json()
    assert "refresh_token" not in body
    assert body["scope"] == "api id refresh_token"
    assert client.get("/services/data/v58.0/limits", body["access_token"]).status_code == 200


def test_the_login_host_finds_the_org_of_a_refresh_token(client: Client) -> None:
    other = client.orgs.create("tenant-b", accounts=1)
    other.add_connected_app(client_id=client.app.client_id, client_secret="another")
    assert client.token(_refresh_form(client)).json()["instance_url"] == client.org.my_domain_url


def test_an_unknown_refresh_token_is_refused(client: Client) -> None:
    answer = client.token({**_refresh_form(client), "refresh_token": "5Aepunknown"})
    assert answer.json() == {"error": "invalid_grant", "error_description": "expired access/refresh token"}


def test_a_refresh_token_of_another_app_is_refused(client: Client) -> None:
    other = client.org.add_connected_app()
    form = {**_refresh_form(client), "client_id": other.client_id, "client_secret": other.client_secret}
    assert client.token(form).json()["error"] == "invalid_grant"


def test_an_org_in_trouble_refuses_so_many_token_requests_and_then_recovers(client: Client) -> None:
    client.org.fail_next_token_requests(2)
    client.org.fail_next_token_requests(1, 429)
    answers = [client.token(client.password_form) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 429, 200]
    assert [answer.json().get("error") for answer in answers] == [
        "service_unavailable",
        "service_unavailable",
        "rate_limit_exceeded",
        None,
    ]


def test_the_trouble_of_one_org_is_not_anothers(client: Client) -> None:
    client.orgs.create("tenant-b", accounts=1).fail_next_token_requests(1)
    assert client.token(client.password_form).status_code == 200


def test_an_answer_may_name_a_wrong_instance(client: Client) -> None:
    client.org.instance_url = "https://elsewhere.example"
    assert client.token(client.password_form).json()["instance_url"] == "https://elsewhere.example"


def test_credentials_in_the_address_are_not_read(client: Client) -> None:
    answer = client.post("token?grant_type=password", {"client_id": "x"})
    assert answer.json()["error_description"] == "missing required parameter: grant_type"


def test_no_secret_stands_in_what_is_printed(client: Client) -> None:
    token = client.access_token()
    printed = f"{client.user!r} {client.app!r} {client.org!r} {client.org.sessions.find(token)!r}"
    for secret in (client.user.password, client.user.security_token, client.app.client_secret, token):
        assert secret not in printed
