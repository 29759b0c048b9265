"""Connector profiles, AppFlow's connections to a SaaS: made, given fresh credentials, deleted."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import (
    AppFlowBaseOperator,
    check_choice,
    check_connector_profile_name,
)
from airflow_provider_appflow_isv.operators.deleting import DeletingOperator

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_MODES = ("Public", "Private")


class _ConnectorProfileOperator(AppFlowBaseOperator):
    template_fields: Sequence[str] = (
        *AppFlowBaseOperator.template_fields,
        "connector_profile_name",
        "connector_profile_properties",
        "connection_mode",
        "credentials",
    )

    def __init__(
        self,
        *,
        connector_profile_name: str,
        credentials: CredentialSource | None,
        connector_profile_properties: dict[str, Any] | None,
        connection_mode: str | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        # rendering changes a source in place, and tasks of other tenants share the one in the DAG
        self.credentials = copy.copy(credentials)
        self.connector_profile_properties = connector_profile_properties
        self.connection_mode = connection_mode

    def check_arguments(self) -> None:
        """As of the base; name, mode and that the credentials are a source, not values, too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)
        if self.connection_mode is not None:
            check_choice("connection_mode", self.connection_mode, _MODES)
        if isinstance(self.credentials, dict | str):
            raise TenantConfigurationError(
                "credentials must be a credential source: values given here would show in Airflow's UI and database.",
                hint="Use SalesforceCredentials(secret_id=...) or another class of "
                "airflow_provider_appflow_isv.credentials.",
            )

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """As of Airflow, on a copy of the credential source: other runs share the one in the DAG."""
        self.credentials = copy.copy(self.credentials)
        super().render_template_fields(context, jinja_env)

    def _config(self, hook: AppFlowHook, properties: dict[str, Any]) -> dict[str, Any]:
        config: dict[str, Any] = {"connectorProfileProperties": properties}
        if self.credentials:
            config["connectorProfileCredentials"] = self.credentials.fetch(hook, properties)
        return config

    def _update(self, hook: AppFlowHook, existing: dict[str, Any]) -> dict[str, Any]:
        # UpdateConnectorProfile replaces the whole of it, so what is not given anew stays as it is
        properties = _merged(existing.get("connectorProfileProperties"), self.connector_profile_properties or {})
        arn = hook.update_connector_profile(
            connectorProfileName=self.connector_profile_name,
            connectionMode=self.connection_mode or existing["connectionMode"],
            connectorProfileConfig=self._config(hook, properties),
        )
        return self._done(arn, "updated")

    def _done(self, arn: str, action: str) -> dict[str, Any]:
        self.log.info("Connector profile %s in account %s: %s", self.connector_profile_name, arn.split(":")[4], action)
        return {
            "connector_profile_name": self.connector_profile_name,
            "connector_profile_arn": arn,
            "action": action,
        }


class AppFlowCreateConnectorProfileOperator(_ConnectorProfileOperator):
    """Create a connector profile, or see that it is there.

    :param connector_profile_name: its name, unique in account and region.
    :param connector_type: AppFlow's name of the connector, e.g. ``Salesforce``.
    :param connector_profile_properties: the ConnectorProfileProperties member, e.g.
        ``{"Salesforce": {"instanceUrl": "https://example.my.salesforce.com"}}``.
    :param credentials: where the credentials come from, e.g.
        :class:`~airflow_provider_appflow_isv.credentials.SalesforceCredentials`; None for connectors that need none.
    :param connection_mode: ``Public`` (default) or ``Private``.
    :param connector_label: label of a custom connector.
    :param kms_arn: key for AppFlow to encrypt with; default AppFlow's own.
    :param if_exists: ``fail`` (default); ``update`` with fresh credentials and the properties that are given, the
        others stay; or ``skip``, which warns in the log if properties differ. A profile of another connector is an
        error whichever it is.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action"}``; the action is ``created``, ``updated``
    or ``skipped``.
    """

    template_fields: Sequence[str] = (
        *_ConnectorProfileOperator.template_fields,
        "connector_type",
        "connector_label",
        "kms_arn",
        "if_exists",
    )

    def __init__(
        self,
        *,
        connector_profile_name: str,
        connector_type: str,
        connector_profile_properties: dict[str, Any],
        credentials: CredentialSource | None = None,
        connection_mode: str = "Public",
        connector_label: str | None = None,
        kms_arn: str | None = None,
        if_exists: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            connector_profile_name=connector_profile_name,
            connector_profile_properties=connector_profile_properties,
            credentials=credentials,
            connection_mode=connection_mode,
            **kwargs,
        )
        self.connector_type = connector_type
        self.connector_label = connector_label
        self.kms_arn = kms_arn
        self.if_exists = if_exists
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; what to do with an existing profile too."""
        super().check_arguments()
        check_choice("if_exists", self.if_exists, ("fail", "update", "skip"))

    def execute(self, context: Context) -> dict[str, Any]:
        """Create, update or leave alone."""
        hook = self.make_hook()
        existing = hook.get_connector_profile(self.connector_profile_name) if self.if_exists != "fail" else None
        if not existing:
            return self._create(hook)
        self._check_connector(hook, "type", existing["connectorType"], self.connector_type)
        if self.connector_type == "CustomConnector":
            self._check_connector(hook, "label", existing.get("connectorLabel"), self.connector_label)
        if self.if_exists == "update":
            return self._update(hook, existing)
        kept = existing.get("connectorProfileProperties")
        if unlike := list(_unlike(kept, self.connector_profile_properties or {})):
            self.log.warning(
                "Connector profile %s has another %s than given; if_exists='update' would change that",
                self.connector_profile_name,
                ", ".join(unlike),
            )
        return self._done(existing["connectorProfileArn"], "skipped")

    def _check_connector(self, hook: AppFlowHook, part: str, existing: str | None, wanted: str | None) -> None:
        if existing != wanted:
            raise TenantConfigurationError(
                f"Connector profile {self.connector_profile_name} exists with connector {part} {existing}, "
                f"not {wanted}.",
                account=hook.known_account,
                hint=f"A profile's {part} can't be changed: choose another name or delete the profile.",
            )

    def _create(self, hook: AppFlowHook) -> dict[str, Any]:
        optional = {"connectorLabel": self.connector_label, "kmsArn": self.kms_arn}
        arn = hook.create_connector_profile(
            connectorProfileName=self.connector_profile_name,
            connectorType=self.connector_type,
            connectionMode=self.connection_mode,
            connectorProfileConfig=self._config(hook, self.connector_profile_properties or {}),
            **{name: value for name, value in optional.items() if value},
        )
        return self._done(arn, "created")


class AppFlowUpdateConnectorProfileOperator(_ConnectorProfileOperator):
    """Refresh a connector profile's credentials and, if given, change its properties.

    :param connector_profile_name: its name.
    :param credentials: where the fresh credentials come from.
    :param connector_profile_properties: properties to change; the others stay. Default none.
    :param connection_mode: ``Public`` or ``Private``; default is what the profile has.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action": "updated"}``.
    """

    def __init__(
        self,
        *,
        connector_profile_name: str,
        credentials: CredentialSource,
        connector_profile_properties: dict[str, Any] | None = None,
        connection_mode: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            connector_profile_name=connector_profile_name,
            credentials=credentials,
            connector_profile_properties=connector_profile_properties,
            connection_mode=connection_mode,
            **kwargs,
        )
        self.check_arguments()

    def execute(self, context: Context) -> dict[str, Any]:
        """Update the profile; one that does not exist is an error."""
        hook = self.make_hook()
        existing = hook.get_connector_profile(self.connector_profile_name)
        if not existing:
            raise TenantConfigurationError(
                f"Connector profile {self.connector_profile_name} does not exist.",
                account=hook.account,
                hint="Create it with AppFlowCreateConnectorProfileOperator, or check name, region and role_arn.",
            )
        return self._update(hook, existing)


class AppFlowDeleteConnectorProfileOperator(DeletingOperator):
    """Delete a connector profile, and with it the credentials that AppFlow keeps for it.

    :param connector_profile_name: its name.
    :param force: delete it although flows use it; these can't run any more. Default False: AppFlow refuses, and the
        error names such flows.
    :param if_missing: what it means if there is no such profile: ``skip`` (default) or ``fail``. Deleting is done when
        the profile is gone, so a retry after a lost answer, or a clean-up that runs twice, ends well; the log warns,
        with account and region, in case the task looked in the wrong place.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action"}``; the action is ``deleted`` or ``skipped``.
    """

    template_fields: Sequence[str] = (*DeletingOperator.template_fields, "connector_profile_name")

    def __init__(self, *, connector_profile_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the name too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)

    def execute(self, context: Context) -> dict[str, Any]:
        """Delete it, or see that it is gone."""
        hook, name = self.make_hook(), self.connector_profile_name
        arn = hook.connector_profile_arn(name)
        action = self.delete(
            f"Connector profile {name}", arn, lambda: hook.delete_connector_profile(name, force=self.is_forced)
        )
        return {"connector_profile_name": name, "connector_profile_arn": arn, "action": action}


def _merged(kept: Any, given: Any) -> Any:
    """What is given, and of what is kept all that is not given."""
    if not (isinstance(kept, Mapping) and isinstance(given, Mapping)):
        return given
    return {**kept, **{name: _merged(kept.get(name), value) for name, value in given.items()}}


def _unlike(kept: Any, given: Any, path: str = "") -> Iterator[str]:
    """The paths of what is given and not kept so; texts count as what they show, nothing as False."""
    if isinstance(given, Mapping):
        members = kept if isinstance(kept, Mapping) else {}
        for name, value in given.items():
            yield from _unlike(members.get(name), value, f"{path}.{name}" if path else str(name))
    elif str(kept or False) != str(given or False):
        yield path
