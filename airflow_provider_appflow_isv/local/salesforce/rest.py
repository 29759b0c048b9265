"""The data API of an org: versions, objects, describe, query and limits ("REST API Developer Guide")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.evaluate import Result, run
from airflow_provider_appflow_isv.local.salesforce.oauth import bearer_token
from airflow_provider_appflow_isv.local.salesforce.objects import OBJECTS, SObject, find_object
from airflow_provider_appflow_isv.local.salesforce.org import Org
from airflow_provider_appflow_isv.local.salesforce.query import parse

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.records import Record

OLDEST_VERSION, NEWEST_VERSION = 50, 68
_MIN_BATCH, _MAX_BATCH = 200, 2000
_SEASONS = ("Winter", "Spring", "Summer")

blueprint = Blueprint("rest", __name__)


def _not_found() -> ApiError:
    return ApiError("NOT_FOUND", "The requested resource does not exist", 404)


def _org() -> Org:
    assert isinstance(g.org, Org)  # the blueprint is only served below an org
    return g.org


def _versions() -> list[dict[str, str]]:
    return [
        {
            "label": f"{_SEASONS[place % 3]} '{21 + place // 3}",  # 50.0 is Winter '21
            "url": f"/services/data/v{version}.0",
            "version": f"{version}.0",
        }
        for place, version in enumerate(range(OLDEST_VERSION, NEWEST_VERSION + 1))
    ]


@blueprint.before_request
def _check_session() -> None:
    if request.endpoint == "rest.versions":
        return
    org = _org()
    session = org.sessions.use(bearer_token() or "")
    if session is None or not org.users[session.username].active:
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    org.count_api_request()


@blueprint.url_value_preprocessor
def _check_version(_endpoint: str | None, values: dict[str, str] | None) -> None:
    version = (values or {}).pop("version", None)
    if version is None:
        return
    known = re.fullmatch(r"v(\d{2})\.0", version, re.ASCII)
    if known is None or not OLDEST_VERSION <= int(known[1]) <= NEWEST_VERSION:
        raise _not_found()
    g.data_url = f"/services/data/{version}"


@blueprint.after_request
def _tell_usage(response: Response) -> Response:
    if g.org is not None:
        usage = f"api-usage={g.org.api_requests_used}/{g.org.daily_api_requests}"
        response.headers["Sforce-Limit-Info"] = usage
    return response


@blueprint.get("/services/data/")
def versions() -> Response:
    """List the API versions; needs no session."""
    return jsonify(_versions())


@blueprint.get("/services/data/<version>/")
def resources() -> Response:
    """List the resources of an API version."""
    return jsonify({name: f"{g.data_url}/{name}" for name in ("sobjects", "query", "limits")})


@blueprint.get("/services/data/<version>/limits")
def limits() -> Response:
    """Tell the org's limits."""
    org = _org()
    left = org.daily_api_requests - org.api_requests_used
    return jsonify({"DailyApiRequests": {"Max": org.daily_api_requests, "Remaining": left}})


@blueprint.get("/services/data/<version>/sobjects")
def list_objects() -> Response:
    """List the objects."""
    return jsonify(
        {
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [sobject.summary(g.data_url) for sobject in OBJECTS],
        }
    )


def _sobject(name: str) -> SObject:
    sobject = find_object(name)
    if sobject is None:
        raise _not_found()
    return sobject


@blueprint.get("/services/data/<version>/sobjects/<name>/describe")
def describe(name: str) -> Response:
    """Describe an object with its fields."""
    return jsonify(_sobject(name).describe(g.data_url))


@blueprint.get("/services/data/<version>/sobjects/<name>/<record_id>")
def retrieve(name: str, record_id: str) -> Response:
    """Give one record, with all its fields or those asked for."""
    sobject = _sobject(name)
    for record in _org().records_of(sobject):
        if record_id in (record["Id"], str(record["Id"])[:15]):
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
        cursor = cursor or _org().keep_cursor(result)
        answer["nextRecordsUrl"] = f"{g.data_url}/query/{cursor}-{end}"
    return jsonify(answer)


@blueprint.get("/services/data/<version>/query")
def query() -> Response:
    """Run a query and give the first page."""
    text = request.args.get("q")
    if not text:
        raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
    return _page(run(parse(text), _org().records_of), 0, None)


@blueprint.get("/services/data/<version>/query/<locator>")
def query_more(locator: str) -> Response:
    """Give a later page of a query."""
    place = re.fullmatch(r"(\w+)-(\d{1,9})", locator, re.ASCII)
    result = _org().cursor(place[1]) if place else None
    if place is None or result is None or int(place[2]) >= len(result.records):
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(result, int(place[2]), place[1])
