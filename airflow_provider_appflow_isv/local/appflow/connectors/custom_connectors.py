"""Custom connectors written in Python, in place of the Lambda functions that AppFlow calls on AWS.

The local stack runs no Lambda functions. A test says what the function of an ARN would answer, and from then on the
connector can be registered under that ARN and used in connector profiles and flows::

    class Shop(CustomConnection):
        def entities(self, path):
            return {"Objects": [{"name": "orders"}]}

        def fields(self, entity_name):
            return [string_field("id"), string_field("state")]

        def read(self, query):
            yield [{"id": "1", "state": "paid"}]

    provide(lambda_arn, {"canUseAsSource": True}, Shop)

Facts: README of the AppFlow Custom Connector SDK (what a connector is asked for); AppFlow API reference,
RegisterConnector and ConnectorConfiguration.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from botocore.validate import ParamValidator

from airflow_provider_appflow_isv.local.appflow.connections.base import VendorAuthenticationError, VendorError
from airflow_provider_appflow_isv.local.appflow.wire.service_model import structure

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.runs.job import PullWindow
    from airflow_provider_appflow_isv.local.appflow.runs.tasks import Filter

__all__ = [
    "ConnectionFactory",
    "CustomConnection",
    "Provided",
    "Query",
    "VendorAuthenticationError",
    "VendorError",
    "provide",
    "provided",
    "string_field",
    "withdraw",
]

_DEFAULTS = {
    "supportedTriggerTypes": ["Scheduled", "OnDemand"],
    "supportedSchedulingFrequencies": ["BYMINUTE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "ONCE"],
}


@dataclass(frozen=True)
class Query:
    """What a flow wants to read.

    :param entity_name: the entity.
    :param fields: names of the fields to return, in order.
    :param filters: the flow's filters, all of which a record has to meet; a connector that leaves them alone returns
        more than the flow asks for.
    :param window: time range of an incremental run; None for everything.
    :param custom_properties: the flow's customProperties.
    """

    entity_name: str
    fields: Sequence[str]
    filters: Sequence[Filter] = ()
    window: PullWindow | None = None
    custom_properties: Mapping[str, str] = field(default_factory=dict)


class CustomConnection(ABC):
    """One connector profile's way to a vendor; a test's own class derives from it.

    Every method may raise :class:`VendorError`, or :class:`VendorAuthenticationError` if the credentials are at fault.
    Any other exception is to AppFlow what a crash of the Lambda function is.

    :param properties: CustomConnectorProfileProperties of the profile.
    :param credentials: CustomConnectorProfileCredentials of the profile.
    """

    def __init__(self, properties: Mapping[str, Any], credentials: Mapping[str, Any]) -> None:
        self.properties = properties
        self.credentials = credentials

    def check(self) -> None:
        """Log in, as AppFlow has it done when a profile or a flow is saved; accepts all unless overridden."""
        return

    @abstractmethod
    def entities(self, path: str | None) -> dict[str, list[dict[str, Any]]]:
        """Return the entities (ConnectorEntity) by group.

        :param path: the entitiesPath of ListConnectorEntities; None is the top.
        """

    @abstractmethod
    def fields(self, entity_name: str) -> list[dict[str, Any]]:
        """Return the fields (ConnectorEntityField) of one entity.

        :param entity_name: the entity.
        """

    def read(self, query: Query) -> Iterable[list[dict[str, Any]]]:
        """Return the records that a flow reads, in pages. Overridden by connectors that are sources.

        :param query: what the flow wants.
        """
        raise VendorError(f"This connector has no records to read from {query.entity_name}.")

    def write(
        self, entity_name: str, operation: str, id_field_names: Sequence[str], records: Sequence[dict[str, Any]]
    ) -> Sequence[str | None]:
        """Write records. Overridden by connectors that are destinations.

        :param entity_name: the entity.
        :param operation: INSERT, UPSERT, UPDATE or DELETE.
        :param id_field_names: the flow's idFieldNames.
        :param records: what to write.
        :return: for each record, in order, None or why it was refused.
        """
        raise VendorError(f"This connector takes no records for {entity_name}.")


class ConnectionFactory(Protocol):
    """Makes the connection of one connector profile; a class derived from CustomConnection is one."""

    def __call__(self, properties: Mapping[str, Any], credentials: Mapping[str, Any]) -> CustomConnection:
        """Make a connection without talking to the vendor yet; parameters as of CustomConnection."""


@dataclass(frozen=True)
class Provided:
    """What stands in for one Lambda function.

    :param configuration: ConnectorConfiguration.
    :param connect: makes its connections.
    """

    configuration: Mapping[str, Any]
    connect: ConnectionFactory


_lock = threading.Lock()
_provided: dict[str, Provided] = {}


def provide(lambda_arn: str, configuration: Mapping[str, Any], connect: ConnectionFactory) -> None:
    """Let Python code stand in for a connector's Lambda function, in all accounts, until it is withdrawn.

    Providing again for the same ARN is deploying a new version: UpdateConnectorRegistration takes it over.

    :param lambda_arn: ARN that RegisterConnector will name.
    :param configuration: what the connector tells about itself, as ConnectorConfiguration: ``canUseAsSource``,
        ``authenticationConfig``, ``connectorRuntimeSettings`` and so on; triggers and frequencies are those of any
        custom connector unless given.
    :param connect: makes the connection of a connector profile.
    :raises ValueError: naming what in the configuration is not as AppFlow's model has it.
    """
    report = ParamValidator().validate(dict(configuration), structure("ConnectorConfiguration"))
    if report.has_errors():
        raise ValueError(f"configuration: {report.generate_report()}")
    with _lock:
        _provided[lambda_arn] = Provided({**_DEFAULTS, **configuration}, connect)


def withdraw(lambda_arn: str) -> None:
    """Take a provided connector away, as if its Lambda function were deleted; does nothing if there is none.

    :param lambda_arn: as of ``provide``.
    """
    with _lock:
        _provided.pop(lambda_arn, None)


def provided(lambda_arn: str) -> Provided | None:
    """Return what stands in for a Lambda function, None if nothing does.

    :param lambda_arn: as of ``provide``.
    """
    with _lock:
        return _provided.get(lambda_arn)


def string_field(name: str, **members: Any) -> dict[str, Any]:
    """Return a ConnectorEntityField of a text that can be read, filtered by equality and written.

    :param name: the field.
    :param members: members of ConnectorEntityField that replace the usual ones.
    """
    return {
        "identifier": name,
        "label": name,
        "isPrimaryKey": False,
        "supportedFieldTypeDetails": {"v1": {"fieldType": "String", "filterOperators": ["EQUAL_TO", "NOT_EQUAL_TO"]}},
        "sourceProperties": {"isRetrievable": True, "isQueryable": True},
        "destinationProperties": {"isCreatable": True, "isNullable": True, "isUpdatable": True, "isUpsertable": True},
        **members,
    }
