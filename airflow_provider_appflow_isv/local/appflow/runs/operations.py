"""What the tasks do to values: Mask, Truncate, Merge, Arithmetic, Validate and the data types of Map.

Stated publicly: the operators, masking from either end, truncation to a length; of a compound value, Truncate leaves
empty text and Mask null (AppFlow user guide, "ServiceNow"). Inferred, as no public text says it: MASK_ALL masks every
character and has no use for MASK_LENGTH; CONCAT_FORMAT is a template with ``${field}`` or else a separator; what cannot
be computed or converted becomes null, which a Validate task is there to catch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

from airflow_provider_appflow_isv.local.appflow.values import text_of

from .data_types import DECIMALS, INTEGERS, Value, format_datetime, read

PLACEHOLDER = re.compile(r"\$\{([^{}]+)\}")
_MAX_INTEGER_DIGITS = 38  # as many as any database holds; a number such as 1e999999 is none for an integer
_MATH = Context(prec=34)
_ARITHMETIC: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "ADDITION": _MATH.add,
    "SUBTRACTION": _MATH.subtract,
    "MULTIPLICATION": _MATH.multiply,
    "DIVISION": _MATH.divide,
}
_RULES: dict[str, Callable[[Value | None, Decimal | None], bool]] = {
    "VALIDATE_NON_NULL": lambda text, _: text is not None,
    "VALIDATE_NON_ZERO": lambda _, number: number is None or number != 0,
    "VALIDATE_NON_NEGATIVE": lambda _, number: number is None or number >= 0,
    "VALIDATE_NUMERIC": lambda text, number: text is None or number is not None,
}


def mask(value: Any, operator: str, length: int, character: str) -> str | None:
    """Return a value with characters replaced; null and compound values become null.

    :param operator: MASK_ALL, MASK_FIRST_N or MASK_LAST_N.
    :param length: N; MASK_ALL does not look at it.
    :param character: what replaces each.
    """
    text = None if isinstance(value, dict | list) else text_of(value)
    if text is None:
        return None
    hidden = len(text) if operator == "MASK_ALL" else min(length, len(text))
    shown = len(text) - hidden
    return text[:shown] + character * hidden if operator == "MASK_LAST_N" else character * hidden + text[hidden:]


def truncate(value: Any, length: int) -> Any:
    """Return a value's first characters; what is short enough stays as it is, compound values become empty text."""
    if isinstance(value, dict | list):
        return ""
    text = text_of(value)
    return value if text is None or len(text) <= length else text[:length]


def merge(values: Mapping[str, Any], fields: Sequence[str], concat_format: str) -> str | None:
    """Return several fields as one text, in which null is empty; null if all of them are null.

    :param values: values by field.
    :param fields: the fields, in order.
    :param concat_format: a template, ``${field}`` standing for a field, or a separator if it has no such part.
    """
    texts = {field: text_of(values.get(field)) for field in fields}
    if all(text is None for text in texts.values()):
        return None
    if PLACEHOLDER.search(concat_format):
        return PLACEHOLDER.sub(lambda match: texts[match[1]] or "", concat_format)
    return concat_format.join(texts[field] or "" for field in fields)


def calculate(values: Mapping[str, Any], operator: str, left: str, right: str) -> Decimal | None:
    """Return the result of ADDITION, SUBTRACTION, MULTIPLICATION or DIVISION, of 34 significant digits.

    Null if an operand is null or no number, or if there is no result, as in a division by zero.
    """
    operands = [read("number", values.get(field)) for field in (left, right)]
    first, second = operands
    if not isinstance(first, Decimal) or not isinstance(second, Decimal):
        return None
    try:
        return _ARITHMETIC[operator](first, second)
    except ArithmeticError:
        return None


def is_valid(value: Any, rule: str) -> bool:
    """Say whether a value passes a rule. Null, and empty text as CSV has it, breaks VALIDATE_NON_NULL only.

    :param rule: VALIDATE_NON_NULL, VALIDATE_NON_ZERO, VALIDATE_NON_NEGATIVE or VALIDATE_NUMERIC.
    """
    number = read("number", value)
    return _RULES[rule](read("string", value), number if isinstance(number, Decimal) else None)


def convert(value: Any, data_type: str) -> Any:
    """Return a value as another data type has it; null if it has no meaning there.

    :param data_type: one of the texts, numbers, booleans and moments; a value stays as it is under any other name.
    """
    name = data_type.lower()
    if name == "string":
        return text_of(value)
    if name in INTEGERS:
        number = read("number", value)
        return int(number) if isinstance(number, Decimal) and number.adjusted() < _MAX_INTEGER_DIGITS else None
    if name in DECIMALS:
        return read("number", value)
    if name == "boolean":
        return read("boolean", value)
    if name == "date":
        day = read("date", value)
        return None if day is None else str(day)
    if name == "datetime":
        moment = read("datetime", value)
        return format_datetime(moment) if isinstance(moment, datetime) else None
    return value
