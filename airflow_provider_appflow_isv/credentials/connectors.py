"""THE table: what each connector of AppFlow takes as credentials, and in which forms.

Facts: AppFlow API reference, ConnectorProfileCredentials and what it is made of, which a test compares with this table;
AppFlow user guide, the connectors' pages. That Marketo and custom connectors log in with a client alone is inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

FormName = Literal["api_key", "basic", "key_pair", "tokens", "client", "code", "jwt", "custom", "data_api"]

# what a profile asks for a code that AppFlow redeems itself (ConnectorOAuthRequest)
CODE_MEMBERS = ("authCode", "redirectUri", "codeVerifier")
_CLIENT = ("clientId", "clientSecret")


@dataclass(frozen=True)
class Form:
    """One way to say a connector's credentials, by AppFlow's names of the members.

    :param required: members that it is nothing without.
    :param optional: members that may be added.
    :param within: the member that holds them all; None if the connector's own does.
    :param fixed: members beside ``within`` that say which form it is, or go with it.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    within: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)

    def nested(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Members as AppFlow nests them.

        :param values: members by name; those of a code belong to ``oAuthRequest``.
        """
        members = {name: value for name, value in values.items() if name not in CODE_MEMBERS}
        if code := {name: value for name, value in values.items() if name in CODE_MEMBERS}:
            members["oAuthRequest"] = code
        return {**self.fixed, self.within: members} if self.within else {**self.fixed, **members}


@dataclass(frozen=True)
class Connector:
    """A connector that has connector profiles.

    :param connector_type: AppFlow's name of its type, e.g. ``Servicenow``.
    :param member: its name in ConnectorProfileCredentials and ConnectorProfileProperties, e.g. ``ServiceNow``.
    :param forms: what it takes as credentials.
    :param needs: properties that a profile must have.
    """

    connector_type: str
    member: str
    forms: Mapping[FormName, Form]
    needs: tuple[str, ...] = ()


def _oauth(
    client: Literal["none", "optional", "required"],
    *,
    refresh: bool = True,
    within: str | None = None,
    fixed: Mapping[str, str] | None = None,
) -> dict[FormName, Form]:
    """The forms of a connector that logs in by OAuth: tokens, and a code that AppFlow redeems."""
    required = _CLIENT if client == "required" else ()
    optional = (*(_CLIENT if client == "optional" else ()), *(("refreshToken",) if refresh else ()))
    # where the model demands no client, a code can't be redeemed without one all the same
    redeemer = () if client == "none" else _CLIENT
    return {
        "tokens": Form((*required, "accessToken"), optional, within, fixed or {}),
        "code": Form((*redeemer, "authCode", "redirectUri"), ("codeVerifier",), within, fixed or {}),
    }


_SALESFORCE: dict[FormName, Form] = {
    "tokens": Form(("accessToken",), ("refreshToken", "clientCredentialsArn")),
    "code": Form(("authCode", "redirectUri", "clientCredentialsArn"), ("codeVerifier",)),
}
_BASIC = Form(("username", "password"))
_CUSTOM_OAUTH = {"authenticationType": "OAUTH2"}

_CONNECTORS = (
    Connector("Amplitude", "Amplitude", {"api_key": Form(("apiKey", "secretKey"))}),
    Connector(
        "CustomConnector",
        "CustomConnector",
        {
            **_oauth("optional", within="oauth2", fixed=_CUSTOM_OAUTH),
            "client": Form(_CLIENT, within="oauth2", fixed=_CUSTOM_OAUTH),
            "api_key": Form(("apiKey",), ("apiSecretKey",), "apiKey", {"authenticationType": "APIKEY"}),
            "basic": Form(_BASIC.required, (), "basic", {"authenticationType": "BASIC"}),
            "custom": Form(
                ("customAuthenticationType", "credentialsMap"), (), "custom", {"authenticationType": "CUSTOM"}
            ),
        },
    ),
    Connector("Datadog", "Datadog", {"api_key": Form(("apiKey", "applicationKey"))}, ("instanceUrl",)),
    Connector("Dynatrace", "Dynatrace", {"api_key": Form(("apiToken",))}, ("instanceUrl",)),
    Connector("Googleanalytics", "GoogleAnalytics", _oauth("required")),
    Connector("Honeycode", "Honeycode", _oauth("none")),
    Connector(
        "Infornexus",
        "InforNexus",
        {"api_key": Form(("accessKeyId", "userId", "secretAccessKey", "datakey"))},
        ("instanceUrl",),
    ),
    Connector(
        "Marketo",
        "Marketo",
        {**_oauth("required", refresh=False), "client": Form(_CLIENT)},
        ("instanceUrl",),
    ),
    # the user guide asks for a business unit, the model does not
    Connector("Pardot", "Pardot", _SALESFORCE, ("businessUnitId",)),
    Connector(
        "Redshift",
        "Redshift",
        {"basic": _BASIC, "data_api": Form((), ("username",))},
        ("bucketName", "roleArn"),
    ),
    Connector(
        "SAPOData",
        "SAPOData",
        {
            "basic": Form(_BASIC.required, (), "basicAuthCredentials"),
            **_oauth("required", within="oAuthCredentials"),
        },
        ("applicationHostUrl", "applicationServicePath", "portNumber", "clientNumber"),
    ),
    Connector(
        "Salesforce",
        "Salesforce",
        {
            **_SALESFORCE,
            "jwt": Form(("jwtToken",), ("clientCredentialsArn",), fixed={"oAuth2GrantType": "JWT_BEARER"}),
        },
    ),
    Connector(
        "Servicenow",
        "ServiceNow",
        {"basic": _BASIC, **_oauth("optional", within="oAuth2Credentials")},
        ("instanceUrl",),
    ),
    Connector("Singular", "Singular", {"api_key": Form(("apiKey",))}),
    Connector("Slack", "Slack", _oauth("required", refresh=False), ("instanceUrl",)),
    Connector(
        "Snowflake",
        "Snowflake",
        {"basic": _BASIC, "key_pair": Form(("username", "privateKey"))},
        ("warehouse", "stage", "bucketName"),
    ),
    Connector("Trendmicro", "Trendmicro", {"api_key": Form(("apiSecretKey",))}),
    Connector("Veeva", "Veeva", {"basic": _BASIC}, ("instanceUrl",)),
    Connector("Zendesk", "Zendesk", _oauth("required", refresh=False), ("instanceUrl",)),
)

CONNECTORS: Mapping[str, Connector] = {each.connector_type: each for each in _CONNECTORS}
WITHOUT_PROFILE = ("CustomerProfiles", "EventBridge", "LookoutMetrics", "S3", "Upsolver")

_BY_MEMBER = {each.member: each for each in _CONNECTORS}


def connector(connector_type: str) -> Connector:
    """The connector of a type.

    :param connector_type: AppFlow's name of it, e.g. ``Servicenow``.
    :raises TenantConfigurationError: there is none of that type, or it has no connector profiles.
    """
    if connector_type in WITHOUT_PROFILE:
        raise TenantConfigurationError(
            f"connector_type {connector_type} has no connector profiles.",
            hint="Name the bucket, bus or domain in the flow; AppFlow needs no credentials there.",
        )
    if connector_type not in CONNECTORS:
        raise TenantConfigurationError(
            f"connector_type {connector_type!r} is not known.",
            hint=f"Possible are {', '.join(CONNECTORS)}; newer connectors are CustomConnector with a connector_label.",
        )
    return CONNECTORS[connector_type]


def connector_of(members: Mapping[str, Any], *, what: str) -> Connector:
    """The connector whose properties or credentials these are.

    :param members: ConnectorProfileProperties or ConnectorProfileCredentials.
    :param what: name of the argument, for the message.
    :raises TenantConfigurationError: it does not hold exactly one connector's.
    """
    found = [_BY_MEMBER[name] for name in members if name in _BY_MEMBER]
    if len(found) != 1 or len(members) != 1:
        given = ", ".join(map(str, members)) or "nothing"
        raise TenantConfigurationError(
            f"{what} must hold the member of one connector, and holds {given}.",
            hint=f"Possible are {', '.join(sorted(_BY_MEMBER))}.",
        )
    return found[0]
