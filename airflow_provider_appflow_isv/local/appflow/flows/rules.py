"""What AppFlow checks of a flow beyond its model (AppFlow user guide and API reference; texts where publicly seen)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connectors.catalog import CUSTOM, needs_profile
from airflow_provider_appflow_isv.local.appflow.exceptions import ResourceNotFoundException, ValidationException
from airflow_provider_appflow_isv.local.appflow.flows.task_rules import task_problems
from airflow_provider_appflow_isv.local.appflow.flows.trigger_rules import trigger_problems
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of, structure

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.profiles.store import ProfileStore

_OBJECT_MEMBERS = ("object", "entityName", "objectPath", "bucketName", "bucketPrefix", "domainName")


def check_flow(definition: dict[str, Any], profiles: ProfileStore, before: dict[str, Any] | None = None) -> None:
    """Check a flow's definition.

    :param definition: the flow, already validated against the model.
    :param profiles: the connector profiles of its account and Region.
    :param before: the flow as it was, for an update; default None.
    :raises ValidationException: naming every rule that the flow breaks.
    :raises ResourceNotFoundException: for a connector profile that does not exist.
    """
    destinations = definition["destinationFlowConfigList"]
    source = definition["sourceFlowConfig"]
    _check_sides(source, destinations, before is not None)
    problems = [
        *_destination_problems(destinations),
        *_event_bus_problems(definition),
        *_catalog_problems(definition),
        *_properties_problems(source, "sourceConnectorProperties"),
        *trigger_problems(definition, before, _told(source, profiles)),
        *task_problems(definition["tasks"], source["connectorType"]),
    ]
    problems += _profile_problems(source, profiles, "Source")
    for destination in destinations:
        problems += _profile_problems(destination, profiles, "Destination")
    _refuse(problems, before is not None)


def check_update(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Check that an update leaves source and destination where they are.

    :raises ValidationException: naming what cannot be changed.
    """
    pairs = [
        ("Source", before["sourceFlowConfig"], after["sourceFlowConfig"], "source"),
        ("Destination", before["destinationFlowConfigList"][0], after["destinationFlowConfigList"][0], "destination"),
    ]
    problems = []
    for title, old, new, side in pairs:
        if old["connectorType"] != new["connectorType"]:
            problems.append(f"{title} connector type can not be updated")
        elif _object(old, side) != _object(new, side):
            problems.append(f"{title} object for the {side} connector can not be updated")
    if problems:
        raise ValidationException(f"Update Flow request failed due to:[{', '.join(problems)}]")


def changes_schema(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Say whether mappings, data types or partition keys differ, which makes a new schema version (DescribeFlow)."""
    return _schema(before) != _schema(after)


def _schema(definition: dict[str, Any]) -> list[Any]:
    return [task for task in definition["tasks"] if task["taskType"] != "Filter"]


def _object(end: dict[str, Any], side: str) -> dict[str, Any]:
    properties = end[f"{side}ConnectorProperties"].get(member_of(end["connectorType"]), {})
    return {name: value for name, value in properties.items() if name in _OBJECT_MEMBERS}


def _refuse(problems: list[str], is_update: bool) -> None:
    if problems:
        raise ValidationException(f"{'Update' if is_update else 'Create'} Flow request failed: [{', '.join(problems)}]")


def _check_sides(source: dict[str, Any], destinations: list[dict[str, Any]], is_update: bool) -> None:
    """Refuse connectors that can be no source or no destination; what else is wrong says nothing then."""
    sides = [(source, "source"), *((each, "destination") for each in destinations)]
    problems = [
        f"{end['connectorType']} cannot be a {side}"
        for end, side in sides
        if member_of(end["connectorType"]) not in structure(f"{side.capitalize()}ConnectorProperties").members
    ]
    _refuse(problems, is_update)


def _event_bus_problems(definition: dict[str, Any]) -> list[str]:
    """EventBridge takes Salesforce's events only (AppFlow user guide, "Amazon EventBridge")."""
    types = [each["connectorType"] for each in definition["destinationFlowConfigList"]]
    source, trigger = definition["sourceFlowConfig"]["connectorType"], definition["triggerConfig"]["triggerType"]
    if "EventBridge" not in types or (source, trigger) == ("Salesforce", "Event"):
        return []
    return ["Destination connector EventBridge needs the source connector Salesforce and the trigger type Event"]


def _told(end: dict[str, Any], profiles: ProfileStore) -> Mapping[str, Any]:
    profile = profiles.profiles.get(end.get("connectorProfileName", ""))
    return profiles.connector(profile) if profile else {}


def _destination_problems(destinations: list[dict[str, Any]]) -> list[str]:
    if len(destinations) != 1:
        return [f"A flow must have exactly one destination, not {len(destinations)}"]
    problems = _properties_problems(destinations[0], "destinationConnectorProperties")
    properties = destinations[0]["destinationConnectorProperties"].get(member_of(destinations[0]["connectorType"]), {})
    if properties.get("writeOperationType") == "UPSERT":
        names = properties.get("idFieldNames", [])
        if not names:
            problems.append("idFieldNames must be specified for the write operation type UPSERT")
        elif len(names) > 1 and destinations[0]["connectorType"] == "Salesforce":
            problems.append("idFieldNames must name one field, the external id, to UPSERT into Salesforce")
    return problems


def _catalog_problems(definition: dict[str, Any]) -> list[str]:
    types = [each["connectorType"] for each in definition["destinationFlowConfigList"]]
    if "glueDataCatalog" not in definition.get("metadataCatalogConfig", {}) or types == ["S3"]:
        return []
    return ["metadataCatalogConfig can be specified only for a flow whose destination is Amazon S3"]


def _properties_problems(end: dict[str, Any], member: str) -> list[str]:
    connector = end["connectorType"]
    if member_of(connector) in end[member]:
        return []
    return [f"{member} must have the member {member_of(connector)} for connector type {connector}"]


def _profile_problems(end: dict[str, Any], profiles: ProfileStore, side: str) -> list[str]:
    connector = end["connectorType"]
    if not needs_profile(connector):
        return []  # a name given all the same (as 'S3' is in AWS's own samples) means nothing
    name = end.get("connectorProfileName")
    if name is None:
        return [f"connectorProfileName must be specified for connector type {connector}"]
    profile = profiles.profiles.get(name)
    if profile is None:
        raise ResourceNotFoundException(f"Connector Profile with name {name} does not exist.")
    if profile.connector_type != connector:
        return [f"Connector Profile {name} is of connector type {profile.connector_type}, not {connector}"]
    return _connector_problems(end, profiles.connector(profile), side)


def _connector_problems(end: dict[str, Any], told: Mapping[str, Any], side: str) -> list[str]:
    """Compare an end of a flow with what its custom connector tells about itself (ConnectorConfiguration)."""
    if not told.get(f"canUseAs{side}", True):
        return [f"The custom connector of profile {end['connectorProfileName']} cannot be used as {side.lower()}"]
    if side == "Source":
        return []
    properties = end["destinationConnectorProperties"].get(CUSTOM, {})
    operation, supported = properties.get("writeOperationType", "INSERT"), told.get("supportedWriteOperations")
    if supported is None or operation in supported:
        return []
    return [f"writeOperationType {operation} is not one of the custom connector's: {', '.join(supported)}"]
