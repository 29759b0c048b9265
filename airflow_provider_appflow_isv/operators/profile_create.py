"""Making a connector profile, AppFlow's connection to a SaaS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_appflow_isv.exceptions import (
    ConnectorAuthenticationError,
    OAuthConsentRequired,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.operators.base import check_choice, check_text
from airflow_provider_appflow_isv.operators.profile_base import ConnectorProfileOperator
from airflow_provider_appflow_isv.operators.sources import own_copy

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

# stands for an ARN that is known only when the secret is there; a source passes over templates
_LATER = "{{ client_credentials_secret }}"


class AppFlowCreateConnectorProfileOperator(ConnectorProfileOperator):
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
        Credentials that AppFlow redeems itself, and has had already, are not given to it once more: the profile is
        proven instead, and if the SaaS refuses it, or properties are to change, a user has to consent again.
    :param client_credentials_secret: name of a secret for AppFlow to read the app's ``clientId`` and ``clientSecret``
        from (``clientCredentialsArn``). This step makes it in the profile's account, with what the credentials'
        connection or secret hold, or brings it up to date, and lets AppFlow read it for this profile; the ARN takes the
        place of the credentials' ``client_credentials_arn``. A secret that holds anything else is an error. Default
        None: no such secret is touched. For ``AuthorizationCode``, ``JwtBearer`` and ``OAuth2Credentials``.
    :param client_credentials_kms_key: KMS key to encrypt that secret; default what it has, or Secrets Manager's own.
        AppFlow reads the secret only if the key's policy lets it decrypt, for which this step does not see.

    :param on_consent_required: what it means if a user of the org has to consent again: ``fail`` (default) raises
        :class:`~airflow_provider_appflow_isv.exceptions.OAuthConsentRequired`; ``report`` ends the task well and says
        so in its result.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action"}``; the action is ``created``, ``updated``,
    ``skipped``, ``unchanged``, or ``consent_required``, which comes with a ``message``.
    """

    template_fields: Sequence[str] = (
        *ConnectorProfileOperator.template_fields,
        "connector_type",
        "connector_label",
        "kms_arn",
        "if_exists",
        "client_credentials_secret",
        "client_credentials_kms_key",
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
        client_credentials_secret: str | None = None,
        client_credentials_kms_key: str | None = None,
        on_consent_required: str = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            connector_profile_name=connector_profile_name,
            connector_profile_properties=connector_profile_properties,
            credentials=credentials,
            connection_mode=connection_mode,
            on_consent_required=on_consent_required,
            **kwargs,
        )
        self.connector_type = connector_type
        self.connector_label = connector_label
        self.kms_arn = kms_arn
        self.if_exists = if_exists
        self.client_credentials_secret = client_credentials_secret
        self.client_credentials_kms_key = client_credentials_kms_key
        self._secrets = self.given("client_credentials_secret", "client_credentials_kms_key")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; what to do with an existing profile, and AppFlow's own secret, too."""
        if self._secrets and "client_credentials_secret" not in self._secrets:
            raise TenantConfigurationError(
                "client_credentials_kms_key is for client_credentials_secret, which is missing.",
                hint="Name the secret to make too.",
            )
        if self._secrets and self.credentials is None:
            raise TenantConfigurationError(
                "client_credentials_secret is given, and no credentials.",
                hint="Name the source that holds the app's clientId and clientSecret too.",
            )
        self.refuse_nothing(self._secrets, "AppFlow could not read the app's client id and secret")
        for name in self._secrets:
            check_text(name, getattr(self, name))
        super().check_arguments()
        check_choice("if_exists", self.if_exists, ("fail", "update", "skip"))

    def check_source(self, source: CredentialSource) -> None:
        """As of the base; with the secret that this step makes in place of the ARN of one."""
        if self.client_credentials_secret is not None:
            source = self._with_arn(source, _LATER)
        source.check_for(self.connector_type, self.connector_profile_properties)

    def execute(self, context: Context) -> dict[str, Any]:
        """Create, update or leave alone."""
        hook = self.make_hook()
        try:
            return self._bring_about(hook)
        except OAuthConsentRequired as error:
            return self.without_consent(hook, error)

    def _bring_about(self, hook: AppFlowHook) -> dict[str, Any]:
        from airflow_provider_appflow_isv.hooks.profile_credentials import unlike

        existing = hook.get_connector_profile(self.connector_profile_name) if self.if_exists != "fail" else None
        if not existing:
            return self._create(hook)
        self._check_connector(hook, "type", existing["connectorType"], self.connector_type)
        if self.connector_type == "CustomConnector":
            self._check_connector(hook, "label", existing.get("connectorLabel"), self.connector_label)
        if self.if_exists == "update":
            return self._update(hook, existing)
        kept = existing.get("connectorProfileProperties")
        if differing := list(unlike(kept, self.connector_profile_properties or {})):
            self.log.warning(
                "Connector profile %s has another %s than given; if_exists='update' would change that",
                self.connector_profile_name,
                ", ".join(differing),
            )
        return self.result(existing["connectorProfileArn"], "skipped")

    def _update(self, hook: AppFlowHook, existing: dict[str, Any]) -> dict[str, Any]:
        from airflow_provider_appflow_isv.hooks.profile_credentials import is_spent, push, unlike

        source = self._source(hook)
        kept = {name: existing.get(name) for name in ("connectionMode", "connectorProfileProperties")}
        wanted = {
            "connectionMode": self.connection_mode,
            "connectorProfileProperties": self.connector_profile_properties,
        }
        if is_spent(hook, existing, source) and not any(unlike(kept, wanted)):
            try:
                hook.ask_through_connector_profile(self.connector_profile_name)
            except ConnectorAuthenticationError as error:
                self.log.warning("What the profile has is refused: %s", error)
            else:
                return self.result(existing["connectorProfileArn"], "unchanged")
        arn = push(
            hook,
            existing,
            source,
            properties=self.connector_profile_properties,
            connection_mode=self.connection_mode,
        )
        return self.result(arn, "updated")

    def _check_connector(self, hook: AppFlowHook, part: str, existing: str | None, wanted: str | None) -> None:
        if existing != wanted:
            raise TenantConfigurationError(
                f"Connector profile {self.connector_profile_name} exists with connector {part} {existing}, "
                f"not {wanted}.",
                account=hook.known_account,
                hint=f"A profile's {part} can't be changed: choose another name or delete the profile.",
            )

    def _create(self, hook: AppFlowHook) -> dict[str, Any]:
        from airflow_provider_appflow_isv.hooks.profile_credentials import profile_config

        optional = {"connectorLabel": self.connector_label, "kmsArn": self.kms_arn}
        properties = self.connector_profile_properties or {}
        arn = hook.create_connector_profile(
            connectorProfileName=self.connector_profile_name,
            connectorType=self.connector_type,
            connectionMode=self.connection_mode,
            connectorProfileConfig=profile_config(hook, self.connector_type, properties, self._source(hook)),
            **{name: value for name, value in optional.items() if value},
        )
        return self.result(arn, "created")

    def _source(self, hook: AppFlowHook) -> CredentialSource | None:
        """The credentials, with the secret for AppFlow made or brought up to date if there is to be one."""
        source: Any = self.credentials
        if source is None or self.client_credentials_secret is None:
            return self.credentials
        from airflow_provider_appflow_isv.hooks.client_credentials import ClientCredentialsSecret

        members = source.store(hook).read().members
        if missing := [name for name in ("client_id", "client_secret") if not members.get(name)]:
            raise TenantConfigurationError(
                f"{source.origin} lacks {', '.join(missing)} for client_credentials_secret.",
                account=hook.known_account,
                hint="Store the app's clientId and clientSecret there.",
            )
        secret = ClientCredentialsSecret(hook, self.client_credentials_secret, self.client_credentials_kms_key)
        arn = secret.keep(
            members["client_id"],
            members["client_secret"],
            profile_arn=hook.connector_profile_arn(self.connector_profile_name),
        )
        return self._with_arn(source, arn)

    def _with_arn(self, source: Any, arn: str) -> CredentialSource:
        if not (hasattr(source, "client_credentials_arn") and hasattr(source, "store")):
            raise TenantConfigurationError(
                f"client_credentials_secret is not for {type(source).__name__}: AppFlow gets tokens, no app.",
                hint="It goes with AuthorizationCode, JwtBearer and OAuth2Credentials(redeemer='appflow').",
            )
        if source.client_credentials_arn is not None:
            raise TenantConfigurationError(
                "client_credentials_secret and the credentials' client_credentials_arn both name a secret.",
                hint="Give one: the secret to be made, or the ARN of one that is there.",
            )
        made: Any = own_copy(source)
        made.client_credentials_arn = arn
        return cast("CredentialSource", made)
