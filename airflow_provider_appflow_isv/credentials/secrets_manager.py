"""Credentials that stand in a secret as AppFlow takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.credentials.base import CredentialSource
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


@dataclass
class SecretsManagerCredentials(CredentialSource):
    """The secret's JSON is the ``connectorProfileCredentials`` member itself, for a connector of any type.

    :param secret_id: name or ARN of a secret in the account of the connector profile, with a value such as
        ``{"ServiceNow": {"username": ..., "password": ...}}``: the connector is spelt as the member of
        ConnectorProfileCredentials, which for ServiceNow, GoogleAnalytics and InforNexus differs from the type.
    """

    template_fields: ClassVar[Sequence[str]] = ("secret_id",)

    secret_id: str

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The secret's JSON, with all its values masked in logs.

        :raises TenantConfigurationError: it is not a JSON object with exactly one connector, or a value is not a text.
        """
        text = hook.secret_text(self.secret_id)
        mask_secret(text)
        try:
            credentials = json.loads(text)
        except ValueError:
            credentials = None
        for path, value in _leaves(credentials):
            if value is not None:
                mask_secret(str(value))
            if not isinstance(value, str):
                # AppFlow's members are all texts, and botocore would quote this one
                raise self._error(hook, f"{path} of secret {self.secret_id} is not a text.")
        members = list(credentials.values()) if isinstance(credentials, dict) else []
        if len(members) != 1 or not isinstance(members[0], dict):
            raise self._error(hook, f"The value of secret {self.secret_id} is not the credentials of one connector.")
        return dict(credentials)

    def _error(self, hook: AppFlowHook, message: str) -> TenantConfigurationError:
        return TenantConfigurationError(
            message,
            account=hook.known_account,
            hint='Store it as {"<connector>": {...}} with the members of ConnectorProfileCredentials, texts all.',
        )


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, item in data.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif path:
        yield path, data
