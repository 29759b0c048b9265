"""What an instance has given out and still honours: access tokens, refresh tokens and authorization codes."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Token:
    """A secret given out to a client for a user.

    :param value: the secret.
    :param client_id: the client it was given to.
    :param username: the user it stands for.
    :param expires_at: when it dies, in seconds since the epoch.
    """

    value: str = field(repr=False)
    client_id: str
    username: str
    expires_at: float


class Tokens:
    """An instance's tokens of one kind. Safe to use from several threads.

    :param clock: gives the time in seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens: dict[str, Token] = {}

    def issue(self, client_id: str, username: str, lifespan: float) -> Token:
        """Give out a new token.

        :param client_id: the client it is for.
        :param username: the user it stands for.
        :param lifespan: seconds until it dies.
        """
        token = Token(secrets.token_urlsafe(64), client_id, username, self._clock() + lifespan)
        with self._lock:
            self._tokens[token.value] = token
        return token

    def current(self, client_id: str, username: str, lifespan: float) -> Token:
        """Return the newest live token of a client and user; give out a new one if there is none.

        :param client_id: the client it is for.
        :param username: the user it stands for.
        :param lifespan: seconds until a new one dies.
        """
        with self._lock:
            self._drop_expired()
            found = [
                token for token in self._tokens.values() if (token.client_id, token.username) == (client_id, username)
            ]
            return found[-1] if found else self.issue(client_id, username, lifespan)

    def find(self, value: str) -> Token | None:
        """Return the live token of that value, or None.

        :param value: what the caller presents.
        """
        with self._lock:
            self._drop_expired()
            return self._tokens.get(value)

    def take(self, value: str) -> Token | None:
        """Return the live token of that value and let it die, or None.

        :param value: what the caller presents.
        """
        with self._lock:
            self._drop_expired()
            return self._tokens.pop(value, None)

    def expire_all(self) -> None:
        """Let every token die at once."""
        with self._lock:
            self._tokens.clear()

    def _drop_expired(self) -> None:
        now = self._clock()
        self._tokens = {value: token for value, token in self._tokens.items() if token.expires_at > now}
