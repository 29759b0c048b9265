"""What a credential source is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials.connectors import Connector, FormName, connector, connector_of
from airflow_provider_appflow_isv.credentials.rules import property_problems
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


class CredentialSource(ABC):
    """Names where a connector profile's credentials come from, and never holds them.

    Airflow renders the attributes in ``template_fields`` and stores the repr with the task, so attributes are names of
    connections and secrets only. No method may be called ``resolve``: Airflow's templating would call it.

    A source of one's own needs :meth:`fetch` and ``template_fields``; what else there is has a default.
    """

    template_fields: ClassVar[Sequence[str]] = ()

    forms: ClassVar[tuple[FormName, ...] | None] = None
    """Forms of credentials that the source can give; None if it is not known before it is fetched."""

    connector_types: ClassVar[tuple[str, ...] | None] = None
    """Connectors that the source is for; None for all that take one of its forms."""

    token_lifetime: float | timedelta | None = None
    """Seconds or timedelta for which what was fetched counts as good; None if it does not end, or AppFlow renews it."""

    redeemed_by_appflow: bool = False
    """Whether AppFlow renews what it was given: giving it the same again would take its newer tokens away."""

    @abstractmethod
    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The ``connectorProfileCredentials`` member, fetched now and masked in logs.

        :param hook: acts in the account of the connector profile.
        :param properties: the profile's ``connectorProfileProperties``.
        """

    def changed_since(self, hook: AppFlowHook, moment: datetime) -> bool | None:  # for those who can tell
        """Whether what :meth:`fetch` would return has been replaced after a moment; None if that can't be told.

        What can't be told counts as a change, except of what AppFlow redeems, where the same once more does harm.

        :param hook: acts in the account of the connector profile.
        :param moment: aware of its time zone, e.g. the ``lastUpdatedAt`` of the profile.
        """
        return False

    @classmethod
    def takes(cls, connector: Connector) -> bool:
        """Whether the source is one for a connector."""
        if cls.connector_types is not None and connector.connector_type not in cls.connector_types:
            return False
        return cls.forms is None or any(form in connector.forms for form in cls.forms)

    def form_for(self, connector: Connector, properties: Mapping[str, Any]) -> FormName | None:
        """The form of credentials that the source gives to a connector; None if it is not known before it is fetched.

        :param connector: one that the source takes.
        :param properties: the connector's own properties, as far as they are known.
        """
        return next((form for form in self.forms or () if form in connector.forms), None)

    def problems(self, connector: Connector, properties: Mapping[str, Any] | None) -> Iterator[str]:
        """What is wrong with the source's arguments for a connector; each begins with an argument's name.

        :param connector: one that the source takes.
        :param properties: the connector's own properties; None if they are not known yet.
        """
        yield from ()

    def check(self) -> None:  # noqa: B027  # a source of one's own need not have anything to check
        """Refuse arguments that are wrong for any connector; templates pass.

        :raises TenantConfigurationError: naming the argument.
        """

    def check_for(self, connector_type: str | None, properties: Mapping[str, Any] | None = None) -> None:
        """Refuse a source that a connector profile can't use; what is known only when the task runs passes.

        :param connector_type: AppFlow's name of the connector; None is the one whose properties are given.
        :param properties: all of the profile's ``connectorProfileProperties``; None if they are not known yet, or only
            those that change are.
        :raises TenantConfigurationError: naming the argument that is wrong and, where the connector does not take this
            source, the sources that it takes.
        """
        self.check()
        if is_late(connector_type) or is_late(properties):
            return
        if connector_type is None and properties is None:
            return
        if connector_type is None:
            found = connector_of(properties or {}, what="connector_profile_properties")
        else:
            found = connector(connector_type)
        if not self.takes(found):
            raise self._refusal(f"{type(self).__name__} (credentials) is not for {found.connector_type}.", found)
        own = _own_properties(found, properties)
        problems = list(self.problems(found, own))
        if own is not None and not problems:
            problems = list(property_problems(found, self.form_for(found, own), own))
        if problems:
            raise self._refusal(f"{type(self).__name__} for {found.connector_type}: {'; '.join(problems)}.", found)

    def _refusal(self, message: str, connector: Connector) -> TenantConfigurationError:
        return TenantConfigurationError(
            message, hint=f"{connector.connector_type} takes {', '.join(sources_for(connector))}."
        )


def sources_for(connector: Connector) -> list[str]:
    """Names of this package's sources that a connector takes."""
    from airflow_provider_appflow_isv import credentials

    sources = (getattr(credentials, name) for name in credentials.__all__)
    return [each.__name__ for each in sources if each is not CredentialSource and each.takes(connector)]


def _own_properties(connector: Connector, properties: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The connector's own part of a profile's properties."""
    if properties is None:
        return None
    found = connector_of(properties, what="connector_profile_properties")
    if found is not connector:
        raise TenantConfigurationError(
            f"connector_profile_properties are of {found.member}, and the connector is {connector.connector_type}.",
            hint=f"Give them as {{{connector.member!r}: {{...}}}}.",
        )
    own = properties[connector.member]
    if is_late(own):
        return None
    if not isinstance(own, Mapping):
        raise TenantConfigurationError(
            f"connector_profile_properties[{connector.member!r}] is a {type(own).__name__}.",
            hint=f"Give it as {{{connector.member!r}: {{...}}}}.",
        )
    return own
