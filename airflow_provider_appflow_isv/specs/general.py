"""Sources and destinations by AppFlow's own members: connectors without a class, and what no class has room for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.specs import destinations, sources  # noqa: F401  # they register their classes
from airflow_provider_appflow_isv.specs.checks import choice, mapping, text
from airflow_provider_appflow_isv.specs.configs import end_of, refuse_more
from airflow_provider_appflow_isv.specs.ends import (
    Destination,
    DestinationFacts,
    Source,
    SourceFacts,
    classes,
    key_of,
    profile_name,
)
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.places import copied
from airflow_provider_appflow_isv.specs.values import REQUIRED, is_late, member

_EQUALITY_ONLY = frozenset(
    {"LESS_THAN", "GREATER_THAN", "CONTAINS", "LESS_THAN_OR_EQUAL_TO", "GREATER_THAN_OR_EQUAL_TO", "NOT_EQUAL_TO"}
)
_SOURCES = {
    "Amplitude": SourceFacts(
        "Amplitude",
        _EQUALITY_ONLY
        | {"PROJECTION", "EQUAL_TO", "ADDITION", "MULTIPLICATION", "DIVISION", "SUBTRACTION", "NO_OP"}
        | {"MASK_ALL", "MASK_FIRST_N", "MASK_LAST_N", "VALIDATE_NON_NULL", "VALIDATE_NON_ZERO"}
        | {"VALIDATE_NON_NEGATIVE", "VALIDATE_NUMERIC"},
        most_often="days",
    ),
    "Datadog": SourceFacts("Datadog", _EQUALITY_ONLY),
    "Dynatrace": SourceFacts("Dynatrace", _EQUALITY_ONLY),
    "Infornexus": SourceFacts("Infor Nexus", _EQUALITY_ONLY),
    "Singular": SourceFacts("Singular", _EQUALITY_ONLY | {"BETWEEN"}, most_often="hours"),
    "Trendmicro": SourceFacts("Trend Micro", _EQUALITY_ONLY | {"BETWEEN"}, most_often="hours"),
}
_DESTINATIONS = {"Honeycode": DestinationFacts("Honeycode"), "LookoutMetrics": DestinationFacts("Lookout for Metrics")}
_PROPERTIES = mapping(text(256), copied, 50)
SOURCE_TYPES = tuple(sorted({*_SOURCES, *classes("source")}))
DESTINATION_TYPES = tuple(sorted({*_DESTINATIONS, *classes("destination")}))


class ConnectorSource(Source):
    """Any source, by the members that CreateFlow has for it.

    :param connector_type: AppFlow's name of the connector, e.g. ``Datadog``.
    :param properties: its own member of SourceConnectorProperties, e.g. ``{"object": "events"}``.
    :param profile: connector profile; default none.
    """

    connector_type: str = member(choice(*SOURCE_TYPES), kw_only=False)
    properties: Mapping[str, Any] = member(_PROPERTIES, kw_only=False)
    profile: str | None = profile_name(default=None)

    def _verify(self) -> None:
        super()._verify()
        _refuse_incomplete("source", self.connector_type, self.properties, self.profile)

    @property
    def type_name(self) -> str:
        """The connector's type in requests."""
        return self.connector_type

    def own_properties(self) -> dict[str, Any]:
        """The connector's own properties, as they were given."""
        return dict(copied(self.properties))


class ConnectorDestination(Destination):
    """Any destination, by the members that CreateFlow has for it.

    :param connector_type: AppFlow's name of the connector, e.g. ``LookoutMetrics``.
    :param properties: its own member of DestinationConnectorProperties; default empty.
    :param profile: connector profile; default none.
    """

    connector_type: str = member(choice(*DESTINATION_TYPES), kw_only=False)
    properties: Mapping[str, Any] = member(_PROPERTIES, default={}, kw_only=False)
    profile: str | None = profile_name(default=None)

    def _verify(self) -> None:
        super()._verify()
        _refuse_incomplete("destination", self.connector_type, self.properties, self.profile)

    @property
    def type_name(self) -> str:
        """The connector's type in requests."""
        return self.connector_type

    def own_properties(self) -> dict[str, Any]:
        """The connector's own properties, as they were given."""
        return dict(copied(self.properties))


def source_facts(source: Source) -> SourceFacts:
    """What AppFlow lets a source do; nothing is known of one whose type a template says."""
    if is_late(source.type_name):
        return SourceFacts("a connector that is not known yet")
    name = source.type_name
    known = getattr(source, "facts", None) or getattr(classes("source").get(name), "facts", None)
    return known or _SOURCES.get(name, SourceFacts(name))


def destination_facts(destination: Destination) -> DestinationFacts:
    """What AppFlow lets a destination do; one whose type a template says may do everything."""
    name = destination.type_name
    known = getattr(destination, "facts", None) or getattr(classes("destination").get(name), "facts", None)
    return known or _DESTINATIONS.get(name, DestinationFacts(name, catalogued=True, partitioned=True))


def _refuse_incomplete(side: str, connector_type: str, properties: Any, profile: Any) -> None:
    """Refuse properties without what the connector needs, and a missing profile."""
    if is_late(connector_type):
        return
    kind = classes(side).get(connector_type)
    if kind is None:
        bare = connector_type == "LookoutMetrics"
        needed, has_profile = [] if bare else ["object"], not bare
    else:
        paths = [each.path or "" for each in kind.members.values() if each.default is REQUIRED]
        needed = [path.split(".")[1] for path in paths if path.startswith("*.")]
        has_profile = "profile" in kind.members
    if profile is None and has_profile:
        raise SpecError(f"is needed for {connector_type}.", "profile")
    missing = [] if is_late(properties) else [name for name in needed if name not in properties]
    if missing:
        raise SpecError(f"must have {', '.join(missing)} for {connector_type}.", "properties")


def source_of(config: Mapping[str, Any]) -> Source:
    """The source that a request or an answer describes.

    :param config: SourceFlowConfig.
    """
    found = end_of("source", config)
    return found if isinstance(found, Source) else ConnectorSource(**_members(config, "sourceConnectorProperties"))


def destination_of(config: Mapping[str, Any]) -> Destination:
    """The destination that a request or an answer describes.

    :param config: DestinationFlowConfig.
    """
    found = end_of("destination", config)
    if isinstance(found, Destination):
        return found
    return ConnectorDestination(**_members(config, "destinationConnectorProperties"))


def _members(config: Mapping[str, Any], holder: str) -> dict[str, Any]:
    """The members of a general class.

    :raises SpecError: if the config has a member that no class knows.
    """
    refuse_more(config, "connectorType", "connectorProfileName", "apiVersion", holder)
    return {
        "connector_type": config["connectorType"],
        "properties": config[holder].get(key_of(config["connectorType"])) or {},
        "profile": config.get("connectorProfileName"),
        "api_version": config.get("apiVersion"),
    }
