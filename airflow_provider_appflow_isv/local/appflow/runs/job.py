"""One flow run as sources and destinations see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.values import to_json
from airflow_provider_appflow_isv.local.appflow.wire.service_model import member_of

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.buckets import FlowBuckets
    from airflow_provider_appflow_isv.local.appflow.connections.base import Connection

Record = dict[str, Any]


@dataclass(frozen=True)
class PullWindow:
    """The time range of one run of an incremental flow, in seconds since the epoch: after <= field < until."""

    field: str
    after: float
    until: float


@dataclass(frozen=True)
class SourcePage:
    """What one request to a source, or one of its files, gave.

    :param fields: the source's fields, in order.
    :param records: values by field.
    :param size: bytes.
    :param types: the data types that the source declares, by field; none by default, as files declare none.
    """

    fields: list[str]
    records: list[Record]
    size: int
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: list[str], records: list[Record], types: Mapping[str, str] | None = None) -> SourcePage:
        """Return a page whose size is that of its records as JSON."""
        return cls(fields, records, sum(len(to_json(record).encode()) for record in records), types or {})


@dataclass(frozen=True)
class Page:
    """Records for a destination, after the flow's tasks.

    :param columns: the destination's fields, in order.
    :param records: values by column.
    :param types: the columns' data types, as far as the source or a Map task declares them; none by default.
    """

    columns: list[str]
    records: list[Record]
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One run, with the flow as it was when the run started.

    :param buckets: the flow's way to S3.
    :param connect: called in the run, returns the connection of a connector profile by the profile's name.
    :param window: range of an incremental run, None for everything.
    :param events: what a run of an event flow moves: the changes that set it off; None for other flows.
    :param is_canceled: asked between pages.
    """

    account_id: str
    region_name: str
    flow_name: str
    definition: dict[str, Any]
    schema_version: int
    execution_id: str
    started_at: float
    buckets: FlowBuckets
    connect: Callable[[str], Connection]
    window: PullWindow | None
    events: list[Record] | None
    is_canceled: Callable[[], bool]

    @property
    def source_type(self) -> str:
        """Connector type of the source."""
        return str(self.definition["sourceFlowConfig"]["connectorType"])

    @property
    def source(self) -> dict[str, Any]:
        """The source's own properties."""
        config = self.definition["sourceFlowConfig"]
        properties: dict[str, Any] = config["sourceConnectorProperties"][member_of(config["connectorType"])]
        return properties

    @property
    def destination_type(self) -> str:
        """Connector type of the destination."""
        return str(self.definition["destinationFlowConfigList"][0]["connectorType"])

    @property
    def destination(self) -> dict[str, Any]:
        """The destination's own properties."""
        config = self.definition["destinationFlowConfigList"][0]
        properties: dict[str, Any] = config["destinationConnectorProperties"][member_of(config["connectorType"])]
        return properties

    def source_connection(self) -> Connection:
        """Return the connection of the source's profile."""
        return self.connect(self.definition["sourceFlowConfig"]["connectorProfileName"])

    def destination_connection(self) -> Connection:
        """Return the connection of the destination's profile."""
        return self.connect(self.definition["destinationFlowConfigList"][0]["connectorProfileName"])
