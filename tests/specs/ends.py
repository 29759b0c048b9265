"""Hypothesis strategies for sources and destinations of every connector."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import ConnectorDestination, ConnectorSource, ErrorHandling, S3Source
from airflow_provider_appflow_isv.specs.ends import Destination, End, Source, classes
from airflow_provider_appflow_isv.specs.values import is_late

INPUT_BUCKET, INPUT_FOLDER = "appflow-input", "files/in"


def matching(pattern: str) -> st.SearchStrategy[str]:
    """Texts of ASCII that match a pattern as a whole and are no templates."""
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(lambda text: not is_late(text))


_objects = matching(r"[A-Z][\w.-]{1,20}(__c)?")
_buckets = matching(r"[a-z0-9][a-z0-9.-]{1,40}[a-z0-9]")
_folders = matching(r"\w[\w /-]{0,20}\w")
_names = matching(r"\S{1,20}")
_identifiers = matching(r"\w{1,20}")
_id_fields = st.lists(_names, min_size=1, max_size=3, unique=True)
_handling = st.just(ErrorHandling(fail_on_first=True)) | st.builds(
    ErrorHandling, bucket=_buckets, prefix=st.none() | _folders, fail_on_first=st.booleans()
)
_ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "aggregation_type": st.sampled_from(["None", "SingleFile"]),
    "api_version": st.sampled_from(["v58.0", "1"]),
    "bucket": _buckets,
    "data_transfer_api": st.sampled_from(["AUTOMATIC", "BULKV2", "REST_SYNC"]),
    "data_transfer_type": st.sampled_from(["SYNC", "ASYNC", "AUTOMATIC"]),
    "document_type": matching(r"\w[\w -]{0,9}"),
    "domain": _names,
    "entity": _names,
    "event_source": _names.map("aws.partner/appflow/salesforce.com/222222222222/{}".format),
    "format": st.sampled_from(["CSV", "JSON", "PARQUET"]),
    "intermediate_bucket": _buckets,
    "max_page_size": st.integers(1, 10_000),
    "max_parallelism": st.integers(1, 10),
    "object": _objects,
    "object_path": _objects,
    "object_type": _names,
    "on_error": _handling,
    "path_prefix_hierarchy": st.lists(st.sampled_from(["EXECUTION_ID", "SCHEMA_VERSION"]), unique=True).map(sorted),
    "prefix": _folders,
    "prefix_format": st.sampled_from(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]),
    "prefix_type": st.sampled_from(["FILENAME", "PATH", "PATH_AND_FILENAME"]),
    "properties": st.dictionaries(_identifiers, _names, max_size=2),
    "success_bucket": _buckets,
    "success_prefix": _folders,
    "target_file_size": st.integers(1, 100_000),
}
_OPERATIONS = {
    "CustomConnector": ["INSERT", "UPSERT", "UPDATE", "DELETE"],
    "SAPOData": ["INSERT", "UPDATE"],
    "Salesforce": ["INSERT", "UPSERT", "UPDATE", "DELETE"],
    "Zendesk": ["INSERT", "UPSERT", "UPDATE"],
}
_NEEDS = {
    "preserve_source_data_typing": "format",
    "prefix_format": "prefix_type",
    "success_prefix": "success_bucket",
}
_GENERAL: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "Honeycode": st.fixed_dictionaries(
        {"object": _objects}, optional={"errorHandlingConfig": st.just({"failOnFirstDestinationError": True})}
    ),
    "LookoutMetrics": st.just({}),
}


def profile_of(connector_type: str) -> str:
    """The connector profile that the strategies name."""
    return f"{connector_type.lower()}-profile"


def sources(connector_type: str) -> st.SearchStrategy[Source]:
    """Sources of a connector.

    :param connector_type: the connector's type.
    """
    kind = classes("source").get(connector_type)
    if kind is None:
        properties = st.fixed_dictionaries({"object": _objects})
        return st.builds(
            ConnectorSource, st.just(connector_type), properties, profile=st.just(profile_of(connector_type))
        )
    if kind is S3Source:
        formats = st.sampled_from(["CSV", "JSON"])
        return st.builds(S3Source, bucket=st.just(INPUT_BUCKET), prefix=st.just(INPUT_FOLDER), format=formats)
    found: st.SearchStrategy[Any] = _of(kind, connector_type)
    return found


def destinations(connector_type: str) -> st.SearchStrategy[Destination]:
    """Destinations of a connector.

    :param connector_type: the connector's type.
    """
    kind = classes("destination").get(connector_type)
    if kind is None:
        profile = st.just(profile_of(connector_type)) if connector_type == "Honeycode" else st.none()
        return st.builds(ConnectorDestination, st.just(connector_type), _GENERAL[connector_type], profile=profile)
    found: st.SearchStrategy[Any] = _of(kind, connector_type)
    return found


def _of(kind: type[End], connector_type: str) -> st.SearchStrategy[Any]:
    own = {
        **_ARGUMENTS,
        "profile": st.just(profile_of(connector_type)),
        "operation": st.sampled_from(_OPERATIONS.get(connector_type, ["INSERT"])),
        "id_fields": _id_fields,
    }
    if connector_type == "Upsolver":
        own["bucket"] = _buckets.map("upsolver-appflow-{}".format)
    if connector_type == "CustomConnector":
        own["data_transfer_api"] = _identifiers
    possible = {name: own.get(name, st.booleans()) for name in kind.members if name != "label"}
    needed = {name: possible.pop(name) for name in [*possible] if _is_needed(kind, name)}
    return st.fixed_dictionaries(needed, optional=possible).map(lambda given: kind(**_coherent(given, connector_type)))


def _is_needed(kind: type[End], name: str) -> bool:
    return repr(kind.members[name].default) == "required"


def _coherent(given: dict[str, Any], connector_type: str) -> dict[str, Any]:
    """The same without what doesn't go with the rest."""
    kept = {name: value for name, value in given.items() if _NEEDS.get(name, name) in given}
    if kept.get("format") != "PARQUET":
        kept.pop("preserve_source_data_typing", None)
    elif kept.get("aggregation_type") == "SingleFile":
        kept.pop("aggregation_type")
    if kept.get("operation") == "UPSERT":
        names = kept.get("id_fields", ["External_Id__c"])
        kept["id_fields"] = names[:1] if connector_type == "Salesforce" else names
    return kept
