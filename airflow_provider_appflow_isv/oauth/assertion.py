"""The signed assertion of the JWT bearer grant (RFC 7523)."""

from __future__ import annotations

import jwt

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

ASSERTION_SECONDS = 170  # Salesforce allows 180 (help.salesforce.com, remoteaccess_oauth_jwt_flow)


def bearer_assertion(*, issuer: str, subject: str, audience: str, private_key: str, now: float) -> str:
    """Sign an assertion by RS256, good for 170 s; masked in logs from here on.

    :param issuer: the app's client id.
    :param subject: the user to act as.
    :param audience: base URL of the authorization server.
    :param private_key: PEM of the RSA key whose certificate the app has.
    :param now: seconds since the epoch.
    :raises TenantConfigurationError: the private key is none.
    """
    claims = {"iss": issuer, "sub": subject, "aud": audience, "exp": int(now) + ASSERTION_SECONDS}
    try:
        assertion = jwt.encode(claims, private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        # the parser's own text may quote the key
        raise TenantConfigurationError(
            "private_key is not the PEM of an RSA key.",
            hint="It begins with -----BEGIN PRIVATE KEY----- and its line breaks must be kept.",
        ) from None
    mask_secret(assertion)
    return assertion
