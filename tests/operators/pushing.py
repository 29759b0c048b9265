"""A credential source whose fetches are counted, and connector profiles of an age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.credentials import CredentialSource
from airflow_provider_appflow_isv.local.appflow import appflow_backends
from airflow_provider_appflow_isv.local.seed import REGION

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook
    from tests.accounts import TenantAccount


@dataclass
class OrgToken(CredentialSource):
    """Tokens of the tenant's org, whose secret an operator never sees.

    :param tenant: the tenant.
    :param token_lifetime: seconds for which they count as good; None if they do not end.
    :param is_new: whether what is stored has been replaced since the profile's last update; None can't be told.
    :param works: whether the org takes the tokens.
    :param trouble: raised instead of a token; default none.
    :param name: something to render.
    :param inner: another source.
    :param fetched: the properties with which each token was fetched; copies share the list.
    """

    template_fields: ClassVar[Sequence[str]] = ("name", "inner")

    tenant: TenantAccount
    token_lifetime: float | None = 3600.0
    is_new: bool | None = False
    works: bool = True
    trouble: Exception | None = None
    name: str = "constant"
    inner: CredentialSource | None = None
    fetched: list[Mapping[str, Any]] = field(default_factory=list)

    def fetch(self, hook: AppFlowHook, properties: Mapping[str, Any]) -> dict[str, Any]:
        self.fetched.append(properties)
        if self.trouble:
            raise self.trouble
        org = self.tenant.org
        token = org.sessions.issue("app", self.tenant.username, "api").access_token if self.works else "of-nobody"
        return {"Salesforce": {"accessToken": token, "refreshToken": "none"}}

    def changed_since(self, hook: AppFlowHook, moment: datetime) -> bool | None:
        return self.is_new


class HandedOver(OrgToken):
    """As of a grant that AppFlow redeems."""

    redeemed_by_appflow = True


def age(tenant: TenantAccount, profile: str, seconds: float) -> None:
    """Have the profile's last update be so long ago."""
    appflow_backends[tenant.account][REGION].profiles.get(profile).last_updated_at -= seconds
