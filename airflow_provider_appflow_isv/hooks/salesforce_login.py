"""What it takes to log in to a Salesforce org, picked from what a store holds, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, TenantConfigurationError
from airflow_provider_appflow_isv.oauth.grants import GRANTS, due_grant
from airflow_provider_appflow_isv.oauth.hosts import check_url, is_loopback
from airflow_provider_appflow_isv.stores.members import NAMES

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored

PRODUCTION_LOGIN = "https://login.salesforce.com"
SANDBOX_LOGIN = "https://test.salesforce.com"

_MY_DOMAINS = ".my.salesforce.com"
# MyDomain--Sandbox.sandbox.my.salesforce.com, and without the partition in orgs that have not been moved to one
_SANDBOX_SIGNS = ("--", ".sandbox.", ".scratch.")

# client credentials are only redeemed on the org's own host (knowledge article 000886201)
_ALSO_NEEDED = {"client_credentials": ("instance_url",)}


def login_host(url: str | None, *, sandbox: bool = False) -> str:
    """The host that all of an org's kind log in at, which is the audience of an assertion too.

    :param url: the org's My Domain, if known; another address says nothing.
    :param sandbox: whether it is known to be a sandbox; default False.
    """
    host = urlsplit(url).hostname or "" if _is_my_domain(url) else ""
    return SANDBOX_LOGIN if sandbox or any(sign in host for sign in _SANDBOX_SIGNS) else PRODUCTION_LOGIN


@dataclass(frozen=True, kw_only=True)
class SalesforceLogin:
    """One org and one way to log in to it.

    :param grant: ``password``, ``client_credentials``, ``jwt_bearer``, ``refresh_token`` or ``authorization_code``.
    :param members: what the store holds, by canonical names, the password with the security token appended; not part
        of the repr.
    :param source: the store, for messages.
    :param login_url: host to ask for tokens, e.g. ``https://login.salesforce.com`` or the org's My Domain.
    :param instance_url: the org's My Domain URL, if known; an answer of another org is refused.
    :param organization_id: the org's id, if known, of 15 or 18 characters; an answer of another org is refused.
    :param sandbox: whether it is known to be a sandbox; default False.
    """

    grant: str
    members: Mapping[str, str] = field(repr=False)
    source: str
    login_url: str
    instance_url: str | None = None
    organization_id: str | None = None
    sandbox: bool = False

    @property
    def token_host(self) -> str:
        """The base URL to post to."""
        if self.grant == "client_credentials" and self.instance_url:
            return self.instance_url
        return self.login_url

    @property
    def jwt_audience(self) -> str:
        """``aud`` for the JWT grant: the login host, never a My Domain, which Salesforce rejects there."""
        if audience := self.members.get("audience"):
            return audience
        return login_host(self.login_url, sandbox=self.sandbox) if _is_my_domain(self.login_url) else self.login_url

    def check_org(self, instance_url: str, organization_id: str, *, shown: str) -> None:
        """Refuse an answer of another org than the login is for.

        :param instance_url: base URL of the org that answered; its host is one that is allowed.
        :param organization_id: its id; may be empty if the answer has none and none is expected.
        :param shown: its host for messages, with *** for what is a secret.
        :raises OAuthConfigurationError: it is another org.
        """
        hint = "Check that connection or secret belong to this tenant's org, and its instance_url and organization_id."
        if self.instance_url and instance_url.lower() != self.instance_url.lower():
            raise OAuthConfigurationError(
                f"Salesforce answered for another org, at {shown}, but the login is for {self.instance_url}.", hint=hint
            )
        # a token shows its org, so that this must not hold an echo, be it in a path or in the host itself
        if not (self.instance_url or is_loopback(instance_url) or instance_url.lower() == f"https://{shown}"):
            raise OAuthConfigurationError(
                f"Salesforce answered for an address at {shown} that is more than an org's, and the login names none.",
                hint="Set instance_url to the org's My Domain URL.",
            )
        # the last 3 of 18 characters repeat the case of the first 15
        if self.organization_id and organization_id[:15] != self.organization_id[:15]:
            raise OAuthConfigurationError(
                f"Salesforce answered for org {organization_id or 'without id'}, but the login is for org "
                f"{self.organization_id}.",
                hint=hint,
            )

    @classmethod
    def from_stored(
        cls,
        stored: Stored,
        *,
        grant: str | None = None,
        step: str | None = None,
        login_url: str | None = None,
        instance_url: str | None = None,
        organization_id: str | None = None,
        sandbox: bool = False,
    ) -> SalesforceLogin:
        """Pick a login out of what a store holds.

        :param stored: members that no login needs are left alone.
        :param grant: OAuth grant; default is the store's ``grant``, else the only one that its members allow. With
            ``authorization_code`` or ``refresh_token`` a code is redeemed if there is one, else the refresh token.
        :param step: the grant to use now, whichever was chosen and whatever else there is; default None.
        :param login_url: host to ask for tokens; default is the store's ``login_url`` or ``domain``, else the org's My
            Domain if it is known, else the login host of sandboxes or of production.
        :param instance_url: the org that the login must be for; default is the store's.
        :param organization_id: id of that org; default is the store's.
        :param sandbox: whether it is known to be a sandbox; default False.
        :raises TenantConfigurationError: a member is missing, the store is for another org, or more than one grant is
            possible and none is named.
        """
        members, source = dict(stored.members), stored.source
        if members.get("password"):
            members["password"] += members.get("security_token", "")
        own, wanted = _base_url(members.get("instance_url")), _base_url(instance_url)
        if own and wanted and own.lower() != wanted.lower():
            raise TenantConfigurationError(
                f"The {source} is for {own}, and the login is wanted for {wanted}.",
                hint="Check that connection or secret belong to this tenant's org.",
            )
        org, domain = wanted or own, members.get("domain")
        named = login_url or members.get("login_url") or (f"https://{domain}.salesforce.com" if domain else None)
        login = cls(
            grant=step or _choose_grant(grant or members.get("grant"), members, source),
            members=members,
            source=source,
            # not all orgs let their users in at the hosts that they share
            login_url=_base_url(named) or (org if org and _is_my_domain(org) else login_host(org, sandbox=sandbox)),
            instance_url=org,
            organization_id=organization_id or members.get("organization_id"),
            sandbox=sandbox,
        )
        found = members | {"instance_url": login.instance_url or ""}
        needed = (*GRANTS[login.grant], *_ALSO_NEEDED.get(login.grant, ()))
        if missing := [name for name in needed if not found.get(name)]:
            raise TenantConfigurationError(
                f"The {source} lacks {', '.join(missing)} for the {login.grant} grant.",
                hint="Known names are " + "; ".join(f"{m}: {', '.join(NAMES[m])}" for m in missing) + ".",
            )
        return login


def _base_url(url: str | None) -> str | None:
    return url.rstrip("/") if url else None


def _is_my_domain(url: str | None) -> bool:
    try:
        check_url(url or "", allowed_hosts=(_MY_DOMAINS,), what="instance_url")
    except TenantConfigurationError:
        return False
    return True


def _choose_grant(named: str | None, members: Mapping[str, str], source: str) -> str:
    if named and named not in GRANTS:
        raise TenantConfigurationError(
            f"grant {named!r} of the {source} is not known.", hint=f"Possible are {', '.join(GRANTS)}."
        )
    if named or members.get("code"):
        return due_grant(named, members) or "authorization_code"
    # client credentials need nothing that the password grant lacks, so they count only where there is no user
    candidates = ("password", "jwt_bearer", "refresh_token")
    possible = [grant for grant in candidates if all(members.get(name) for name in GRANTS[grant])]
    if len(possible) > 1:
        raise TenantConfigurationError(
            f"The {source} allows the grants {' and '.join(possible)}.", hint="Say which one: set grant."
        )
    if possible:
        return possible[0]
    if members.get("private_key"):
        return "jwt_bearer"
    if members.get("refresh_token"):
        return "refresh_token"
    return "password" if members.get("username") or members.get("password") else "client_credentials"
