"""User name and password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from airflow_provider_appflow_isv.credentials.stored import StoredSource

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import FormName


@dataclass(kw_only=True)
class BasicCredentials(StoredSource):
    """User name and password of Veeva, ServiceNow, SAP OData, Snowflake, Redshift or a custom connector.

    A secret calls them ``username`` and ``password``; a connection has them as such. With Redshift they go with a
    profile that has ``databaseUrl``.

    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    forms: ClassVar[tuple[FormName, ...]] = ("basic",)
