"""OAuth 2.0 tokens of any vendor: minted by this side and pushed, or handed over to AppFlow."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.client_secret import arn_problems, takes_arn
from airflow_provider_appflow_isv.credentials.rules import is_https
from airflow_provider_appflow_isv.credentials.stored import StoredSource, by_appflows_names, check_choice
from airflow_provider_appflow_isv.credentials.token_urls import check_hosts, default_token_url
from airflow_provider_appflow_isv.durations import seconds_of
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.oauth.hosts import check_url, host_names, places
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
    from airflow_provider_appflow_isv.stores.base import Stored

GRANTS = ("client_credentials", "refresh_token", "authorization_code")

_OF_MINTING = ("grant", "token_url", "introspection_url", "scope", "allowed_hosts")

# AppFlow renews from a refresh token only where there is an access token, be it none (github.com/cdklabs/cdk-appflow)
_NO_ACCESS_TOKEN = "none"  # noqa: S105  # no secret, and the point of it
_TRACES = ("token_replaces", "token_redeemed")  # of our own redeeming
_CLEARLY = 60.0  # seconds; clocks differ, and answers take their time

_LOG = logging.getLogger(__name__)


@dataclass(kw_only=True)
class OAuth2Credentials(StoredSource):
    """Tokens of ServiceNow, SAP OData, Slack, Zendesk, Marketo, Google Analytics, Honeycode or a custom connector.

    With ``redeemer="isv"`` this side mints an access token at the vendor's token URL and pushes it; AppFlow gets no
    refresh token. With ``redeemer="appflow"`` what is stored goes to AppFlow as it stands, which renews from then on
    and is the only one to do so: a refresh token that both redeem is revoked by vendors that rotate them.

    The connection's extra or the secret have ``clientId``, ``clientSecret`` and ``refreshToken``, ``accessToken`` or
    ``code`` with ``redirect_uri`` as needed.

    :param redeemer: ``isv`` (default) or ``appflow``.
    :param grant: ``client_credentials``, ``refresh_token`` or ``authorization_code``; default is what connection or
        secret say, else what they have: a code, a refresh token, or neither.
    :param token_url: where tokens are asked for; default is what connection or secret say, else the profile's own
        (``oAuth2Properties`` or ``oAuthProperties``, ServiceNow's ``instanceUrl``), and Google's.
    :param introspection_url: where the vendor tells whether a token is active (RFC 7662); without it, a refresh token
        whose answer was lost with its worker stays unused until it is replaced. Default none.
    :param scope: scopes to ask for, separated by blanks; default what connection or secret say, else the app's.
    :param client_authentication: how the client id and secret are sent, ``body`` (default) or ``basic``.
    :param allowed_hosts: hosts that credentials may be sent to, besides the vendor's own and those that ``token_url``
        and ``introspection_url`` name here; a port other than 443 goes with the host. The hosts that the profile's
        properties name, loopback never, are allowed only to a login of the profile's own account: a secret there, or
        any where no role is assumed. Who may change the profile could have any other login sent to a host of theirs.
    :param client_credentials_arn: with ``redeemer="appflow"`` and Salesforce or Pardot: ARN of the secret from which
        AppFlow reads the app's ``clientId`` and ``clientSecret``.
    :param token_lifetime: seconds or timedelta for which a pushed token counts as good; default 1800. Tokens that
        AppFlow renews don't end.
    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: arguments contradict each other or are not known.
    """

    template_fields: ClassVar[Sequence[str]] = (
        *StoredSource.template_fields,
        *("grant", "token_url", "introspection_url", "scope", "client_credentials_arn"),
    )
    forms: ClassVar[tuple[FormName, ...]] = ("tokens", "client")

    redeemer: str = "isv"
    grant: str | None = None
    token_url: str | None = None
    introspection_url: str | None = None
    scope: str | None = None
    client_authentication: str = "body"
    allowed_hosts: tuple[str, ...] = ()
    client_credentials_arn: str | None = None
    token_lifetime: float | timedelta | None = 1800.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.redeemed_by_appflow = self.redeemer == "appflow"
        if self.redeemed_by_appflow:
            self.token_lifetime = None

    def check(self) -> None:
        """Refuse arguments that are wrong for any connector; templates pass."""
        super().check()
        check_choice("redeemer", self.redeemer, ("isv", "appflow"))
        check_choice("client_authentication", self.client_authentication, ("body", "basic"))
        host_names(self.allowed_hosts)
        if self.grant is not None:
            check_choice("grant", self.grant, GRANTS)
        if self.redeemer == "appflow" and (given := [name for name in _OF_MINTING if getattr(self, name)]):
            raise TenantConfigurationError(
                f"{', '.join(given)} contradicts redeemer='appflow': AppFlow redeems what is stored, and a token that "
                "is handed over must not be redeemed here as well.",
                hint="Leave it out, or set redeemer='isv' to mint here and push.",
            )
        for name in ("token_url", "introspection_url"):
            url = getattr(self, name)
            if not url or is_late(url):
                continue
            if not is_https(url):
                raise TenantConfigurationError(
                    f"{name} must be an https address: secrets are sent there.", hint="Give it in full."
                )
            check_url(url, allowed_hosts=places(url), what=name)

    def form_for(self, connector: Connector, properties: Mapping[str, Any]) -> FormName:
        """Tokens; or the client alone, where AppFlow asks for tokens itself."""
        if self.redeemed_by_appflow and "client" in connector.forms:
            oauth = properties.get("oAuth2Properties")
            grant = oauth.get("oAuth2GrantType") if isinstance(oauth, Mapping) else None
            if connector.connector_type == "Marketo" or grant == "CLIENT_CREDENTIALS":
                return "client"
        return "tokens"

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the arguments."""
        needed = self.redeemed_by_appflow and takes_arn(connector)
        yield from arn_problems(self.client_credentials_arn, connector, needed=needed)
        if self.redeemed_by_appflow:
            yield from _hand_over_problems(properties or {})
        elif takes_arn(connector):
            yield (
                "redeemer 'isv' is not for it, since nothing here sees to it that the token is of the right org: use "
                "SalesforceCredentials to mint, by client_credentials too, or redeemer='appflow'"
            )

    def values(
        self, hook: AppFlowHook, connector: Connector, form: FormName, properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Tokens, and of the client only what AppFlow can't do without."""
        if self.redeemed_by_appflow:
            return self._handed_over(hook, connector, form)
        from airflow_provider_appflow_isv.hooks.oauth_minting import TokenEndpoint, mint

        store = self.store(hook)
        stored = store.read()
        endpoint = TokenEndpoint(
            url=self.token_url or stored.members.get("token_url") or default_token_url(connector, properties),
            scope=self.scope or stored.members.get("scope"),
            basic=self.client_authentication == "basic",
            introspection_url=self.introspection_url,
        )
        check_hosts(
            endpoint.url,
            connector,
            properties,
            (*self.allowed_hosts, *places(self.token_url, self.introspection_url)),
            profile_is_trusted=self._is_of_the_profiles_account(hook),
        )
        token, ends_at = mint(store, stored, endpoint, grant=self.grant)
        self._compare(ends_at)
        required = connector.forms[form].required
        values = by_appflows_names(stored)
        return {**{name: values.get(name) for name in required}, "accessToken": token}

    def _is_of_the_profiles_account(self, hook: AppFlowHook) -> bool:
        """Whether who may change the profile may have the login anyway."""
        if self.secret_id:
            return self.stored_in == "tenant" or hook.role is None
        return hook.role is None and hook.conn_config.role_arn is None

    def _compare(self, ends_at: float | None) -> None:
        """Warn if the vendor says that the token ends before ``token_lifetime`` does."""
        seconds = seconds_of(self.token_lifetime)
        left = None if ends_at is None else max(0, round(ends_at - time.time()))
        if left is not None and (seconds is None or left < seconds - _CLEARLY):
            _LOG.warning(
                "The token of %s ends in %s seconds, as the vendor says, but token_lifetime counts on %s: set "
                "token_lifetime of OAuth2Credentials to %s or less, or have the vendor's tokens live longer",
                *(self.origin, left, "no end" if seconds is None else f"{seconds:g}", left),
            )

    def _handed_over(self, hook: AppFlowHook, connector: Connector, form: FormName) -> dict[str, Any]:
        stored = self.store(hook).read()
        if traces := [name for name in _TRACES if name in stored.members]:
            raise TenantConfigurationError(
                f"The refresh token of {self.origin} is redeemed by this provider, so AppFlow must not have it: "
                f"{' and '.join(traces)} beside it say so.",
                account=hook.known_account,
                hint="Use redeemer='isv'. Or store what comes of a consent of AppFlow's own, without "
                f"{' and '.join(traces)}.",
            )
        values = {**by_appflows_names(stored), "clientCredentialsArn": self.client_credentials_arn}
        takes_refresh = "refreshToken" in connector.forms[form].optional
        if takes_refresh and values.get("refreshToken"):
            self._check_redeemable(hook, connector, stored)
            values.setdefault("accessToken", _NO_ACCESS_TOKEN)
        return values

    def _check_redeemable(self, hook: AppFlowHook, connector: Connector, stored: Stored) -> None:
        if "clientId" not in (*connector.forms["tokens"].required, *connector.forms["tokens"].optional):
            return
        if missing := [name for name in ("client_id", "client_secret") if not stored.members.get(name)]:
            raise TenantConfigurationError(
                f"{self.origin} lacks {' and '.join(missing)}, without which AppFlow can't redeem the refresh token.",
                account=hook.known_account,
                hint="Store clientId and clientSecret of the app beside refreshToken.",
            )


def _hand_over_problems(properties: Mapping[str, Any]) -> Iterator[str]:
    oauth = properties.get("oAuth2Properties")
    if isinstance(oauth, Mapping) and oauth.get("oAuth2GrantType") == "JWT_BEARER":
        yield (
            "oAuth2Properties.oAuth2GrantType is JWT_BEARER, for which AppFlow takes no token of a custom connector: "
            "use AUTHORIZATION_CODE or CLIENT_CREDENTIALS, or redeemer='isv'"
        )
