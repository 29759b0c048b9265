"""Refreshing a connector profile's credentials, with the proof that the profile works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.credentials.connectors import connector_of
from airflow_provider_appflow_isv.durations import seconds_of
from airflow_provider_appflow_isv.exceptions import (
    ConnectorAuthenticationError,
    OAuthConsentRequired,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.operators.base import check_positive, check_text, is_literal
from airflow_provider_appflow_isv.operators.profile_base import ConnectorProfileOperator
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.credentials import CredentialSource
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_CLOCK_SLACK = (
    5.0  # seconds by which the time in an answer may be behind: it is in whole ones, and may be kept for some
)
_PROOF_REFUSED = (
    "The login itself was taken, so check that its user may call the API and see the entity, that the org lets "
    "AppFlow's addresses in, and that nobody else redeems or revokes the same grant."
)


class AppFlowUpdateConnectorProfileOperator(ConnectorProfileOperator):
    """Refresh a connector profile's credentials, see that it works and, if given, change its properties.

    The proof is a request to the SaaS through the profile: it costs two calls of AppFlow and one of the SaaS's API, and
    the role may need ``appflow:ResetConnectorMetadataCache`` with ``appflow:ListConnectorEntities`` or
    ``appflow:DescribeConnectorEntity`` for it. It keeps the session alive, and the grant of a profile that AppFlow
    renews by itself. A private connection that is still being set up can't be asked; the log says so.

    :param connector_profile_name: its name.
    :param credentials: where the fresh credentials come from.
    :param connector_profile_properties: properties to change; the others stay. Default none.
    :param connection_mode: ``Public`` or ``Private``; default is what the profile has.
    :param verify_entity: the entity to describe as the proof, e.g. ``Account``: that it is there, and may be seen, is
        proven too. Default None lists entities instead, which any login may.
    :param verify_profile: whether to prove anything; default True.
    :param min_validity: seconds or timedelta: nothing is fetched or pushed, but the proof is made, while what the
        profile has is good for longer. Tokens count from the profile's last update for the ``token_lifetime`` of the
        credentials, which is the least, as using a session extends it; credentials that do not end are good until those
        stored are newer (how old they are can't be told of a connection). A proof that the SaaS refuses leads to the
        refresh after all. Default None: always refresh. What AppFlow redeems and renews itself (an authorization code,
        or a refresh token handed over) is pushed only if its secret is newer than the profile; otherwise a refused
        proof means that a user has to consent again.
    :param max_age: seconds or timedelta after which what the profile has is replaced although it is good: for refresh
        tokens that end when nobody redeems them for long (30 days in Salesforce), while access tokens live on.
        Default None: never. Refused with credentials that AppFlow redeems.
    :param on_consent_required: what it means if a user of the org has to consent again: ``fail`` (default) raises
        :class:`~airflow_provider_appflow_isv.exceptions.OAuthConsentRequired`; ``report`` ends the task well and says
        so in its result, for a DAG over many tenants that tells of them together.

    The other parameters are those of :class:`~airflow_provider_appflow_isv.operators.base.AppFlowBaseOperator`.

    Returns ``{"connector_profile_name", "connector_profile_arn", "action", "valid_until"}``. The action is ``updated``,
    ``unchanged`` or ``consent_required``, which comes with a ``message``; ``valid_until`` is the ISO 8601 time until
    which the credentials should be good, None if they do not end or are not.
    """

    template_fields: Sequence[str] = (
        *ConnectorProfileOperator.template_fields,
        "verify_entity",
    )

    def __init__(
        self,
        *,
        connector_profile_name: str,
        credentials: CredentialSource,
        connector_profile_properties: dict[str, Any] | None = None,
        connection_mode: str | None = None,
        verify_entity: str | None = None,
        verify_profile: bool = True,
        min_validity: float | timedelta | None = None,
        max_age: float | timedelta | None = None,
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
        self.verify_entity = verify_entity
        self.verify_profile = verify_profile
        self.min_validity = seconds_of(min_validity)
        self.max_age = seconds_of(max_age)
        self._entity = self.given("verify_entity")
        self.check_arguments()

    def check_arguments(self) -> None:
        """As of the base; the proof and the times too."""
        super().check_arguments()
        if self.credentials is None:
            raise TenantConfigurationError(
                "credentials is None: there is nothing to refresh the profile with.", hint="Name a credential source."
            )
        self.refuse_nothing(self._entity, "another proof would be made than meant")
        for name in self._entity:
            check_text(name, getattr(self, name))
        for name in self.given("min_validity", "max_age"):
            _check_seconds(name, getattr(self, name))
        lifetime = self._lifetime
        if lifetime is not None:
            _check_seconds("token_lifetime", lifetime)
            if self.min_validity is not None and self.min_validity >= lifetime:
                raise TenantConfigurationError(
                    f"min_validity is {self.min_validity} seconds, and the credentials count as good for {lifetime}: "
                    "that never holds.",
                    hint="Set token_lifetime of the credentials, e.g. to the org's session timeout.",
                )
        if self.max_age is not None and self.credentials.redeemed_by_appflow:
            raise TenantConfigurationError(
                "max_age is not for credentials that AppFlow redeems: the same once more would take its newer tokens "
                "away.",
                hint="Leave it out: the proof has AppFlow use its grant.",
            )

    def check_source(self, source: CredentialSource) -> None:
        """As of the base; that it is for the connector whose properties are given, too."""
        super().check_source(source)
        properties = self.connector_profile_properties
        if properties and not is_late(properties):
            # without the properties, which are but those that change
            source.check_for(connector_of(properties, what="connector_profile_properties").connector_type)

    def execute(self, context: Context) -> dict[str, Any]:
        """Refresh if need be, and prove; a profile that does not exist is an error."""
        hook = self.make_hook()
        existing, now = hook.connector_profile_now(self.connector_profile_name)
        if not existing:
            raise TenantConfigurationError(
                f"Connector profile {self.connector_profile_name} does not exist.",
                account=hook.account,
                hint="Create it with AppFlowCreateConnectorProfileOperator, or check name, region and role_arn.",
            )
        if self._is_good(hook, existing, now):
            try:
                self._prove(hook, existing)
            except ConnectorAuthenticationError as error:
                self.log.warning("What the profile has should be good, and is refused; refreshing it: %s", error)
            else:
                until = self._valid_until(existing["lastUpdatedAt"])
                return self.result(existing["connectorProfileArn"], "unchanged", valid_until=until)
        return self._refresh(hook, existing, now)

    def _refresh(self, hook: AppFlowHook, existing: dict[str, Any], now: datetime) -> dict[str, Any]:
        from airflow_provider_appflow_isv.hooks.profile_credentials import push

        try:
            arn = push(
                hook,
                existing,
                self.credentials,
                properties=self.connector_profile_properties,
                connection_mode=self.connection_mode,
            )
        except OAuthConsentRequired as error:
            return self.without_consent(hook, error, valid_until=None)
        try:
            self._prove(hook, existing)
        except ConnectorAuthenticationError as error:
            entity = f"entity {self.verify_entity}" if self.verify_entity else "the list of entities"
            raise ConnectorAuthenticationError(
                f"Connector profile {self.connector_profile_name} was updated, and asking for {entity} through it is "
                f"refused all the same: {error.message}",
                account=arn.split(":")[4],
                code=error.code,
                hint=_PROOF_REFUSED,
            ) from error
        # minted after AWS said what time it was
        return self.result(arn, "updated", valid_until=self._valid_until(now))

    def _is_good(self, hook: AppFlowHook, existing: Mapping[str, Any], now: datetime) -> bool:
        from airflow_provider_appflow_isv.hooks.profile_credentials import spends, unlike

        assert self.credentials is not None
        kept = {name: existing.get(name) for name in ("connectionMode", "connectorProfileProperties")}
        wanted = {"connectorProfileProperties": self.connector_profile_properties or {}} | (
            {"connectionMode": self.connection_mode} if self.connection_mode else {}
        )
        spent = spends(existing, self.credentials)
        if any(unlike(kept, wanted)) or (self.min_validity is None and not spent):
            return False
        updated = existing["lastUpdatedAt"]
        seconds = (now - updated).total_seconds() + _CLOCK_SLACK
        if self.max_age is not None and seconds >= self.max_age:
            return False
        lifetime = self._lifetime
        if lifetime is None:
            changed = self.credentials.changed_since(hook, updated)
            return not changed if spent else changed is False
        return bool(lifetime - seconds > (self.min_validity or 0.0))

    @property
    def _lifetime(self) -> float | None:
        assert self.credentials is not None
        return seconds_of(self.credentials.token_lifetime)

    def _valid_until(self, since: datetime) -> str | None:
        lifetime = self._lifetime
        return None if lifetime is None else (since + timedelta(seconds=lifetime)).isoformat()

    def _prove(self, hook: AppFlowHook, existing: Mapping[str, Any]) -> None:
        if not self.verify_profile:
            return
        name = self.connector_profile_name
        if (self.connection_mode or existing["connectionMode"]) == "Private":
            state = (hook.get_connector_profile(name) or {}).get("privateConnectionProvisioningState") or {}
            if state.get("status") == "PENDING":
                self.log.warning(
                    "Whether connector profile %s works can't be told while its private connection is set up", name
                )
                return
        hook.ask_through_connector_profile(name, self.verify_entity)


def _check_seconds(name: str, seconds: Any) -> None:
    if not is_literal(seconds):
        raise TenantConfigurationError(
            f"{name} is not known when the DAG is parsed; it must be a positive number of seconds, or a timedelta.",
            hint="Templates are not rendered there: map over it, or read it in the DAG file.",
        )
    check_positive(name, seconds)
