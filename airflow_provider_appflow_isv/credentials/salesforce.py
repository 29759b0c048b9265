"""An access token that this side mints and pushes into AppFlow's connector profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.stored import FormSource, acting_in, check_choice, check_place
from airflow_provider_appflow_isv.oauth.grants import GRANTS
from airflow_provider_appflow_isv.oauth.hosts import SALESFORCE_HOSTS, check_url, host_names, loopback_places
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from datetime import timedelta

    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

# AppFlow takes an access token only beside a refresh token, and can't redeem this one: the app's owner mints the next
# access token (github.com/cdklabs/cdk-appflow, src/salesforce/profile.ts does the same)
_NO_REFRESH_TOKEN = "none"  # noqa: S105  # no secret, and the point of it


@dataclass(kw_only=True)
class SalesforceCredentials(FormSource):
    """Mint an access token through :class:`~airflow_provider_appflow_isv.hooks.salesforce.SalesforceTokenHook`.

    For Salesforce and Pardot. AppFlow gets the access token alone: nobody but this side redeems a refresh token, and
    the profile has to be updated before the token ends.

    :param salesforce_conn_id: Airflow connection laid out like type ``salesforce``.
    :param secret_id: name or ARN of a secret in AWS Secrets Manager, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :param grant: ``password``, ``client_credentials``, ``jwt_bearer``, ``refresh_token`` or ``authorization_code``;
        default is what connection or secret say, else the only grant that their members allow.
    :param login_url: host to ask for tokens; default is what connection or secret say (``login_url`` or ``domain``),
        else the org's My Domain if the URL of the org is one, else ``https://login.salesforce.com``, or
        ``https://test.salesforce.com`` if the profile says ``isSandboxEnvironment``.
    :param instance_url: the org's My Domain URL, of no other org than which a token is pushed; default is the profile's
        ``instanceUrl``. Needed for Pardot, whose profiles name Pardot there.
    :param allowed_hosts: hosts that credentials may be sent to besides Salesforce's own; loopback must be named with
        its port, unless ``login_url`` or ``instance_url`` name it here.
    :param token_lifetime: seconds or timedelta for which a pushed token counts as good; default 900, the shortest
        session that an org can set. Set it to the org's session timeout.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is
        unknown.
    """

    template_fields: ClassVar[Sequence[str]] = (
        *("salesforce_conn_id", "secret_id", "stored_in", "grant", "login_url", "instance_url"),
    )
    forms: ClassVar[tuple[FormName, ...]] = ("tokens",)
    connector_types: ClassVar[tuple[str, ...]] = ("Salesforce", "Pardot")

    salesforce_conn_id: str | None = None
    secret_id: str | None = None
    stored_in: str = "tenant"
    grant: str | None = None
    login_url: str | None = None
    instance_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    token_lifetime: float | timedelta | None = 900.0

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse arguments that are wrong for any connector; templates pass."""
        check_place(self, self.salesforce_conn_id, self.secret_id, self.stored_in, argument="salesforce_conn_id")
        if self.grant is not None:
            check_choice("grant", self.grant, GRANTS)
        hosts = (*SALESFORCE_HOSTS, *self._hosts)
        if self.login_url and not is_late(self.login_url):
            check_url(self.login_url, allowed_hosts=hosts, what="login_url")

    @property
    def _hosts(self) -> tuple[str, ...]:
        """What the arguments name."""
        named = (url for url in (self.login_url, self.instance_url) if not is_late(url))
        return (*host_names(self.allowed_hosts), *loopback_places(*named))

    @property
    def origin(self) -> str:
        """Where the values come from, for messages."""
        return f"Secret {self.secret_id}" if self.secret_id else f"Connection {self.salesforce_conn_id}"

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the arguments."""
        if connector.connector_type == "Pardot":
            if not self.instance_url:
                yield "instance_url is missing: name the org, for a token of another org must never be pushed"
            return
        of_profile = (properties or {}).get("instanceUrl")
        if of_profile and self.instance_url and not (is_late(of_profile) or is_late(self.instance_url)):
            if _bare(of_profile) != _bare(self.instance_url):
                yield (
                    f"instance_url {self.instance_url!r} is not the org of the profile's instanceUrl ({of_profile}): "
                    "a token of another org must never be pushed"
                )
        elif properties is not None and not (self.instance_url or of_profile):
            yield (
                "connector_profile_properties['Salesforce']['instanceUrl'] is missing: set it to the org's My Domain "
                "URL, for a token of another org must never be pushed"
            )

    def values(
        self,
        hook: AppFlowHook,
        connector: Connector,
        form: FormName,  # there is but one
        properties: Mapping[str, Any],
    ) -> dict[str, Any]:
        """A fresh access token."""
        from airflow_provider_appflow_isv.hooks.salesforce import SalesforceTokenHook

        of_profile = properties.get("instanceUrl") if connector.connector_type == "Salesforce" else None
        if of_profile:  # the tenant may have changed it, so it is not a word of who writes the DAG
            check_url(of_profile, allowed_hosts=(*SALESFORCE_HOSTS, *self._hosts), what="instanceUrl of the profile")
        token = SalesforceTokenHook(
            self.salesforce_conn_id,
            secret_id=self.secret_id,
            aws_hook=acting_in(hook, self.stored_in),
            grant=self.grant,
            login_url=self.login_url,
            instance_url=of_profile or self.instance_url,
            sandbox=bool(properties.get("isSandboxEnvironment")),
            allowed_hosts=self.allowed_hosts,
        ).get_token()
        return {"accessToken": token.access_token, "refreshToken": _NO_REFRESH_TOKEN}


def _bare(url: str) -> str:
    return url.lower().rstrip("/")
