"""Values put into a column's type, by COPY's rules.

Facts: Redshift developer guide, "Data conversion parameters" (blank fields are NULL except in text columns; decimals
are cut to the column's scale), "Load error reference" (codes), "BOOLEAN type", "SUPER type".
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_DOWN, Context, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .columns import Column

_INTEGERS = {"int2": ("Short", 2), "int4": ("Integer", 4), "int8": ("Long", 8)}  # name in messages, bytes
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_BOOLEANS = {
    **dict.fromkeys(("t", "true", "y", "yes", "1"), "true"),
    **dict.fromkeys(("f", "false", "n", "no", "0"), "false"),
}
_MAX_DIGITS = 400  # more than any type has; keeps a long text from becoming a huge number


class ConversionError(ValueError):
    """A value is not of the column's type.

    :param code: Redshift's load error code.
    :param reason: its reason, as ``stl_load_errors`` says it.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def convert(value: object, column: Column) -> str | None:
    """Convert one value for loading.

    :param value: text as a CSV file has it, or what a JSON file has: text, a number, a boolean, None, a list, a dict.
        Dates, times and Decimals go as well.
    :param column: the column that the value is for.
    :return: the value as text that means the same in the column's type, None for NULL.
    :raises ConversionError: if the value is not of that type, does not fit, or is NULL where the column has none.
    """
    text = _text(value)
    if text is not None and column.type not in ("varchar", "bpchar"):
        text = text.strip() or None
    if text is None:
        if not column.nullable:
            raise ConversionError(1213, "Missing data for not-null field")
        return None
    parse = _PARSERS.get(column.type)
    if parse is None:
        raise ConversionError(1223, f"The local Redshift can't load columns of type {column.type}")
    return parse(text, column)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _integer(text: str, column: Column) -> str:
    name, size = _INTEGERS[column.type]
    if not _INTEGER.fullmatch(text):
        raise _invalid_digit(text, name)
    limit = 1 << (8 * size - 1)
    if len(text) > _MAX_DIGITS or not -limit <= int(text) < limit:
        raise ConversionError(1222, f"Overflow, Value '{text[:32]}', Type: {name}")
    return str(int(text))


def _invalid_digit(text: str, type_name: str) -> ConversionError:
    place = next((n for n, sign in enumerate(text) if not (sign.isdecimal() or (n == 0 and sign in "+-"))), len(text))
    wrong = text[place : place + 1]
    return ConversionError(1207, f"Invalid digit, Value '{wrong}', Pos {place}, Type: {type_name}")


def _decimal(text: str, column: Column) -> str:
    precision, scale = column.precision or 18, column.scale or 0
    if not _NUMBER.fullmatch(text):
        raise _invalid_digit(text, "Decimal")
    number = Decimal(text)
    if number and number.adjusted() >= precision - scale:
        limits = f"Decimal({precision},{scale})"
        raise ConversionError(1204, f"Numeric data overflow, Value '{text[:32]}', Type: {limits}")
    return f"{number.quantize(Decimal(1).scaleb(-scale), ROUND_DOWN, Context(prec=precision + 1)):f}"


def _real(text: str, column: Column) -> str:
    if not _NUMBER.fullmatch(text) and not _NOT_FINITE.fullmatch(text):
        raise ConversionError(1208, f"Invalid value '{text[:32]}', Type: {column.type}")
    number = float(text)
    too_big = number in (float("inf"), float("-inf")) and not _NOT_FINITE.fullmatch(text)
    if column.type == "float4" and not too_big:
        try:
            struct.pack("<f", number)
        except OverflowError:
            too_big = True
    if too_big:
        raise ConversionError(1204, f"Value out of range '{text[:32]}', Type: {column.type}")
    return repr(number)


def _boolean(text: str, _: Column) -> str:
    known = _BOOLEANS.get(text.lower())
    if known is None:
        raise ConversionError(1210, "Unknown boolean format")
    return known


def _date(text: str, _: Column) -> str:
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        raise ConversionError(1205, "Invalid Date Format - length must be 10 or more") from None


def _timestamp(text: str, column: Column) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConversionError(1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]") from None
    if column.type == "timestamp":
        moment = moment.replace(tzinfo=None)  # the zone of a text is not looked at, as in PostgreSQL
    return moment.isoformat(" ")


def _time(text: str, _: Column) -> str:
    try:
        return time.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError:
        raise ConversionError(1206, "Invalid time format or value [HH24:MI:SS]") from None


def _super(text: str, _: Column) -> str:
    try:
        json.loads(text)
    except ValueError:
        raise ConversionError(1224, "The value is not well-formed JSON, as a SUPER column needs it") from None
    return text


def _characters(text: str, column: Column) -> str:
    if "\0" in text:
        raise ConversionError(1218, "Invalid null byte - field longer than 1 byte")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ConversionError(1220, "String contains invalid or unsupported UTF8 codepoints") from None
    if column.length is not None and size > column.length:
        raise ConversionError(1204, "String length exceeds DDL length")
    return text


_PARSERS: dict[str, Callable[[str, Column], str]] = {
    **dict.fromkeys(_INTEGERS, _integer),
    "numeric": _decimal,
    "float4": _real,
    "float8": _real,
    "bool": _boolean,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "super": _super,
    "varchar": _characters,
    "bpchar": _characters,
}
