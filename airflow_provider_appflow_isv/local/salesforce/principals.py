"""Who may ask an org for a token: its users and its connected apps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PermittedUsers = Literal["all", "admin_approved"]
GrantType = Literal[
    "password",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "authorization_code",
    "refresh_token",
]
THIRTY_DAYS = 30 * 86_400.0  # seconds: the idle limit that Salesforce puts on refresh tokens of new apps


@dataclass
class User:
    """A user of an org.

    :param username: what they log in with, in the form of an e-mail address.
    :param user_id: their record id.
    :param password: their password.
    :param security_token: what a login from outside appends to the password.
    :param active: whether they may log in and use what they were given.
    :param login_ip_ranges: networks, e.g. ``203.0.113.0/24``, from which their profile lets them in; none: from
        anywhere.
    """

    username: str
    user_id: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)
    active: bool = True
    login_ip_ranges: tuple[str, ...] = ()


@dataclass
class ConnectedApp:
    """A connected app (or external client app) as one org knows it.

    :param client_id: the consumer key.
    :param client_secret: the consumer secret.
    :param run_as: username that the client credentials grant acts as; None switches the grant off.
    :param certificate: PEM of the X.509 certificate or public key that checks JWT assertions; None switches the
        JWT bearer grant off.
    :param permitted_users: ``all`` (users approve for themselves) or ``admin_approved``.
    :param approved: usernames that have approved the app, or that the administrator has.
    :param scope: what its tokens may do, blank separated.
    :param rotate_refresh_tokens: whether each use of a refresh token gives a new one and spends the old one.
    :param blocked: whether the administrator has blocked the app.
    :param installed: whether the app is installed in the org; if not, only who approved it before goes on with it.
    :param disabled_flows: grant types that are switched off for the app.
    :param secret_required: whether the web server and refresh token flows need the secret; one that is sent is checked.
    :param require_pkce: whether consent needs a code challenge.
    :param redirect_uris: the callback URLs; none: any.
    :param enforce_login_ips: whether users' login IP ranges hold; for the JWT bearer flow they always do.
    :param refresh_ip_allowlist: networks from which codes and refresh tokens may be redeemed; none: from anywhere.
    :param refresh_token_lifetime: seconds from consent until its refresh tokens die; None: until revoked, 0: at once.
    :param refresh_token_idle_limit: seconds without use after which a refresh token dies, e.g. ``THIRTY_DAYS``; None:
        never.
    """

    client_id: str
    client_secret: str = field(repr=False)
    run_as: str | None = None
    certificate: str | None = field(default=None, repr=False)
    permitted_users: PermittedUsers = "all"
    approved: set[str] = field(default_factory=set)
    scope: str = "api id refresh_token"
    rotate_refresh_tokens: bool = False
    blocked: bool = False
    installed: bool = True
    disabled_flows: set[GrantType] = field(default_factory=set)
    secret_required: bool = True
    require_pkce: bool = False
    redirect_uris: tuple[str, ...] = ()
    enforce_login_ips: bool = True
    refresh_ip_allowlist: tuple[str, ...] = ()
    refresh_token_lifetime: float | None = None
    refresh_token_idle_limit: float | None = None
