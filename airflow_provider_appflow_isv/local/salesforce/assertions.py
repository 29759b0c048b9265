"""Assertions of the JWT bearer flow ("OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration", Salesforce Help)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp

_REAL_LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_LONGEST = 180  # seconds


def _invalid() -> OAuthError:
    return OAuthError("invalid_grant", "invalid assertion")


def app_and_user_of(assertion: str) -> tuple[str, str]:
    """Return the client id and the username that an assertion names, without a look at its signature.

    :param assertion: the JWT.
    :raises OAuthError: ``invalid_grant`` if it names none.
    """
    try:
        unverified = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise _invalid() from None
    client_id, username = unverified.get("iss"), unverified.get("sub")
    if not isinstance(client_id, str) or not isinstance(username, str):
        raise _invalid()
    return client_id, username


def check_assertion(app: ConnectedApp, assertion: str, login_url: str, now: float) -> None:
    """Check an assertion's signature, time and audience.

    :param app: the app that it is of.
    :param assertion: the JWT.
    :param login_url: base URL of the local login host, an audience beside Salesforce's own.
    :param now: the org's time in seconds since the epoch.
    :raises OAuthError: ``invalid_grant`` with what is wrong.
    """
    claims = _verified_claims(app, assertion)
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        raise _invalid()
    if expires <= now:
        raise OAuthError("invalid_grant", "expired authorization code")
    if not expires <= now + _LONGEST:
        raise _invalid()
    if claims.get("aud") not in (login_url, *_REAL_LOGIN_HOSTS):
        raise OAuthError("invalid_grant", "Audience validation failed")


def _verified_claims(app: ConnectedApp, assertion: str) -> dict[str, Any]:
    if app.certificate is None:
        raise _invalid()
    try:
        claims: dict[str, Any] = jwt.decode(
            assertion,
            _public_key(app.certificate),
            algorithms=["RS256"],
            # Times are checked against the org's own clock; Salesforce doesn't ask for an iat.
            options={"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.PyJWTError:
        raise _invalid() from None
    return claims


def _public_key(pem: str) -> RSAPublicKey:
    encoded = pem.encode()
    if b"CERTIFICATE" in encoded:
        key: object = load_pem_x509_certificate(encoded).public_key()
    else:
        key = load_pem_public_key(encoded)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("certificate: JWT bearer needs an RSA key")
    return key
