"""Writing single records over REST: create, update, delete and upsert ("sObject Rows", REST API Developer Guide)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Response, g, jsonify, request

from airflow_provider_appflow_isv.local.salesforce.api import current_org, make_blueprint, sobject_named
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.ids import make_id
from airflow_provider_appflow_isv.local.salesforce.writes import Author

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.schema import Field, SObject
    from airflow_provider_appflow_isv.local.salesforce.writes import Transaction

Result = dict[str, Any]

blueprint = make_blueprint("rest_writes")


def author() -> Author:
    """Return who writes by this request, and with which API."""
    version = g.data_url.rpartition("/v")[2]
    options = request.headers.get("Sforce-Call-Options", "")
    client = next((part.strip() for part in options.split(",") if part.strip().startswith("client=")), None)
    origin = f"com/salesforce/api/rest/{version}"
    return Author(current_org().users[g.session.username].user_id, f"{origin};{client}" if client else origin)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def json_object() -> dict[str, Any]:
    """Return the request's body, a JSON object.

    :raises ApiError: ``JSON_PARSER_ERROR`` or, for another kind of content, ``UNSUPPORTED_MEDIA_TYPE``.
    """
    if not request.is_json:
        message = f"Content-Type header specified in HTTP request is not supported: {request.content_type}"
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", message, 415)
    try:
        body = json.loads(request.get_data(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError("JSON_PARSER_ERROR", f"The request body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise ApiError("JSON_PARSER_ERROR", "The request body must be a JSON object")
    return body


def succeeded(record_id: str, **more: object) -> Result:
    """Return the result of a write that was done.

    :param record_id: the record's id.
    :param more: what else the result tells.
    """
    return {"id": record_id, "success": True, "errors": [], **more}


def create_record(transaction: Transaction, sobject: SObject, values: dict[str, Any]) -> Result:
    """Create a record or publish a platform event.

    :param transaction: what the write belongs to; a platform event is out at once, whatever comes of it.
    :param sobject: the object.
    :param values: values by field name.
    :return: the result.
    :raises ApiError: if Salesforce would refuse it.
    """
    if sobject.kind == "table":
        return succeeded(transaction.insert(sobject, values))
    if sobject.kind == "change_event":
        raise ApiError(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type {sobject.name} can't be created", fields=()
        )
    org = current_org()
    replay_id, event_id = org.publish_event(sobject, values, author())
    enqueued = {"statusCode": "OPERATION_ENQUEUED", "message": event_id, "fields": []}
    return {"id": make_id(sobject.key_prefix, org.name, replay_id), "success": True, "errors": [enqueued]}


def without_attributes(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record's values without the ``attributes`` that may stand beside them.

    :param record: the record as sent.
    """
    return {name: value for name, value in record.items() if name != "attributes"}


def external_id_field(sobject: SObject, name: str) -> Field:
    """Return the field that an upsert finds its record by.

    :param sobject: the object.
    :param name: the field, in any case.
    :raises ApiError: ``NOT_FOUND`` if it is no external id.
    """
    field = sobject.find_field(name)
    if field is None or not field.external_id:
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}", 404)
    return field


def _with_records(name: str) -> SObject:
    sobject = sobject_named(name)
    if sobject.kind != "table":
        message = f"HTTP Method '{request.method}' not allowed. Allowed are HEAD,GET,POST"
        raise ApiError("METHOD_NOT_ALLOWED", message, 405)
    return sobject


@blueprint.post("/services/data/<version>/sobjects/<name>")
def create(name: str) -> tuple[Response, int]:
    """Create a record or publish a platform event."""
    sobject, values = sobject_named(name), without_attributes(json_object())
    with current_org().store.transaction(author()) as transaction:
        return jsonify(create_record(transaction, sobject, values)), 201


def _check_known(transaction: Transaction, sobject: SObject, record_id: str) -> None:
    if transaction.known(sobject, record_id) is None:
        raise ApiError("NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {record_id}", 404)


@blueprint.patch("/services/data/<version>/sobjects/<name>/<record_id>")
def update(name: str, record_id: str) -> Response:
    """Change a record."""
    sobject, values = _with_records(name), without_attributes(json_object())
    with current_org().store.transaction(author()) as transaction:
        _check_known(transaction, sobject, record_id)
        transaction.update(sobject, record_id, values)
    return Response(status=204)


@blueprint.delete("/services/data/<version>/sobjects/<name>/<record_id>")
def delete(name: str, record_id: str) -> Response:
    """Put a record into the recycle bin."""
    sobject = _with_records(name)
    with current_org().store.transaction(author()) as transaction:
        _check_known(transaction, sobject, record_id)
        transaction.delete(sobject, record_id)
    return Response(status=204)


@blueprint.patch("/services/data/<version>/sobjects/<name>/<field_name>/<path:value>")
def upsert(name: str, field_name: str, value: str) -> tuple[Response, int]:
    """Change the record with an external id, or create it."""
    sobject, values = _with_records(name), without_attributes(json_object())
    field = external_id_field(sobject, field_name)
    if any(given.casefold() == field.name.casefold() for given in values):
        raise ApiError("INVALID_FIELD", f"The {field.name} field should not be specified in the sobject data.")
    with current_org().store.transaction(author()) as transaction:
        record_id, outcome = transaction.upsert(sobject, field.name, value, values)
    created = outcome == "created"
    return jsonify(succeeded(record_id, created=created)), 201 if created else 200
