"""The tables that one instance knows, with inheritance: a table has the columns of all tables that it extends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.servicenow.tables import FIELD_TYPES, TABLES, Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Schema:
    """The tables of an instance; a new one has those that come with ServiceNow."""

    def __init__(self) -> None:
        self._tables = {table.name: table for table in TABLES}

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def get(self, name: str) -> Table | None:
        """Return the table of that name, or None.

        :param name: the table's name.
        """
        return self._tables.get(name)

    def table(self, name: str) -> Table:
        """Return the table of that name.

        :param name: the table's name.
        :raises ValueError: if there is none.
        """
        table = self._tables.get(name)
        if table is None:
            raise ValueError(f"table: there is no table {name!r}; choose one of {', '.join(self._tables)}")
        return table

    def columns(self, name: str) -> Mapping[str, Column]:
        """Return a table's columns by name, those that it inherits first.

        :param name: the table's name.
        """
        table = self.table(name)
        inherited = self.columns(table.super_class) if table.super_class else {}
        return {**inherited, **{column.element: column for column in table.columns}}

    def with_descendants(self, name: str) -> list[str]:
        """Return the names of a table and of all tables that extend it.

        :param name: the table's name.
        """
        children = [table.name for table in self if table.super_class == name]
        return [name, *(found for child in children for found in self.with_descendants(child))]

    def display_column(self, name: str) -> str:
        """Return the name of the column that stands for a table's records where another refers to them.

        :param name: the table's name.
        """
        return next((column.element for column in self.columns(name).values() if column.display), "sys_id")

    def add_column(self, table_name: str, column: Column) -> None:
        """Add a column to a table.

        :param table_name: the table's name.
        :param column: the column.
        :raises ValueError: if it doesn't fit.
        """
        for name in self.with_descendants(self.table(table_name).name):
            if column.element in self.columns(name):
                raise ValueError(f"element: {name} has a column {column.element!r} already; choose another name")
        if column.internal_type not in FIELD_TYPES:
            known = ", ".join(FIELD_TYPES)
            raise ValueError(f"internal_type: there is no type {column.internal_type!r}; choose one of {known}")
        if (column.internal_type == "reference") != bool(column.reference):
            raise ValueError("reference: a column of type reference, and no other, needs the table that it points at")
        if column.reference:
            self.table(column.reference)
        table = self.table(table_name)
        self._tables[table_name] = replace(table, columns=(*table.columns, column))
