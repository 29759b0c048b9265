"""Names of tables, as AppFlow's profiles and flows write them and as duckdb wants them."""

from __future__ import annotations

import re

from .errors import WarehouseError

DEFAULT_SCHEMA = "public"
_PART = r'("[^"]+"|[A-Za-z_\u0080-\U0010ffff][\w$]*)'
_TABLE = re.compile(rf"(?:{_PART}\.)?{_PART}")


def table_name(object_name: str) -> tuple[str, str]:
    """Take the name of a table apart.

    :param object_name: ``account``, ``public.account`` or with quotes, as AppFlow's Redshift destination has it.
    :return: schema (``public`` if none is named) and table, in lower case as Redshift folds names.
    :raises WarehouseError: if it is no table's name.
    """
    parts = _TABLE.fullmatch(object_name)
    if parts is None:
        raise WarehouseError(f"object: {object_name!r} is no name of a table; write schema.table, or table alone")
    schema, table = parts.groups()
    return (schema or DEFAULT_SCHEMA).strip('"').lower(), table.strip('"').lower()


def quoted(*names: str) -> str:
    """Write a name of one or more parts for duckdb."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
