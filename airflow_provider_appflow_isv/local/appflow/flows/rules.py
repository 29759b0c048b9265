"""What AppFlow checks of a flow beyond its model (AppFlow user guide and API reference; texts where publicly seen)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connectors.catalog import needs_profile
from airflow_provider_appflow_isv.local.appflow.exceptions import ResourceNotFoundException, ValidationException
from airflow_provider_appflow_isv.local.appflow.flows.task_rules import task_problems
from airflow_provider_appflow_isv.local.appflow.flows.trigger_rules import trigger_problems
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.profiles.profile import ConnectorProfile

_OBJECT_MEMBERS = ("object", "entityName", "objectPath", "bucketName", "bucketPrefix", "domainName")


def check_flow(
    definition: dict[str, Any], profiles: Mapping[str, ConnectorProfile], before: dict[str, Any] | None = None
) -> None:
    """Check a flow's definition.

    :param definition: the flow, already validated against the model.
    :param profiles: the connector profiles of its account and Region.
    :param before: the flow as it was, for an update; default None.
    :raises ValidationException: naming every rule that the flow breaks.
    :raises ResourceNotFoundException: for a connector profile that does not exist.
    """
    destinations = definition["destinationFlowConfigList"]
    source = definition["sourceFlowConfig"]
    problems = [
        *_destination_problems(destinations),
        *_properties_problems(source, "sourceConnectorProperties"),
        *trigger_problems(definition, before),
        *task_problems(definition["tasks"], source["connectorType"]),
    ]
    for end in (source, *destinations):
        problems += _profile_problems(end, profiles)
    if problems:
        raise ValidationException(f"{'Update' if before else 'Create'} Flow request failed: [{', '.join(problems)}]")


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


def _destination_problems(destinations: list[dict[str, Any]]) -> list[str]:
    if len(destinations) != 1:
        return [f"A flow must have exactly one destination, not {len(destinations)}"]
    problems = _properties_problems(destinations[0], "destinationConnectorProperties")
    properties = destinations[0]["destinationConnectorProperties"].get(member_of(destinations[0]["connectorType"]), {})
    if properties.get("writeOperationType") == "UPSERT" and not properties.get("idFieldNames"):
        problems.append("idFieldNames must be specified for the write operation type UPSERT")
    return problems


def _properties_problems(end: dict[str, Any], member: str) -> list[str]:
    connector = end["connectorType"]
    if member_of(connector) in end[member]:
        return []
    return [f"{member} must have the member {member_of(connector)} for connector type {connector}"]


def _profile_problems(end: dict[str, Any], profiles: Mapping[str, ConnectorProfile]) -> list[str]:
    connector = end["connectorType"]
    if not needs_profile(connector):
        return []  # a name given all the same (as 'S3' is in AWS's own samples) means nothing
    name = end.get("connectorProfileName")
    if name is None:
        return [f"connectorProfileName must be specified for connector type {connector}"]
    if name not in profiles:
        raise ResourceNotFoundException(f"Connector Profile with name {name} does not exist.")
    if profiles[name].connector_type != connector:
        return [f"Connector Profile {name} is of connector type {profiles[name].connector_type}, not {connector}"]
    return []
