"""ServiceNow record ids: 32 hexadecimal digits."""

from __future__ import annotations

import hashlib

_LENGTH = 32


def make_sys_id(instance_name: str, table: str, number: int) -> str:
    """Make the ``sys_id`` of a record, the same each time and different in every instance and table.

    :param instance_name: the instance that the record belongs to.
    :param table: the record's table.
    :param number: the record's number among those of its table, from 0.
    :return: the id.
    """
    return hashlib.sha256(f"{instance_name}/{table}/{number}".encode()).hexdigest()[:_LENGTH]
