"""A database as one request sees it, with the records that references point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow.database import Database
    from airflow_provider_appflow_isv.local.servicenow.records import Record
    from airflow_provider_appflow_isv.local.servicenow.tables import Column


@dataclass(frozen=True)
class Path:
    """A column reached through references ("dot-walking").

    :param through: the references on the way, none for a column of the table itself.
    :param column: the column at the end.
    """

    through: tuple[Column, ...]
    column: Column


class Snapshot:
    """A view of a database that looks each reference up by an index, built when first needed.

    :param database: the database.
    """

    def __init__(self, database: Database) -> None:
        self.schema = database.schema
        self._database = database
        self._indexes: dict[tuple[str, str], dict[str, Record]] = {}

    def path(self, table_name: str, name: str) -> Path | None:
        """Return the way from a table to the column of that name, or None if there is none.

        :param table_name: the table's name.
        :param name: a column's name, or several with dots between them, e.g. ``caller_id.manager.email``.
        """
        first, dot, rest = name.partition(".")
        column = self.schema.columns(table_name).get(first)
        if column is None or not dot:
            return None if column is None else Path((), column)
        onward = self.path(column.reference, rest) if column.reference else None
        return None if onward is None else Path((column, *onward.through), onward.column)

    def value(self, record: Record, path: Path) -> str:
        """Return a record's value at the end of a path; empty if a reference on the way is.

        :param record: the record.
        :param path: the path from the record's table.
        """
        for column in path.through:
            referenced = self.referenced(column, record.get(column.element, ""))
            if referenced is None:
                return ""
            record = referenced
        return record.get(path.column.element, "")

    def display_value(self, column: Column, value: str) -> str:
        """Return what a person sees for a value.

        :param column: the value's column.
        :param value: the value.
        """
        if column.reference:
            record = self.referenced(column, value)
            return "" if record is None else record.get(self.schema.display_column(column.reference), "")
        if column.internal_type == "sys_class_name":
            table = self.schema.get(value)
            return value if table is None else table.label
        return dict(column.choices).get(value, value)

    def referenced(self, column: Column, value: str) -> Record | None:
        """Return the record that a reference points at, or None.

        :param column: the reference's column.
        :param value: its value.
        """
        key = (column.reference, column.reference_key)
        if key not in self._indexes:
            rows = self._database.all_rows(column.reference)
            self._indexes[key] = {row.get(column.reference_key, ""): row for row in rows}
        return self._indexes[key].get(value)
