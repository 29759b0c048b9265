"""Writing an org's records: several writes at once, all of which can be taken back.

Deleted records stay where they are with ``IsDeleted`` set: that is the recycle bin. Deleting an account leaves its
contacts and opportunities alone, where Salesforce deletes them with it.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.ids import make_id, normal_id
from airflow_provider_appflow_isv.local.salesforce.objects import find_object
from airflow_provider_appflow_isv.local.salesforce.records import Record, Value, format_datetime
from airflow_provider_appflow_isv.local.salesforce.values import checked, derived, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_appflow_isv.local.salesforce.schema import SObject

ChangeType = Literal["CREATE", "UPDATE", "DELETE", "UNDELETE"]


@dataclass(frozen=True)
class Author:
    """Who writes.

    :param user_id: record id of the user.
    :param origin: the ``changeOrigin`` of change events, e.g. ``com/salesforce/api/rest/58.0``; empty for none.
    """

    user_id: str
    origin: str = ""


@dataclass(frozen=True)
class Change:
    """What a write did to a record.

    :param type: which kind of write.
    :param sobject: the record's object.
    :param record_id: the record.
    :param values: the fields that came to have another value; all of them for a new or undeleted record.
    """

    type: ChangeType
    sobject: SObject
    record_id: str
    values: Record


class Store:
    """An org's records, and the one way to write them.

    :param org_name: the org, for the ids of new records.
    :param records: records by object name. They may be changed from outside as well, which no event tells.
    :param is_user: whether an id is that of a user of the org.
    :param clock: gives the time in seconds since the epoch.
    :param committed: told the changes of each transaction, with their author and time.
    """

    def __init__(
        self,
        org_name: str,
        records: dict[str, list[Record]],
        is_user: Callable[[str], bool],
        clock: Callable[[], float],
        committed: Callable[[list[Change], Author, float], None],
    ) -> None:
        self.org_name = org_name
        self.records = records
        self.is_user = is_user
        self._clock = clock
        self._committed = committed
        self._numbers = {name: itertools.count(len(made)) for name, made in records.items()}
        self._lock = threading.RLock()

    def new_id(self, sobject: SObject) -> str:
        """Return an id that no record of the object has had.

        :param sobject: the object.
        :return: the id.
        """
        return make_id(sobject.key_prefix, self.org_name, next(self._numbers[sobject.name]))

    @contextmanager
    def transaction(self, author: Author) -> Iterator[Transaction]:
        """Write records, one transaction after the other. What raises takes all of its writes back.

        :param author: who writes.
        """
        with self._lock:
            now = self._clock()
            transaction = Transaction(self, author, now)
            try:
                yield transaction
            except BaseException:
                transaction.undo()
                raise
            self._committed(transaction.changes, author, now)


class Transaction:
    """Writes that come to be together. Made by :meth:`Store.transaction`."""

    def __init__(self, store: Store, author: Author, now: float) -> None:
        self._store = store
        self._author = author
        self._now = format_datetime(datetime.fromtimestamp(now, UTC))
        self._by_id: dict[str, dict[Value, Record]] = {}
        self._by_external_id: dict[tuple[str, str], dict[str, Record]] = {}
        self._undo: list[Callable[[], object]] = []
        self.changes: list[Change] = []

    def insert(self, sobject: SObject, given: Mapping[str, object]) -> str:
        """Create a record.

        :param sobject: its object.
        :param given: values by field name.
        :return: its id.
        :raises ApiError: if Salesforce would refuse it.
        """
        written = checked(sobject, given)
        require(sobject, written, new=True)
        self._check_references(sobject, written)
        record_id = self._store.new_id(sobject)
        record: Record = {field.name: False if field.type == "boolean" else None for field in sobject.fields}
        record |= {"Id": record_id, "OwnerId": self._author.user_id, "CreatedDate": self._now, **self._modified()}
        record |= written
        record |= derived(sobject, record, written)
        self._check_unique(sobject, record_id, written)
        records = self._store.records[sobject.name]
        records.append(record)
        self._undo.append(lambda: records.remove(record))
        self._records(sobject)[record_id] = record
        self._index(sobject, record)
        self.changes.append(Change("CREATE", sobject, record_id, dict(record)))
        return record_id

    def update(self, sobject: SObject, record_id: object, given: Mapping[str, object]) -> None:
        """Change a record.

        :param sobject: its object.
        :param record_id: its id, of 15 or 18 characters.
        :param given: values by field name.
        :raises ApiError: if Salesforce would refuse it.
        """
        written = checked(sobject, given)
        record = self._live(sobject, record_id)
        require(sobject, written, new=False)
        self._check_references(sobject, written)
        self._check_unique(sobject, str(record["Id"]), written)
        self._change(sobject, record, {**written, **derived(sobject, {**record, **written}, written)})

    def upsert(
        self, sobject: SObject, field_name: str, value: Value, given: Mapping[str, object]
    ) -> tuple[str, Literal["created", "updated"]]:
        """Change the record with an external id, or create it.

        :param sobject: its object.
        :param field_name: a field for which ``externalId`` holds.
        :param value: the external id.
        :param given: values by field name, without the external id.
        :return: the record's id, and whether it was created.
        :raises ApiError: if Salesforce would refuse it.
        """
        found = self._with_external_id(sobject, field_name, str(value))
        if found is None:
            return self.insert(sobject, {**given, field_name: value}), "created"
        self.update(sobject, found["Id"], given)
        return str(found["Id"]), "updated"

    def delete(self, sobject: SObject, record_id: object) -> None:
        """Put a record into the recycle bin.

        :param sobject: its object.
        :param record_id: its id, of 15 or 18 characters.
        :raises ApiError: if there is no such record, or none any more.
        """
        self._change(sobject, self._live(sobject, record_id), {"IsDeleted": True}, "DELETE")

    def undelete(self, sobject: SObject, record_id: object) -> None:
        """Take a record out of the recycle bin.

        :param sobject: its object.
        :param record_id: its id, of 15 or 18 characters.
        :raises ApiError: ``UNDELETE_FAILED`` if it isn't in there.
        """
        record = self.known(sobject, record_id)
        if record is None or not record["IsDeleted"]:
            raise ApiError("UNDELETE_FAILED", "Entity is not in the recycle bin", fields=())
        self._check_unique(sobject, str(record["Id"]), record)
        self._change(sobject, record, {"IsDeleted": False}, "UNDELETE")

    def known(self, sobject: SObject, record_id: object) -> Record | None:
        """Return a record, also a deleted one, or None.

        :param sobject: its object.
        :param record_id: its id, of 15 or 18 characters.
        """
        return self._records(sobject).get(normal_id(record_id))

    def undo(self) -> None:
        """Take all writes back."""
        for step in reversed(self._undo):
            step()
        self._undo.clear()
        self.changes.clear()

    def _modified(self) -> Record:
        return {"LastModifiedDate": self._now, "SystemModstamp": self._now}

    def _change(self, sobject: SObject, record: Record, written: Record, kind: ChangeType = "UPDATE") -> None:
        before = dict(record)
        self._undo.append(lambda: record.update(before))
        record.update({**written, **self._modified()})
        self._index(sobject, record)
        values = dict(record) if kind == "UNDELETE" else {}
        if kind == "UPDATE":
            touched = self._modified()
            values = {name: value for name, value in record.items() if value != before[name] or name in touched}
        self.changes.append(Change(kind, sobject, str(record["Id"]), values))

    def _records(self, sobject: SObject) -> dict[Value, Record]:
        if sobject.name not in self._by_id:
            self._by_id[sobject.name] = {record["Id"]: record for record in self._store.records[sobject.name]}
        return self._by_id[sobject.name]

    def _live(self, sobject: SObject, record_id: object) -> Record:
        if normal_id(record_id) is None:
            raise ApiError("MALFORMED_ID", f"malformed id {record_id}", fields=())
        record = self.known(sobject, record_id)
        if record is None:
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=())
        if record["IsDeleted"]:
            raise ApiError("ENTITY_IS_DELETED", "entity is deleted", 404, fields=())
        return record

    def _check_references(self, sobject: SObject, written: Record) -> None:
        for field in sobject.fields:
            value = written.get(field.name)
            if value is None or field.refers_to is None:
                continue
            parent = find_object(field.refers_to)
            record = self.known(parent, value) if parent else None
            if record is None and (parent or not self._store.is_user(str(value))):
                raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=(field.name,))
            if record is not None and record["IsDeleted"]:
                raise ApiError("ENTITY_IS_DELETED", "entity is deleted", fields=(field.name,))

    def _check_unique(self, sobject: SObject, record_id: str, written: Record) -> None:
        for field in sobject.fields:
            value = written.get(field.name)
            if not field.external_id or value is None:
                continue
            found = self._with_external_id(sobject, field.name, str(value))
            if found is not None and found["Id"] != record_id:
                raise ApiError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: {found['Id']}",
                    fields=(),
                )

    def _with_external_id(self, sobject: SObject, field_name: str, value: str) -> Record | None:
        key = (sobject.name, field_name)
        if key not in self._by_external_id:
            self._by_external_id[key] = {}
            for record in self._store.records[sobject.name]:
                self._index(sobject, record)
        found = self._by_external_id[key].get(value.casefold())
        # An index entry outlives a later change of its record within the transaction.
        if found is None or found["IsDeleted"] or str(found[field_name]).casefold() != value.casefold():
            return None
        return found

    def _index(self, sobject: SObject, record: Record) -> None:
        for (object_name, field_name), index in self._by_external_id.items():
            if object_name == sobject.name and record[field_name] is not None and not record["IsDeleted"]:
                index[str(record[field_name]).casefold()] = record
