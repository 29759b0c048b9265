"""Pushing credentials into a connector profile, and finding the profile of a flow whose credentials were refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.credentials.connectors import connector
from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    ConnectorAuthenticationError,
    OAuthConsentRequired,
    TenantConfigurationError,
)

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_REFUSED_GRANT = "invalid_grant"  # RFC 6749, 5.2: what a code or refresh token is refused with
_CONSENT_AGAIN = (
    "send the user through the authorization again, store what comes of it, and update the profile at once."
)


def profile_config(
    hook: AppFlowHook, connector_type: str, properties: dict[str, Any], credentials: CredentialSource | None
) -> dict[str, Any]:
    """The ``connectorProfileConfig`` member, with credentials fetched now.

    :param hook: hook for the profile's account.
    :param connector_type: AppFlow's name of the connector.
    :param properties: the ``connectorProfileProperties`` member.
    :param credentials: where the credentials come from; None for connectors that need none.
    :raises TenantConfigurationError: the connector does not take such credentials.
    """
    config: dict[str, Any] = {"connectorProfileProperties": properties}
    if credentials:
        credentials.check_for(connector_type, properties)
        config["connectorProfileCredentials"] = credentials.fetch(hook, properties)
    return config


def push(
    hook: AppFlowHook,
    existing: Mapping[str, Any],
    credentials: CredentialSource | None,
    *,
    properties: Mapping[str, Any] | None = None,
    connection_mode: str | None = None,
) -> str:
    """Fetch credentials and put them into a connector profile; returns its ARN.

    :param hook: hook for the profile's account.
    :param existing: the profile as it is (ConnectorProfile members).
    :param credentials: where the credentials come from.
    :param properties: properties to change; the others stay. Default none.
    :param connection_mode: ``Public`` or ``Private``; default is what the profile has.
    :raises ConnectorAuthenticationError: AppFlow tried the credentials, and the SaaS refused them.
    :raises OAuthConsentRequired: it refused the grant that AppFlow was to redeem: it is spent, or was revoked. Or
        AppFlow has had it already, and nothing is sent.
    """
    if is_spent(hook, existing, credentials):
        raise OAuthConsentRequired(
            f"Connector profile {existing['connectorProfileName']} has had what its credentials hold already, and "
            "AppFlow redeems that itself: the same once more would take its newer tokens away, and may end the grant.",
            account=hook.known_account,
            hint=f"For anything newer, {_CONSENT_AGAIN} Store it in a secret (secret_id): of a connection it can't be "
            "told how old it is.",
        )
    # UpdateConnectorProfile replaces the whole of it, so what is not given anew stays as it is
    merged = _merged(existing.get("connectorProfileProperties"), properties or {})
    config = profile_config(hook, existing["connectorType"], merged, credentials)
    try:
        return hook.update_connector_profile(
            connectorProfileName=existing["connectorProfileName"],
            connectionMode=connection_mode or existing["connectionMode"],
            connectorProfileConfig=config,
        )
    except ConnectorAuthenticationError as error:
        if credentials and _is_grant_gone(error, credentials):
            raise OAuthConsentRequired(
                f"Connector profile {existing['connectorProfileName']} was not updated, since the SaaS refused the "
                f"grant that AppFlow was given: {error.message}",
                account=error.account,
                code=_REFUSED_GRANT,
                hint=f"Its code or refresh token is spent, too old or revoked: {_CONSENT_AGAIN}",
            ) from error
        raise


def is_spent(hook: AppFlowHook, existing: Mapping[str, Any], credentials: CredentialSource | None) -> bool:
    """Whether a profile must not get credentials once more: AppFlow redeems them, and nothing newer is stored.

    :param hook: hook for the profile's account.
    :param existing: the profile as it is.
    :param credentials: where the credentials come from.
    """
    if credentials is None or not spends(existing, credentials):
        return False
    return not credentials.changed_since(hook, existing["lastUpdatedAt"])


def spends(existing: Mapping[str, Any], credentials: CredentialSource) -> bool:
    """Whether a profile gets something that is good but once: AppFlow redeems it, and renews what comes of it.

    :param existing: the profile as it is.
    :param credentials: where the credentials come from.
    """
    if not credentials.redeemed_by_appflow:
        return False
    found = connector(existing["connectorType"])
    own = (existing.get("connectorProfileProperties") or {}).get(found.member) or {}
    return credentials.form_for(found, own) != "client"


def unlike(kept: Any, given: Any, path: str = "") -> Iterator[str]:
    """The paths of what is given and not kept so; texts count as what they show, nothing as False.

    :param kept: the properties that a profile has.
    :param given: the properties that are wanted.
    :param path: where they stand.
    """
    if isinstance(given, Mapping):
        members = kept if isinstance(kept, Mapping) else {}
        for name, value in given.items():
            yield from unlike(members.get(name), value, f"{path}.{name}" if path else str(name))
    elif str(kept or False) != str(given or False):
        yield path


def profile_names(flow: Mapping[str, Any]) -> list[str]:
    """The connector profiles that a flow uses: its source's, then its destinations', each once.

    :param flow: members of DescribeFlow.
    """
    ends = [flow.get("sourceFlowConfig") or {}, *(flow.get("destinationFlowConfigList") or [])]
    return list(dict.fromkeys(end["connectorProfileName"] for end in ends if end.get("connectorProfileName")))


def refused_profile(
    hook: AppFlowHook, flow_name: str, credentials: CredentialSource, wanted: str | None = None
) -> dict[str, Any] | None:
    """The connector profile of a flow that is to get new credentials, after the SaaS has refused what the flow has.

    It is never guessed: one vendor's password is none of another's business. Of several profiles, it is the only one
    that can have such credentials, or the one that is named, and the SaaS can't be asked through it any more.

    :param hook: hook for the flow's account.
    :param flow_name: the flow.
    :param credentials: the credentials that it could get.
    :param wanted: name of the profile; default None, if there is but one that can have them.
    :return: None if the SaaS can still be asked through it, so that it is another that was refused.
    :raises TenantConfigurationError: there is none, or several can have such credentials and none is named.
    """
    names = profile_names(hook.describe_flow(flow_name))
    found = {profile["connectorProfileName"]: profile for profile in hook.describe_connector_profiles(names)}
    profiles = [found[name] for name in names if name in found]
    possible = [each for each in profiles if wanted in (None, each["connectorProfileName"])]
    if wanted is None and len(possible) > 1:
        possible = [each for each in possible if _takes(each, credentials)]
    if len(possible) != 1:
        raise TenantConfigurationError(
            f"on_auth_failure goes with {wanted or 'one'} of the flow's connector profiles "
            f"({', '.join(names) or 'none'}), and {len(possible)} of them could be meant.",
            account=hook.known_account,
            flow_name=flow_name,
            hint="Name the one as auth_failure_profile, or leave out on_auth_failure.",
        )
    (profile,) = possible
    return profile if len(profiles) == 1 or _is_refused(hook, profile) else None


def _is_refused(hook: AppFlowHook, profile: Mapping[str, Any]) -> bool:
    try:
        hook.ask_through_connector_profile(profile["connectorProfileName"])
    except ConnectorAuthenticationError:
        return True
    except AppFlowIsvError as error:
        if (error.code or "").startswith("AccessDenied"):
            raise
        # anything else says nothing about credentials
    return False


def _is_grant_gone(error: ConnectorAuthenticationError, credentials: CredentialSource) -> bool:
    if not credentials.redeemed_by_appflow or _REFUSED_GRANT not in error.message:
        return False
    from airflow_provider_appflow_isv.oauth.errors import token_error

    told = token_error(_REFUSED_GRANT, error.message, grant="refresh_token", host="AppFlow")
    return isinstance(told, OAuthConsentRequired)


def _takes(profile: Mapping[str, Any], credentials: CredentialSource) -> bool:
    try:
        credentials.check_for(profile["connectorType"], profile.get("connectorProfileProperties"))
    except TenantConfigurationError:
        return False
    return True


def _merged(kept: Any, given: Any) -> Any:
    """What is given, and of what is kept all that is not given."""
    if not (isinstance(kept, Mapping) and isinstance(given, Mapping)):
        return given
    return {**kept, **{name: _merged(kept.get(name), value) for name, value in given.items()}}
