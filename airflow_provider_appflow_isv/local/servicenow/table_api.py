"""The Table API of an instance ("Table API", ServiceNow documentation), read only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, request

from airflow_provider_appflow_isv.local.servicenow.encoded_query import Condition, Query, parse
from airflow_provider_appflow_isv.local.servicenow.errors import ApiError
from airflow_provider_appflow_isv.local.servicenow.evaluate import run
from airflow_provider_appflow_isv.local.servicenow.instance import Instance
from airflow_provider_appflow_isv.local.servicenow.presentation import Presentation, display_mode
from airflow_provider_appflow_isv.local.servicenow.snapshot import Snapshot

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow.principals import User

_DEFAULT_LIMIT = 10_000
_FAULTS: dict[int, tuple[str, str]] = {
    429: ("Rate limit exceeded", "the local ServiceNow was told to fail"),
    500: ("Transaction cancelled: maximum execution time exceeded", "the local ServiceNow was told to fail"),
    503: ("Service Unavailable", "the local ServiceNow was told to fail"),
}

blueprint = Blueprint("table_api", __name__)


def _instance() -> Instance:
    assert isinstance(g.instance, Instance)  # the blueprint is only served below an instance
    return g.instance


def _user(instance: Instance) -> User | None:
    presented = request.authorization
    if presented is None:
        return None
    if presented.type == "bearer" and presented.token:
        access = instance.access_tokens.find(presented.token)
        return None if access is None else instance.active_user(access.username)
    if presented.type == "basic" and presented.username is not None and presented.password is not None:
        return instance.authenticate(presented.username, presented.password)
    return None


@blueprint.before_request
def _check_request() -> None:
    instance = _instance()
    fault = instance.faults.next()
    if fault is not None:
        raise ApiError(*_FAULTS[fault], fault)
    user = _user(instance)
    if user is None:
        raise ApiError("User Not Authenticated", "Required to provide Auth information", 401)
    g.user = user
    accepted = request.accept_mimetypes
    if accepted and accepted.best_match(["application/json"]) is None:
        raise ApiError("Accept: the local ServiceNow answers in application/json only", None, 406)


def _check_table(name: str) -> None:
    if _instance().database.schema.get(name) is None:
        raise ApiError(f"Invalid table {name}", None, 400)
    if name in g.user.denied_tables:
        raise ApiError("User Not Authorized", "Failed API level ACL Validation", 403)


def _whole_number(name: str, default: int, least: int) -> int:
    text = request.args.get(name)
    if not text:
        return default
    if re.fullmatch(r"\d{1,9}", text, re.ASCII) is None or int(text) < least:
        raise ApiError(f"{name}: {text!r} is no whole number from {least} to 999999999", None, 400)
    return int(text)


def _flag(name: str) -> bool:
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise ApiError(f"{name}: {text!r} is neither true nor false", None, 400)
    return text == "true"


def _query() -> Query:
    """Return the encoded query, or else what the pairs of column and value ask for."""
    text = request.args.get("sysparm_query")
    if text is not None:
        return parse(text)
    pairs = [(name, value) for name, value in request.args.items() if not name.startswith("sysparm_")]
    return Query((tuple((Condition(name, "=", value),) for name, value in pairs),))


def _presentation(table: str, snapshot: Snapshot) -> Presentation:
    fields = request.args.get("sysparm_fields")
    return Presentation(
        snapshot,
        table,
        _instance().url,
        tuple(name.strip() for name in fields.split(",")) if fields else (),
        display_mode(request.args.get("sysparm_display_value")),
        with_links=not _flag("sysparm_exclude_reference_link"),
    )


def _link_header(limit: int, offset: int, total: int) -> str:
    """Return the links to the other pages, none if there is one page only."""
    last = (total - 1) // limit * limit
    places = {
        "first": 0 if total > limit or offset else None,
        "prev": max(offset - limit, 0) if offset else None,
        "next": offset + limit if offset + limit < total else None,
        "last": max(last, 0) if total > limit or offset else None,
    }
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in ("sysparm_limit", "sysparm_offset")
    ]
    address = f"{_instance().url}{request.path[request.path.index('/api/now') :]}"
    return ",".join(
        f'<{address}?{urlencode([*kept, ("sysparm_limit", limit), ("sysparm_offset", place)])}>;rel="{relation}"'
        for relation, place in places.items()
        if place is not None
    )


@blueprint.get("/table/<table>")
def retrieve_records(table: str) -> Response:
    """Give a page of the records that a query finds."""
    _check_table(table)
    instance = _instance()
    limit = _whole_number("sysparm_limit", _DEFAULT_LIMIT, 1)
    offset = _whole_number("sysparm_offset", 0, 0)
    snapshot = Snapshot(instance.database)
    presentation = _presentation(table, snapshot)
    found = run(
        _query(),
        table,
        instance.database.all_rows(table),
        snapshot,
        strict=instance.invalid_query_returns_no_rows,
    )
    answer = jsonify({"result": [presentation.show(record) for record in found[offset : offset + limit]]})
    if not _flag("sysparm_no_count"):
        answer.headers["X-Total-Count"] = str(len(found))
    links = _link_header(limit, offset, len(found))
    if links and not _flag("sysparm_suppress_pagination_header"):
        answer.headers["Link"] = links
    return answer


@blueprint.get("/table/<table>/<sys_id>")
def retrieve_record(table: str, sys_id: str) -> Response:
    """Give one record."""
    _check_table(table)
    database = _instance().database
    for record in database.all_rows(table):
        if record["sys_id"] == sys_id:
            return jsonify({"result": _presentation(table, Snapshot(database)).show(record)})
    raise ApiError("No Record found", "Record doesn't exist or ACL restricts the record retrieval", 404)
