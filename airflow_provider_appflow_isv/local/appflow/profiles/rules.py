"""What AppFlow checks of a connector profile beyond its model, before it talks to the vendor.

Facts: AppFlow user guide, the connectors' pages ("Requirements", "Connection instructions"), "Private flows"; AppFlow
API reference, CustomConnectorProfileCredentials; IAM user guide, "Grant a user permissions to pass a role to an AWS
service" (of the same account only); AWS CDK constructs for AppFlow (tokenUrl and grant type are needed for
OAuth 2.0 of a custom connector). Salesforce, whose messages are publicly known, is checked where it is logged in to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_appflow_isv.local.appflow.connectors.catalog import (
    CUSTOM,
    has_private_link,
    private_link_needs_service,
)
from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of, structure

Members = Mapping[str, Any]

_PRIVATE_SALESFORCE_REGIONS = (
    *("us-east-1", "us-west-2", "ap-northeast-1", "ap-south-1", "ap-southeast-2", "ca-central-1", "eu-central-1"),
)
_OWN_CHECKS = ("Salesforce",)  # checked by their connections, with AppFlow's own words
_CUSTOM_MEMBERS = {"OAUTH2": "oauth2", "APIKEY": "apiKey", "BASIC": "basic", "CUSTOM": "custom"}
_CUSTOM_FLAGS = {
    "OAUTH2": "isOAuth2Supported",
    "APIKEY": "isApiKeyAuthSupported",
    "BASIC": "isBasicAuthSupported",
    "CUSTOM": "isCustomAuthSupported",
}
_PROFILE_SCOPE = "CONNECTOR_PROFILE"  # of connectorRuntimeSettings, as the Custom Connector SDK names it


@dataclass(frozen=True)
class Draft:
    """A connector profile as a request asks for it.

    :param connector: the registered connector's configuration, empty for all other connectors.
    """

    connector_type: str
    mode: str
    account_id: str
    region_name: str
    properties: Members
    credentials: Members = field(repr=False)
    connector: Members


def connector_parts(connector_type: str, config: Members) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the properties and the credentials of a connector out of a connectorProfileConfig.

    :param connector_type: e.g. ``Servicenow``; its members there may be spelt differently (``ServiceNow``).
    :param config: the connectorProfileConfig, already validated against the model.
    :raises ValidationException: if a part is missing or belongs to another connector.
    """
    member = member_of(connector_type)
    if member not in structure("ConnectorProfileProperties").members:
        raise ValidationException(f"Validation exception: {connector_type} needs no connector profile.")
    properties = config["connectorProfileProperties"]
    credentials = config.get("connectorProfileCredentials", {})
    for part, given, needed in (("Properties", properties, True), ("Credentials", credentials, bool(credentials))):
        if needed and member not in given:
            raise ValidationException(
                f"Validation exception: connectorProfile{part} must have the member {member} "
                f"for connector: {connector_type.upper()}"
            )
    return properties[member], credentials.get(member, {})


def check_profile(draft: Draft) -> None:
    """Check a connector profile.

    :param draft: the profile, already validated against the model.
    :raises ValidationException: naming every rule that it breaks.
    """
    problems = [*_mode_problems(draft)]
    if draft.connector_type not in _OWN_CHECKS:
        problems += _RULES.get(draft.connector_type, _usual_problems)(draft)
    if problems:
        text = ", ".join(problems)
        raise ValidationException(f"Validation exception: {text} for connector: {draft.connector_type.upper()}")


def _mode_problems(draft: Draft) -> Iterator[str]:
    if draft.mode == "Public":
        return
    if draft.connector_type == CUSTOM:
        if draft.connector.get("isPrivateLinkEnabled") is False:
            yield "connectionMode Private is not supported"
    elif not has_private_link(draft.connector_type):
        yield "connectionMode Private is not supported"
    elif private_link_needs_service(draft.connector_type) and not draft.properties.get("privateLinkServiceName"):
        yield "privateLinkServiceName cannot be blank if connectionMode is Private"
    elif draft.connector_type == "Salesforce" and draft.region_name not in _PRIVATE_SALESFORCE_REGIONS:
        yield f"connectionMode Private is not supported in {draft.region_name}"


def _usual_problems(draft: Draft) -> Iterator[str]:
    """The model lists what these connectors need, but lets the whole of the credentials be left out."""
    if not draft.credentials:
        yield "connectorProfileCredentials cannot be blank"


def _code_problems(draft: Draft) -> Iterator[str]:
    if not draft.credentials:
        yield from _usual_problems(draft)
    elif not _has_oauth_token(draft.credentials):
        yield "AuthCode cannot be blank"


def _pardot_problems(draft: Draft) -> Iterator[str]:
    yield from _code_problems(draft)
    if not draft.properties.get("businessUnitId"):
        yield "businessUnitId cannot be blank"


def _servicenow_problems(draft: Draft) -> Iterator[str]:
    oauth = draft.credentials.get("oAuth2Credentials")
    if oauth is None and not {"username", "password"} <= draft.credentials.keys():
        yield "username and password, or oAuth2Credentials, cannot be blank"


def _sap_problems(draft: Draft) -> Iterator[str]:
    oauth = draft.credentials.get("oAuthCredentials")
    if oauth is None and "basicAuthCredentials" not in draft.credentials:
        yield "basicAuthCredentials or oAuthCredentials cannot be blank"
    if oauth is not None:
        if "oAuthProperties" not in draft.properties:
            yield "oAuthProperties cannot be blank with oAuthCredentials"
        if not _has_oauth_token(oauth):
            yield "AuthCode cannot be blank"


def _snowflake_problems(draft: Draft) -> Iterator[str]:
    yield from _usual_problems(draft)
    if draft.credentials and not {"password", "privateKey"} & draft.credentials.keys():
        yield "password or privateKey cannot be blank"


def _redshift_problems(draft: Draft) -> Iterator[str]:
    """How a warehouse is logged in to is checked by its connection, in AppFlow's own words."""
    if draft.properties.get("isRedshiftServerless"):
        needed = ["workgroupName", "databaseName"]
    elif "databaseUrl" in draft.properties:
        needed = []
    else:
        needed = ["clusterIdentifier", "databaseName"]
    missing = [name for name in needed if not draft.properties.get(name)]
    if missing:
        yield f"{' and '.join(missing)} cannot be blank"
    role = draft.properties.get("dataApiRoleArn")
    if role and role.split(":")[4] != draft.account_id:
        yield f"dataApiRoleArn must be a role of the account {draft.account_id}, to a service of which it is passed"


def _custom_problems(draft: Draft) -> Iterator[str]:
    if not draft.credentials:
        yield "connectorProfileCredentials cannot be blank"
        return
    kind = draft.credentials["authenticationType"]
    if _CUSTOM_MEMBERS[kind] not in draft.credentials:
        yield f"{_CUSTOM_MEMBERS[kind]} cannot be blank for the authenticationType {kind}"
    if kind == "OAUTH2" and "oAuth2Properties" not in draft.properties:
        yield "oAuth2Properties cannot be blank for the authenticationType OAUTH2"
    authentication = draft.connector.get("authenticationConfig")
    if authentication is not None and not authentication.get(_CUSTOM_FLAGS[kind], False):
        yield f"authenticationType {kind} is not supported"
    if kind == "CUSTOM":
        yield from _parameter_problems(draft.credentials.get("custom", {}), authentication or {})
    given = draft.properties.get("profileProperties", {})
    for setting in draft.connector.get("connectorRuntimeSettings", ()):
        if setting.get("isRequired") and setting.get("scope") == _PROFILE_SCOPE and setting.get("key") not in given:
            yield f"profileProperties must have {setting.get('key')}"


def _parameter_problems(custom: Members, authentication: Members) -> Iterator[str]:
    configs = {each.get("customAuthenticationType"): each for each in authentication.get("customAuthConfigs", ())}
    kind = custom.get("customAuthenticationType")
    if configs and custom and kind not in configs:
        yield f"customAuthenticationType must be one of {', '.join(map(str, configs))}"
    for parameter in configs.get(kind, {}).get("authParameters", ()):
        if parameter.get("isRequired") and parameter.get("key") not in custom.get("credentialsMap", {}):
            yield f"credentialsMap must have {parameter.get('key')}"


def _has_oauth_token(credentials: Members) -> bool:
    code = credentials.get("oAuthRequest", {}).get("authCode")
    return bool(credentials.get("accessToken") or credentials.get("refreshToken") or code)


_RULES: dict[str, Callable[[Draft], Iterator[str]]] = {
    "Googleanalytics": _code_problems,
    "Slack": _code_problems,
    "Zendesk": _code_problems,
    "Honeycode": _code_problems,
    "Pardot": _pardot_problems,
    "Servicenow": _servicenow_problems,
    "SAPOData": _sap_problems,
    "Snowflake": _snowflake_problems,
    "Redshift": _redshift_problems,
    CUSTOM: _custom_problems,
}
