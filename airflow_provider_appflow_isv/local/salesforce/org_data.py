"""The data of an org: its records, how to write them, and the events that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.changes import Publisher
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.events import EventBus
from airflow_provider_appflow_isv.local.salesforce.ids import make_id
from airflow_provider_appflow_isv.local.salesforce.objects import find_object
from airflow_provider_appflow_isv.local.salesforce.records import (
    USER_PREFIX,
    Record,
    make_accounts,
    make_contacts,
    make_opportunities,
)
from airflow_provider_appflow_isv.local.salesforce.streaming import Streaming
from airflow_provider_appflow_isv.local.salesforce.writes import Author, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_appflow_isv.local.salesforce.principals import User
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject


def _unsupported(object_name: str) -> ApiError:
    return ApiError("INVALID_TYPE", f"sObject type '{object_name}' is not supported.")


def _object_with_records(object_name: str) -> SObject:
    sobject = find_object(object_name)
    if sobject is None or sobject.kind != "table":
        raise _unsupported(object_name)
    return sobject


class OrgData:
    """What an org holds. Writes from here are the administrator's.

    :param name: the org, which decides its records.
    :param accounts: how many accounts it has.
    :param contacts: how many contacts.
    :param opportunities: how many opportunities.
    :param clock: gives the time for how long events are kept, in seconds since the epoch.
    :param record_clock: gives the time for what is written.
    """

    def __init__(
        self,
        name: str,
        *,
        accounts: int,
        contacts: int,
        opportunities: int,
        clock: Callable[[], float],
        record_clock: Callable[[], float],
    ) -> None:
        self.name = name
        self.clock = clock
        self.record_clock = record_clock
        self.users: dict[str, User] = {}
        bus = EventBus(clock)
        self.streaming = Streaming(bus)
        self._publisher = Publisher(bus)
        records = {
            "Account": make_accounts(name, accounts),
            "Contact": make_contacts(name, contacts, accounts),
            "Opportunity": make_opportunities(name, opportunities, accounts),
        }
        self.store = Store(name, records, self._is_user, record_clock, self._publisher.changes)
        self._administrator = Author(make_id(USER_PREFIX, name, 0))

    def records(self, object_name: str) -> list[Record]:
        """Return an object's records, also deleted ones, as the REST API gives their values.

        Changing one changes the org, but publishes no change event: use :meth:`update` for that.

        :param object_name: ``Account``, ``Contact`` or ``Opportunity``.
        :raises ApiError: ``INVALID_TYPE`` for any other.
        """
        return self.records_of(_object_with_records(object_name))

    def records_of(self, sobject: SObject) -> list[Record]:
        """Return an object's records, also deleted ones.

        :param sobject: the object.
        """
        return self.store.records[sobject.name]

    def live_records_of(self, sobject: SObject) -> list[Record]:
        """Return an object's records that aren't deleted.

        :param sobject: the object.
        """
        return [record for record in self.records_of(sobject) if not record["IsDeleted"]]

    def insert(self, object_name: str, **values: object) -> str:
        """Create a record, as a write over REST does.

        :param object_name: ``Account``, ``Contact`` or ``Opportunity``.
        :param values: values by field name, as in JSON.
        :return: the record's id.
        :raises ApiError: if Salesforce would refuse it.
        """
        with self.store.transaction(self._administrator) as transaction:
            return transaction.insert(_object_with_records(object_name), values)

    def update(self, object_name: str, record_id: str, **values: object) -> None:
        """Change a record, as a write over REST does.

        :param object_name: ``Account``, ``Contact`` or ``Opportunity``.
        :param record_id: the record's id.
        :param values: values by field name, as in JSON.
        :raises ApiError: if Salesforce would refuse it.
        """
        with self.store.transaction(self._administrator) as transaction:
            transaction.update(_object_with_records(object_name), record_id, values)

    def delete(self, object_name: str, record_id: str) -> None:
        """Put a record into the recycle bin, as a write over REST does.

        :param object_name: ``Account``, ``Contact`` or ``Opportunity``.
        :param record_id: the record's id.
        :raises ApiError: if Salesforce would refuse it.
        """
        with self.store.transaction(self._administrator) as transaction:
            transaction.delete(_object_with_records(object_name), record_id)

    def undelete(self, object_name: str, record_id: str) -> None:
        """Take a record out of the recycle bin, as a person or Apex does: REST has no call for it.

        :param object_name: ``Account``, ``Contact`` or ``Opportunity``.
        :param record_id: the record's id.
        :raises ApiError: if it isn't in there.
        """
        with self.store.transaction(self._administrator) as transaction:
            transaction.undelete(_object_with_records(object_name), record_id)

    def publish(self, event_name: str, **fields: object) -> int:
        """Publish a platform event.

        :param event_name: ``Example_Event__e``.
        :param fields: values by field name, as in JSON.
        :return: its replay id.
        :raises ApiError: ``INVALID_TYPE`` if there is no such platform event, or if Salesforce would refuse it.
        """
        sobject = find_object(event_name)
        if sobject is None or sobject.kind != "platform_event":
            raise _unsupported(event_name)
        return self.publish_event(sobject, fields, self._administrator)[0]

    def publish_event(self, sobject: SObject, fields: Mapping[str, object], author: Author) -> tuple[int, str]:
        """Publish a platform event in someone's name.

        :param sobject: its object.
        :param fields: values by field name, as in JSON.
        :param author: who publishes it.
        :return: its replay id and its UUID.
        :raises ApiError: if Salesforce would refuse it.
        """
        return self._publisher.platform_event(sobject, fields, author, self.record_clock())

    def close(self) -> None:
        """End the org's long polls at once, and let no new one wait."""
        self.streaming.bus.close()

    def _is_user(self, record_id: str) -> bool:
        return record_id == self._administrator.user_id or any(
            user.user_id == record_id for user in self.users.values()
        )
