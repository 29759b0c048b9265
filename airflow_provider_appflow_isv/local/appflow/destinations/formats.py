"""Records to and from file contents: JSON Lines, CSV and Parquet (AppFlow user guide, "Amazon S3")."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import text_of, to_json, unicode_text

from .parquet import ColumnType, parquet

Record = dict[str, Any]

# A cell may be as large as its file. The csv module has one limit for the whole process, by default 128 KiB.
csv.field_size_limit(2**31 - 1)


def encode(
    records: Sequence[Record],
    columns: Sequence[str],
    file_type: str,
    schema: Mapping[str, ColumnType] | None = None,
) -> bytes:
    """Return the content of one object.

    JSON is JSON Lines, UTF-8, null staying null. CSV has a header row, null is empty, compound values are JSON text.
    Parquet has string columns, null staying null, unless there is a schema.

    :param records: the records, already mapped.
    :param columns: the fields, in order.
    :param file_type: ``JSON``, ``CSV`` or ``PARQUET``.
    :param schema: types of Parquet's columns; default None, all text.
    :raises RunFailedError: for a text that the file cannot hold.
    """
    if file_type == "CSV":
        return _csv(records, columns)
    if file_type == "PARQUET":
        return parquet(records, columns, schema or {})
    return "".join(f"{to_json(record)}\n" for record in records).encode()


def decode(content: bytes, file_type: str) -> list[Record]:
    """Return the records of one source file: CSV with a header row, or JSON (lines, or one list or object).

    :raises RunFailedError: if the content is not of that type.
    """
    try:
        text = content.decode("utf-8-sig")
        return _csv_records(text) if file_type == "CSV" else _json_records(text)
    except (ValueError, csv.Error) as error:
        raise RunFailedError(f"The source file is not {file_type}: {error}") from None


def _csv_records(text: str) -> list[Record]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = list(rows.fieldnames or ())
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RunFailedError(
            f"The source file's header has the column {twice!r} more than once: give each column a name of its own."
        )
    records = list(rows)
    if any(None in record for record in records):
        raise ValueError("a row has more cells than the header")
    return records


def _json_records(text: str) -> list[Record]:
    try:
        records = [_json_value(line) for line in text.split("\n") if line.strip()]
    except ValueError:  # not one value a line, so one value over many lines
        whole = _json_value(text)
        records = whole if isinstance(whole, list) else [whole]
    if len(records) == 1 and isinstance(records[0], list):
        records = records[0]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("a record is no object")
    return records


def _json_value(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise RunFailedError(f"The source file has {name} for a number, which JSON does not have: write null instead.")


def _csv(records: Sequence[Record], columns: Sequence[str]) -> bytes:
    lines: list[str] = []
    # The writer quotes a carriage return only if line ends have one, so they have one until they are joined.
    writer = csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n")
    writer.writerow([unicode_text(column, column) for column in columns])
    writer.writerows([unicode_text(text_of(record.get(column)), column) for column in columns] for record in records)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode()
