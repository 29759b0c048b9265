"""Remembers the answers to requests that carried a clientToken.

AppFlow API reference: a token is active for 8 hours; a repeat with the same parameters completes once; a repeat with
other parameters is an error, except for StartFlow on flows that run on demand. Inferred: tokens go with what they were
used for, so that one that is used again after the deletion acts anew.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import ConflictException

ACTIVE_SECONDS = 8 * 3600.0


@dataclass
class _Entry:
    resource: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    fingerprint: str = ""
    expires: float = field(default_factory=lambda: settings.now() + ACTIVE_SECONDS)
    answer: dict[str, Any] | None = None


class ClientTokens:
    """The tokens of one account and Region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], _Entry] = {}  # in the order of their first use

    def __len__(self) -> int:
        return len(self._entries)

    def once(
        self,
        operation: str,
        params: dict[str, Any],
        act: Callable[[], dict[str, Any]],
        *,
        resource: str = "",
        same_parameters: bool = True,
    ) -> dict[str, Any]:
        """Act, or repeat the answer that an active token already got. A failed attempt leaves the token unused.

        :param operation: operation name; tokens of different operations are different tokens.
        :param params: the request's parameters; without a ``clientToken`` in it, ``act`` is just called.
        :param act: does the work and returns the answer.
        :param resource: what is acted on, for :meth:`forget`; default nothing that is ever forgotten.
        :param same_parameters: False to repeat the answer whatever the parameters are; default True.
        :return: the answer.
        :raises ConflictException: if the token was used with other parameters.
        """
        token = params.get("clientToken")
        if token is None:
            return act()
        with self._lock:
            self._purge()
            entry = self._entries.setdefault((operation, token), _Entry(resource))
        with entry.lock:  # two requests with one token: the second waits for the first one's answer
            fingerprint = _fingerprint(params)
            if entry.answer is None or entry.expires <= settings.now():
                entry.answer = act()
                entry.resource, entry.fingerprint = resource, fingerprint
                entry.expires = settings.now() + ACTIVE_SECONDS
            elif same_parameters and entry.fingerprint != fingerprint:
                raise ConflictException(
                    "Conflict executing request: the clientToken was already used with other parameters. "
                    "Use a new clientToken for a different request."
                )
            return entry.answer

    def forget(self, resource: str) -> None:
        """Forget the tokens that were used for something that is gone.

        :param resource: as of :meth:`once`.
        """
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if entry.resource != resource}

    def _purge(self) -> None:
        """Drop the oldest entries that have expired."""
        now = settings.now()
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest].expires > now:
                return
            del self._entries[oldest]


def _fingerprint(params: dict[str, Any]) -> str:
    """A digest, because the parameters may hold credentials."""
    relevant = {name: value for name, value in params.items() if name != "clientToken"}
    return hashlib.sha256(json.dumps(relevant, sort_keys=True, default=str).encode()).hexdigest()
