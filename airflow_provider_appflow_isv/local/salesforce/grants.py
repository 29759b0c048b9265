"""The grants of the token endpoint: from a request to the org, app and user that a token is for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from airflow_provider_appflow_isv.local.salesforce.admission import (
    check_address,
    check_app,
    check_secret,
    check_user,
    granted_scope,
    same_secret,
)
from airflow_provider_appflow_isv.local.salesforce.assertions import app_and_user_of, check_assertion
from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_appflow_isv.local.salesforce.org import Org
    from airflow_provider_appflow_isv.local.salesforce.orgs import Orgs
    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, GrantType, User

JWT_BEARER: GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class TokenRequest:
    """A request to an OAuth endpoint.

    :param form: the form's fields.
    :param basic: client id and secret of a Basic header, if there is one.
    :param org: the org whose My Domain was asked; None for the login host.
    :param address: the caller's IP address.
    """

    form: Mapping[str, str] = field(repr=False)
    basic: tuple[str, str] | None = field(repr=False)
    org: Org | None
    address: str

    def require(self, name: str) -> str:
        """Return a field of the form.

        :param name: the field.
        :raises OAuthError: ``invalid_request`` if it is missing or empty.
        """
        value = self.form.get(name)
        if not value:
            raise OAuthError("invalid_request", f"missing required parameter: {name}")
        return value

    def client_id(self) -> str:
        """Return the client id, from the Basic header or the form.

        :raises OAuthError: ``invalid_request`` if it is missing.
        """
        return self.basic[0] if self.basic else self.require("client_id")

    def client_secret(self) -> str:
        """Return the client secret, from the Basic header or the form.

        :raises OAuthError: ``invalid_request`` if it is missing.
        """
        return self.basic[1] if self.basic else self.require("client_secret")

    def has_secret(self) -> bool:
        """Say whether a client secret was sent."""
        return bool(self.basic or self.form.get("client_secret"))


@dataclass(frozen=True)
class Granted:
    """Whom a token is for: the app acts as the user in the org.

    :param org: the org.
    :param app: the app.
    :param user: the user.
    :param scope: what it may do.
    :param grant_id: the grant that the access token belongs to, if there is a refresh token.
    :param refresh_token: the refresh token to answer with, if a new one was given out.
    :param introspectable: False for the session ids that the password grant gives.
    """

    org: Org
    app: ConnectedApp
    user: User
    scope: str
    grant_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    introspectable: bool = True


@dataclass(frozen=True)
class Grant:
    """A grant type.

    :param find_org: finds the org that a request is for.
    :param carry_out: checks a request and gives what it asks for.
    """

    find_org: Callable[[Orgs, TokenRequest], Org]
    carry_out: Callable[[Orgs, Org, TokenRequest], Granted]


def _authentication_failure() -> NoReturn:
    raise OAuthError("invalid_grant", "authentication failure")


def _candidates(orgs: Orgs, request: TokenRequest) -> list[Org]:
    return [request.org] if request.org else list(orgs)


def _org_with_app(orgs: Orgs, request: TokenRequest, client_id: str, username: str | None) -> Org:
    """Find the org that a request is for: on the login host by app and user, else the one asked."""
    having_app = [org for org in _candidates(orgs, request) if client_id in org.apps]
    if not having_app:
        raise OAuthError("invalid_client_id")
    return next((org for org in having_app if username in org.users), having_app[0])


def _app(org: Org, request: TokenRequest, flow: GrantType) -> ConnectedApp:
    """Return the app that asks, by id and secret."""
    app = org.apps[request.client_id()]
    check_app(org, app, flow)
    if app.secret_required or request.has_secret() or flow not in ("authorization_code", "refresh_token"):
        check_secret(app, request.client_secret())
    return app


def _fleeting(
    org: Org, app: ConnectedApp, user: User, request: TokenRequest, *, introspectable: bool = True
) -> Granted:
    """Grant an access token without a refresh token."""
    scope = granted_scope(app, request.form.get("scope"), lasting=False)
    return Granted(org, app, user, scope, introspectable=introspectable)


def _find_password(orgs: Orgs, request: TokenRequest) -> Org:
    client_id, username = request.client_id(), request.require("username")
    request.client_secret()
    request.require("password")
    return _org_with_app(orgs, request, client_id, username)


def _password(_orgs: Orgs, org: Org, request: TokenRequest) -> Granted:
    app, user = _app(org, request, "password"), org.users.get(request.require("username"))
    if not org.password_flow_enabled or user is None:
        _authentication_failure()
    if not same_secret(user.password + user.security_token, request.require("password")):
        _authentication_failure()
    check_user(app, user, request.address)
    return _fleeting(org, app, user, request, introspectable=False)


def _find_client_credentials(orgs: Orgs, request: TokenRequest) -> Org:
    client_id = request.client_id()
    request.client_secret()
    if request.org is None:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    return _org_with_app(orgs, request, client_id, None)


def _client_credentials(_orgs: Orgs, org: Org, request: TokenRequest) -> Granted:
    app = _app(org, request, "client_credentials")
    user = org.users.get(app.run_as) if app.run_as else None
    if user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    check_user(app, user, request.address)
    return _fleeting(org, app, user, request)


def _find_jwt_bearer(orgs: Orgs, request: TokenRequest) -> Org:
    return _org_with_app(orgs, request, *app_and_user_of(request.require("assertion")))


def _jwt_bearer(orgs: Orgs, org: Org, request: TokenRequest) -> Granted:
    assertion = request.require("assertion")
    client_id, username = app_and_user_of(assertion)
    app, user = org.apps[client_id], org.users.get(username)
    check_app(org, app, JWT_BEARER)
    check_assertion(app, assertion, orgs.login_url, org.clock())
    if user is not None:
        check_user(app, user, request.address, enforce_ips=True)
    if user is None or username not in app.approved:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return _fleeting(org, app, user, request)


def _find_refresh_token(orgs: Orgs, request: TokenRequest) -> Org:
    client_id, presented = request.client_id(), request.require("refresh_token")
    found = next((org for org in _candidates(orgs, request) if org.sessions.knew_refresh(presented)), None)
    return _org_with_app(orgs, replace(request, org=found or request.org), client_id, None)


def _refresh_token(_orgs: Orgs, org: Org, request: TokenRequest) -> Granted:
    app, presented = _app(org, request, "refresh_token"), request.require("refresh_token")
    check_address(app.refresh_ip_allowlist, request.address)
    scope = granted_scope(app, request.form.get("scope"), lasting=True)
    grant = org.consents.find(app, presented)
    if grant is not None:
        check_user(app, org.users[grant.username], request.address)
    redeemed = org.consents.redeem(app, presented)
    if redeemed is None:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    rotated = redeemed.refresh_token if app.rotate_refresh_tokens else None
    return Granted(org, app, org.users[redeemed.username], scope, redeemed.grant_id, rotated)


def _find_authorization_code(orgs: Orgs, request: TokenRequest) -> Org:
    client_id, presented = request.client_id(), request.require("code")
    found = next((org for org in _candidates(orgs, request) if org.codes.find(presented)), None)
    return _org_with_app(orgs, replace(request, org=found or request.org), client_id, None)


def _authorization_code(_orgs: Orgs, org: Org, request: TokenRequest) -> Granted:
    app, presented = _app(org, request, "authorization_code"), request.require("code")
    check_address(app.refresh_ip_allowlist, request.address)
    code = org.codes.find(presented)
    if code is None or code.client_id != app.client_id:
        raise OAuthError("invalid_grant", "invalid authorization code")
    if code.expires_at <= org.clock():
        raise OAuthError("invalid_grant", "expired authorization code")
    if not request.form.get("redirect_uri"):
        raise OAuthError("redirect_uri_missing")
    if request.form["redirect_uri"] != code.redirect_uri:
        raise OAuthError("redirect_uri_mismatch")
    code.check_verifier(request.form.get("code_verifier"))
    user = org.users[code.username]
    check_user(app, user, request.address)
    scope = granted_scope(app, None, lasting=True)
    if not org.codes.use(presented):
        raise OAuthError("invalid_grant", "invalid authorization code")
    if "refresh_token" not in scope.split():
        return Granted(org, app, user, scope)
    grant = org.consents.give(app, user.username)
    return Granted(org, app, user, scope, grant.grant_id, grant.refresh_token)


GRANTS: Mapping[str, Grant] = {
    "password": Grant(_find_password, _password),
    "client_credentials": Grant(_find_client_credentials, _client_credentials),
    JWT_BEARER: Grant(_find_jwt_bearer, _jwt_bearer),
    "authorization_code": Grant(_find_authorization_code, _authorization_code),
    "refresh_token": Grant(_find_refresh_token, _refresh_token),
}
