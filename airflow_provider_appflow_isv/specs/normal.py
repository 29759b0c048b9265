"""The normal form of flow definitions, in which two that ask AppFlow for the same flow are equal.

AppFlow's answers differ from what was sent: tasks come in another order, members that were left out appear with their
defaults, lists and structures appear empty (hashicorp/terraform-provider-aws issues 35992, 37478, 43591; AWS's service
model for the defaults that it states).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from airflow_provider_appflow_isv.specs.checks import milliseconds, moment
from airflow_provider_appflow_isv.specs.ends import classes, key_of
from airflow_provider_appflow_isv.specs.values import is_late

Definition = Mapping[str, Any]
Key = tuple[Any, ...]

DEFAULTS: dict[str, Any] = {
    "aggregationType": "None",
    "dataTransferApi": "AUTOMATIC",
    "enableDynamicFieldUpdate": False,
    "failOnFirstDestinationError": False,
    "fileType": "JSON",
    "includeAllVersions": False,
    "includeDeletedRecords": False,
    "includeRenditions": False,
    "includeSourceFiles": False,
    "preserveSourceDataTyping": False,
    "s3InputFileType": "CSV",
    "scheduleOffset": 0,
    "writeOperationType": "INSERT",
}
_TYPES = ("SOURCE_DATA_TYPE", "DESTINATION_DATA_TYPE")
_TIMES = ("scheduleStartTime", "scheduleEndTime", "firstExecutionFrom")
_LISTS = ("EXCLUDE_SOURCE_FIELDS_LIST", "ORDERED_PARTITION_KEYS_LIST")
_NAMED = ("Map", "Merge", "Arithmetic", "Passthrough")  # tasks whose destinationField counts


def parts_of(definition: Definition) -> dict[str, Any]:
    """Return all of a definition but its tasks, flat, without what says no more than AppFlow's defaults.

    :param definition: members of CreateFlow, UpdateFlow or DescribeFlow's answer.
    :return: values by place, e.g. ``destination.bucketName``.
    """
    trigger = definition["triggerConfig"]
    scheduled = (trigger.get("triggerProperties") or {}).get("Scheduled")
    source = definition["sourceFlowConfig"]
    catalog = (definition.get("metadataCatalogConfig") or {}).get("glueDataCatalog")
    whole = {
        "trigger": {"triggerType": trigger["triggerType"], **(scheduled or {})},
        "source": _end("source", source),
        "destination": _end("destination", definition["destinationFlowConfigList"][0]),
        "catalog": catalog or {},
        "description": definition.get("description"),
        "kmsArn": definition.get("kmsArn"),
    }
    return dict(_leaves(whole, ""))


def task_keys(connector_type: str, tasks: Sequence[Mapping[str, Any]], *, implied: bool = False) -> list[Key]:
    """Return a flow's tasks in their normal form.

    :param connector_type: its source's.
    :param tasks: the tasks.
    :param implied: whether to keep a projection of just the fields that the other tasks name; default False.
    """
    key = key_of(connector_type)
    tasks = [{name: value for name, value in each.items() if value is not None} for each in tasks]
    made = {each.get("destinationField"): each for each in tasks if each["taskType"] in ("Merge", "Arithmetic")}
    names = {name: repr(task_key(each, key, {})[:3]) for name, each in made.items() if name}
    used = {name for each in tasks if _operator(each, key) != "PROJECTION" for name in each["sourceFields"]}
    shown = [
        each
        for each in tasks
        if implied or _operator(each, key) != "PROJECTION" or set(each["sourceFields"]) != used - set(made)
    ]
    return [task_key(each, key, names) for each in shown]


def task_key(task: Mapping[str, Any], key: str, made: Mapping[str, str]) -> Key:
    """Return one task in its normal form: type, fields, operator, destination field, properties.

    :param task: the task.
    :param key: the source connector's key in ``connectorOperator``.
    :param made: normal names of the fields that Merge and Arithmetic tasks make, by the names that they have.
    """
    kind, operator = task["taskType"], _operator(task, key)
    sources = tuple(made.get(name, name) for name in task["sourceFields"] if name)
    properties = dict(task.get("taskProperties") or {})
    if operator == "PROJECTION":
        return (kind, tuple(sorted(sources)), operator, None, ())
    if operator == "NO_OP":
        operator = None
    _normalise(kind, operator, properties)
    target = task.get("destinationField") or (sources[0] if sources else None)
    if kind in ("Merge", "Arithmetic"):
        # what only other tasks see is told by what it is made of
        target = None if task.get("destinationField") not in made else made[task["destinationField"]]
    return (kind, sources, operator, target if kind in _NAMED else None, tuple(sorted(properties.items())))


def without_types(key: Key) -> Key:
    """The normal form of a task without the data types of a mapping, which AppFlow knows by itself."""
    return (*key[:4], tuple(item for item in key[4] if item[0] not in _TYPES))


def has_types(key: Key) -> bool:
    """Whether a mapping gives data types."""
    return any(name in _TYPES for name, _ in key[4])


def _normalise(kind: str, operator: str | None, properties: dict[str, Any]) -> None:
    if kind == "Filter":
        properties.setdefault("DATA_TYPE", "string")
    elif kind == "Map":
        _normalise_types(properties)
    elif kind == "Mask":
        properties.setdefault("MASK_VALUE", "*")
        if operator == "MASK_ALL":
            properties.pop("MASK_LENGTH", None)
    elif kind == "Map_all":
        for name in ("DATA_TYPE", *_TYPES):
            properties.pop(name, None)
    for name in _LISTS:
        names = _read_names(properties.pop(name, "[]"))
        if names:
            properties[name] = tuple(sorted(names)) if name == _LISTS[0] else names


def _normalise_types(properties: dict[str, Any]) -> None:
    """DATA_TYPE is what AWS's own samples send for a field that keeps its type."""
    source, destination = _TYPES
    kept = properties.pop("DATA_TYPE", None)
    known = properties.get(source, kept)
    if known is not None:
        properties[source] = known
        properties.setdefault(destination, kept or known)


def names_in(task: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a property of a task that is a JSON list of field names; empty without it."""
    return _read_names((task.get("taskProperties") or {}).get(name, "[]"))


def _read_names(written: str) -> tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(written)))
    except (ValueError, TypeError, RecursionError):
        return (written,)


def _operator(task: Mapping[str, Any], key: str) -> str | None:
    operator: str | None = (task.get("connectorOperator") or {}).get(key)
    return operator


def _end(side: str, config: Mapping[str, Any]) -> dict[str, Any]:
    kind = config["connectorType"]
    own = (config.get(f"{side}ConnectorProperties") or {}).get(key_of(kind)) or {}
    known = classes(side).get(kind)
    has_profile = known is None or "profile" in known.members
    return {
        "connectorType": kind,
        "connectorProfileName": config.get("connectorProfileName") if has_profile else None,
        "apiVersion": config.get("apiVersion"),
        **(config.get("incrementalPullConfig") or {}),
        **own,
    }


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{place}.{name}" if place else name)
        return
    name = place.rpartition(".")[2]
    plain = _plain(name, value)
    if plain not in (None, "", ()) and plain != DEFAULTS.get(name):
        yield place, plain


def _plain(name: str, value: Any) -> Any:
    if name in _TIMES and not is_late(value):
        return milliseconds(moment(value)) if isinstance(value, str | datetime) else round(value * 1000)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(value)
    return value.rstrip("/") if name == "bucketPrefix" and isinstance(value, str) else value
