"""The tokens that an org has given out and still honours."""

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
    :param refresh_token: the refresh token it came from, if any.
    """

    access_token: str = field(repr=False)
    client_id: str
    username: str
    scope: str
    issued_at: float
    expires_at: float
    introspectable: bool = True
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RefreshGrant:
    """A refresh token: the lasting consent of a user to an app."""

    refresh_token: str = field(repr=False)
    client_id: str
    username: str


class Sessions:
    """An org's tokens. Safe to use from several threads.

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

    def issue(
        self,
        client_id: str,
        username: str,
        scope: str,
        *,
        introspectable: bool = True,
        refresh_token: str | None = None,
    ) -> Session:
        """Give out an access token.

        :param client_id: the app that asked.
        :param username: the user it acts as.
        :param scope: what it may do.
        :param introspectable: whether the introspection endpoint may tell about it.
        :param refresh_token: the refresh token it comes from, if any.
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
            refresh_token=refresh_token,
        )
        with self._lock:
            self._sessions[session.access_token] = session
        return session

    def issue_refresh_token(self, client_id: str, username: str) -> str:
        """Give out a refresh token.

        :param client_id: the app it is for.
        :param username: the user who consents.
        :return: the token.
        """
        token = f"5Aep861{secrets.token_urlsafe(48)}"
        with self._lock:
            self._refresh_grants[token] = RefreshGrant(token, client_id, username)
        return token

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

    def revoke(self, token: str) -> bool:
        """Revoke an access token, or a refresh token with all access tokens that came from it.

        :param token: the token.
        :return: whether there was such a token.
        """
        with self._lock:
            if self._sessions.pop(token, None) is not None:
                return True
            if self._refresh_grants.pop(token, None) is None:
                return False
            self._sessions = {
                access: session for access, session in self._sessions.items() if session.refresh_token != token
            }
            return True

    def expire_all(self) -> None:
        """Let every access token die at once; refresh tokens stay."""
        with self._lock:
            self._sessions.clear()
