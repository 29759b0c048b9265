"""An org: its users, apps and tokens, beside its data, and the ways in which a test can put it into trouble."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.oauth_faults import OAuthFaults, Refusal
from airflow_provider_appflow_isv.local.salesforce.admission import check_installed
from airflow_provider_appflow_isv.local.salesforce.codes import AuthorizationCodes
from airflow_provider_appflow_isv.local.salesforce.consents import Consents
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError, OAuthError
from airflow_provider_appflow_isv.local.salesforce.ids import make_id
from airflow_provider_appflow_isv.local.salesforce.org_data import OrgData
from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp, PermittedUsers, User
from airflow_provider_appflow_isv.local.salesforce.records import USER_PREFIX
from airflow_provider_appflow_isv.local.salesforce.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.oauth_faults import Endpoint, OAuthEffect
    from airflow_provider_appflow_isv.local.salesforce.evaluate import Result

_MAX_CURSORS = 1000
_ERRORS = {
    429: Refusal("rate_limit_exceeded"),
    500: Refusal("server_error"),
    503: Refusal("service_unavailable"),
}


class Org(OrgData):
    """One Salesforce org. Made by :meth:`Orgs.create`.

    A test may set ``instance_url`` (what token answers name; its own base URL by default), ``active`` (False: locked),
    ``password_flow_enabled``, ``daily_api_requests`` (the daily limit; ``api_requests_used`` counts),
    ``sessions.lifetime`` and ``streaming.poll_seconds`` (seconds), ``consents.most`` (live consents of a user to an
    app), and what its users and apps have as attributes.

    :param name: the name in its URL; it also decides the org's ids and records.
    :param my_domain_url: its own base URL, without a slash at the end.
    :param accounts: how many accounts it has.
    :param contacts: how many contacts.
    :param opportunities: how many opportunities.
    :param clock: gives the time for tokens, codes and how long events are kept, in seconds since the epoch.
    :param record_clock: gives the time for what is written.
    """

    def __init__(
        self,
        name: str,
        my_domain_url: str,
        *,
        accounts: int,
        contacts: int,
        opportunities: int,
        clock: Callable[[], float],
        record_clock: Callable[[], float],
    ) -> None:
        super().__init__(
            name,
            accounts=accounts,
            contacts=contacts,
            opportunities=opportunities,
            clock=clock,
            record_clock=record_clock,
        )
        self.org_id = make_id("00D", name, 0)
        self.my_domain_url = my_domain_url
        self.instance_url = my_domain_url
        self.active = True
        self.password_flow_enabled = True
        self.daily_api_requests = 1_000_000
        self.api_requests_used = 0
        self.sessions = Sessions(self.org_id, clock)
        self.consents = Consents(self.sessions, clock)
        self.codes = AuthorizationCodes(clock)
        self.apps: dict[str, ConnectedApp] = {}
        self.oauth_faults = OAuthFaults(_ERRORS)
        self._cursors: OrderedDict[str, Result] = OrderedDict()
        self._lock = threading.Lock()

    def add_user(self, username: str, *, password: str | None = None, security_token: str | None = None) -> User:
        """Add a user.

        :param username: what they log in with.
        :param password: their password; None makes one up.
        :param security_token: what is appended to it; None makes one up.
        :return: the user.
        """
        user = User(
            username,
            make_id(USER_PREFIX, self.name, len(self.users)),
            password if password is not None else f"local-password-{secrets.token_urlsafe(12)}",
            security_token if security_token is not None else secrets.token_hex(12),
        )
        self.users[username] = user
        return user

    def add_connected_app(
        self,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        run_as: str | None = None,
        certificate: str | None = None,
        permitted_users: PermittedUsers = "all",
        approved: tuple[str, ...] = (),
        rotate_refresh_tokens: bool = False,
    ) -> ConnectedApp:
        """Add a connected app.

        :param client_id: its consumer key; None makes one up. The same key in several orgs is the same app.
        :param client_secret: its consumer secret; None makes one up.
        :param run_as: username for the client credentials grant; None switches the grant off.
        :param certificate: PEM of the certificate or public key for JWT assertions; None switches the grant off.
        :param permitted_users: who may use the app, ``all`` or ``admin_approved``.
        :param approved: usernames that have approved it, or that the administrator has.
        :param rotate_refresh_tokens: whether each use of a refresh token gives a new one and spends the old one;
            presenting a spent one revokes all tokens of its user and app.
        :return: the app.
        """
        app = ConnectedApp(
            client_id or f"3MVG9{secrets.token_urlsafe(48)}",
            client_secret or f"local-client-secret-{secrets.token_hex(24)}",
            run_as,
            certificate,
            permitted_users,
            set(approved),
            rotate_refresh_tokens=rotate_refresh_tokens,
        )
        self.apps[app.client_id] = app
        return app

    def issue_refresh_token(self, client_id: str, username: str) -> str:
        """Give out a refresh token, as the consent of a user in the browser would.

        :param client_id: the app's consumer key.
        :param username: the user who consents.
        :return: the refresh token; the sixth for the same user and app revokes the oldest.
        :raises OAuthError: ``app_not_found`` if the app isn't installed and the user hadn't approved it before.
        """
        return self.consents.give(self._consented(client_id, username), username).refresh_token

    def issue_authorization_code(
        self, client_id: str, username: str, redirect_uri: str, code_challenge: str | None = None
    ) -> str:
        """Give out an authorization code, as the consent of a user in the browser would.

        :param client_id: the app's consumer key.
        :param username: the user who consents.
        :param redirect_uri: where the browser brings the code; the token request has to name the same.
        :param code_challenge: the PKCE challenge (S256); None for consent without PKCE.
        :return: the code, good for 15 minutes and one use.
        :raises OAuthError: ``invalid_request`` if the challenge isn't one, or the app needs one;
            ``redirect_uri_mismatch`` if the app has other callback URLs; ``app_not_found`` as of a refresh token.
        """
        app = self.apps[client_id]
        if app.redirect_uris and redirect_uri not in app.redirect_uris:
            raise OAuthError("redirect_uri_mismatch")
        if app.require_pkce and code_challenge is None:
            raise OAuthError("invalid_request", "missing required code challenge")
        self._consented(client_id, username)
        return self.codes.issue(client_id, username, redirect_uri, code_challenge)

    def _consented(self, client_id: str, username: str) -> ConnectedApp:
        app, user = self.apps[client_id], self.users[username]
        check_installed(app, user.username)
        app.approved.add(user.username)
        return app

    def expire_tokens(self) -> None:
        """Let every access token of the org die at once, as an administrator's "revoke" does."""
        self.sessions.expire_all()

    def fail_next_token_requests(
        self, count: int, fault: OAuthEffect | int = 503, *, after: int = 0, endpoint: Endpoint = "token"
    ) -> None:
        """Let something go wrong with the org's next token requests.

        :param count: how many requests.
        :param fault: what happens to them, an effect of ``local.oauth_faults``; or 429, 500 or 503 for Salesforce's
            error of that status. Default 503.
        :param after: how many requests are answered well before. Default 0.
        :param endpoint: the endpoint that they go to: ``token`` (default), ``introspect`` or ``revoke``.
        """
        self.oauth_faults.plan(count, fault, after, endpoint)

    def count_api_request(self) -> None:
        """Count a request of the data API against the daily limit.

        :raises ApiError: ``REQUEST_LIMIT_EXCEEDED`` if the limit is used up.
        """
        with self._lock:
            if self.api_requests_used >= self.daily_api_requests:
                raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)
            self.api_requests_used += 1

    def keep_cursor(self, result: Result) -> str:
        """Keep a result so that its later pages can be asked for; the oldest of very many is dropped.

        :param result: what the query found.
        :return: the cursor's id.
        """
        cursor = f"01g{secrets.token_hex(6)}"
        with self._lock:
            self._cursors[cursor] = result
            if len(self._cursors) > _MAX_CURSORS:
                self._cursors.popitem(last=False)
        return cursor

    def cursor(self, cursor: str) -> Result | None:
        """Return the result kept under a cursor's id, or None.

        :param cursor: the id.
        """
        with self._lock:
            return self._cursors.get(cursor)
