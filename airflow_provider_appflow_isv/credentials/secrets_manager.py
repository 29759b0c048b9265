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
        ``{"Servicenow": {"username": ..., "password": ...}}``.
    """

    template_fields: ClassVar[Sequence[str]] = ("secret_id",)

    secret_id: str

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The secret's JSON, with all its values masked in logs.

        :raises TenantConfigurationError: it is not a JSON object with exactly one connector.
        """
        text = hook.secret_text(self.secret_id)
        mask_secret(text)
        try:
            credentials = json.loads(text)
        except ValueError:
            credentials = None
        if not isinstance(credentials, dict) or len(credentials) != 1:
            raise TenantConfigurationError(
                f"The value of secret {self.secret_id} is not the credentials of one connector.",
                account=hook.known_account,
                hint='Store it as {"<connector>": {...}} with the members of ConnectorProfileCredentials.',
            )
        for value in _values(credentials):
            mask_secret(value)
        return credentials


def _values(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _values(item)
    elif data is not None:
        yield str(data)
