"""The 24 connector types of the API: what each can do.

What follows from the botocore model (sources, destinations, operators, spellings, ways to authenticate) is read from
it, the rest is the table below. Facts: AppFlow user guide, the connectors' own pages ("Supported destinations",
"Requirements", "Notes"), "Quotas" for the shortest schedules, "Private flows", "Flow triggers". What no public text
says, such as owners, versions and logos, is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.model import Shape, StringShape, StructureShape

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of, service_model, structure

CUSTOM = "CustomConnector"

_FREQUENCIES = ["BYMINUTE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "ONCE"]
_STORES = (
    "CustomerProfiles",
    "Honeycode",
    "Redshift",
    "S3",
    "Marketo",
    "Salesforce",
    "Snowflake",
    "Upsolver",
    "Zendesk",
)
_USUAL = (*_STORES, "LookoutMetrics")
_SALESFORCE_SCOPES = (  # what a connected app of one's own has to have
    *("api", "custom_permissions", "id", "profile", "email", "address", "phone"),
    *("openid", "refresh_token", "offline_access"),
)
_SLACK_SCOPES = tuple(
    f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim") for right in ("history", "read")
)
_API_KEY_MEMBERS = {"apiKey", "apiToken", "apiSecretKey"}


@dataclass(frozen=True)
class _Facts:
    """What the model does not say.

    ``destinations`` are those of a source, beside custom connectors; ``writes`` is None where no public text names the
    operations; ``metadata`` is the connector's member of connectorMetadata.
    """

    title: str
    destinations: tuple[str, ...] = ()
    shortest: str = "BYMINUTE"
    private_link: bool = False
    writes: tuple[str, ...] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    api_versions: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ("RECORD",)


_TABLE: dict[str, _Facts] = {
    "Salesforce": _Facts(
        "Salesforce",
        (*_USUAL, "EventBridge"),
        private_link=True,
        writes=("INSERT", "UPSERT", "UPDATE", "DELETE"),
        metadata={
            "oAuthScopes": list(_SALESFORCE_SCOPES),
            "dataTransferApis": ["AUTOMATIC", "BULKV2", "REST_SYNC"],
            "oauth2GrantTypesSupported": ["AUTHORIZATION_CODE", "JWT_BEARER"],
        },
        api_versions=("58.0",),
    ),
    "Singular": _Facts("Singular", _USUAL, shortest="HOURLY", private_link=True),
    "Slack": _Facts("Slack", _STORES, metadata={"oAuthScopes": list(_SLACK_SCOPES)}),
    "Redshift": _Facts("Amazon Redshift", writes=("INSERT",)),
    "S3": _Facts("Amazon S3", (*_STORES, "SAPOData"), writes=("INSERT",)),
    "Marketo": _Facts("Marketo", _USUAL, shortest="HOURLY"),
    "Googleanalytics": _Facts(
        "Google Analytics",
        ("LookoutMetrics", "S3", "Upsolver"),
        shortest="DAILY",
        # "the scope for read-only access" by its name in Google's documentation
        metadata={"oAuthScopes": ["https://www.googleapis.com/auth/analytics.readonly"]},
    ),
    "Zendesk": _Facts("Zendesk", _USUAL, writes=("INSERT", "UPSERT", "UPDATE")),
    "Servicenow": _Facts("ServiceNow", _USUAL),
    "Datadog": _Facts("Datadog", _STORES),
    "Trendmicro": _Facts("Trend Micro", _USUAL, shortest="HOURLY", private_link=True),
    "Snowflake": _Facts("Snowflake", private_link=True, writes=("INSERT",)),
    "Dynatrace": _Facts("Dynatrace", _USUAL),
    "Infornexus": _Facts("Infor Nexus", _USUAL),
    "Amplitude": _Facts("Amplitude", ("LookoutMetrics", "S3"), shortest="DAILY"),
    "Veeva": _Facts("Veeva", _USUAL, transfers=("RECORD", "FILE")),
    "EventBridge": _Facts("Amazon EventBridge"),
    "LookoutMetrics": _Facts("Amazon Lookout for Metrics"),
    "Upsolver": _Facts("Upsolver"),
    "Honeycode": _Facts("Amazon Honeycode"),
    "CustomerProfiles": _Facts("Amazon Connect Customer Profiles"),
    "SAPOData": _Facts(
        "SAP OData", ("CustomerProfiles", "Redshift", "S3", "SAPOData"), private_link=True, writes=("INSERT", "UPDATE")
    ),
    # as on the pages of AWS's own connectors of this type, such as HubSpot
    CUSTOM: _Facts(
        "Custom connector",
        ("LookoutMetrics", "Redshift", "S3", "Marketo", "Salesforce", "SAPOData", "Snowflake", "Upsolver", "Zendesk"),
        writes=("INSERT", "UPSERT", "UPDATE", "DELETE"),
    ),
    "Pardot": _Facts("Salesforce Pardot", (*_USUAL, "EventBridge"), api_versions=("4",)),
}


def connector_types() -> list[str]:
    """Return every connector type, sorted."""
    return sorted(_TABLE)


def needs_profile(connector_type: str) -> bool:
    """Say whether a flow reaches this connector through a connector profile."""
    return member_of(connector_type) in structure("ConnectorProfileProperties").members


def has_private_link(connector_type: str) -> bool:
    """Say whether this connector can be reached over AWS PrivateLink."""
    return _TABLE[connector_type].private_link


def private_link_needs_service(connector_type: str) -> bool:
    """Say whether a private connection names the vendor's endpoint service, privateLinkServiceName in the model."""
    return "privateLinkServiceName" in _members("ConnectorProfileProperties", connector_type)


def source_triggers(connector_type: str) -> list[str]:
    """Return the trigger types of a source; only Salesforce has change events. Empty if it is no source."""
    if not _is_source(connector_type):
        return []
    return ["Scheduled", "OnDemand", "Event"] if connector_type == "Salesforce" else ["Scheduled", "OnDemand"]


def destinations_of(connector_type: str) -> list[str]:
    """Return the connector types that a source can send its records to, sorted. Empty if it is no source."""
    return sorted({*_TABLE[connector_type].destinations, CUSTOM}) if _is_source(connector_type) else []


def shortest_schedule(connector_type: str) -> str:
    """Return the most frequent schedule of a source, as supportedSchedulingFrequencies has it."""
    return _TABLE[connector_type].shortest


def configuration(connector_type: str) -> dict[str, Any]:
    """Return the ConnectorConfiguration that DescribeConnector and DescribeConnectors answer with."""
    facts = _TABLE[connector_type]
    source = _is_source(connector_type)
    described: dict[str, Any] = {
        **detail(connector_type),
        "canUseAsSource": source,
        "canUseAsDestination": _is_destination(connector_type),
        "supportedTriggerTypes": source_triggers(connector_type),
        "supportedSchedulingFrequencies": _FREQUENCIES[_FREQUENCIES.index(facts.shortest) :] if source else [],
        "supportedDestinationConnectors": destinations_of(connector_type),
        "supportedOperators": _operators(connector_type),
        "isPrivateLinkEnabled": facts.private_link,
        "isPrivateLinkEndpointUrlRequired": private_link_needs_service(connector_type),
        "connectorMetadata": {member_of(connector_type): facts.metadata} if facts.metadata else None,
        "authenticationConfig": _authentication(connector_type),
        "supportedApiVersions": list(facts.api_versions) or None,
        "supportedWriteOperations": None if facts.writes is None else list(facts.writes),
    }
    return {name: value for name, value in described.items() if value is not None}


def detail(connector_type: str) -> dict[str, Any]:
    """Return the ConnectorDetail that stands beside the configurations in DescribeConnectors."""
    facts = _TABLE[connector_type]
    return {
        "connectorType": connector_type,
        "connectorName": facts.title,
        "supportedDataTransferTypes": list(facts.transfers),
    }


def describe(connector_type: str) -> dict[str, Any]:
    """Answer DescribeConnector for a connector type that stands for one connector.

    :raises ValidationException: for CustomConnector, which stands for many.
    """
    if connector_type == CUSTOM:
        raise ValidationException("connectorLabel must be specified for the connector type CustomConnector.")
    return {"connectorConfiguration": configuration(connector_type)}


def _is_source(connector_type: str) -> bool:
    return member_of(connector_type) in structure("SourceConnectorProperties").members


def _is_destination(connector_type: str) -> bool:
    return member_of(connector_type) in structure("DestinationConnectorProperties").members


def _operators(connector_type: str) -> list[str]:
    shape = structure("ConnectorOperator").members.get(member_of(connector_type))
    known = service_model().shape_for("Operators")
    if not isinstance(shape, StringShape) or not isinstance(known, StringShape):
        return []
    return [name for name in known.enum if name in shape.enum]


def _authentication(connector_type: str) -> dict[str, bool] | None:
    """Return the ways to authenticate that a profile's credentials have room for; None without profiles."""
    if not needs_profile(connector_type):
        return None
    members = _members("ConnectorProfileCredentials", connector_type)
    nested = {name for shape in members.values() if isinstance(shape, StructureShape) for name in shape.members}
    names = {*members, *nested}
    basic, key = {"username", "password"} <= names, bool(_API_KEY_MEMBERS & names)
    oauth = "oAuthRequest" in names
    return {
        "isBasicAuthSupported": basic,
        "isApiKeyAuthSupported": key,
        "isOAuth2Supported": oauth,
        "isCustomAuthSupported": "custom" in names or not (basic or key or oauth),
    }


def _members(structure_name: str, connector_type: str) -> dict[str, Shape]:
    shape = structure(structure_name).members.get(member_of(connector_type))
    return dict(shape.members) if isinstance(shape, StructureShape) else {}
