"""What goes wrong in a warehouse, in Redshift's words where they are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


class WarehouseError(Exception):
    """The warehouse can't do what was asked; the message is what Redshift's Data API shows as a statement's Error."""


class LoadError(WarehouseError):
    """A record could not be loaded, so none was.

    :param table: the table's name without its schema.
    :param row: number of the record, from 1.
    :param column: name of the column; empty if the whole record is at fault.
    :param code: Redshift's load error code (Redshift developer guide, "Load error reference").
    :param reason: what is wrong, as ``stl_load_errors`` says it.
    """

    def __init__(self, table: str, row: int, column: str, code: int, reason: str) -> None:
        where = f"row {row}, column {column}" if column else f"row {row}"
        super().__init__(
            f"ERROR: Load into table '{table}' failed. Check 'stl_load_errors' system table for details. "
            f"({where}: {reason})"
        )
        self.table = table
        self.row = row
        self.column = column
        self.code = code
        self.reason = reason


# What duckdb says, and how Redshift says it.
_WORDINGS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(r'because schema "(.+?)" does not exist'), lambda found: f'schema "{found[1]}" does not exist'),
    (re.compile(r'Schema with name "?(.+?)"? does not exist'), lambda found: f'schema "{found[1]}" does not exist'),
    (re.compile(r'Table with name "?(.+?)"? does not exist'), lambda found: f'relation "{found[1]}" does not exist'),
    (re.compile(r'(?:Table|View) with name "(.+?)" already exists'), lambda f: f'Relation "{f[1]}" already exists'),
    (re.compile(r'Schema with name "(.+?)" already exists'), lambda found: f'schema "{found[1]}" already exists'),
    (re.compile(r'Referenced column "(.+?)" (?:was )?not found'), lambda found: f'column "{found[1]}" does not exist'),
    (re.compile(r"Referenced update column (.+?) not found"), lambda found: f'column "{found[1]}" does not exist'),
    (
        re.compile(r'Table "(.+?)" does not have a column (?:named|with name) "(.+?)"'),
        lambda found: f'column "{found[2]}" of relation "{found[1]}" does not exist',
    ),
    (
        re.compile(r'NOT NULL constraint failed: .*?"?([^."\s]+)"?$', re.MULTILINE),
        lambda found: f"Cannot insert a NULL value into column {found[1]}",
    ),
    (re.compile(r"Function with name (\S+) does not exist"), lambda found: f"function {found[1]} does not exist"),
    (re.compile(r"Division by zero"), lambda _: "Divide by zero"),
]
_KIND = re.compile(r"^[A-Z][A-Za-z ]* Error: ")


def from_duckdb(error: duckdb.Error) -> WarehouseError:
    """Put an error of duckdb into Redshift's words; one that is not known keeps duckdb's first line.

    :param error: what duckdb raised.
    :return: the error to raise instead.
    """
    text = str(error)
    for pattern, reworded in _WORDINGS:
        found = pattern.search(text)
        if found:
            return WarehouseError(f"ERROR: {reworded(found)}")
    return WarehouseError(f"ERROR: {_KIND.sub('', text.splitlines()[0])}")
