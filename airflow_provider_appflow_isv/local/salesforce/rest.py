"""The data API of an org: versions, objects, describe, query and limits ("REST API Developer Guide")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, g, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.api import (
    NEWEST_VERSION,
    OLDEST_VERSION,
    current_org,
    make_blueprint,
    not_found,
    sobject_named,
)
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.evaluate import Result, run
from airflow_provider_appflow_isv.local.salesforce.ids import normal_id
from airflow_provider_appflow_isv.local.salesforce.objects import ALL_OBJECTS
from airflow_provider_appflow_isv.local.salesforce.query import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.salesforce.records import Record
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject

_MIN_BATCH, _MAX_BATCH = 200, 2000
_SEASONS = ("Winter", "Spring", "Summer")

blueprint = make_blueprint("rest")


def _versions() -> list[dict[str, str]]:
    return [
        {
            "label": f"{_SEASONS[place % 3]} '{21 + place // 3}",  # 50.0 is Winter '21
            "url": f"/services/data/v{version}.0",
            "version": f"{version}.0",
        }
        for place, version in enumerate(range(OLDEST_VERSION, NEWEST_VERSION + 1))
    ]


@blueprint.get("/services/data/")
def versions() -> Response:
    """List the API versions; needs no session."""
    return jsonify(_versions())


@blueprint.get("/services/data/<version>/")
def resources() -> Response:
    """List the resources of an API version."""
    return jsonify({name: f"{g.data_url}/{name}" for name in ("sobjects", "query", "queryAll", "composite", "limits")})


@blueprint.get("/services/data/<version>/limits")
def limits() -> Response:
    """Tell the org's limits."""
    org = current_org()
    left = org.daily_api_requests - org.api_requests_used
    return jsonify({"DailyApiRequests": {"Max": org.daily_api_requests, "Remaining": left}})


@blueprint.get("/services/data/<version>/sobjects")
def list_objects() -> Response:
    """List the objects."""
    return jsonify(
        {
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [sobject.summary(g.data_url) for sobject in ALL_OBJECTS],
        }
    )


@blueprint.get("/services/data/<version>/sobjects/<name>/describe")
def describe(name: str) -> Response:
    """Describe an object with its fields."""
    return jsonify(sobject_named(name).describe(g.data_url))


@blueprint.get("/services/data/<version>/sobjects/<name>/<record_id>")
def retrieve(name: str, record_id: str) -> Response:
    """Give one record, with all its fields or those asked for."""
    sobject = sobject_named(name)
    if sobject.kind != "table":
        raise not_found()
    wanted_id = normal_id(record_id)
    for record in current_org().records_of(sobject):
        if record["Id"] != wanted_id:
            continue
        if record["IsDeleted"]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted", 404)
        wanted = request.args.get("fields")
        names = wanted.split(",") if wanted else [field.name for field in sobject.fields]
        return jsonify(_shown(sobject, tuple(sobject.field(field).name for field in names), record))
    raise ApiError("NOT_FOUND", "Provided external ID field does not exist or is not accessible", 404)


def _shown(sobject: SObject, fields: tuple[str, ...], record: Record) -> dict[str, object]:
    url = f"{g.data_url}/sobjects/{sobject.name}/{quote(str(record['Id']))}"
    return {
        "attributes": {"type": sobject.name, "url": url},
        **{field: record[field] for field in fields},
    }


def _batch_size() -> int:
    options = request.headers.get("Sforce-Query-Options", "")
    asked = re.search(r"\bbatchSize\s*=\s*(\d{1,9})\b", options, re.ASCII | re.IGNORECASE)
    return min(max(int(asked[1]), _MIN_BATCH), _MAX_BATCH) if asked else _MAX_BATCH


def _page(result: Result, start: int, cursor: str | None) -> Response:
    size = len(result.records)
    if not result.fields:
        return jsonify({"totalSize": size, "done": True, "records": []})
    end = start + _batch_size()
    answer: dict[str, object] = {
        "totalSize": size,
        "done": end >= size,
        "records": [_shown(result.sobject, result.fields, record) for record in result.records[start:end]],
    }
    if end < size:
        cursor = cursor or current_org().keep_cursor(result)
        answer["nextRecordsUrl"] = f"{g.data_url}/query/{cursor}-{end}"
    return jsonify(answer)


def _first_page(records_of: Callable[[SObject], list[Record]]) -> Response:
    text = request.args.get("q")
    if not text:
        raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
    return _page(run(parse(text), records_of), 0, None)


@blueprint.get("/services/data/<version>/query")
def query() -> Response:
    """Run a query and give the first page; it doesn't see deleted records."""
    return _first_page(current_org().live_records_of)


@blueprint.get("/services/data/<version>/queryAll")
def query_all() -> Response:
    """Run a query over deleted records as well and give the first page."""
    return _first_page(current_org().records_of)


@blueprint.get("/services/data/<version>/query/<locator>")
def query_more(locator: str) -> Response:
    """Give a later page of a query."""
    place = re.fullmatch(r"(\w+)-(\d{1,9})", locator, re.ASCII)
    result = current_org().cursor(place[1]) if place else None
    if place is None or result is None or int(place[2]) >= len(result.records):
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(result, int(place[2]), place[1])
