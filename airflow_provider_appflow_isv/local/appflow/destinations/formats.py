"""Records to and from file contents: JSON Lines, CSV and Parquet (AppFlow user guide, "Amazon S3")."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import text_of, to_json

Record = dict[str, Any]


def encode(records: Sequence[Record], columns: Sequence[str], file_type: str, *, typed: bool = False) -> bytes:
    """Return the content of one object.

    JSON is JSON Lines, UTF-8, null staying null. CSV has a header row, null is empty, compound values are JSON text.
    Parquet has string columns, null staying null, unless typed: then a column whose values are all booleans, integers
    or numbers keeps that type.

    :param records: the records, already mapped.
    :param columns: the fields, in order.
    :param file_type: ``JSON``, ``CSV`` or ``PARQUET``.
    :param typed: preserveSourceDataTyping, for Parquet; default False.
    """
    if file_type == "CSV":
        return _csv(records, columns)
    if file_type == "PARQUET":
        return _parquet(records, columns, typed)
    return "".join(f"{to_json(record)}\n" for record in records).encode()


def decode(content: bytes, file_type: str) -> list[Record]:
    """Return the records of one source file: CSV with a header row, or JSON (lines, or one list or object).

    :raises RunFailedError: if the content is not of that type.
    """
    try:
        text = content.decode("utf-8-sig")
        if file_type == "CSV":
            rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
            if any(None in row for row in rows):
                raise ValueError("a row has more cells than the header")
            return rows
        return _json_records(text)
    except (ValueError, csv.Error) as error:
        raise RunFailedError(f"The source file is not {file_type}: {error}") from None


def _json_records(text: str) -> list[Record]:
    try:
        records = [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line.strip()]
    except ValueError:  # not one value a line, so one value over many lines
        whole = json.loads(text, parse_float=Decimal)
        records = whole if isinstance(whole, list) else [whole]
    if len(records) == 1 and isinstance(records[0], list):
        records = records[0]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("a record is no object")
    return records


def _csv(records: Sequence[Record], columns: Sequence[str]) -> bytes:
    lines: list[str] = []
    # The writer quotes a carriage return only if line ends have one, so they have one until they are joined.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([text_of(record.get(column)) for column in columns] for record in records)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()


def _parquet(records: Sequence[Record], columns: Sequence[str], typed: bool) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "str": pa.string()}
    arrays = []
    for column in columns:
        values = [record.get(column) for record in records]
        kind = _kind(values) if typed else "str"
        cells = [float(v) if v is not None else None for v in values] if kind == "float" else values
        arrays.append(pa.array(list(map(text_of, values)) if kind == "str" else cells, types[kind]))
    target = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(columns)), target)
    return target.getvalue()


def _kind(values: Sequence[Any]) -> str:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, bool) for value in present):
        return "bool"
    if not present or any(isinstance(value, bool) for value in present):
        return "str"
    if all(isinstance(value, int) and -(2**63) <= value < 2**63 for value in present):
        return "int"
    return "float" if all(isinstance(value, int | Decimal) for value in present) else "str"
