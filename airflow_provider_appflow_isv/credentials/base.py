"""What a credential source is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook


class CredentialSource(ABC):
    """Names where a connector profile's credentials come from, and never holds them.

    Airflow renders the attributes in ``template_fields`` and stores the repr with the task, so attributes are names of
    connections and secrets only. No method may be called ``resolve``: Airflow's templating would call it.
    """

    template_fields: ClassVar[Sequence[str]] = ()

    @abstractmethod
    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The ``connectorProfileCredentials`` member, fetched now and masked in logs.

        :param hook: acts in the account of the connector profile.
        :param properties: the profile's ``connectorProfileProperties``.
        """
