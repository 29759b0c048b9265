"""A flow's definition as DescribeFlow shows it: as it was sent, or, where a setting says so, as AppFlow has been seen
to show it, with the tasks in another order and with members that nobody has sent.

Seen: another order (issue 43591 of Terraform's AWS provider), ``preserveSourceDataTyping`` (37478 there),
``failOnFirstDestinationError`` (17748 of the AWS CDK), an empty ``prefixConfig`` (362 of Terraform's AWS Cloud Control
provider). Documented defaults: JSON (AppFlow user guide, "Amazon S3"), INSERT (there, "Salesforce"), AUTOMATIC (API
reference). That DescribeFlow shows these, and all other members here, is inferred.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.runs.task_list import is_projection
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

Members = Mapping[str, Any]

_ERRORS = {"errorHandlingConfig": {"failOnFirstDestinationError": False}}
_WRITES = {**_ERRORS, "writeOperationType": "INSERT", "idFieldNames": []}
_SOURCES: dict[str, Members] = {
    "S3": {"s3InputFormatConfig": {"s3InputFileType": "CSV"}},
    "Salesforce": {
        "enableDynamicFieldUpdate": False,
        "includeDeletedRecords": False,
        "dataTransferApi": "AUTOMATIC",
    },
    "Veeva": {"includeSourceFiles": False, "includeRenditions": False, "includeAllVersions": False},
}
_DESTINATIONS: dict[str, Members] = {
    "CustomConnector": {**_WRITES, "customProperties": {}},
    "EventBridge": _ERRORS,
    "Honeycode": _ERRORS,
    "Marketo": _ERRORS,
    "Redshift": _ERRORS,
    "S3": {
        "s3OutputFormatConfig": {
            "fileType": "JSON",
            "prefixConfig": {"pathPrefixHierarchy": []},
            "aggregationConfig": {"aggregationType": "None"},
            "preserveSourceDataTyping": False,
        }
    },
    "SAPOData": _WRITES,
    "Salesforce": {**_WRITES, "dataTransferApi": "AUTOMATIC"},
    "Snowflake": _ERRORS,
    "Upsolver": {"s3OutputFormatConfig": {"aggregationConfig": {"aggregationType": "None"}}},
    "Zendesk": _WRITES,
}
_DATA_TYPE = "string"


def presented(definition: Members) -> dict[str, Any]:
    """Return a flow's definition as the settings ``task_order`` and ``filled_defaults`` have it shown.

    :param definition: the members that CreateFlow and UpdateFlow set; it stays as it is.
    """
    shown = dict(definition)
    if settings.filled_defaults:
        shown |= _filled_members(definition)
    if settings.task_order == "shuffled":
        shown["tasks"] = _reordered(shown["tasks"])
    return shown


def _reordered(tasks: Sequence[Any]) -> list[Any]:
    """The tasks in an order that is not the given one, unless there is no other."""
    order = random.sample(tasks, len(tasks))
    return order if order != list(tasks) else [*order[1:], *order[:1]]


def _filled_members(definition: Members) -> dict[str, Any]:
    source = definition["sourceFlowConfig"]
    member = member_of(source["connectorType"])
    return {
        "triggerConfig": _filled_trigger(definition["triggerConfig"]),
        "sourceFlowConfig": {
            "incrementalPullConfig": {},
            **_filled_end(source, "sourceConnectorProperties", _SOURCES),
        },
        "destinationFlowConfigList": [
            _filled_end(each, "destinationConnectorProperties", _DESTINATIONS)
            for each in definition["destinationFlowConfigList"]
        ],
        "tasks": [_filled(task, _task_defaults(task, member)) for task in definition["tasks"]],
        "metadataCatalogConfig": definition.get("metadataCatalogConfig", {}),
    }


def _filled(given: Members, defaults: Members) -> dict[str, Any]:
    """What was given, with defaults at every depth for what was not."""
    both = {**defaults, **given}
    return {
        name: _filled(value, defaults[name])
        if isinstance(value, Mapping) and isinstance(defaults.get(name), Mapping)
        else value
        for name, value in both.items()
    }


def _filled_end(end: Members, properties: str, defaults: Mapping[str, Members]) -> dict[str, Any]:
    member = member_of(end["connectorType"])
    return _filled(end, {properties: {member: defaults.get(member, {})}})


def _filled_trigger(trigger: Members) -> dict[str, Any]:
    scheduled = {"Scheduled": {"scheduleOffset": 0}} if trigger["triggerType"] == "Scheduled" else {}
    return _filled(trigger, {"triggerProperties": scheduled})


def _task_defaults(task: Members, member: str) -> dict[str, Any]:
    properties = task.get("taskProperties", {})
    if is_projection(task, member):
        return {"destinationField": "", "taskProperties": {"DATA_TYPE": _DATA_TYPE}}
    operator = {"connectorOperator": {member: "NO_OP"}}
    if task["taskType"] == "Map_all":
        return {**operator, "destinationField": "", "taskProperties": {"EXCLUDE_SOURCE_FIELDS_LIST": "[]"}}
    if task["taskType"] == "Map" and not any(name.endswith("DATA_TYPE") for name in properties):
        types = {"SOURCE_DATA_TYPE": _DATA_TYPE, "DESTINATION_DATA_TYPE": _DATA_TYPE}
        return {**operator, "taskProperties": types}
    return {"taskProperties": {}}
