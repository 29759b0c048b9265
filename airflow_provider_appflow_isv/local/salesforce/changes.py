"""What goes onto an org's event bus: change events of its records, and platform events.

Facts: Change Data Capture Developer Guide, "Change Event Message Structure" and "Change Event Body Fields" (a new
record's event has all fields that aren't empty, an update's those that changed, a delete's none); Platform Events
Developer Guide. Compound fields (a contact's ``Name``, an account's ``BillingAddress``) stand as the plain fields
that describe tells of.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.events import channel_of
from airflow_provider_appflow_isv.local.salesforce.objects import NOT_IN_CHANGE_EVENTS, find_object
from airflow_provider_appflow_isv.local.salesforce.records import format_datetime
from airflow_provider_appflow_isv.local.salesforce.values import checked, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_appflow_isv.local.salesforce.events import EventBus
    from airflow_provider_appflow_isv.local.salesforce.records import Record, Value
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject
    from airflow_provider_appflow_isv.local.salesforce.writes import Author, Change


def _schema_id(sobject: SObject) -> str:
    """Return an id that changes with the object's fields, of the form of an Avro schema's fingerprint."""
    shape = ",".join(f"{field.name}:{field.type}" for field in sobject.fields)
    digest = hashlib.sha256(f"{sobject.name}({shape})".encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _event_value(sobject: SObject, name: str, value: Value) -> Value:
    """Return a value as events write it: they end a datetime with Z."""
    is_time = isinstance(value, str) and sobject.field(name).type == "datetime"
    return str(value).replace("+0000", "Z") if is_time else value


def _body(change: Change) -> Record:
    """Return the fields that a change's event carries."""
    names = [field.name for field in change.sobject.fields if field.name not in ("Id", *NOT_IN_CHANGE_EVENTS)]
    return {
        name: _event_value(change.sobject, name, change.values[name])
        for name in names
        if name in change.values and (change.type == "UPDATE" or change.values[name] is not None)
    }


class Publisher:
    """Turns what happens in an org into events.

    :param bus: where they go.
    """

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._commits = itertools.count(10_000_000_000, 7)  # rise, but not one by one

    def changes(self, changes: list[Change], author: Author, now: float) -> None:
        """Publish the change events of a transaction; the same change of several records is one event.

        :param changes: what was done, in order.
        :param author: who did it.
        :param now: when, in seconds since the epoch.
        """
        alike = itertools.groupby(changes, key=lambda change: (change.type, change.sobject.name, _body(change)))
        header = {
            "commitTimestamp": int(now) * 1000,
            "commitUser": author.user_id,
            "commitNumber": next(self._commits),
            "changeOrigin": author.origin,
            "transactionKey": str(uuid.uuid4()),
        }
        for number, ((kind, name, body), members) in enumerate(alike, start=1):
            event_object = find_object(f"{name}ChangeEvent")
            assert event_object is not None  # every object with records has one
            header |= {
                "sequenceNumber": number,
                "entityName": name,
                "changeType": kind,
                "changedFields": list(body) if kind == "UPDATE" else [],
                "recordIds": [change.record_id for change in members],
            }
            payload: dict[str, object] = {**body, "ChangeEventHeader": dict(header)}
            self._bus.publish(channel_of(event_object.name), _schema_id(event_object), payload)

    def platform_event(
        self, sobject: SObject, given: Mapping[str, object], author: Author, now: float
    ) -> tuple[int, str]:
        """Publish a platform event.

        :param sobject: its object.
        :param given: values by field name.
        :param author: who publishes it.
        :param now: when, in seconds since the epoch.
        :return: the replay id and the event's UUID.
        :raises ApiError: if Salesforce would refuse it.
        """
        written = checked(sobject, given)
        require(sobject, written, new=True)
        fields: Record = {
            field.name: False if field.type == "boolean" else None for field in sobject.fields if field.writable
        }
        fields |= {"CreatedDate": format_datetime(datetime.fromtimestamp(now, UTC)), "CreatedById": author.user_id}
        payload: dict[str, object] = {
            name: _event_value(sobject, name, value) for name, value in {**fields, **written}.items()
        }
        event_id = str(uuid.uuid4())
        replay_id = self._bus.publish(
            channel_of(sobject.name), _schema_id(sobject), payload, EventUuid=event_id, EventApiName=sobject.name
        )
        return replay_id, event_id
