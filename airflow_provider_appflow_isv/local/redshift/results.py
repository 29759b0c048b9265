"""Results as GetStatementResult shows them."""

from __future__ import annotations

import base64
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .columns import Column
    from .database import Result

_TEXTS = ("varchar", "bpchar", "super")
_NUMBERS = ("int2", "int4", "int8", "float4", "float8", "numeric")


def fields(row: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Write a row as a list of Data API fields (Redshift Data API reference, ``Field``)."""
    return [_field(value) for value in row]


def metadata(column: Column) -> dict[str, Any]:
    """Describe a result's column (Redshift Data API reference, ``ColumnMetadata``)."""
    return {
        "name": column.name,
        "label": column.name,
        "typeName": column.type,
        "nullable": 1,
        "precision": column.precision or column.length or 0,
        "scale": column.scale or 0,
        "length": column.length or 0,
        "isCaseSensitive": column.type in _TEXTS,
        "isCurrency": False,
        "isSigned": column.type in _NUMBERS,
        "schemaName": "",
        "tableName": "",
    }


def size(result: Result) -> int:
    """Count the bytes of a result's values as text."""
    return sum(len(_text(value).encode()) for row in result.rows for value in row if value is not None)


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, bytes):
        return {"blobValue": base64.b64encode(value).decode()}
    return {"stringValue": _text(value)}


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _moment(value)
    return str(value)


def _moment(value: datetime) -> str:
    """As the engine prints it: a space in the middle, no zeros at the end, the zone as +00."""
    text = value.replace(tzinfo=None).isoformat(" ")
    text = text.rstrip("0") if value.microsecond else text
    return text if value.tzinfo is None else f"{text}+00"
