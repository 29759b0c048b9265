"""The forms that OAuth's grants post to a token endpoint (RFC 6749, 7523, 7636)."""

from __future__ import annotations

from collections.abc import Mapping

# the members of a login that a grant can't do without
GRANTS: dict[str, tuple[str, ...]] = {
    "password": ("client_id", "client_secret", "username", "password"),
    "client_credentials": ("client_id", "client_secret"),
    "jwt_bearer": ("client_id", "username", "private_key"),
    "refresh_token": ("client_id", "refresh_token"),
    "authorization_code": ("client_id", "code", "redirect_uri"),
}
# a request of these grants does no harm if it is served twice
REPLAYABLE = ("client_credentials", "jwt_bearer")

_CONSENTED = {"authorization_code": "code", "refresh_token": "refresh_token"}  # what a consent gives, in its order
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# a public client has no secret, and a code may have been asked for without PKCE
_OPTIONAL = {"refresh_token": ("client_secret",), "authorization_code": ("client_secret", "code_verifier")}


def due_grant(named: str | None, members: Mapping[str, str]) -> str | None:
    """The grant whose turn it is: a code is redeemed once, and what remains of it is the refresh token.

    :param named: the grant that was chosen; None if none was.
    :param members: the login's members by their canonical names. A code beside a refresh token is there to replace it.
    """
    if named not in (None, "authorization_code", "refresh_token"):
        return named
    return next((grant for grant, name in _CONSENTED.items() if members.get(name)), named)


def grant_form(grant: str, members: Mapping[str, str], *, now: float, audience: str = "") -> dict[str, str]:
    """The form to post for a grant.

    :param grant: one of :data:`GRANTS`.
    :param members: the login's members by their canonical names; those that the grant needs must be there.
    :param now: seconds since the epoch, for an assertion.
    :param audience: ``aud`` of an assertion.
    :raises TenantConfigurationError: the private key is none.
    """
    if grant == "jwt_bearer":
        # DAG files import this module, and PyJWT's cryptography is as dear as all the rest
        from airflow_provider_appflow_isv.oauth.assertion import bearer_assertion

        assertion = bearer_assertion(
            issuer=members["client_id"],
            subject=members["username"],
            audience=audience,
            private_key=members["private_key"],
            now=now,
        )
        return {"grant_type": _JWT_BEARER, "assertion": assertion}
    names = (*GRANTS[grant], *(name for name in _OPTIONAL.get(grant, ()) if members.get(name)))
    return {"grant_type": grant} | {name: members[name] for name in names}
