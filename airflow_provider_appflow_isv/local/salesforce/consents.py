"""How long consents last: the policy of their app's refresh tokens, and the limit of consents that a user can give it.

Facts: "Manage OAuth Access Policies for a Connected App", Salesforce Help (until revoked, at once, lifetime, idle);
several vendors' support pages on the limit of about five, beyond which the oldest is revoked. Inferred: a lifetime runs
from the consent on, also where refresh tokens are rotated.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.salesforce.principals import ConnectedApp
    from airflow_provider_appflow_isv.local.salesforce.sessions import RefreshGrant, Sessions


@dataclass
class _Consent:
    """A user's consent to an app.

    :param client_id: the app.
    :param username: the user.
    :param refresh_token: the token that stands for it now.
    :param given_at: when, in seconds since the epoch.
    :param used_at: when the refresh token was given or redeemed last.
    """

    client_id: str
    username: str
    refresh_token: str = field(repr=False)
    given_at: float
    used_at: float


class Consents:
    """The consents of an org's users. Safe to use from several threads.

    :param sessions: the org's tokens.
    :param clock: gives the time in seconds since the epoch.
    :param most: how many live consents a user can have given an app.
    """

    def __init__(self, sessions: Sessions, clock: Callable[[], float], most: int = 5) -> None:
        self._sessions = sessions
        self._clock = clock
        self._lock = threading.Lock()
        self._consents: dict[str, _Consent] = {}  # by grant id, the oldest first
        self.most = most

    def give(self, app: ConnectedApp, username: str) -> RefreshGrant:
        """Note a new consent; beyond the limit it takes the place of the oldest.

        :param app: the app.
        :param username: the user who consents.
        :return: the refresh token.
        """
        with self._lock:
            live = [
                consent
                for consent in self._consents.values()
                if (consent.client_id, consent.username) == (app.client_id, username)
                and self._sessions.find_refresh(consent.refresh_token) is not None
                and not self._is_over(app, consent)
            ]
            for consent in live[: max(0, len(live) - self.most + 1)]:
                self._sessions.revoke(consent.refresh_token)
            grant = self._sessions.issue_refresh_token(app.client_id, username)
            now = self._clock()
            self._consents[grant.grant_id] = _Consent(app.client_id, username, grant.refresh_token, now, now)
            return grant

    def find(self, app: ConnectedApp, refresh_token: str) -> RefreshGrant | None:
        """Return what a refresh token stands for, which is no use of it; None if it isn't good, or not the app's.

        :param app: the app that asks.
        :param refresh_token: what it presents.
        """
        grant = self._sessions.find_refresh(refresh_token)
        if grant is None or grant.client_id != app.client_id:
            return None
        consent = self._consents.get(grant.grant_id)
        return None if consent is not None and self._is_over(app, consent) else grant

    def redeem(self, app: ConnectedApp, refresh_token: str) -> RefreshGrant | None:
        """Use a refresh token, which begins its idle time anew and spends it if the app rotates.

        :param app: the app that redeems it.
        :param refresh_token: the token.
        :return: the refresh token that is good from now on; None if there is none.
        """
        with self._lock:
            grant = self.find(app, refresh_token)
            if grant is not None and app.rotate_refresh_tokens:
                grant = self._sessions.rotate(refresh_token)
            if grant is None:
                self._sessions.revoke_if_spent(refresh_token, app.client_id)
                return None
            consent = self._consents.get(grant.grant_id)
            if consent is not None:
                consent.refresh_token, consent.used_at = grant.refresh_token, self._clock()
            return grant

    def ends_at(self, app: ConnectedApp, grant: RefreshGrant) -> float | None:
        """Return when a refresh token dies if it isn't used, in seconds since the epoch; None if it doesn't.

        :param app: its app.
        :param grant: the token.
        """
        consent = self._consents.get(grant.grant_id)
        return None if consent is None else _end(app, consent)

    def _is_over(self, app: ConnectedApp, consent: _Consent) -> bool:
        end = _end(app, consent)
        return end is not None and end <= self._clock()


def _end(app: ConnectedApp, consent: _Consent) -> float | None:
    ends = []
    if app.refresh_token_lifetime is not None:
        ends.append(consent.given_at + app.refresh_token_lifetime)
    if app.refresh_token_idle_limit is not None:
        ends.append(consent.used_at + app.refresh_token_idle_limit)
    return min(ends, default=None)
