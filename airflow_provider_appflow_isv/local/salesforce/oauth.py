"""The OAuth endpoints: token, revoke, introspect and the identity of a token's user."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, g, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.admission import check_secret
from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError
from airflow_provider_appflow_isv.local.salesforce.grants import GRANTS, Granted, TokenRequest
from airflow_provider_appflow_isv.local.salesforce.orgs import Orgs

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.org import Org
    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, User
    from airflow_provider_appflow_isv.local.salesforce.sessions import RefreshGrant, Session

blueprint = Blueprint("oauth", __name__)


def orgs() -> Orgs:
    """Return the orgs that the running app serves."""
    served = current_app.extensions["salesforce_orgs"]
    assert isinstance(served, Orgs)  # tells the type checker what create_app put there
    return served


def _asked_orgs() -> list[Org]:
    return [g.org] if g.org is not None else list(orgs())


def _basic_credentials() -> tuple[str, str] | None:
    if not request.headers.get("Authorization", "").lower().startswith("basic"):
        return None
    credentials = request.authorization
    if credentials is None or credentials.username is None or credentials.password is None:
        raise OAuthError("invalid_basic_auth_header", "invalid basic authorization header")
    return credentials.username, credentials.password


def _token_request() -> TokenRequest:
    return TokenRequest(request.form, _basic_credentials(), g.org, request.remote_addr or "127.0.0.1")


def sign(client_secret: str, identity_url: str, issued_at: str) -> str:
    """Return the ``signature`` of a token answer.

    :param client_secret: the app's secret.
    :param identity_url: the answer's ``id``.
    :param issued_at: the answer's ``issued_at``.
    :return: base64 of the HMAC-SHA256 of both, one after the other.
    """
    digest = hmac.new(client_secret.encode(), f"{identity_url}{issued_at}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _identity_url(org: Org, user: User) -> str:
    return f"{orgs().login_url}/id/{org.org_id}/{user.user_id}"


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _token_answer(granted: Granted) -> dict[str, str]:
    session = granted.org.sessions.issue(
        granted.app.client_id,
        granted.user.username,
        granted.scope,
        introspectable=granted.introspectable,
        grant_id=granted.grant_id,
    )
    identity_url = _identity_url(granted.org, granted.user)
    issued_at = str(round(session.issued_at * 1000))
    answer = {
        "access_token": session.access_token,
        "instance_url": granted.org.instance_url,
        "id": identity_url,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "signature": sign(granted.app.client_secret, identity_url, issued_at),
        "scope": granted.scope,
    }
    return answer if granted.refresh_token is None else {**answer, "refresh_token": granted.refresh_token}


@blueprint.post("/services/oauth2/token")
def token() -> Response:
    """Answer a grant with an access token."""
    asked = _token_request()
    grant = GRANTS.get(asked.require("grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    if asked.form.get("format", "json") != "json":
        raise OAuthError("invalid_request", "format: only json is supported")
    org = grant.find_org(orgs(), asked)
    return org.oauth_faults.answer(
        "token", lambda: _no_store(jsonify(_token_answer(grant.carry_out(orgs(), org, asked))))
    )


@blueprint.post("/services/oauth2/revoke")
def revoke() -> Response:
    """Revoke an access token or a refresh token."""
    presented = _token_request().require("token")
    found = _knowing(presented)
    return (
        found.oauth_faults.answer("revoke", lambda: _revoked(found, presented)) if found else _revoked(None, presented)
    )


def _knowing(token: str) -> Org | None:
    """Return the org that has given out a token, None if none did; this is no use of it."""
    return next(
        (org for org in _asked_orgs() if org.sessions.find(token) or org.sessions.knew_refresh(token)),
        g.org,
    )


def _revoked(org: Org | None, token: str) -> Response:
    if org is None or not org.sessions.revoke(token):
        is_code = any(each.codes.find(token) for each in _asked_orgs())
        raise OAuthError("unsupported_token_type" if is_code or _is_jwt(token) else "invalid_token")
    return _no_store(Response(status=200))


def _is_jwt(token: str) -> bool:
    return token.startswith("eyJ") and token.count(".") == 2


@blueprint.post("/services/oauth2/introspect")
def introspect() -> Response:
    """Tell about an access token or a refresh token of the app that asks; this is no use of the token."""
    asked = _token_request()
    client_id, client_secret = asked.client_id(), asked.client_secret()
    presented = asked.require("token")
    having_app = [org for org in _asked_orgs() if client_id in org.apps]
    if not having_app:
        raise OAuthError("invalid_client_id")
    org = _knowing(presented)
    if org is None or client_id not in org.apps:
        org = having_app[0]
    app = org.apps[client_id]

    def told() -> Response:
        check_secret(app, client_secret)
        return _no_store(jsonify(_introspection(org, app, presented)))

    return org.oauth_faults.answer("introspect", told)


def _introspection(org: Org, app: ConnectedApp, token: str) -> dict[str, object]:
    session = org.sessions.find(token)
    if session is not None and session.introspectable:
        return _told(org, app, "access_token", session, session.scope, session.expires_at)
    grant = org.consents.find(app, token)
    if grant is not None:
        return _told(org, app, "refresh_token", grant, app.scope, org.consents.ends_at(app, grant))
    return {"active": False}


def _told(
    org: Org, app: ConnectedApp, token_type: str, token: Session | RefreshGrant, scope: str, ends_at: float | None
) -> dict[str, object]:
    user = org.users[token.username]
    if token.client_id != app.client_id or not user.active:
        return {"active": False}
    told: dict[str, object] = {
        "active": True,
        "scope": scope,
        "client_id": token.client_id,
        "username": token.username,
        "sub": _identity_url(org, user),
        "token_type": token_type,
        "iat": int(token.issued_at),
        "nbf": int(token.issued_at),
    }
    return told if ends_at is None else {**told, "exp": int(ends_at)}


def bearer_token() -> str | None:
    """Return the Bearer token of the request, or None."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" and value.strip() else None


def live_session(org: Org) -> Session | None:
    """Return the session of the request's Bearer token and extend its life, or None if it isn't good in the org.

    :param org: the org that is asked.
    """
    session = org.sessions.use(bearer_token() or "")
    return session if session is not None and org.users[session.username].active else None


@blueprint.route("/services/oauth2/userinfo", methods=["GET", "POST"])
def userinfo() -> Response:
    """Tell who a Bearer token acts as."""
    for org in _asked_orgs():
        session = live_session(org)
        if session is not None:
            return _no_store(jsonify(_userinfo(org, org.users[session.username])))
    return _no_store(Response("Bad_OAuth_Token", status=403, mimetype="text/html"))


def _userinfo(org: Org, user: User) -> dict[str, object]:
    return {
        "sub": _identity_url(org, user),
        "user_id": user.user_id,
        "organization_id": org.org_id,
        "preferred_username": user.username,
        "name": user.username,
        "active": user.active,
        "urls": {"rest": f"{org.my_domain_url}/services/data/v{{version}}/"},
    }


@blueprint.get("/id/<org_id>/<user_id>")
def identity(org_id: str, user_id: str) -> Response:
    """Tell who a Bearer token acts as, at the address that the token's ``id`` names."""
    for org in _asked_orgs():
        session = live_session(org)
        if session is None or org.org_id != org_id or org.users[session.username].user_id != user_id:
            continue
        user = org.users[session.username]
        return _no_store(jsonify({**_userinfo(org, user), "id": _identity_url(org, user), "username": user.username}))
    return _no_store(Response("Bad_OAuth_Token", status=403, mimetype="text/html"))
