"""Authorization codes: what a browser brings back after consent ("OAuth 2.0 Web Server Flow", Salesforce Help)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable

_LIFETIME = 15 * 60.0  # seconds
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636, 4.1
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # a SHA-256 in base64url


@dataclass(frozen=True)
class AuthorizationCode:
    """What a code stands for.

    :param client_id: the app that may redeem it.
    :param username: the user who consented.
    :param redirect_uri: where the browser brought it.
    :param code_challenge: the S256 challenge that came with the request for consent, if any.
    :param expires_at: in seconds since the epoch.
    """

    client_id: str
    username: str
    redirect_uri: str
    code_challenge: str | None
    expires_at: float

    def check_verifier(self, verifier: str | None) -> None:
        """Check a PKCE verifier.

        :param verifier: the token request's ``code_verifier``, if any.
        :raises OAuthError: ``invalid_request`` if it has the wrong form, ``invalid_grant`` if it is missing or wrong.
        """
        if verifier and _VERIFIER.fullmatch(verifier) is None:
            raise OAuthError("invalid_request", "code_verifier: 43 to 128 letters, digits or -._~ are needed")
        if verifier is None and self.code_challenge is None:
            return
        digest = hashlib.sha256((verifier or "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not verifier or not hmac.compare_digest(challenge, self.code_challenge or ""):
            raise OAuthError("invalid_grant", "invalid code verifier")


class AuthorizationCodes:
    """An org's authorization codes. Safe to use from several threads.

    :param clock: gives the time in seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[str, AuthorizationCode] = {}
        self._lock = threading.Lock()

    def issue(self, client_id: str, username: str, redirect_uri: str, code_challenge: str | None) -> str:
        """Give out a code.

        :param client_id: the app that may redeem it.
        :param username: the user who consented.
        :param redirect_uri: where the browser brings it.
        :param code_challenge: the S256 challenge; None for consent without PKCE.
        :return: the code.
        :raises OAuthError: ``invalid_request`` if the challenge isn't one.
        """
        if code_challenge is not None and _CHALLENGE.fullmatch(code_challenge) is None:
            raise OAuthError("invalid_request", "code_challenge: the base64url of a SHA-256 without = is needed")
        code = f"aPrx{secrets.token_urlsafe(60)}"
        with self._lock:
            self._codes[code] = AuthorizationCode(
                client_id, username, redirect_uri, code_challenge, self._clock() + _LIFETIME
            )
        return code

    def find(self, code: str) -> AuthorizationCode | None:
        """Return what a code stands for, or None if it is unknown or used.

        :param code: what the caller presents.
        """
        with self._lock:
            return self._codes.get(code)

    def use(self, code: str) -> bool:
        """Use a code up.

        :param code: the code.
        :return: whether it was still there.
        """
        with self._lock:
            return self._codes.pop(code, None) is not None
