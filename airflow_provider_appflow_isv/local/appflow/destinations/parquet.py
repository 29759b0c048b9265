"""Records as Parquet files: all columns text, or typed, with one schema for all files of a run.

Facts: AppFlow API reference, S3OutputFormatConfig: with preserveSourceDataTyping an integer stays an integer. Inferred:
a column has the type that the source declares, or else the one that all its values in the run share; a column with a
value that such a type would change (an integer beyond 64 bits, a number beyond a double's digits) is text; so are dates
and moments, as the source spells them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_appflow_isv.local.appflow.runs.data_types import INTEGERS, kind_of, read
from airflow_provider_appflow_isv.local.appflow.values import text_of, unicode_text

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import Page, Record

ColumnType = Literal["boolean", "long", "double", "string"]

_LONG_DIGITS = 19


def schema_of(pages: Sequence[Page]) -> dict[str, ColumnType]:
    """Return the types of a run's columns.

    :param pages: all pages of the run.
    """
    declared = {column: name for page in pages for column, name in page.types.items()}
    columns = dict.fromkeys(column for page in pages for column in page.columns)
    return {
        column: _column_type([record.get(column) for page in pages for record in page.records], declared.get(column))
        for column in columns
    }


def parquet(records: Sequence[Record], columns: Sequence[str], schema: Mapping[str, ColumnType]) -> bytes:
    """Return the content of one file; null stays null, compound values are JSON text.

    :param records: the records.
    :param columns: the fields, in order.
    :param schema: types of columns; a column that it does not name is text.
    :raises RunFailedError: for a text that is no Unicode.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"boolean": pa.bool_(), "long": pa.int64(), "double": pa.float64(), "string": pa.string()}
    arrays = []
    for column in columns:
        kind = schema.get(column, "string")
        cells = [_cell(record.get(column), kind) for record in records]
        if kind == "string":
            cells = [unicode_text(cell, column) for cell in cells]
        arrays.append(pa.array(cells, types[kind]))
    target = io.BytesIO()
    pq.write_table(pa.table(arrays, names=[unicode_text(column, column) for column in columns]), target)
    return target.getvalue()


def _column_type(values: Sequence[Any], declared: str | None) -> ColumnType:
    kind = _shared_type(values) if declared is None else _type_named(declared)
    try:
        for value in values:
            _cell(value, kind)
    except ValueError:
        return "string"
    return kind


def _type_named(data_type: str) -> ColumnType:
    kind = kind_of(data_type)
    if kind == "number":
        return "long" if data_type.lower() in INTEGERS else "double"
    return "boolean" if kind == "boolean" else "string"


def _shared_type(values: Iterable[Any]) -> ColumnType:
    found = {type(value) for value in values if value is not None}
    if found == {bool}:
        return "boolean"
    if found == {int}:
        return "long"
    return "double" if found and found <= {int, float, Decimal} else "string"


def _cell(value: Any, kind: ColumnType) -> Any:
    """Return a value as a column of that type has it.

    :raises ValueError: if the value would not be the same there.
    """
    if value is None or kind == "string":
        return text_of(value)
    if value == "":
        return None  # as ServiceNow, whose values are texts, has no value
    if kind == "boolean":
        truth = read("boolean", value)
        if truth is None:
            raise ValueError(value)
        return truth
    number = read("number", value)
    if not isinstance(number, Decimal):
        raise ValueError(value)
    exact = _long(number) if kind == "long" else float(number)
    if Decimal(repr(exact)) != number:
        raise ValueError(value)
    return exact


def _long(number: Decimal) -> int:
    if number.adjusted() >= _LONG_DIGITS or not -(2**63) <= number < 2**63:
        raise ValueError(number)
    return int(number)
