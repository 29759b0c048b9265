"""The 24 connector types of the API: what each can do.

Which connector is a source or a destination, its operators and its spelling follow from the botocore model; the rest is
the table below (AppFlow user guide, "Quotas" for the shortest schedules, "Flow triggers", the connectors' own pages).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.model import StringShape

from .exceptions import ResourceNotFoundException
from .service_model import member_of, service_model, structure

_FREQUENCIES = ["BYMINUTE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "ONCE"]
_WRITES = ["INSERT", "UPSERT", "UPDATE", "DELETE"]
_SALESFORCE_METADATA = {
    "Salesforce": {
        "dataTransferApis": ["AUTOMATIC", "BULKV2", "REST_SYNC"],
        "oauth2GrantTypesSupported": ["AUTHORIZATION_CODE", "JWT_BEARER"],
    }
}


@dataclass(frozen=True)
class _Facts:
    """What the model does not say. ``writes`` is None where no public text names the operations."""

    title: str
    shortest: str = "BYMINUTE"
    private_link: bool = False
    writes: tuple[str, ...] | None = None


_TABLE: dict[str, _Facts] = {
    "Salesforce": _Facts("Salesforce", private_link=True, writes=tuple(_WRITES)),
    "Singular": _Facts("Singular", shortest="HOURLY", private_link=True),
    "Slack": _Facts("Slack"),
    "Redshift": _Facts("Amazon Redshift", writes=("INSERT",)),
    "S3": _Facts("Amazon S3", writes=("INSERT",)),
    "Marketo": _Facts("Marketo", shortest="HOURLY"),
    "Googleanalytics": _Facts("Google Analytics", shortest="DAILY"),
    "Zendesk": _Facts("Zendesk"),
    "Servicenow": _Facts("ServiceNow"),
    "Datadog": _Facts("Datadog"),
    "Trendmicro": _Facts("Trend Micro", shortest="HOURLY", private_link=True),
    "Snowflake": _Facts("Snowflake", private_link=True, writes=("INSERT",)),
    "Dynatrace": _Facts("Dynatrace"),
    "Infornexus": _Facts("Infor Nexus"),
    "Amplitude": _Facts("Amplitude", shortest="DAILY"),
    "Veeva": _Facts("Veeva"),
    "EventBridge": _Facts("Amazon EventBridge"),
    "LookoutMetrics": _Facts("Amazon Lookout for Metrics"),
    "Upsolver": _Facts("Upsolver"),
    "Honeycode": _Facts("Amazon Honeycode"),
    "CustomerProfiles": _Facts("Amazon Connect Customer Profiles"),
    "SAPOData": _Facts("SAP OData", private_link=True),
    "CustomConnector": _Facts("Custom connector"),
    "Pardot": _Facts("Salesforce Pardot"),
}


def connector_types() -> list[str]:
    """Return every connector type, sorted."""
    return sorted(_TABLE)


def needs_profile(connector_type: str) -> bool:
    """Say whether a flow reaches this connector through a connector profile."""
    return member_of(connector_type) in structure("ConnectorProfileProperties").members


def source_triggers(connector_type: str) -> list[str]:
    """Return the trigger types of a source; only Salesforce has change events. Empty if it is no source."""
    if not _is_source(connector_type):
        return []
    return ["Scheduled", "OnDemand", "Event"] if connector_type == "Salesforce" else ["Scheduled", "OnDemand"]


def configuration(connector_type: str) -> dict[str, Any]:
    """Return the ConnectorConfiguration that DescribeConnector and DescribeConnectors answer with."""
    facts = _TABLE[connector_type]
    source = _is_source(connector_type)
    described: dict[str, Any] = {
        "connectorType": connector_type,
        "connectorName": facts.title,
        "canUseAsSource": source,
        "canUseAsDestination": _is_destination(connector_type),
        "supportedTriggerTypes": source_triggers(connector_type),
        "supportedSchedulingFrequencies": _frequencies(facts) if source else [],
        "supportedDestinationConnectors": _destinations_of(connector_type) if source else [],
        "supportedOperators": _operators(connector_type),
        "isPrivateLinkEnabled": facts.private_link,
        "isPrivateLinkEndpointUrlRequired": False,
    }
    if connector_type == "Salesforce":
        described["connectorMetadata"] = _SALESFORCE_METADATA
    if facts.writes is not None:
        described["supportedWriteOperations"] = list(facts.writes)
    return described


def detail(connector_type: str) -> dict[str, Any]:
    """Return the ConnectorDetail that stands beside the configurations in DescribeConnectors."""
    return {"connectorType": connector_type, "connectorName": _TABLE[connector_type].title}


def describe(connector_type: str, connector_label: str | None) -> dict[str, Any]:
    """Return one connector's configuration.

    :raises ResourceNotFoundException: for a label, since no custom connector can be registered in the local stack yet.
    """
    if connector_label is not None:
        raise ResourceNotFoundException(f"Connector with label {connector_label} does not exist.")
    return configuration(connector_type)


def _is_source(connector_type: str) -> bool:
    return member_of(connector_type) in structure("SourceConnectorProperties").members


def _is_destination(connector_type: str) -> bool:
    return member_of(connector_type) in structure("DestinationConnectorProperties").members


def _frequencies(facts: _Facts) -> list[str]:
    return _FREQUENCIES[_FREQUENCIES.index(facts.shortest) :]


def _destinations_of(connector_type: str) -> list[str]:
    """Amazon EventBridge takes Salesforce events only."""
    return [
        name
        for name in connector_types()
        if _is_destination(name) and (name != "EventBridge" or connector_type == "Salesforce")
    ]


def _operators(connector_type: str) -> list[str]:
    shape = structure("ConnectorOperator").members.get(member_of(connector_type))
    known = service_model().shape_for("Operators")
    if not isinstance(shape, StringShape) or not isinstance(known, StringShape):
        return []
    return [name for name in known.enum if name in shape.enum]
