"""API keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.raw import connection_values, secret_values
from airflow_provider_appflow_isv.credentials.stored import StoredSource, acting_in

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass(kw_only=True)
class ApiKeyCredentials(StoredSource):
    """The keys of Amplitude, Datadog, Dynatrace, Infor Nexus, Singular, Trend Micro or a custom connector.

    The members are named as in AppFlow's credentials, e.g. ``{"apiKey": ..., "applicationKey": ...}`` for Datadog, or
    in snake case (``api_key``). In a connection they stand in the extra; where a connector has but one key, it may be
    the password.

    :param conn_id: Airflow connection.
    :param secret_id: name or ARN of a secret with a JSON object, instead of a connection.
    :param stored_in: whose account the secret is stored in: ``tenant``, that of the connector profile (default), or
        ``isv``, that of the Airflow connection.
    :raises TenantConfigurationError: both or neither of connection and secret are named, or ``stored_in`` is unknown.
    """

    forms: ClassVar[tuple[FormName, ...]] = ("api_key",)

    def values(
        self,
        hook: AppFlowHook,
        connector: Connector,
        form: FormName,
        properties: Mapping[str, Any],  # keys don't depend on them
    ) -> dict[str, Any]:
        """The keys."""
        wanted = (*connector.forms[form].required, *connector.forms[form].optional)
        layout = f"Store the members {', '.join(wanted)}, texts all."
        if self.secret_id:
            found = secret_values(acting_in(hook, self.stored_in), self.secret_id, layout=layout)
        else:
            found = connection_values(hook, str(self.conn_id), layout=layout)
            if connector.forms[form].required == wanted[:1]:
                found = {wanted[0]: found.get("password"), **found}
        return {name: found.get(name) or found.get(_snake(name)) for name in wanted}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
