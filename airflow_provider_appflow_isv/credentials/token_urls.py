"""Where the tokens of a connector are asked for, as far as the profile's own properties or the vendor say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.oauth.hosts import check_url, host_names, is_loopback, places

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector

_GOOGLE = "https://oauth2.googleapis.com/token"
_SERVICENOW_PATH = "/oauth_token.do"
_NOT_OF_THE_ACCOUNT = (
    "whoever may change the profile could have them sent anywhere, for they are not stored in its account"
)
_OAUTH_PROPERTIES = ("oAuth2Properties", "oAuthProperties")  # of custom connectors, and of SAP OData


# the vendors' own: Google's "Using OAuth 2.0", Marketo's "Authentication" (identity URL), ServiceNow's "OAuth API
# request parameters", Slack's "oauth.v2.access", Zendesk's "OAuth tokens for grant types"
_VENDORS_HOSTS = {
    "Googleanalytics": "oauth2.googleapis.com",
    "Marketo": ".mktorest.com",
    "Servicenow": ".service-now.com",
    "Slack": "slack.com",
    "Zendesk": ".zendesk.com",
}


def check_hosts(
    url: str,
    connector: Connector,
    properties: Mapping[str, Any],
    allowed_hosts: Iterable[str],
    *,
    profile_is_trusted: bool,
) -> None:
    """Refuse a token URL on a host that is none of the vendor's own and that nobody names who may.

    :param url: the address.
    :param connector: the connector.
    :param properties: its own properties.
    :param allowed_hosts: what the user names.
    :param profile_is_trusted: whether the hosts that the properties name may get the login: they can be changed by
        whoever may change the profile. The worker's own machine is never one of them.
    :raises TenantConfigurationError: naming the address or its host.
    """
    vendors = filter(None, [_VENDORS_HOSTS.get(connector.connector_type)])
    named_by_profile = _urls_of(properties)
    of_profile = [named for named in named_by_profile if profile_is_trusted and not is_loopback(named)]
    trusted = (*vendors, *host_names(allowed_hosts), *places(*of_profile))
    try:
        check_url(url, allowed_hosts=trusted, what="token_url")
    except TenantConfigurationError:
        host = next(iter(places(url)), None)
        if host is None or host not in places(*named_by_profile) or host in trusted:
            raise
        why = "that is the worker's own machine" if is_loopback(url) else _NOT_OF_THE_ACCOUNT
        raise TenantConfigurationError(
            f"Credentials are not sent to {host}, which only the connector profile names: {why}.",
            hint=f"If they may be sent to {host}, name it in allowed_hosts.",
        ) from None


def default_token_url(connector: Connector, properties: Mapping[str, Any]) -> str:
    """Where a connector's tokens are asked for, by the profile's own properties.

    :raises TenantConfigurationError: they don't say.
    """
    if connector.connector_type == "Googleanalytics":
        return _GOOGLE
    if connector.connector_type == "Servicenow":
        return f"{str(properties['instanceUrl']).rstrip('/')}{_SERVICENOW_PATH}"
    for name in _OAUTH_PROPERTIES:
        if url := (properties.get(name) or {}).get("tokenUrl"):
            return str(url)
    raise TenantConfigurationError(
        f"token_url is missing: {connector.connector_type} has none that is known.",
        hint="Name the vendor's token URL.",
    )


def _urls_of(properties: Mapping[str, Any]) -> list[str]:
    urls = [properties.get("instanceUrl"), properties.get("applicationHostUrl")]
    urls += [(properties.get(name) or {}).get("tokenUrl") for name in _OAUTH_PROPERTIES]
    return [str(url) for url in urls if url]
