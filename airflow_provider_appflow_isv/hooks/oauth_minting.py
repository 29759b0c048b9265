"""Access tokens of any vendor, minted by this side."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import (
    OAuthConfigurationError,
    OAuthConsentRequired,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.oauth.endpoint import post_form
from airflow_provider_appflow_isv.oauth.grants import GRANTS, REPLAYABLE, due_grant, grant_form
from airflow_provider_appflow_isv.stores.answers import answer_members
from airflow_provider_appflow_isv.stores.codes import redeem_code
from airflow_provider_appflow_isv.stores.redemption import Redeemer
from airflow_provider_appflow_isv.stores.secret import SecretStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.connection import ConnectionStore

    Members = Mapping[str, str | None]

_RETRIES = 2


@dataclass(frozen=True)
class TokenEndpoint:
    """Where and how a vendor is asked for tokens.

    :param url: the token URL; its host has been checked.
    :param scope: scopes to ask for; None for the app's.
    :param basic: whether the client id and secret go in a Basic header, not in the form.
    :param introspection_url: where the vendor tells whether a token is active; its host has been checked.
    """

    url: str
    scope: str | None = None
    basic: bool = False
    introspection_url: str | None = None

    def ask(self, grant: str, members: Mapping[str, str]) -> dict[str, Any]:
        """Send one token request; its answer is masked in logs from here on, and not checked.

        :param grant: the grant.
        :param members: of the login, by canonical name; those that the grant needs are there.
        :raises OAuthTokenError: the vendor refused or was not reachable.
        """
        form = grant_form(grant, members, now=time.time())
        if self.scope and grant != "authorization_code":  # a code has its scopes already (RFC 6749, 4.1.3)
            form["scope"] = self.scope
        answer = self._post(self.url, form, grant, replayable=grant in REPLAYABLE)
        for name in ("access_token", "refresh_token", "id_token"):
            if answer.get(name):
                mask_secret(str(answer[name]))
        return answer

    def is_active(self, stored: Stored) -> bool:
        """Whether the refresh token can still be redeemed (RFC 7662).

        :raises OAuthUnavailable: the vendor has no endpoint that tells, or can't tell now.
        """
        if not self.introspection_url:
            raise OAuthUnavailable(
                "no introspection_url is named to ask at.",
                hint="Name the vendor's introspection_url, or store a refresh token of a new consent.",
            )
        members = stored.members
        form = {"token": members["refresh_token"], "token_type_hint": "refresh_token"}
        form |= {name: members[name] for name in ("client_id", "client_secret") if members.get(name)}
        return self._post(self.introspection_url, form, "introspection", replayable=True).get("active") is True

    def _post(self, url: str, form: dict[str, str], grant: str, *, replayable: bool) -> dict[str, Any]:
        basic = None
        if self.basic and "client_secret" in form:
            basic = (form.pop("client_id"), form.pop("client_secret"))
        return post_form(url, form, grant=grant, basic=basic, retries=_RETRIES, replayable=replayable)


def mint(
    store: SecretStore | ConnectionStore, stored: Stored, endpoint: TokenEndpoint, *, grant: str | None
) -> tuple[str, float | None]:
    """A fresh access token, and when it ends; a new refresh token is stored before it is returned.

    :param store: where the login stands.
    :param stored: what it holds.
    :param endpoint: where to ask.
    :param grant: ``client_credentials``, ``refresh_token`` or ``authorization_code``; default is what the store says,
        else what it has. A code is redeemed before a refresh token, whichever of the two is named.
    :return: the token, and its end in seconds since the epoch, None if the vendor doesn't say.
    :raises TenantConfigurationError: members are missing, or what comes of the grant can't be written back.
    :raises OAuthTokenError: the vendor refused, could not be asked, or gave no access token.
    """
    grant = due_grant(grant or stored.members.get("grant"), stored.members) or "client_credentials"
    if grant not in _MINTS:
        raise TenantConfigurationError(
            f"grant {grant!r} of the {stored.source} is not known.", hint=f"Possible are {', '.join(_MINTS)}."
        )
    if missing := [name for name in GRANTS[grant] if not stored.members.get(name)]:
        raise TenantConfigurationError(
            f"The {stored.source} lacks {', '.join(missing)} for the {grant} grant.",
            hint="Store what is missing, or choose another grant.",
        )
    members = _MINTS[grant](store, stored, endpoint)
    token, ends_at = members.get("access_token"), members.get("token_expires_at")
    if not token:
        raise OAuthConfigurationError(
            f"{endpoint.url} answered without access_token.", hint="Check token_url: is it the vendor's token URL?"
        )
    return token, float(ends_at) if ends_at else None


def _by_client(store: SecretStore | ConnectionStore, stored: Stored, endpoint: TokenEndpoint) -> Members:  # noqa: ARG001  # one of alike
    return _members(endpoint.ask("client_credentials", stored.members))


def _by_refresh_token(store: SecretStore | ConnectionStore, stored: Stored, endpoint: TokenEndpoint) -> Members:
    if isinstance(store, SecretStore):
        return _redeemer(store, endpoint).redeem().members
    if stored.members.get("refresh_token_rotation") != "false":
        raise TenantConfigurationError(
            f"The {stored.source} can't take a new refresh token, which the vendor may answer with.",
            hint="Keep the login in a secret (secret_id); or set refresh_token_rotation to false in the connection's "
            "extra if the vendor never rotates refresh tokens.",
        )
    answer = endpoint.ask("refresh_token", stored.members)
    if answer.get("refresh_token") not in (None, "", stored.members["refresh_token"]):
        raise OAuthConsentRequired(
            f"The refresh token of the {stored.source} was rotated, although refresh_token_rotation is false there, "
            "and the new one can't be written back.",
            hint="Move the login to a secret (secret_id) and have a user consent again.",
        )
    return _members(answer)


def _by_code(store: SecretStore | ConnectionStore, stored: Stored, endpoint: TokenEndpoint) -> Members:
    if not isinstance(store, SecretStore):
        raise TenantConfigurationError(
            f"The {stored.source} can't take the refresh token that a code is redeemed for.",
            hint="Keep the login in a secret (secret_id).",
        )
    return redeem_code(
        store,
        stored.members["code"],
        ask=lambda: endpoint.ask("authorization_code", stored.members),
        keep=lambda answer: _redeemer(store, endpoint).connect(answer, spent=("code", "code_verifier")).members,
        refresh=lambda now: _by_refresh_token(store, now, endpoint),
    )


_MINTS = {
    "client_credentials": _by_client,
    "refresh_token": _by_refresh_token,
    "authorization_code": _by_code,
}


def _redeemer(store: SecretStore, endpoint: TokenEndpoint) -> Redeemer:
    return Redeemer(store, send=lambda now: endpoint.ask("refresh_token", now.members), is_active=endpoint.is_active)


def _members(answer: Mapping[str, Any]) -> Members:
    return answer_members(answer, now=datetime.now(UTC))
