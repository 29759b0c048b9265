"""Salesforce's OAuth endpoints: tokens asked for, asked about and revoked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, OAuthTokenError
from airflow_provider_appflow_isv.hooks.salesforce_token import SalesforceToken, check_signature
from airflow_provider_appflow_isv.oauth.endpoint import post_form
from airflow_provider_appflow_isv.oauth.errors import INTROSPECTION, REVOCATION
from airflow_provider_appflow_isv.oauth.grants import REPLAYABLE, grant_form
from airflow_provider_appflow_isv.oauth.hosts import SALESFORCE_HOSTS, check_url
from airflow_provider_appflow_isv.oauth.scrubbing import host_in, spellings
from airflow_provider_appflow_isv.stores.answers import answer_members
from airflow_provider_appflow_isv.stores.members import SECRET_MEMBERS

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.salesforce_login import SalesforceLogin

_LOG = logging.getLogger(__name__)
_TOKENS = ("access_token", "refresh_token", "id_token")


@dataclass(frozen=True)
class SalesforceEndpoints:
    """The OAuth endpoints of the host that a login is for.

    :param allowed_hosts: hosts to allow besides Salesforce's own.
    :param retries: how often to ask again where that does no harm.
    :param clock: seconds since the epoch.
    """

    allowed_hosts: tuple[str, ...]
    retries: int
    clock: Callable[[], float]

    def check_host(self, url: str, what: str, shown: str | None = None) -> None:
        """Refuse a host that is neither Salesforce's nor allowed; parameters as of ``check_url``."""
        check_url(url, allowed_hosts=(*SALESFORCE_HOSTS, *self.allowed_hosts), what=what, shown=shown)

    def ask(self, login: SalesforceLogin) -> dict[str, Any]:
        """Ask for a token; those in the answer are masked in logs from here on.

        :raises OAuthTokenError: Salesforce refused, or could not be asked.
        :raises TenantConfigurationError: the private key is none.
        """
        form = grant_form(login.grant, login.members, now=self.clock(), audience=login.jwt_audience)
        answer = self._post(login, "token", form, login.grant, replayable=login.grant in REPLAYABLE)
        tokens = {name: answer[name] for name in _TOKENS if isinstance(answer.get(name), str) and answer[name]}
        for token in tokens.values():
            mask_secret(token)
        url = answer.get("instance_url")
        return {
            **{name: value for name, value in answer.items() if name not in _TOKENS},
            **tokens,
            "instance_url": url if isinstance(url, str) else None,
        }

    def checked(self, answer: Mapping[str, Any], login: SalesforceLogin) -> SalesforceToken:
        """The token in an answer, which is Salesforce's, whole, and for the login's org.

        :raises OAuthConfigurationError: it is not.
        :raises TenantConfigurationError: it names a host that is not allowed.
        """
        now = datetime.fromtimestamp(self.clock(), UTC)
        token = self.token(answer_members(answer, now=now), login)
        check_signature(answer, login.members.get("client_secret"))
        return token

    def token(self, members: Mapping[str, str | None], login: SalesforceLogin) -> SalesforceToken:
        """The token among a login's members, which is whole and for the login's org; raises as :meth:`checked`."""
        token = SalesforceToken.from_members(members, login.token_host)
        told = {**login.members, **members}
        secrets = spellings({}, None, (value for name in SECRET_MEMBERS if (value := told.get(name))))
        host = host_in(token.instance_url, secrets)
        self.check_host(token.instance_url, "instance_url of Salesforce's answer", shown=host)
        login.check_org(token.instance_url, token.organization_id, shown=host)
        return token

    def end_of(self, members: Mapping[str, str], login: SalesforceLogin) -> float | None:
        """When the access token among a login's members ends, in seconds since the epoch.

        :return: None if it is of no use, or if that can't be told.
        """
        try:
            token = self.token(members, login)
            if token.expires_at is not None:
                return token.expires_at
            told = self.introspect(login, token.access_token, "access_token")
        except AppFlowIsvError as error:
            _LOG.info("Not using the stored access token: %s", error)
            return None
        return float(told["exp"]) if told.get("active") is True and isinstance(told.get("exp"), int) else None

    def introspect(self, login: SalesforceLogin, token: str, token_type_hint: str | None) -> dict[str, Any]:
        """What the org says of a token.

        :raises OAuthTokenError: Salesforce refused, or could not be asked.
        """
        form = {"token": token} | ({"token_type_hint": token_type_hint} if token_type_hint else {})
        form |= {name: login.members[name] for name in ("client_id", "client_secret") if login.members.get(name)}
        return self._post(login, "introspect", form, INTROSPECTION, replayable=True)

    def revoke(self, login: SalesforceLogin, token: str) -> bool:
        """Revoke a token; False if the org does not know it.

        :raises OAuthTokenError: Salesforce refused otherwise, or could not be asked.
        """
        try:
            self._post(login, "revoke", {"token": token}, REVOCATION, replayable=True)
        except OAuthTokenError as error:
            if error.code == "invalid_token":
                return False
            raise
        return True

    def _post(
        self, login: SalesforceLogin, path: str, form: Mapping[str, str], grant: str, *, replayable: bool
    ) -> dict[str, Any]:
        url = f"{login.token_host}/services/oauth2/{path}"
        return post_form(url, form, grant=grant, retries=self.retries, replayable=replayable)
