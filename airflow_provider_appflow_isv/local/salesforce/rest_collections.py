"""Writing up to 200 records by one request ("sObject Collections", REST API Developer Guide)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.api import current_org, make_blueprint, sobject_named
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.ids import normal_id
from airflow_provider_appflow_isv.local.salesforce.objects import OBJECTS, find_object
from airflow_provider_appflow_isv.local.salesforce.rest_writes import (
    Result,
    author,
    create_record,
    external_id_field,
    json_object,
    succeeded,
    without_attributes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_appflow_isv.local.salesforce.schema import Field, SObject
    from airflow_provider_appflow_isv.local.salesforce.writes import Transaction

_MAX_RECORDS, _MAX_CHUNKS = 200, 10
_ROLLED_BACK = ApiError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)
_COLLECTIONS = "/services/data/<version>/composite/sobjects"

blueprint = make_blueprint("rest_collections")


class _TakeBack(Exception):
    """All of a request's writes are to be taken back."""


def _check_size(items: Sequence[object]) -> None:
    if len(items) > _MAX_RECORDS:
        message = f"record limit reached. cannot submit more than {_MAX_RECORDS} records into this call"
        raise ApiError("EXCEEDED_ID_LIMIT", message)


def _records() -> tuple[list[dict[str, Any]], bool]:
    """Return the records of the request's body, and whether all of them are to be written or none."""
    body = json_object()
    records, all_or_none = body.get("records"), body.get("allOrNone", False)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ApiError("JSON_PARSER_ERROR", "records: a JSON array of records is needed")
    if not isinstance(all_or_none, bool):
        raise ApiError("JSON_PARSER_ERROR", "allOrNone: true or false is needed")
    _check_size(records)
    types = [str(_type(record)).casefold() for record in records]
    if sum(1 for _ in itertools.groupby(types)) > _MAX_CHUNKS:
        message = f"Cannot have more than {_MAX_CHUNKS} chunks in a single operation. Please rearrange the data."
        raise ApiError("LIMIT_EXCEEDED", message)
    return records, all_or_none


def _type(record: dict[str, Any]) -> object:
    attributes = record.get("attributes")
    return attributes.get("type") if isinstance(attributes, dict) else None


def _sobject(record: dict[str, Any]) -> SObject:
    name = _type(record)
    sobject = find_object(name) if isinstance(name, str) else None
    if sobject is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported: name one in attributes.type")
    return sobject


def _table(record: dict[str, Any]) -> SObject:
    sobject = _sobject(record)
    if sobject.kind != "table":
        raise ApiError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {sobject.name} has no records to change")
    return sobject


def _id_of(item: object) -> str | None:
    return normal_id(_id(item) if isinstance(item, dict) else item)


def _id(record: dict[str, Any]) -> object:
    return next((value for name, value in record.items() if name.casefold() == "id"), None)


def _failed(item: object, error: ApiError) -> Result:
    record_id = _id_of(item)
    known = {} if record_id is None else {"id": record_id}
    return {**known, "success": False, "errors": [error.result()]}


def _each(items: Sequence[Any], write: Callable[[Transaction, Any], Result], *, all_or_none: bool) -> Response:
    """Write each of the items, and answer with what became of each."""
    results: list[Result] = []
    try:
        with current_org().store.transaction(author()) as transaction:
            for item in items:
                try:
                    results.append(write(transaction, item))
                except ApiError as error:
                    results.append(_failed(item, error))
            if all_or_none and not all(result["success"] for result in results):
                raise _TakeBack
    except _TakeBack:
        results = [
            _failed(item, _ROLLED_BACK) if result["success"] else result
            for item, result in zip(items, results, strict=True)
        ]
    return jsonify(results)


@blueprint.post(_COLLECTIONS)
def create() -> Response:
    """Create records."""

    def write(transaction: Transaction, record: dict[str, Any]) -> Result:
        return create_record(transaction, _sobject(record), without_attributes(record))

    records, all_or_none = _records()
    return _each(records, write, all_or_none=all_or_none)


@blueprint.patch(_COLLECTIONS)
def update() -> Response:
    """Change records."""

    def write(transaction: Transaction, record: dict[str, Any]) -> Result:
        sobject, record_id = _table(record), _id(record)
        if record_id is None:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call")
        values = {name: value for name, value in without_attributes(record).items() if name.casefold() != "id"}
        transaction.update(sobject, record_id, values)
        return succeeded(str(normal_id(record_id)))

    records, all_or_none = _records()
    return _each(records, write, all_or_none=all_or_none)


def _take_external_id(record: dict[str, Any], field: Field) -> tuple[str, dict[str, Any]]:
    """Return a record's external id, and its other values."""
    values = without_attributes(record)
    value = next((values.pop(name) for name in list(values) if name.casefold() == field.name.casefold()), None)
    if value is None or value == "":
        raise ApiError("MISSING_ARGUMENT", f"{field.name} not specified")
    if not isinstance(value, str):
        raise ApiError("JSON_PARSER_ERROR", f"{field.name}: a string is needed, got {value}")
    return value, values


@blueprint.patch(f"{_COLLECTIONS}/<name>/<field_name>")
def upsert(name: str, field_name: str) -> Response:
    """Change the records with the given external ids, or create them."""
    sobject = sobject_named(name)
    field = external_id_field(sobject, field_name)
    seen: set[str] = set()

    def write(transaction: Transaction, record: dict[str, Any]) -> Result:
        if _sobject(record) is not sobject:
            raise ApiError("INVALID_TYPE", f"attributes.type: {_type(record)} is not the {sobject.name} of the request")
        value, values = _take_external_id(record, field)
        if value.casefold() in seen:
            raise ApiError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", fields=(field.name,))
        seen.add(value.casefold())
        record_id, outcome = transaction.upsert(sobject, field.name, value, values)
        return succeeded(record_id, created=outcome == "created")

    records, all_or_none = _records()
    return _each(records, write, all_or_none=all_or_none)


@blueprint.delete(_COLLECTIONS)
def delete() -> Response:
    """Put records into the recycle bin."""

    def write(transaction: Transaction, record_id: str) -> Result:
        sobject = next((one for one in OBJECTS if record_id.startswith(one.key_prefix)), None)
        if sobject is None:
            raise ApiError("MALFORMED_ID", f"malformed id {record_id}")
        transaction.delete(sobject, record_id)
        return succeeded(str(normal_id(record_id)))

    ids = [part.strip() for part in request.args.get("ids", "").split(",") if part.strip()]
    if not ids:
        raise ApiError("MISSING_ARGUMENT", "ids: the ids of the records to delete are needed, separated by commas")
    _check_size(ids)
    return _each(ids, write, all_or_none=request.args.get("allOrNone", "false").lower() == "true")
