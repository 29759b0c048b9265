"""What a caller writes into a record: checked, and brought into the shape in which records hold it.

Codes and messages: "Core Data Types Used in API Calls", SOAP API Developer Guide, and what the REST API is seen to
answer; where it adds the place in the request (``at [line:1, column:129]``), this leaves it out.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.ids import normal_id
from airflow_provider_appflow_isv.local.salesforce.objects import OBJECTS, STAGE_PROBABILITY
from airflow_provider_appflow_isv.local.salesforce.records import USER_PREFIX, Record, Value, format_datetime
from airflow_provider_appflow_isv.local.salesforce.schema import NUMBER_TYPES, TEXT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_appflow_isv.local.salesforce.schema import Field, SObject

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:?\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_LARGEST_INT, _LARGEST_NUMBER = 2**31 - 1, 10**18
_YEARS = range(1700, 4001)
_PREFIXES = {"User": USER_PREFIX, **{sobject.name: sobject.key_prefix for sobject in OBJECTS}}


def _token(value: object) -> str:
    """Return what a JSON parser calls a value."""
    match value:
        case bool():
            return "VALUE_TRUE" if value else "VALUE_FALSE"
        case int():
            return "VALUE_NUMBER_INT"
        case float():
            return "VALUE_NUMBER_FLOAT"
        case str():
            return "VALUE_STRING"
        case list():
            return "START_ARRAY"
        case _:
            return "START_OBJECT"


def _misfit(field: Field, value: object) -> ApiError:
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {field.type} from {_token(value)} value {value} "
        "or request may be missing a required field",
    )


def _refused(field: Field, code: str, problem: str) -> ApiError:
    return ApiError(code, f"{field.label}: {problem}", fields=(field.name,))


def _text(field: Field, value: object) -> Value:
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise _misfit(field, value)
    if len(value) > field.length:
        problem = f"data value too large: {value} (max length={field.length})"
        raise _refused(field, "STRING_TOO_LONG", problem)
    if value and field.type == "email" and _EMAIL.fullmatch(value) is None:
        raise _refused(field, "INVALID_EMAIL_ADDRESS", f"invalid email address: {value}")
    if value and field.restricted and value not in field.values:
        problem = f"bad value for restricted picklist field: {value}"
        raise _refused(field, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", problem)
    return value or None  # Salesforce keeps no empty text


def _number(field: Field, value: object) -> Value:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if (
        isinstance(value, bool) or not isinstance(value, int | float) or value != value
    ):  # NaN, which JSON lacks but Python has
        raise _misfit(field, value)
    largest = _LARGEST_INT if field.type == "int" else _LARGEST_NUMBER
    if abs(value) > largest:
        problem = f"value outside of valid range on numeric field: {value}"
        raise _refused(field, "NUMBER_OUTSIDE_VALID_RANGE", problem)
    if field.type == "int" and value != int(value):
        raise _misfit(field, value)
    return int(value) if field.type == "int" else float(value)


def _boolean(field: Field, value: object) -> Value:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise _misfit(field, value)
    return value


def _time(field: Field, value: object) -> Value:
    shape = _DATE if field.type == "date" else _DATETIME
    if not isinstance(value, str) or shape.fullmatch(value) is None or int(value[:4]) not in _YEARS:
        raise _misfit(field, value)
    try:
        if field.type == "date":
            return date.fromisoformat(value).isoformat()
        return format_datetime(datetime.fromisoformat(value))
    except ValueError:
        raise _misfit(field, value) from None


def _reference(field: Field, value: object) -> Value:
    if not isinstance(value, str):
        raise _misfit(field, value)
    found = normal_id(value)
    if found is None or not found.startswith(_PREFIXES[str(field.refers_to)]):
        raise _refused(field, "MALFORMED_ID", f"id value of incorrect type: {value}")
    return found


def _typed(field: Field, value: object) -> Value:
    if value is None:
        return None
    if field.type in TEXT_TYPES:
        return _text(field, value)
    if field.type in NUMBER_TYPES:
        return _number(field, value)
    if field.type == "boolean":
        return _boolean(field, value)
    return _reference(field, value) if field.type == "reference" else _time(field, value)


def checked(sobject: SObject, given: Mapping[str, object]) -> Record:
    """Check what a caller gives for a record's fields.

    :param sobject: the record's object.
    :param given: values by field name, in any case, as parsed from JSON.
    :return: the values by the fields' own names, as records hold them.
    :raises ApiError: ``INVALID_FIELD``, ``INVALID_FIELD_FOR_INSERT_UPDATE``, or for a value ``JSON_PARSER_ERROR``,
        ``STRING_TOO_LONG``, ``MALFORMED_ID`` and others.
    """
    fields = {}
    for name, value in given.items():
        field = sobject.find_field(name)
        if field is None:
            raise ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
        fields[field] = value
    read_only = tuple(field.name for field in fields if not field.writable)
    if read_only:
        raise ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(read_only)}. Please check the security settings of this "
            "field and verify that it is read/write for your profile or permission set.",
            fields=read_only,
        )
    return {field.name: _typed(field, value) for field, value in fields.items()}


def require(sobject: SObject, values: Mapping[str, Value], *, new: bool) -> None:
    """Check that no field goes without a value that needs one.

    :param sobject: the record's object.
    :param values: what :func:`checked` returned.
    :param new: whether the record is being created, so that it needs every required field.
    :raises ApiError: ``REQUIRED_FIELD_MISSING`` with all those fields.
    """
    missing = tuple(
        field.name
        for field in sobject.fields
        if (field.name in values or (new and field.required)) and not field.nillable and values.get(field.name) is None
    )
    if missing:
        raise ApiError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", fields=missing)


def derived(sobject: SObject, record: Mapping[str, Value], written: Mapping[str, Value]) -> Record:
    """Return the fields that the org works out from others.

    :param sobject: the record's object.
    :param record: the record as it will be.
    :param written: the fields that are being written.
    """
    if sobject.name == "Contact":
        return {"Name": " ".join(str(part) for part in (record["FirstName"], record["LastName"]) if part)}
    if sobject.name == "Opportunity" and "StageName" in written:
        stage = str(written["StageName"])
        values: Record = {"IsClosed": stage.startswith("Closed"), "IsWon": stage == "Closed Won"}
        return values if "Probability" in written else {**values, "Probability": float(STAGE_PROBABILITY[stage])}
    return {}
