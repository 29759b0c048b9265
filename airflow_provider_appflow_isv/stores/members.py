"""The names under which the members of a login are found, and kept when they are written back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.stores.history import hash_of

# By canonical name, in order of preference: our own, AppFlow's (clientId), AWS-managed rotation's (consumerKey,
# baseUri: Secrets Manager user guide, "Salesforce managed external secrets") and the AWS blog's (SFLoginEmail).
NAMES: Mapping[str, tuple[str, ...]] = {
    "client_id": ("client_id", "clientId", "consumer_key", "consumerKey"),
    "client_secret": ("client_secret", "clientSecret", "consumer_secret", "consumerSecret"),
    "username": ("username", "userName", "SFLoginEmail"),
    "password": ("password", "SFPassword+SecurityToken", "SFPassword+SeurityToken"),
    "security_token": ("security_token", "securityToken"),
    "private_key": ("private_key", "privateKey"),
    "refresh_token": ("refresh_token", "refreshToken"),
    "refresh_token_rotation": ("refresh_token_rotation", "refreshTokenRotation"),
    "access_token": ("access_token", "accessToken"),
    "instance_url": ("instance_url", "instanceUrl", "baseUri"),
    "organization_id": ("organization_id", "organizationId"),
    "login_url": ("login_url", "loginUrl"),
    "token_url": ("token_url", "tokenUrl"),
    "domain": ("domain",),
    "grant": ("grant", "grant_type", "grantType"),
    "scope": ("scope",),
    "audience": ("audience",),
    "code": ("code", "authCode"),
    "code_verifier": ("code_verifier", "codeVerifier"),
    "redirect_uri": ("redirect_uri", "redirectUri"),
    # what a token endpoint's answer adds
    "token_instance_url": ("token_instance_url",),
    "token_id": ("token_id",),
    "token_issued_at": ("token_issued_at", "issued_at", "issuedAt"),
    "token_expires_at": ("token_expires_at", "expires_at", "expiresAt"),
    "token_scope": ("token_scope",),
    # how a redemption is told from what it replaced
    "token_replaces": ("token_replaces",),
    "token_redeemed": ("token_redeemed",),
    "token_version": ("token_version",),
    "token_spends": ("token_spends",),
    # what was spent before, see history.py
    "token_answered": ("token_answered",),
    "token_put_in": ("token_put_in",),
    "token_before": ("token_before",),
    "token_times": ("token_times",),
}

SECRET_MEMBERS = (
    "client_secret",
    "password",
    "security_token",
    "private_key",
    "refresh_token",
    "access_token",
    "code",
    "code_verifier",
)


def read_members(found: Mapping[str, Any], *, source: str) -> dict[str, str]:
    """Pick the members of a login out of a mapping, by any of their names.

    :param found: the mapping; what is no member of a login, or empty, is left out.
    :param source: where it comes from, for messages.
    :return: the members by canonical name; numbers as text, booleans as ``true`` and ``false``.
    :raises TenantConfigurationError: a member is a list or an object, or has two values under two names.
    """
    members = {}
    for member, names in NAMES.items():
        texts = {name: _text(found[name], name, source) for name in names if found.get(name) not in (None, "")}
        if texts:
            members[member] = _only(texts, str(found.get("token_answered", "")), source)
    return members


def write_members(found: Mapping[str, Any], changes: Mapping[str, str | None]) -> dict[str, Any]:
    """The mapping with some members of the login changed.

    A member keeps the names under which it was found, a new one gets its canonical name, or AppFlow's where the others
    have those, and all else stays.

    :param found: the mapping.
    :param changes: new values by canonical name; None takes the member out.
    :return: a new mapping.
    """
    written = dict(found)
    for member, value in changes.items():
        names = [name for name in NAMES[member] if name in written]
        if value is None:
            for name in names:
                del written[name]
        else:
            written |= dict.fromkeys(names or [_new_name(member, found)], value)
    return written


def secret_texts(members: Mapping[str, str]) -> Iterator[str]:
    """What must not show up in a log of a login: its secrets, as JSON and repr write them too, a key also by line.

    :param members: the login's members by canonical name.
    """
    for member in SECRET_MEMBERS:
        value = members.get(member)
        if not value:
            continue
        spelt = [value]
        for _ in range(2):  # JSON in a text of JSON: that is how a secret travels
            spelt.append(json.dumps(spelt[-1])[1:-1])
        if member == "private_key":
            spelt += (line for line in value.splitlines() if line and not line.startswith("--"))
        yield from dict.fromkeys(text for each in spelt for text in (each, _repr_of_bytes(each)))


def _repr_of_bytes(text: str) -> str:
    """A text as botocore logs it in the body of a request or an answer, which has quotation marks of both kinds."""
    return repr(b"\"'" + text.encode())[5:-1]


def _new_name(member: str, found: Mapping[str, Any]) -> str:
    """What an answer alone adds has names of our own; the refresh token is put in by people, too."""
    return "refreshToken" if member == "refresh_token" and "clientId" in found else member


def _only(texts: Mapping[str, str], answered: str, source: str) -> str:
    """The one value of a member that is there under several names."""
    values = set(texts.values())
    if len(values) > 1 and answered:  # beside the refresh token of the last answer somebody has put another one
        values = {value for value in values if hash_of(value) != answered}
    if len(values) == 1:
        return values.pop()
    raise TenantConfigurationError(
        f"The {source} has different values under {' and '.join(texts)}, which are names of one member.",
        hint="Take out the one that is not good any more.",
    )


def _text(value: Any, name: str, source: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TenantConfigurationError(
        f"{name} of the {source} is a {type(value).__name__}.", hint="Store it as a text in quotes."
    )
