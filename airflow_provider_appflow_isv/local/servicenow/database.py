"""The records of an instance and how they change."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.servicenow.ids import make_sys_id
from airflow_provider_appflow_isv.local.servicenow.metadata import (
    column_values,
    dictionary_values,
    table_values,
    type_values,
)
from airflow_provider_appflow_isv.local.servicenow.records import Record, format_datetime, number_text
from airflow_provider_appflow_isv.local.servicenow.schema import Schema
from airflow_provider_appflow_isv.local.servicenow.tables import METADATA_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from airflow_provider_appflow_isv.local.servicenow.tables import Column

_METADATA_NAMES = frozenset(table.name for table in METADATA_TABLES)


class Database:
    """An instance's tables with their records. Safe to change from several threads.

    :param instance_name: the instance, which decides the records' ids.
    :param clock: gives the time in seconds since the epoch.
    """

    def __init__(self, instance_name: str, clock: Callable[[], float]) -> None:
        self._instance_name = instance_name
        self._clock = clock
        self._lock = threading.RLock()
        self.schema = Schema()
        self._rows: dict[str, list[Record]] = {table.name: [] for table in self.schema}
        self._made = dict.fromkeys(self._rows, 0)
        for values in table_values(instance_name, self.schema):
            self._insert("sys_db_object", values)
        for table in self.schema:
            for values in dictionary_values(table):
                self._insert("sys_dictionary", values)
        for values in type_values():
            self._insert("sys_glide_object", values)

    def rows(self, table_name: str) -> list[Record]:
        """Return the live list of the records whose class is the table itself.

        :param table_name: the table's name.
        :raises ValueError: if there is no such table.
        """
        return self._rows[self.schema.table(table_name).name]

    def all_rows(self, table_name: str) -> list[Record]:
        """Return a table's records and those of the tables that extend it, in a new list.

        :param table_name: the table's name.
        :raises ValueError: if there is no such table.
        """
        names = self.schema.with_descendants(self.schema.table(table_name).name)
        return [row for name in names for row in self._rows[name]]

    def load(self, table_name: str, records: Iterable[Record]) -> None:
        """Add records that are complete but for their empty values.

        :param table_name: the table's name.
        :param records: the records.
        """
        empty = dict.fromkeys(self.schema.columns(table_name), "")
        with self._lock:
            rows = self.rows(table_name)
            rows.extend({**empty, **record} for record in records)
            self._made[table_name] = len(rows)

    def insert(self, table_name: str, values: Mapping[str, str]) -> Record:
        """Add a record.

        :param table_name: the table's name.
        :param values: its values; the system columns and the number are filled in where they are missing.
        :return: the live record.
        :raises ValueError: if there is no such table or column, or the table holds metadata.
        """
        self._check(table_name, values)
        return self._insert(table_name, values)

    def _insert(self, table_name: str, values: Mapping[str, str]) -> Record:
        columns = self.schema.columns(table_name)
        now = self._now()
        with self._lock:
            number = self._made[table_name]
            self._made[table_name] += 1
            record = dict.fromkeys(columns, "")
            record |= {
                "sys_id": make_sys_id(self._instance_name, table_name, number),
                "sys_created_on": now,
                "sys_created_by": "system",
                "sys_updated_on": now,
                "sys_updated_by": "system",
                "sys_mod_count": "0",
            }
            if "sys_class_name" in columns:
                record["sys_class_name"] = table_name
            if "number" in columns:
                record["number"] = number_text(self.schema.table(table_name).number_prefix, number)
            record |= values
            self._rows[table_name].append(record)
        return record

    def update(self, table_name: str, sys_id: str, values: Mapping[str, str]) -> Record:
        """Change a record; its ``sys_updated_on`` and ``sys_mod_count`` follow unless the values name them.

        :param table_name: the record's table, or one that it extends.
        :param sys_id: the record's id.
        :param values: the new values.
        :return: the live record.
        :raises ValueError: if there is no such table, column or record, or the table holds metadata.
        """
        self._check(table_name, values)
        with self._lock:
            record = self._record(table_name, sys_id)
            record |= {
                "sys_updated_on": self._now(),
                "sys_updated_by": "system",
                "sys_mod_count": str(int(record["sys_mod_count"]) + 1),
                **values,
            }
        return record

    def delete(self, table_name: str, sys_id: str) -> None:
        """Delete a record.

        :param table_name: the record's table, or one that it extends.
        :param sys_id: the record's id.
        :raises ValueError: if there is no such table or record, or the table holds metadata.
        """
        self._check(table_name, {})
        with self._lock:
            record = self._record(table_name, sys_id)
            self._rows[record.get("sys_class_name", table_name)].remove(record)

    def add_column(self, table_name: str, column: Column) -> None:
        """Add a column to a table and to all that extend it; their records have no value in it.

        :param table_name: the table's name.
        :param column: the column.
        :raises ValueError: if there is no such table, or the column doesn't fit.
        """
        self._check(table_name, {})
        with self._lock:
            self.schema.add_column(table_name, column)
            for record in self.all_rows(table_name):
                record[column.element] = ""
            self._insert("sys_dictionary", column_values(table_name, column))

    def _now(self) -> str:
        return format_datetime(datetime.fromtimestamp(self._clock(), UTC))

    def _record(self, table_name: str, sys_id: str) -> Record:
        for record in self.all_rows(table_name):
            if record["sys_id"] == sys_id:
                return record
        raise ValueError(f"sys_id: {table_name} has no record {sys_id!r}")

    def _check(self, table_name: str, values: Mapping[str, str]) -> None:
        columns = self.schema.columns(table_name)
        if table_name in _METADATA_NAMES:
            raise ValueError(f"table: the records of {table_name} follow the tables; use add_column")
        for name in values:
            if name not in columns:
                raise ValueError(f"values: {table_name} has no column {name!r}; add_column makes one")
