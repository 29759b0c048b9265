"""Values that are stored by names of the connector's own, all of them secret: API keys and the like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import mask_secret
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


def secret_values(hook: AppFlowHook, secret_id: str, *, layout: str) -> dict[str, Any]:
    """A secret's JSON, with all its values masked in logs.

    :param hook: acts in the account of the secret.
    :param secret_id: name or ARN of the secret.
    :param layout: how to store it, for messages.
    :return: the JSON object, of texts and of objects that hold texts.
    :raises TenantConfigurationError: it is no JSON object, or a value is not a text.
    """
    from airflow_provider_appflow_isv.stores.secret import SecretStore

    try:
        found = SecretStore(hook, secret_id).current().content
    except TenantConfigurationError as error:
        raise TenantConfigurationError(error.message, account=hook.known_account, hint=layout) from None
    return _texts(hook, found, f"secret {secret_id}", layout)


def connection_values(hook: AppFlowHook, conn_id: str, *, layout: str) -> dict[str, Any]:
    """An Airflow connection's user name, password and extra, with all values but the user name masked in logs.

    :param hook: looks the connection up.
    :param conn_id: the connection.
    :param layout: how to store it, for messages.
    :return: the extra's texts by name, and ``username`` and ``password`` if they are set.
    :raises TenantConfigurationError: there is no such connection, or a value is not a text.
    """
    from airflow_provider_appflow_isv._compat import AirflowNotFoundException

    try:
        connection = hook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise TenantConfigurationError(
            f"Airflow connection {conn_id!r} (conn_id) does not exist.", hint="Create it, or use secret_id."
        ) from error
    values = _texts(hook, connection.extra_dejson, f"connection {conn_id}", layout)
    if connection.password:
        _mask(connection.password)
    own = {"username": connection.login, "password": connection.password}
    return {**{name: value for name, value in own.items() if value}, **values}


def _texts(hook: AppFlowHook, found: Mapping[str, Any], source: str, layout: str) -> dict[str, Any]:
    for path, value in _leaves(found):
        if value is not None:
            _mask(str(value))
        if not isinstance(value, str):
            # AppFlow's members are all texts, and botocore would quote this one
            raise TenantConfigurationError(
                f"{path} of {source} is not a text.", account=hook.known_account, hint=layout
            )
    return dict(found)


def _mask(value: str) -> None:
    from airflow_provider_appflow_isv.stores.members import secret_texts

    for text in secret_texts({"password": value}):
        mask_secret(text)


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, item in data.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif path:
        yield path, data
