"""What a filter's value or a record's value means under a data type.

AppFlow publishes no list of data types. The names here are those of connectors and of public clients; any other (id,
picklist, CSV, ...) means text. Dates in filters are milliseconds since the epoch, as cdk-appflow and Airflow's amazon
provider send them. Inferred: how values of files are read, where empty text counts as null.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from airflow_provider_appflow_isv.local.appflow.values import text_of

Kind = Literal["string", "number", "boolean", "date", "datetime"]
Value = str | Decimal | bool | date

INTEGERS = frozenset({"byte", "short", "int", "integer", "long", "biginteger"})
DECIMALS = frozenset({"float", "double", "decimal", "bigdecimal", "number", "currency", "percent"})
_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    **dict.fromkeys(INTEGERS | DECIMALS, "number"),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


def kind_of(data_type: str) -> Kind:
    """Return how values of a data type compare; any name that is not known means text."""
    return _KINDS.get(data_type.lower(), "string")


def parse(kind: Kind, text: str) -> Value:
    """Return the value of a filter.

    :raises ValueError: if the text is none of that kind.
    """
    if kind == "string":
        return text
    if kind == "number":
        return _number(text)
    if kind == "boolean":
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    moment = _from_milliseconds(int(text))
    return moment if kind == "datetime" else moment.date()


def read(kind: Kind, value: Any) -> Value | None:
    """Return a record's value as that kind, None for null, empty text and what is none of that kind.

    A moment is ISO 8601 (UTC unless it says otherwise) or milliseconds since the epoch.
    """
    text = text_of(value)
    if not text:
        return None
    if kind == "string":
        return text
    text = text.strip()
    try:
        if kind == "number":
            return _number(text)
        if kind == "boolean":
            return _BOOLEANS.get(text.lower())
        moment = _from_milliseconds(int(text)) if _WHOLE.fullmatch(text) else _from_iso(text)
    except ValueError:
        return None
    return moment if kind == "datetime" else moment.date()


def format_datetime(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None  # an exponent beyond all bounds


def _from_milliseconds(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise ValueError(str(milliseconds)) from None


def _from_iso(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None
