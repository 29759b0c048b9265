"""The endpoints of tokens ("OAuth API request parameters" and "Revoke an OAuth token", ServiceNow documentation)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, jsonify, request

from airflow_provider_appflow_isv.local.servicenow.errors import OAuthError
from airflow_provider_appflow_isv.local.servicenow.instance import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_appflow_isv.local.servicenow.principals import OAuthClient

_SCOPE = "useraccount"

blueprint = Blueprint("oauth", __name__)


@dataclass(frozen=True)
class _Granted:
    """What a grant gives: tokens that act as a user.

    :param username: the user.
    :param with_refresh_token: whether a refresh token comes along.
    :param renewed: whether the access token is a new one even if an older one still lives.
    """

    username: str
    with_refresh_token: bool
    renewed: bool = False


def _denied() -> OAuthError:
    # ServiceNow tells nothing about the cause, whatever it is.
    return OAuthError("server_error", "access_denied", 401)


def _required(name: str) -> str:
    value = request.form.get(name)
    if not value:
        raise OAuthError("invalid_request", f"{name} is missing from the form", 400)
    return value


def _client(instance: Instance) -> OAuthClient:
    client = instance.oauth_clients.get(_required("client_id"))
    client_secret = _required("client_secret")
    if client is None or not hmac.compare_digest(client.client_secret.encode(), client_secret.encode()):
        raise _denied()
    return client


def _password(instance: Instance, _client: OAuthClient) -> _Granted:
    user = instance.authenticate(_required("username"), _required("password"))
    if user is None:
        raise _denied()
    return _Granted(user.username, with_refresh_token=True)


def _refresh_token(instance: Instance, client: OAuthClient) -> _Granted:
    token = instance.refresh_tokens.find(_required("refresh_token"))
    if token is None or token.client_id != client.client_id:
        raise _denied()
    return _Granted(token.username, with_refresh_token=False, renewed=True)


def _authorization_code(instance: Instance, client: OAuthClient) -> _Granted:
    token = instance.authorization_codes.take(_required("code"))
    if token is None or token.client_id != client.client_id:
        raise _denied()
    if client.redirect_url not in (None, request.form.get("redirect_uri")):
        raise _denied()
    return _Granted(token.username, with_refresh_token=True)


def _client_credentials(instance: Instance, client: OAuthClient) -> _Granted:
    if not instance.client_credentials_enabled or client.application_user is None:
        raise _denied()
    return _Granted(client.application_user, with_refresh_token=False)


_GRANTS: Mapping[str, Callable[[Instance, OAuthClient], _Granted]] = {
    "password": _password,
    "refresh_token": _refresh_token,
    "authorization_code": _authorization_code,
    "client_credentials": _client_credentials,
}


@blueprint.post("/oauth_token.do")
def token() -> Response:
    """Answer a grant with an access token."""
    instance = g.instance
    assert isinstance(instance, Instance)  # the blueprint is only served below an instance
    return instance.oauth_faults.answer("token", lambda: _granted(instance))


def _granted(instance: Instance) -> Response:
    grant = _GRANTS.get(_required("grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", f"grant_type: choose one of {', '.join(_GRANTS)}", 400)
    client = _client(instance)
    granted = grant(instance, client)
    if instance.active_user(granted.username) is None:
        raise _denied()
    answer = jsonify(_tokens(instance, client, granted))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/oauth_revoke_token.do", methods=["GET", "POST"])
def revoke() -> Response:
    """Let an access or refresh token die; nothing else has to be shown. Inferred: an unknown one is no error."""
    instance = g.instance
    assert isinstance(instance, Instance)  # the blueprint is only served below an instance
    presented = request.values.get("token")
    if not presented:
        raise OAuthError("invalid_request", "token is missing", 400)
    return instance.oauth_faults.answer("revoke", lambda: _revoked(instance, presented))


def _revoked(instance: Instance, presented: str) -> Response:
    for tokens in (instance.access_tokens, instance.refresh_tokens):
        tokens.take(presented)
    return Response(status=200)


def _tokens(instance: Instance, client: OAuthClient, granted: _Granted) -> dict[str, str | int]:
    # A login while a token lives gets the same token again, with the time that it has left.
    give = instance.access_tokens.issue if granted.renewed else instance.access_tokens.current
    access = give(client.client_id, granted.username, client.access_token_lifespan)
    answer: dict[str, str | int] = {"access_token": access.value}
    if granted.with_refresh_token:
        refresh = instance.refresh_tokens.current(client.client_id, granted.username, client.refresh_token_lifespan)
        answer["refresh_token"] = refresh.value
    return {
        **answer,
        "scope": _SCOPE,
        "token_type": "Bearer",
        "expires_in": int(access.expires_at - instance.clock()),
    }
