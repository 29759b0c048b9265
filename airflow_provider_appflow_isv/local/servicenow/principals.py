"""Who may ask an instance for records or a token: its users and its OAuth clients."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class User:
    """A user who can log in. Whether they are active or locked out stands in their ``sys_user`` record.

    :param username: what they log in with, the ``user_name`` of the record.
    :param sys_id: the record's id.
    :param password: their password.
    :param denied_tables: tables that no role of theirs lets them read.
    """

    username: str
    sys_id: str
    password: str = field(repr=False)
    denied_tables: set[str] = field(default_factory=set)


@dataclass
class OAuthClient:
    """An "OAuth API endpoint for external clients" of the application registry.

    :param client_id: the client id.
    :param client_secret: the client secret.
    :param redirect_url: where the browser goes after consent; None lets any through.
    :param application_user: username that the client credentials grant acts as; None switches the grant off.
    :param access_token_lifespan: seconds (ServiceNow's default is 30 minutes).
    :param refresh_token_lifespan: seconds (ServiceNow's default is 100 days).
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str | None = None
    application_user: str | None = None
    access_token_lifespan: float = 1800
    refresh_token_lifespan: float = 8_640_000
