"""The records that tell about tables, columns and types, in the three tables that AppFlow reads them from.

"sys_db_object, sys_dictionary, sys_glide_object": AppFlow user guide, ServiceNow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.servicenow.ids import make_sys_id
from airflow_provider_appflow_isv.local.servicenow.tables import FIELD_TYPES

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.servicenow.records import Record
    from airflow_provider_appflow_isv.local.servicenow.schema import Schema
    from airflow_provider_appflow_isv.local.servicenow.tables import Column, Table


def flag(value: bool) -> str:
    """Return a boolean as a record holds it.

    :param value: the boolean.
    """
    return "true" if value else "false"


def table_values(instance_name: str, schema: Schema) -> list[Record]:
    """Return the ``sys_db_object`` record of each table, without its system columns.

    :param instance_name: the instance, which decides the ids.
    :param schema: its tables.
    """
    names = [table.name for table in schema]
    return [
        {
            "name": table.name,
            "label": table.label,
            "super_class": make_sys_id(instance_name, "sys_db_object", names.index(table.super_class))
            if table.super_class
            else "",
            "is_extendable": flag(len(schema.with_descendants(table.name)) > 1),
        }
        for table in schema
    ]


def column_values(table_name: str, column: Column) -> Record:
    """Return the ``sys_dictionary`` record of a column, without its system columns.

    :param table_name: the table that brings the column.
    :param column: the column.
    """
    return {
        "name": table_name,
        "element": column.element,
        "column_label": column.label,
        "internal_type": column.internal_type,
        "max_length": str(column.max_length),
        "mandatory": flag(column.mandatory),
        "reference": column.reference,
        "active": "true",
        "display": flag(column.display),
        "choice": "1" if column.choices else "0",
    }


def dictionary_values(table: Table) -> list[Record]:
    """Return the ``sys_dictionary`` records of a table: its own, of type collection, and those of its columns.

    :param table: the table; the columns that it inherits have their records under the table that brings them.
    """
    collection: Record = {
        "name": table.name,
        "element": "",
        "column_label": table.label,
        "internal_type": "collection",
        "max_length": "40",
        "mandatory": "false",
        "reference": "",
        "active": "true",
        "display": "false",
        "choice": "0",
    }
    return [collection, *(column_values(table.name, column) for column in table.columns)]


def type_values() -> list[Record]:
    """Return the ``sys_glide_object`` record of each type, without its system columns."""
    return [{"name": name, "label": label, "scalar_type": scalar} for name, (label, scalar) in FIELD_TYPES.items()]
