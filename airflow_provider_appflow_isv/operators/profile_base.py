"""What the operators that write connector profiles have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.operators.base import check_choice, check_connector_profile_name
from airflow_provider_appflow_isv.operators.sources import SourceTakingOperator

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.exceptions import OAuthConsentRequired
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_MODES = ("Public", "Private")


class ConnectorProfileOperator(SourceTakingOperator):
    """Base of what puts credentials into a connector profile.

    :param connector_profile_name: its name.
    :param credentials: where the credentials come from.
    :param connector_profile_properties: the ConnectorProfileProperties member, or a part of it.
    :param connection_mode: ``Public`` or ``Private``.
    :param on_consent_required: ``fail`` or ``report``.
    """

    template_fields: Sequence[str] = (
        *SourceTakingOperator.template_fields,
        "connector_profile_name",
        "connector_profile_properties",
        "connection_mode",
        "credentials",
        "on_consent_required",
    )

    def __init__(
        self,
        *,
        connector_profile_name: str,
        credentials: CredentialSource | None,
        connector_profile_properties: dict[str, Any] | None,
        connection_mode: str | None,
        on_consent_required: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connector_profile_name = connector_profile_name
        self.credentials = credentials
        self.take_source(credentials)
        self.on_consent_required = on_consent_required
        self.connector_profile_properties = connector_profile_properties
        self.connection_mode = connection_mode

    def check_arguments(self) -> None:
        """As of the base; name, mode and what to do without consent too."""
        super().check_arguments()
        check_connector_profile_name(self.connector_profile_name)
        if self.connection_mode is not None:
            check_choice("connection_mode", self.connection_mode, _MODES)
        check_choice("on_consent_required", self.on_consent_required, ("fail", "report"))

    def without_consent(self, hook: AppFlowHook, error: OAuthConsentRequired, **more: Any) -> dict[str, Any]:
        """The result if a user has to consent again, if that is to be reported.

        :param hook: hook for the profile's account.
        :param error: what says so; raised, with the account, unless it is to be reported.
        :param more: further members of the result.
        """
        error.account = error.account or hook.account
        if self.on_consent_required == "fail":
            raise error
        self.log.warning("%s", error)
        arn = hook.connector_profile_arn(self.connector_profile_name)
        return self.result(arn, "consent_required", message=str(error), **more)

    def result(self, arn: str, action: str, **more: Any) -> dict[str, Any]:
        """Log what was done, and tell it.

        :param arn: ARN of the profile.
        :param action: what was done.
        :param more: further members of the result.
        """
        self.log.info("Connector profile %s in account %s: %s", self.connector_profile_name, arn.split(":")[4], action)
        return {
            "connector_profile_name": self.connector_profile_name,
            "connector_profile_arn": arn,
            "action": action,
            **more,
        }
