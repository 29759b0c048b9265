"""Columns with Redshift's types, as the system tables and the Data API name them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DECLARED = re.compile(r"(varchar|bpchar)\((\d+)\)")
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_TYPES = {
    "TINYINT": "int2",
    "SMALLINT": "int2",
    "INTEGER": "int4",
    "BIGINT": "int8",
    "HUGEINT": "int8",  # a sum of integers: bigint in Redshift
    "FLOAT": "float4",
    "DOUBLE": "float8",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIME": "time",
    "TIME WITH TIME ZONE": "timetz",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "JSON": "super",
    "BLOB": "varbyte",
}
_DIGITS = {"int2": 5, "int4": 10, "int8": 19, "float4": 8, "float8": 17}


@dataclass(frozen=True)
class Column:
    """A column of a table or of a result.

    :param name: the name, in lower case as Redshift folds it.
    :param type: one of int2, int4, int8, float4, float8, numeric, bool, varchar, bpchar, date, time, timetz,
        timestamp, timestamptz, super, varbyte.
    :param length: bytes that a varchar or bpchar may have; None where it was not declared.
    :param precision: digits of a number; None for other types.
    :param scale: digits after the point of a numeric; None for other types.
    :param nullable: False if the column refuses NULL; default True.
    """

    name: str
    type: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    nullable: bool = True


def column(name: str, duckdb_type: str, declared: str | None = None, *, nullable: bool = True) -> Column:
    """Describe a column that duckdb has.

    :param name: the column's name.
    :param duckdb_type: its type as duckdb writes it; one that Redshift does not have counts as varchar.
    :param declared: what the table's DDL said of a text column, e.g. ``varchar(256)``; default None.
    :param nullable: False if it refuses NULL; default True.
    :return: the column as Redshift describes it.
    """
    text = _DECLARED.fullmatch(declared or "")
    if text and duckdb_type == "VARCHAR":
        return Column(name, text[1], length=int(text[2]), nullable=nullable)
    decimal = _DECIMAL.fullmatch(duckdb_type)
    if decimal:
        return Column(name, "numeric", precision=int(decimal[1]), scale=int(decimal[2]), nullable=nullable)
    kind = _TYPES.get(duckdb_type, "varchar")
    return Column(name, kind, precision=_DIGITS.get(kind), nullable=nullable)
