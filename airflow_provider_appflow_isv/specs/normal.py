"""The normal form of flow definitions, in which two that ask AppFlow for the same flow are equal; of all but tasks.

AppFlow's answers differ from what was sent: members that were left out appear with their defaults, lists and structures
appear empty (hashicorp/terraform-provider-aws issue 37478; AWS's service model for the defaults that it states).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.specs.checks import milliseconds, moment
from airflow_provider_appflow_isv.specs.ends import classes, key_of
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.triggers import schedule_expression
from airflow_provider_appflow_isv.specs.values import is_late

Definition = Mapping[str, Any]

_DEFAULTS: dict[str, Any] = {
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
TIMES = ("scheduleStartTime", "scheduleEndTime", "firstExecutionFrom")
_CUSTOM = ".customProperties."  # whose names are the connector's own
_INCREMENTAL_ONLY = ("firstExecutionFrom", "datetimeTypeFieldName")


def parts_of(definition: Definition) -> dict[str, Any]:
    """Return all of a definition but its tasks, flat, without what says no more than AppFlow's defaults.

    :param definition: members of CreateFlow, UpdateFlow or DescribeFlow's answer.
    :return: values by place, e.g. ``destination.bucketName``.
    """
    source = definition["sourceFlowConfig"]
    catalog = (definition.get("metadataCatalogConfig") or {}).get("glueDataCatalog")
    whole: dict[str, Any] = {
        "trigger": {"triggerType": definition["triggerConfig"]["triggerType"], **(schedule_of(definition) or {})},
        "source": _end("source", source),
        "destination": _end("destination", only_destination(definition)),
        "catalog": catalog or {},
        "description": definition.get("description"),
        "kmsArn": definition.get("kmsArn"),
    }
    if whole["trigger"].get("dataPullMode") != "Incremental":
        whole = {name: _without(part, _INCREMENTAL_ONLY) for name, part in whole.items()}
    return dict(_leaves(whole, ""))


def schedule_of(definition: Definition) -> dict[str, Any] | None:
    """Return the properties of a definition's schedule; None if it has none.

    :param definition: members of CreateFlow, UpdateFlow or DescribeFlow's answer.
    """
    trigger = definition["triggerConfig"]
    scheduled: dict[str, Any] | None = (trigger.get("triggerProperties") or {}).get("Scheduled")
    return scheduled if trigger["triggerType"] == "Scheduled" else None


def only_destination(definition: Definition) -> dict[str, Any]:
    """Return a definition's DestinationFlowConfig.

    :param definition: members of CreateFlow, UpdateFlow or DescribeFlow's answer.
    :raises SpecError: unless it has just one.
    """
    found: Sequence[dict[str, Any]] = definition["destinationFlowConfigList"]
    if len(found) != 1:
        raise SpecError(
            f"has {len(found)} destinations, a spec has one: leave such a flow to boto3's client.",
            "destinationFlowConfigList",
        )
    return found[0]


def default_of(place: str) -> Any:
    """AppFlow's default; None if it has none.

    :param place: a place as of :func:`parts_of`.
    """
    return _DEFAULTS.get(_name_of(place))


def point_in_time(value: Any) -> datetime:
    """A time of an answer: boto3 tells datetimes, the AWS CLI texts of ISO 8601 or seconds since the epoch.

    :param value: any of these.
    """
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else moment(value)


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


def _without(part: Any, names: Sequence[str]) -> Any:
    return {name: each for name, each in part.items() if name not in names} if isinstance(part, Mapping) else part


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{place}.{name}" if place else name)
        return
    plain = _plain(_name_of(place), value)
    if plain not in (None, "", ()) and plain != default_of(place):
        yield place, plain


def _name_of(place: str) -> str:
    return "" if _CUSTOM in place else place.rpartition(".")[2]


def _plain(name: str, value: Any) -> Any:
    if name in TIMES and not is_late(value):
        # older botocore (seen with 1.42) sends whole seconds
        return milliseconds(point_in_time(value)) // 1000 * 1000
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(sorted(value) if name == "pathPrefixHierarchy" else value)
    if name == "scheduleExpression":
        return _expression(value)
    return value.rstrip("/") if name == "bucketPrefix" and isinstance(value, str) else value


def _expression(value: Any) -> Any:
    """A schedule in the one way in which the specs write it; CloudFormation's users write ``rate(5 minutes)``, too."""
    try:
        return schedule_expression(value)
    except ValueError:
        return value
