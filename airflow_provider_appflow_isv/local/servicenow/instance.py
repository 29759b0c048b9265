"""An instance: its users, OAuth clients, tokens and records, and the ways in which a test can put it into trouble."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING, Literal, get_args

from airflow_provider_appflow_isv.local.oauth_faults import OAuthFaults, Refusal
from airflow_provider_appflow_isv.local.planned import Planned
from airflow_provider_appflow_isv.local.servicenow.database import Database
from airflow_provider_appflow_isv.local.servicenow.principals import OAuthClient, User
from airflow_provider_appflow_isv.local.servicenow.records import (
    Record,
    make_configuration_items,
    make_incidents,
    make_users,
)
from airflow_provider_appflow_isv.local.servicenow.tables import Column
from airflow_provider_appflow_isv.local.servicenow.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_appflow_isv.local.oauth_faults import Endpoint, OAuthEffect

FaultStatus = Literal[429, 500, 503]
_ERRORS = {
    status: Refusal("server_error", "the local ServiceNow was told to fail", status) for status in get_args(FaultStatus)
}
_CODE_LIFESPAN = 600  # seconds; the most that RFC 6749 recommends


class Instance:
    """One ServiceNow instance. Made by :meth:`Instances.create`.

    A test may set ``client_credentials_enabled`` (the property
    ``glide.oauth.inbound.client.credential.grant_type.enabled``, off by default) and
    ``invalid_query_returns_no_rows`` (``glide.invalid_query.returns_no_rows``, off by default).

    :param name: the name in its URL; it also decides the instance's ids and records.
    :param url: its own base URL, without a slash at the end.
    :param incidents: how many incidents it has.
    :param clock: gives the time for tokens and codes, in seconds since the epoch.
    :param record_clock: gives the time for what is written.
    """

    def __init__(
        self, name: str, url: str, *, incidents: int, clock: Callable[[], float], record_clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.url = url
        self.clock = clock
        self.client_credentials_enabled = False
        self.invalid_query_returns_no_rows = False
        self.users: dict[str, User] = {}
        self.oauth_clients: dict[str, OAuthClient] = {}
        self.access_tokens = Tokens(clock)
        self.refresh_tokens = Tokens(clock)
        self.authorization_codes = Tokens(clock)
        self.faults: Planned[FaultStatus] = Planned()
        self.oauth_faults = OAuthFaults(_ERRORS)
        self.database = Database(name, record_clock)
        people = max(3, incidents // 5)
        self.database.load("sys_user", make_users(name, people))
        self.database.load("cmdb_ci", make_configuration_items(name, people))
        self.database.load("incident", make_incidents(name, incidents, people, people))

    def add_user(self, username: str, password: str | None = None) -> User:
        """Add a user who can log in, with a record in ``sys_user``.

        :param username: what they log in with.
        :param password: their password; None makes one up.
        :return: the user.
        :raises ValueError: if there is a user of that name.
        """
        if username in self.users:
            raise ValueError(f"username: there is a user {username!r} already; choose another name")
        values = {"user_name": username, "name": username, "active": "true", "locked_out": "false"}
        record = self.database.insert("sys_user", values)
        if password is None:
            password = f"local-password-{secrets.token_urlsafe(12)}"
        user = User(username, record["sys_id"], password)
        self.users[username] = user
        return user

    def add_oauth_client(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_url: str | None = None,
        application_user: str | None = None,
    ) -> OAuthClient:
        """Add an OAuth client to the application registry.

        :param client_id: its client id; None makes one up.
        :param client_secret: its client secret; None makes one up.
        :param redirect_url: what an authorization code has to be redeemed with; None lets any through.
        :param application_user: username for the client credentials grant, which ``client_credentials_enabled`` has
            to allow as well; None switches the grant off.
        :return: the client.
        """
        client = OAuthClient(
            client_id or secrets.token_hex(16),
            client_secret or f"local-client-secret-{secrets.token_hex(16)}",
            redirect_url,
            application_user,
        )
        self.oauth_clients[client.client_id] = client
        return client

    def issue_authorization_code(self, client_id: str, username: str) -> str:
        """Give out an authorization code, as the consent of a user in the browser would.

        :param client_id: the client's id.
        :param username: the user who consents.
        :return: the code, good for one use within 10 minutes.
        """
        client, user = self.oauth_clients[client_id], self.users[username]
        return self.authorization_codes.issue(client.client_id, user.username, _CODE_LIFESPAN).value

    def active_user(self, username: str) -> User | None:
        """Return the user of that name if their record lets them in, or None.

        :param username: what they log in with.
        """
        user = self.users.get(username)
        if user is None:
            return None
        for record in self.database.all_rows("sys_user"):
            if record["sys_id"] == user.sys_id:
                return user if record["active"] == "true" and record["locked_out"] != "true" else None
        return None

    def authenticate(self, username: str, password: str) -> User | None:
        """Return the active user whom a name and a password belong to, or None.

        :param username: what they log in with.
        :param password: their password.
        """
        user = self.active_user(username)
        matches = user is not None and hmac.compare_digest(user.password.encode(), password.encode())
        return user if matches else None

    def records(self, table: str) -> list[Record]:
        """Return the live list of the records of exactly that class. Changing it or a record changes the instance.

        :param table: the table's name, e.g. ``incident``.
        :raises ValueError: if there is no such table.
        """
        return self.database.rows(table)

    def insert(self, table: str, values: Mapping[str, str]) -> Record:
        """Add a record; its id, number, times and ``sys_mod_count`` are filled in where the values don't name them.

        :param table: the table's name.
        :param values: its values, all texts.
        :return: the live record.
        :raises ValueError: if there is no such table or column, or the table holds metadata.
        """
        return self.database.insert(table, values)

    def update(self, table: str, sys_id: str, values: Mapping[str, str]) -> Record:
        """Change a record; ``sys_updated_on`` and ``sys_mod_count`` follow unless the values name them.

        :param table: the record's table, or one that it extends.
        :param sys_id: the record's id.
        :param values: the new values, all texts.
        :return: the live record.
        :raises ValueError: if there is no such table, column or record, or the table holds metadata.
        """
        return self.database.update(table, sys_id, values)

    def delete(self, table: str, sys_id: str) -> None:
        """Delete a record.

        :param table: the record's table, or one that it extends.
        :param sys_id: the record's id.
        :raises ValueError: if there is no such table or record, or the table holds metadata.
        """
        self.database.delete(table, sys_id)

    def add_column(
        self, table: str, element: str, label: str, internal_type: str = "string", *, reference: str = ""
    ) -> None:
        """Add a column to a table and those that extend it, and tell of it in ``sys_dictionary``.

        :param table: the table's name.
        :param element: the column's name; a customer's own begin with ``u_``.
        :param label: what a person sees.
        :param internal_type: its type, e.g. ``glide_date_time``.
        :param reference: the table that a reference points at.
        :raises ValueError: if there is no such table or type, or such a column already.
        """
        self.database.add_column(table, Column(element, label, internal_type, reference=reference))

    def expire_tokens(self) -> None:
        """Let every access token die at once; refresh tokens stay."""
        self.access_tokens.expire_all()

    def revoke_tokens(self) -> None:
        """Let every access token, refresh token and authorization code die at once."""
        for tokens in (self.access_tokens, self.refresh_tokens, self.authorization_codes):
            tokens.expire_all()

    def fail_next_requests(self, count: int, status: FaultStatus = 503, *, after: int = 0) -> None:
        """Answer requests of the REST API to come with a server's error.

        :param count: how many requests.
        :param status: the HTTP status: 429, 500 or 503.
        :param after: how many requests are answered well before.
        """
        self.faults.plan(count, status, after)

    def fail_next_token_requests(
        self, count: int, fault: OAuthEffect | int = 503, *, after: int = 0, endpoint: Endpoint = "token"
    ) -> None:
        """Let something go wrong with the instance's next token requests.

        :param count: how many requests.
        :param fault: what happens to them, an effect of ``local.oauth_faults``; or 429, 500 or 503 for an error of that
            status. Default 503.
        :param after: how many requests are answered well before. Default 0.
        :param endpoint: the endpoint that they go to: ``token`` (default) or ``revoke``; there is no ``introspect``.
        """
        self.oauth_faults.plan(count, fault, after, endpoint)


class Instances:
    """All instances of the local ServiceNow.

    :param base_url: base URL that the instances are below, without a slash at the end.
    :param clock: gives the time in seconds since the epoch; a test may set its own.
    :param record_clock: gives the time that records are stamped with; default None, the clock's.
    """

    def __init__(
        self,
        base_url: str,
        clock: Callable[[], float] = time.time,
        record_clock: Callable[[], float] | None = None,
    ) -> None:
        self.base_url = base_url
        self.clock = clock
        self.record_clock = record_clock or (lambda: self.clock())
        self._instances: dict[str, Instance] = {}

    def create(self, name: str, incidents: int = 25) -> Instance:
        """Add an instance.

        :param name: the name in its URL.
        :param incidents: how many incidents it has; its users and configuration items are a fifth as many.
        :return: the instance.
        :raises ValueError: if there is an instance of that name.
        """
        if name in self._instances:
            raise ValueError(f"name: there is an instance {name!r} already; choose another name")
        url = f"{self.base_url}/instances/{name}"
        instance = Instance(name, url, incidents=incidents, clock=lambda: self.clock(), record_clock=self.record_clock)
        self._instances[name] = instance
        return instance

    def get(self, name: str) -> Instance | None:
        """Return the instance of that name, or None.

        :param name: the name in its URL.
        """
        return self._instances.get(name)

    def remove(self, name: str) -> None:
        """Take an instance away; does nothing if there is none of that name.

        :param name: the name in its URL.
        """
        self._instances.pop(name, None)

    def clear(self) -> None:
        """Take all instances away."""
        self._instances.clear()

    def __getitem__(self, name: str) -> Instance:
        return self._instances[name]

    def __iter__(self) -> Iterator[Instance]:
        return iter(list(self._instances.values()))

    def __len__(self) -> int:
        return len(self._instances)
