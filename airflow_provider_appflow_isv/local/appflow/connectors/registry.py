"""The custom connectors that are registered in one account and Region.

Facts: AppFlow API reference, RegisterConnector, UpdateConnectorRegistration, UnregisterConnector, ListConnectors;
Service Authorization Reference (ARNs; connectors can be tagged).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.local.appflow.connections.custom import GuardedConnection
from airflow_provider_appflow_isv.local.appflow.connectors.catalog import CUSTOM
from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provided
from airflow_provider_appflow_isv.local.appflow.connectors.functions import configuration_of
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import (
    ConflictException,
    ResourceNotFoundException,
    ValidationException,
)
from airflow_provider_appflow_isv.local.appflow.wire.paging import page
from airflow_provider_appflow_isv.local.appflow.wire.service_model import structure

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.connections.base import Keeper

_REQUIRED = ("connectorLabel", "connectorProvisioningType", "connectorProvisioningConfig")


@dataclass
class Registration:
    """One registered connector; ``configuration`` is what its function told when it was registered or updated."""

    label: str
    arn: str
    description: str | None
    provisioning: dict[str, Any]
    configuration: dict[str, Any]
    registered_at: float
    registered_by: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def lambda_arn(self) -> str:
        """The connector's function."""
        return str(self.provisioning["lambda"]["lambdaArn"])

    def describe(self) -> dict[str, Any]:
        """Return the ConnectorConfiguration that DescribeConnector answers with."""
        described = {
            "connectorName": self.label,
            "connectorDescription": self.description,
            **self.configuration,
            "connectorType": CUSTOM,
            "connectorLabel": self.label,
            "connectorArn": self.arn,
            "connectorProvisioningType": "LAMBDA",
            "connectorProvisioningConfig": self.provisioning,
            "registeredAt": self.registered_at,
            "registeredBy": self.registered_by,
        }
        return {name: value for name, value in described.items() if value is not None}

    def detail(self) -> dict[str, Any]:
        """Return the ConnectorDetail that ListConnectors answers with."""
        members = structure("ConnectorDetail").members
        return {name: value for name, value in self.describe().items() if name in members}


class ConnectorRegistry:
    """Registered connectors by label.

    :param account_id: their account.
    :param region_name: their Region.
    :param partition: partition of their ARNs.
    """

    def __init__(self, account_id: str, region_name: str, partition: str) -> None:
        self._arn_start = f"arn:{partition}:appflow:{region_name}:{account_id}:connector/"
        self._account_id = account_id
        self._lock = threading.Lock()
        self._connectors: dict[str, Registration] = {}

    def register(self, params: dict[str, Any], caller_arn: str) -> dict[str, Any]:
        """Answer RegisterConnector."""
        missing = [name for name in _REQUIRED if name not in params]
        if missing:
            raise ValidationException(f"To register a connector, specify {' and '.join(missing)}.")
        label, provisioning = params["connectorLabel"], params["connectorProvisioningConfig"]
        configuration = self._configuration(provisioning)
        with self._lock:
            if label in self._connectors:
                raise ConflictException(f"Conflict executing request: Connector:{label} is already registered.")
            self._connectors[label] = Registration(
                label=label,
                arn=self._arn_start + label,
                description=params.get("description"),
                provisioning=provisioning,
                configuration=configuration,
                registered_at=settings.now(),
                registered_by=caller_arn,
            )
            return {"connectorArn": self._connectors[label].arn}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UpdateConnectorRegistration: the newest version of the function, or another function."""
        connector = self.get(params["connectorLabel"])
        provisioning = params.get("connectorProvisioningConfig", connector.provisioning)
        configuration = self._configuration(provisioning)
        with self._lock:
            connector.provisioning, connector.configuration = provisioning, configuration
            connector.description = params.get("description", connector.description)
            return {"connectorArn": connector.arn}

    def unregister(self, label: str) -> None:
        """Forget a connector.

        :raises ResourceNotFoundException: if there is none with that label.
        """
        with self._lock:
            self.get(label)
            del self._connectors[label]

    def list_connectors(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListConnectors."""
        shown, next_token = page(
            [connector for _, connector in sorted(self._connectors.items())],
            lambda connector: connector.label,
            scope="ListConnectors",
            max_results=params.get("maxResults"),
            next_token=params.get("nextToken"),
        )
        return {"connectors": [connector.detail() for connector in shown], "nextToken": next_token}

    def get(self, label: str) -> Registration:
        """Return a registered connector.

        :raises ResourceNotFoundException: if there is none with that label.
        """
        try:
            return self._connectors[label]
        except KeyError:
            raise ResourceNotFoundException(f"Connector with label {label} does not exist.") from None

    def find(self, label: str | None) -> Registration | None:
        """Return a registered connector, None if there is none with that label."""
        return self._connectors.get(label or "")

    def by_arn(self, arn: str) -> Registration | None:
        """Return the registered connector of an ARN, None if the ARN is none of a connector here."""
        return self.find(arn.removeprefix(self._arn_start)) if arn.startswith(self._arn_start) else None

    def open(self, label: str | None, properties: Mapping[str, Any], keeper: Keeper) -> GuardedConnection | None:
        """Make the connection of a connector profile.

        :param label: the profile's connectorLabel.
        :param properties: its CustomConnectorProfileProperties.
        :param keeper: its credentials.
        :return: the connection; None if no Python code stands in for the connector.
        """
        connector = self.find(label)
        stand_in = provided(connector.lambda_arn) if connector else None
        return GuardedConnection(stand_in, properties, keeper) if stand_in else None

    def _configuration(self, provisioning: dict[str, Any]) -> dict[str, Any]:
        if "lambda" not in provisioning:
            raise ValidationException("connectorProvisioningConfig must have the member lambda.")
        return configuration_of(provisioning["lambda"]["lambdaArn"], self._account_id)
