"""Who may ask an org for a token: its users and its connected apps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PermittedUsers = Literal["all", "admin_approved"]


@dataclass
class User:
    """A user of an org.

    :param username: what they log in with, in the form of an e-mail address.
    :param user_id: their record id.
    :param password: their password.
    :param security_token: what a login from outside appends to the password.
    :param active: whether they may log in and use what they were given.
    """

    username: str
    user_id: str
    password: str = field(repr=False)
    security_token: str = field(repr=False)
    active: bool = True


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
    """

    client_id: str
    client_secret: str = field(repr=False)
    run_as: str | None = None
    certificate: str | None = field(default=None, repr=False)
    permitted_users: PermittedUsers = "all"
    approved: set[str] = field(default_factory=set)
    scope: str = "api id refresh_token"
    rotate_refresh_tokens: bool = False
