"""The ways in to an Amazon Redshift warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.stored import StoredSource

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass(kw_only=True)
class RedshiftCredentials(StoredSource):
    """User name and password for a profile with ``databaseUrl``, or nothing secret for one that uses the Data API.

    The Data API lets AppFlow in by a role: the profile's properties have ``dataApiRoleArn``, ``databaseName`` and
    either ``clusterIdentifier`` or, for serverless, ``isRedshiftServerless`` and ``workgroupName``. Then neither
    connection nor secret is named.

    :param conn_id: Airflow connection with user name and password.
    :param secret_id: name or ARN of a secret with ``username`` and ``password``, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :param username: database user of a cluster, for the Data API; default none is told to AppFlow.
    :raises TenantConfigurationError: connection and secret are named both, or ``username`` beside one of them.
    """

    template_fields: ClassVar[Sequence[str]] = (*StoredSource.template_fields, "username")
    forms: ClassVar[tuple[FormName, ...]] = ("basic", "data_api")
    connector_types: ClassVar[tuple[str, ...]] = ("Redshift",)

    username: str | None = None

    def check(self) -> None:
        """Refuse arguments that are wrong for any connector; templates pass."""
        if self._has_password or self.stored_in != "tenant":
            super().check()

    @property
    def _has_password(self) -> bool:
        return bool(self.conn_id or self.secret_id)

    @property
    def origin(self) -> str:
        """Where the values come from, for messages."""
        return super().origin if self._has_password else "RedshiftCredentials"

    def form_for(self, connector: Connector, properties: Mapping[str, Any]) -> FormName:
        """By password if a place for one is named, else by the Data API."""
        return "basic" if self._has_password else "data_api"

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the arguments."""
        if self._has_password and self.username:
            yield "username goes with the Data API; with secret_id or conn_id, the user name stands there"

    def values(
        self, hook: AppFlowHook, connector: Connector, form: FormName, properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        """User name and password, or the user name alone."""
        return super().values(hook, connector, form, properties) if form == "basic" else {"username": self.username}

    def changed_since(self, hook: AppFlowHook, moment: datetime) -> bool | None:
        """Whether the password's secret has a newer value; None for a connection, False for the Data API.

        :param hook: acts in the account of the connector profile.
        :param moment: aware of its time zone.
        """
        return super().changed_since(hook, moment) if self._has_password else False
