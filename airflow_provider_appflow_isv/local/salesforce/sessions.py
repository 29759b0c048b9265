"""The tokens that an org has given out and still honours.

A refresh token and all that comes of it is one grant. Where an app rotates refresh tokens, presenting a spent one
revokes every token of its user and app (Salesforce knowledge article 005316711).
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Session:
    """An access token and what it stands for.

    :param access_token: the token.
    :param client_id: the app it was given to.
    :param username: the user it acts as.
    :param scope: what it may do.
    :param issued_at: when, in seconds since the epoch.
    :param expires_at: when it dies if not used, in seconds since the epoch; each use moves it.
    :param introspectable: False for the session ids that the password grant gives.
    :param grant_id: the grant that it came from, if it came from a refresh token or with one.
    """

    access_token: str = field(repr=False)
    client_id: str
    username: str
    scope: str
    issued_at: float
    expires_at: float
    introspectable: bool = True
    grant_id: str | None = None


@dataclass(frozen=True)
class RefreshGrant:
    """A refresh token: the lasting consent of a user to an app.

    :param refresh_token: the token.
    :param client_id: the app.
    :param username: the user.
    :param grant_id: what the token has in common with those it is rotated to, and with their access tokens.
    :param issued_at: when, in seconds since the epoch.
    """

    refresh_token: str = field(repr=False)
    client_id: str
    username: str
    grant_id: str
    issued_at: float


class Sessions:
    """An org's tokens. Safe to use from several threads.

    ``rotated`` counts the refresh tokens that were spent for new ones, ``reused`` how often a spent one was presented.

    :param org_id: the 18-character org id, the start of each access token.
    :param clock: gives the time in seconds since the epoch.
    :param lifetime: seconds without use after which an access token dies (Salesforce's default is 2 hours).
    """

    def __init__(self, org_id: str, clock: Callable[[], float], lifetime: float = 7200) -> None:
        self._token_start = f"{org_id[:15]}!"
        self._clock = clock
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._refresh_grants: dict[str, RefreshGrant] = {}
        self._spent: dict[str, RefreshGrant] = {}
        self.rotated = 0
        self.reused = 0

    def issue(
        self,
        client_id: str,
        username: str,
        scope: str,
        *,
        introspectable: bool = True,
        grant_id: str | None = None,
    ) -> Session:
        """Give out an access token.

        :param client_id: the app that asked.
        :param username: the user it acts as.
        :param scope: what it may do.
        :param introspectable: whether the introspection endpoint may tell about it.
        :param grant_id: the grant that it comes from, if any.
        :return: the session.
        """
        now = self._clock()
        session = Session(
            access_token=f"{self._token_start}AQ{secrets.token_urlsafe(66)}",
            client_id=client_id,
            username=username,
            scope=scope,
            issued_at=now,
            expires_at=now + self.lifetime,
            introspectable=introspectable,
            grant_id=grant_id,
        )
        with self._lock:
            self._sessions[session.access_token] = session
        return session

    def issue_refresh_token(self, client_id: str, username: str) -> RefreshGrant:
        """Give out a refresh token.

        :param client_id: the app it is for.
        :param username: the user who consents.
        :return: the token and what it stands for.
        """
        with self._lock:
            return self._new_refresh_token(client_id, username, secrets.token_hex(8))

    def rotate(self, refresh_token: str) -> RefreshGrant | None:
        """Spend a refresh token for a new one.

        :param refresh_token: the token.
        :return: the new token, or None if the old one isn't good any more.
        """
        with self._lock:
            old = self._refresh_grants.pop(refresh_token, None)
            if old is None:
                return None
            self._spent[refresh_token] = old
            self.rotated += 1
            return self._new_refresh_token(old.client_id, old.username, old.grant_id)

    def revoke_if_spent(self, refresh_token: str, client_id: str) -> None:
        """Revoke every token of a user and app if a refresh token of theirs is presented that was rotated away.

        :param refresh_token: what the caller presents.
        :param client_id: the app that presents it.
        """
        with self._lock:
            spent = self._spent.get(refresh_token)
            if spent is None or spent.client_id != client_id:
                return
            self.reused += 1
            owner = (client_id, spent.username)
            self._refresh_grants = {
                token: grant
                for token, grant in self._refresh_grants.items()
                if (grant.client_id, grant.username) != owner
            }
            self._sessions = {
                token: session
                for token, session in self._sessions.items()
                if (session.client_id, session.username) != owner
            }

    def _new_refresh_token(self, client_id: str, username: str, grant_id: str) -> RefreshGrant:
        token = f"5Aep861{secrets.token_urlsafe(48)}"
        grant = RefreshGrant(token, client_id, username, grant_id, self._clock())
        self._refresh_grants[token] = grant
        return grant

    def find(self, access_token: str) -> Session | None:
        """Return the live session of an access token, or None.

        :param access_token: what the caller presents.
        """
        with self._lock:
            session = self._sessions.get(access_token)
            if session is not None and session.expires_at <= self._clock():
                del self._sessions[access_token]
                return None
            return session

    def use(self, access_token: str) -> Session | None:
        """Return the live session of an access token and extend its life, or None.

        :param access_token: what the caller presents.
        """
        session = self.find(access_token)
        if session is not None:
            session.expires_at = self._clock() + self.lifetime
        return session

    def find_refresh(self, refresh_token: str) -> RefreshGrant | None:
        """Return what a refresh token stands for, or None.

        :param refresh_token: what the caller presents.
        """
        with self._lock:
            return self._refresh_grants.get(refresh_token)

    def refresh_tokens(self, client_id: str, username: str) -> list[str]:
        """Return the refresh tokens that are good for a user and app: whether a token is anywhere else is for a test.

        :param client_id: the app.
        :param username: the user.
        """
        with self._lock:
            return [
                token
                for token, grant in self._refresh_grants.items()
                if (grant.client_id, grant.username) == (client_id, username)
            ]

    def knew_refresh(self, refresh_token: str) -> bool:
        """Whether a refresh token is or was one of the org's.

        :param refresh_token: what the caller presents.
        """
        with self._lock:
            return refresh_token in self._refresh_grants or refresh_token in self._spent

    def revoke(self, token: str) -> bool:
        """Revoke an access token, or a refresh token with all access tokens that came from it.

        :param token: the token.
        :return: whether there was such a token.
        """
        with self._lock:
            if self._sessions.pop(token, None) is not None:
                return True
            grant = self._refresh_grants.pop(token, None)
            if grant is None:
                return False
            self._sessions = {
                access: session for access, session in self._sessions.items() if session.grant_id != grant.grant_id
            }
            return True

    def expire_all(self) -> None:
        """Let every access token die at once; refresh tokens stay."""
        with self._lock:
            self._sessions.clear()
