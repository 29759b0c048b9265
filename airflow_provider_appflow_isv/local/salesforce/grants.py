"""The grants of the token endpoint: from a request to the org, app and user that a token is for."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_appflow_isv.local.salesforce.org import Org
    from airflow_provider_appflow_isv.local.salesforce.orgs import Orgs
    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, User

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_REAL_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_ASSERTION_SECONDS = 180


@dataclass(frozen=True)
class TokenRequest:
    """A request to the token endpoint.

    :param form: the form's fields.
    :param basic: client id and secret of a Basic header, if there is one.
    :param org: the org whose My Domain was asked; None for the login host.
    """

    form: Mapping[str, str] = field(repr=False)
    basic: tuple[str, str] | None = field(repr=False)
    org: Org | None

    def require(self, name: str) -> str:
        """Return a field of the form.

        :param name: the field.
        :raises OAuthError: ``invalid_request`` if it is missing or empty.
        """
        value = self.form.get(name)
        if not value:
            raise OAuthError("invalid_request", f"missing required parameter: {name}")
        return value

    def client(self) -> tuple[str, str]:
        """Return client id and secret, from the Basic header or the form.

        :raises OAuthError: ``invalid_request`` if one is missing.
        """
        return self.basic or (self.require("client_id"), self.require("client_secret"))


@dataclass(frozen=True)
class Granted:
    """Whom a token is for: the app acts as the user in the org.

    :param org: the org.
    :param app: the app.
    :param user: the user.
    :param grant_id: the grant that the access token belongs to, if there is a refresh token.
    :param refresh_token: the refresh token to answer with, if a new one was given out.
    :param introspectable: False for the session ids that the password grant gives.
    """

    org: Org
    app: ConnectedApp
    user: User
    grant_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    introspectable: bool = True


def same_secret(left: str, right: str) -> bool:
    """Compare two secrets in a time that tells nothing about them.

    :param left: one.
    :param right: the other.
    """
    return hmac.compare_digest(left.encode(), right.encode())


def _authentication_failure() -> NoReturn:
    raise OAuthError("invalid_grant", "authentication failure")


def _candidates(orgs: Orgs, request: TokenRequest) -> list[Org]:
    return [request.org] if request.org else list(orgs)


def _org_with_app(orgs: Orgs, request: TokenRequest, client_id: str, username: str | None) -> Org:
    """Find the org that a request is for: on the login host by app and user, else the one asked."""
    having_app = [org for org in _candidates(orgs, request) if client_id in org.apps]
    if not having_app:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    found = next((org for org in having_app if username in org.users), having_app[0])
    found.pass_or_fail_token_request()
    return found


def _check_secret(app: ConnectedApp, client_secret: str) -> None:
    if not same_secret(app.client_secret, client_secret):
        raise OAuthError("invalid_client", "client secret invalid")


def _check_user(app: ConnectedApp, user: User) -> None:
    if not user.active:
        raise OAuthError("inactive_user", "user is inactive")
    if app.permitted_users == "admin_approved" and user.username not in app.approved:
        raise OAuthError("invalid_app_access", "user is not admin approved to access this app")


def _password(orgs: Orgs, request: TokenRequest) -> Granted:
    client_id, client_secret = request.client()
    username, password = request.require("username"), request.require("password")
    org = _org_with_app(orgs, request, client_id, username)
    app, user = org.apps[client_id], org.users.get(username)
    _check_secret(app, client_secret)
    if not org.password_flow_enabled or user is None:
        _authentication_failure()
    if not same_secret(user.password + user.security_token, password):
        _authentication_failure()
    _check_user(app, user)
    return Granted(org, app, user, introspectable=False)


def _client_credentials(orgs: Orgs, request: TokenRequest) -> Granted:
    client_id, client_secret = request.client()
    if request.org is None:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    org = _org_with_app(orgs, request, client_id, None)
    app = org.apps[client_id]
    _check_secret(app, client_secret)
    user = org.users.get(app.run_as) if app.run_as else None
    if user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    _check_user(app, user)
    return Granted(org, app, user)


def _public_key(pem: str) -> RSAPublicKey:
    encoded = pem.encode()
    if b"CERTIFICATE" in encoded:
        key: object = load_pem_x509_certificate(encoded).public_key()
    else:
        key = load_pem_public_key(encoded)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("certificate: JWT bearer needs an RSA key")
    return key


def _verified_claims(app: ConnectedApp, assertion: str, now: float) -> dict[str, Any]:
    invalid = OAuthError("invalid_grant", "invalid assertion")
    if app.certificate is None:
        raise invalid
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            _public_key(app.certificate),
            algorithms=["RS256"],
            # Times are checked below against the org's own clock; Salesforce doesn't ask for an iat.
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.PyJWTError:
        raise invalid from None
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        raise invalid
    if expires <= now:
        raise OAuthError("invalid_grant", "expired authorization code")
    if not expires <= now + _ASSERTION_SECONDS:
        raise invalid
    return claims


def _jwt_bearer(orgs: Orgs, request: TokenRequest) -> Granted:
    assertion = request.require("assertion")
    try:
        unverified = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    client_id, username = unverified.get("iss"), unverified.get("sub")
    if not isinstance(client_id, str) or not isinstance(username, str):
        raise OAuthError("invalid_grant", "invalid assertion")
    org = _org_with_app(orgs, request, client_id, username)
    app, user = org.apps[client_id], org.users.get(username)
    claims = _verified_claims(app, assertion, org.clock())
    if claims.get("aud") not in (orgs.login_url, *_REAL_LOGIN_HOSTS):
        raise OAuthError("invalid_grant", "Audience validation failed")
    if user is not None:
        _check_user(app, user)
    if user is None or username not in app.approved:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    return Granted(org, app, user)


def _expired() -> OAuthError:
    return OAuthError("invalid_grant", "expired access/refresh token")


def _refresh_token(orgs: Orgs, request: TokenRequest) -> Granted:
    client_id, client_secret = request.client()
    presented = request.require("refresh_token")
    found = next((org for org in _candidates(orgs, request) if org.sessions.knew_refresh(presented)), None)
    org = _org_with_app(orgs, replace(request, org=found or request.org), client_id, None)
    app = org.apps[client_id]
    _check_secret(app, client_secret)
    grant = org.sessions.find_refresh(presented)
    if grant is None or grant.client_id != client_id:
        org.sessions.revoke_if_spent(presented, client_id)
        raise _expired()
    user = org.users[grant.username]
    _check_user(app, user)
    if not app.rotate_refresh_tokens:
        return Granted(org, app, user, grant.grant_id)
    rotated = org.sessions.rotate(presented)
    if rotated is None:
        # Another request was faster, so this one presents a spent token.
        org.sessions.revoke_if_spent(presented, client_id)
        raise _expired()
    return Granted(org, app, user, grant.grant_id, rotated.refresh_token)


def _authorization_code(orgs: Orgs, request: TokenRequest) -> Granted:
    client_id, client_secret = request.client()
    presented = request.require("code")
    found = next((org for org in _candidates(orgs, request) if org.codes.find(presented)), None)
    org = _org_with_app(orgs, replace(request, org=found or request.org), client_id, None)
    app = org.apps[client_id]
    _check_secret(app, client_secret)
    code = org.codes.find(presented)
    if code is None or code.client_id != client_id:
        raise OAuthError("invalid_grant", "invalid authorization code")
    if code.expires_at <= org.clock():
        raise OAuthError("invalid_grant", "expired authorization code")
    if not request.form.get("redirect_uri"):
        raise OAuthError("redirect_uri_missing", "redirect_uri must be specified")
    if request.form["redirect_uri"] != code.redirect_uri:
        raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
    code.check_verifier(request.form.get("code_verifier"))
    user = org.users[code.username]
    _check_user(app, user)
    if not org.codes.use(presented):
        raise OAuthError("invalid_grant", "invalid authorization code")
    if "refresh_token" not in app.scope.split():
        return Granted(org, app, user)
    grant = org.sessions.issue_refresh_token(client_id, user.username)
    return Granted(org, app, user, grant.grant_id, grant.refresh_token)


GRANTS: Mapping[str, Callable[[Orgs, TokenRequest], Granted]] = {
    "password": _password,
    "client_credentials": _client_credentials,
    JWT_BEARER: _jwt_bearer,
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
}
