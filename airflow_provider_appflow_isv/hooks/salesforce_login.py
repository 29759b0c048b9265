"""What it takes to log in to a Salesforce org, read from an Airflow connection or a secret, and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Connection

PRODUCTION_LOGIN = "https://login.salesforce.com"
SANDBOX_LOGIN = "https://test.salesforce.com"

GRANTS = {
    "password": ("client_id", "client_secret", "username", "password"),
    "client_credentials": ("client_id", "client_secret", "instance_url"),
    "jwt_bearer": ("client_id", "username", "private_key"),
}

# the names under which a member is found in a secret or in a connection's extra, in order of preference
_NAMES = {
    "client_id": ("client_id", "clientId", "consumer_key", "consumerKey"),
    "client_secret": ("client_secret", "clientSecret", "consumer_secret", "consumerSecret"),
    "username": ("username", "userName", "SFLoginEmail"),
    "password": ("password", "SFPassword+SecurityToken", "SFPassword+SeurityToken"),
    "security_token": ("security_token", "securityToken"),
    "private_key": ("private_key", "privateKey"),
    "instance_url": ("instance_url", "instanceUrl"),
    "login_url": ("login_url", "loginUrl"),
    "domain": ("domain",),
    "grant": ("grant", "grant_type", "grantType"),
    "audience": ("audience",),
}

_NETLOC = re.compile(r"([A-Za-z0-9.-]+|\[::1\])(:\d+)?")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, kw_only=True)
class SalesforceLogin:
    """One org and one way to log in to it.

    :param grant: ``password``, ``client_credentials`` or ``jwt_bearer``.
    :param client_id: consumer key of the connected app or external client app.
    :param client_secret: its consumer secret.
    :param username: user to log in as.
    :param password: the user's password, with the security token appended where Salesforce asks for one.
    :param private_key: PEM of the RSA key whose certificate the app has.
    :param login_url: host to ask for tokens, e.g. ``https://login.salesforce.com`` or the org's My Domain.
    :param instance_url: the org's My Domain URL, if known; an answer of another org is refused.
    :param audience: ``aud`` of a JWT assertion; default is the production or sandbox login host.
    """

    grant: str
    client_id: str
    login_url: str
    client_secret: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    instance_url: str | None = None
    audience: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values that may not appear anywhere, a key also line by line, as a log would show it."""
        key_lines = [line for line in (self.private_key or "").splitlines() if line and not line.startswith("--")]
        return tuple(v for v in (self.client_secret, self.password, self.private_key, *key_lines) if v)

    @property
    def token_host(self) -> str:
        """The base URL to post to: client credentials are only redeemed on the org's own host (KB 000886201)."""
        if self.grant == "client_credentials" and self.instance_url:
            return self.instance_url
        return self.login_url

    @property
    def jwt_audience(self) -> str:
        """``aud`` for the JWT grant: the login host, never a My Domain, which Salesforce rejects there."""
        if self.audience:
            return self.audience
        host = urlsplit(self.login_url).hostname or ""
        if host.endswith(".my.salesforce.com"):
            return SANDBOX_LOGIN if ".sandbox." in host else PRODUCTION_LOGIN
        return self.login_url

    @classmethod
    def from_connection(cls, connection: Connection, **wanted: str | None) -> SalesforceLogin:
        """Read an Airflow connection laid out like type ``salesforce`` (user name, password, extra).

        :param connection: extra has consumer_key, consumer_secret, security_token, domain, instance_url, private_key
            or private_key_file_path as Airflow's Salesforce provider names them, and optionally login_url and grant.
        :param wanted: see :meth:`from_mapping`.
        """
        prefix = "extra__salesforce__"
        extra = {name.removeprefix(prefix): value for name, value in connection.extra_dejson.items()}
        members = {"username": connection.login, "password": connection.password, **extra}
        if path := extra.get("private_key_file_path"):
            members["private_key"] = _read(path, connection.conn_id)
        return cls.from_mapping(members, source=f"connection {connection.conn_id}", **wanted)

    @classmethod
    def from_secret(cls, text: str, *, name: str, **wanted: str | None) -> SalesforceLogin:
        """Read a secret's JSON, with any of the names that AppFlow, AWS and Salesforce use for its members.

        :param text: the secret's value.
        :param name: the secret's name, for messages.
        :param wanted: see :meth:`from_mapping`.
        """
        try:
            members = json.loads(text)
        except ValueError:
            members = None
        if not isinstance(members, dict):
            raise TenantConfigurationError(
                f"The value of secret {name} is not a JSON object.",
                hint='Store it as {"clientId": ..., "clientSecret": ..., "username": ..., ...}.',
            )
        return cls.from_mapping(members, source=f"secret {name}", **wanted)

    @classmethod
    def from_mapping(
        cls,
        members: Mapping[str, Any],
        *,
        source: str,
        grant: str | None = None,
        login_url: str | None = None,
        instance_url: str | None = None,
    ) -> SalesforceLogin:
        """Pick the members of a login out of a mapping, by any of their names.

        :param members: the mapping; members that no login needs are left alone.
        :param source: where it comes from, for messages.
        :param grant: OAuth grant; default is the mapping's ``grant``, else the only one that its members allow.
        :param login_url: host to ask for tokens; default is the mapping's ``login_url`` or ``domain``, else production.
        :param instance_url: the org that the login must be for; default is the mapping's.
        :raises TenantConfigurationError: a member is missing, the mapping is for another org, or more than one grant is
            possible and none is named.
        """
        found = {name: _first(members, names) for name, names in _NAMES.items()}
        domain, security_token = found.pop("domain"), found.pop("security_token")
        found["password"] = f"{found['password']}{security_token or ''}" if found["password"] else None
        own, wanted = _base_url(found["instance_url"]), _base_url(instance_url)
        if own and wanted and own.lower() != wanted.lower():
            raise TenantConfigurationError(
                f"The {source} is for {own}, and the login is wanted for {wanted}.",
                hint="Check that connection or secret belong to this tenant's org.",
            )
        found["instance_url"] = wanted or own
        by_domain = f"https://{domain}.salesforce.com" if domain else PRODUCTION_LOGIN
        found["login_url"] = _base_url(login_url or found["login_url"] or by_domain)
        found["grant"] = _choose_grant(grant or found["grant"], found, source)
        if missing := [name for name in GRANTS[found["grant"]] if not found[name]]:
            raise TenantConfigurationError(
                f"The {source} lacks {', '.join(missing)} for the {found['grant']} grant.",
                hint="Known names are " + "; ".join(f"{m}: {', '.join(_NAMES[m])}" for m in missing) + ".",
            )
        return cls(**{f.name: found[f.name] for f in fields(cls)})


def host_names(hosts: Iterable[str]) -> tuple[str, ...]:
    """The hosts of ``allowed_hosts``, checked.

    :raises TenantConfigurationError: it is one text, or an entry would allow any host.
    """
    names = (hosts,) if isinstance(hosts, str) else tuple(hosts)
    if isinstance(hosts, str) or any(not str(name).strip(".") for name in names):
        raise TenantConfigurationError(
            f"allowed_hosts {hosts!r} is not a list of host names.",
            hint='Give it as ("sso.example.com", ".example.org"); a leading dot allows all below.',
        )
    return names


def check_host(url: str, *, allowed_hosts: tuple[str, ...] = (), what: str) -> None:
    """Refuse a host that a credential must not be sent to.

    :param url: base URL to check.
    :param allowed_hosts: host names to allow besides Salesforce's own; a leading dot allows all below it.
    :param what: name of the argument, for the message.
    :raises TenantConfigurationError: not https (http is for loopback only), a user or port in it, or a host that is
        neither Salesforce's nor allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    # what is posted to is for urllib3 to say, which reads odd addresses otherwise than urlsplit does
    plain = _NETLOC.fullmatch(parts.netloc) is not None
    if plain and host in _LOOPBACK and parts.scheme in ("http", "https"):
        return
    ours = ("login.salesforce.com", "test.salesforce.com", ".my.salesforce.com", *allowed_hosts)
    known = any(host.endswith(entry) if entry.startswith(".") else host == entry for entry in ours)
    if not plain or parts.scheme != "https" or port not in (None, 443) or not known:
        raise TenantConfigurationError(
            f"{what} {url!r} is not a host that credentials are sent to.",
            hint="It must be https on login.salesforce.com, test.salesforce.com or an org's *.my.salesforce.com; "
            "name other hosts in allowed_hosts.",
        )


def _read(path: str, conn_id: str | None) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        raise TenantConfigurationError(
            f"private_key_file_path {path!r} of connection {conn_id} can't be read: {error.strerror}.",
            hint="Every worker needs the file; a secret with privateKey needs none.",
        ) from error


def _first(members: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((members[name] for name in names if members.get(name)), None)


def _base_url(url: str | None) -> str | None:
    return url.rstrip("/") if url else None


def _choose_grant(named: str | None, found: Mapping[str, Any], source: str) -> str:
    if named:
        if named not in GRANTS:
            raise TenantConfigurationError(
                f"grant {named!r} of the {source} is not known.", hint=f"Possible are {', '.join(GRANTS)}."
            )
        return named
    # client credentials need nothing that the password grant lacks, so they count only where there is no user
    possible = [grant for grant in ("password", "jwt_bearer") if all(found[name] for name in GRANTS[grant])]
    if len(possible) > 1:
        raise TenantConfigurationError(
            f"The {source} allows the grants {' and '.join(possible)}.", hint="Say which one: set grant."
        )
    if possible:
        return possible[0]
    if found["private_key"]:
        return "jwt_bearer"
    return "password" if found["username"] or found["password"] else "client_credentials"
