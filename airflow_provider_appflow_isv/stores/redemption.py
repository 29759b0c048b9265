"""The one redeemer of a refresh token, among any number of workers.

Salesforce revokes the whole grant when a rotated refresh token is presented again (knowledge article 005316711), so a
worker sends one only under a claim of its own, and the answer is stored before anything is done with it. The claim of
a worker that died ends with its lease; before the token is then sent again the org is asked whether it is still good.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.hooks.request_errors import is_transient
from airflow_provider_appflow_isv.oauth.errors import OUTCOME_UNKNOWN
from airflow_provider_appflow_isv.stores.answers import answer_members
from airflow_provider_appflow_isv.stores.claims import MOST_A_DAY, Claim, Claims
from airflow_provider_appflow_isv.stores.history import has_spent
from airflow_provider_appflow_isv.stores.keeping import PATIENCE, RECONNECT, Keeper
from airflow_provider_appflow_isv.stores.obstacles import check_rotation
from airflow_provider_appflow_isv.stores.settling import (
    ANSWER,
    fingerprint,
    is_ahead,
    redeemed,
    reinstate,
    settled,
)
from airflow_provider_appflow_isv.stores.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.secret import SecretStore, SecretVersion

_LOG = logging.getLogger(__name__)
_LOOK_AGAIN = 1.0  # seconds between two looks of a worker that waits for another's answer
_CLOCK_STEP = 1.0  # seconds by which AWS's answer may tell an age too high


def never(_: Stored) -> bool:
    """No access token in the store is enough."""
    return False


class Redeemer:
    """Redeems the refresh token in a secret, and stores what comes of it.

    :param store: the secret.
    :param send: sends one token request with the members that it is given, never a second one, and returns the answer
        as it is. Raises :class:`OAuthUnavailable` with code ``outcome_unknown`` if the request may have been served,
        any other :class:`OAuthTokenError` if it was refused or not sent.
    :param is_active: asks the org whether the refresh token among the members is good, without redeeming it.
    :param lease: seconds after which the claim of a worker that says nothing more has ended; default 120.
    :param longest_send: seconds that ``send`` may take; default 45.
    :param patience: seconds for which storing an answer is tried again when AWS refuses; default 600.
    :param most_a_day: versions of the secret that claims and answers may make in 24 hours; default 96, which are 48
        redemptions. AWS keeps 100, and deletes none of the last day (Secrets Manager API reference, PutSecretValue).
    :param sleep: waits for a number of seconds; default :func:`time.sleep`.
    :param monotonic: seconds by a clock that never goes back; default :func:`time.monotonic`.
    :raises TenantConfigurationError: the lease is not longer than a request may take.

    All but the store are attributes, too, which may be set before redeeming.
    """

    def __init__(
        self,
        store: SecretStore,
        *,
        send: Callable[[Stored], Mapping[str, Any]],
        is_active: Callable[[Stored], bool],
        lease: float = 120.0,
        longest_send: float = 45.0,
        patience: float = PATIENCE,
        most_a_day: int = MOST_A_DAY,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if lease <= longest_send:
            raise TenantConfigurationError(
                f"lease ({lease} s) is not longer than longest_send ({longest_send} s).",
                hint="A request must have ended before another worker may send the token.",
            )
        self._store = store
        self.send = send
        self.is_active = is_active
        self.lease = lease
        self.longest_send = longest_send
        self.patience = patience
        self.most_a_day = most_a_day
        self.sleep = sleep
        self.monotonic = monotonic

    def redeem(self, *, enough: Callable[[Stored], bool] = never) -> Stored:
        """Get an access token by the refresh token, or the one that another worker has got since this call began.

        :param enough: says whether what is in the store will do; default is that nothing does which was there before.
        :return: the members of the login, an access token among them.
        :raises OAuthConsentRequired: the grant is gone.
        :raises OAuthTokenError: the token endpoint refused, or could not be reached or asked about the token.
        :raises AppFlowRequestError: AWS refused.
        :raises TenantConfigurationError: the secret has no refresh token or is no JSON object.
        """
        began = current = settled(self._store)
        while True:
            stored = self._stored(current)
            if enough(stored) or _is_news(current, began):
                return stored
            if "refresh_token" not in current.members:
                raise TenantConfigurationError(
                    f"The {self._store.source} lacks refresh_token.", hint=f"Known names: refreshToken. {RECONNECT}"
                )
            if current.members.get("refresh_token_rotation") == "false":
                return self._redeem_unclaimed(current)
            if (latest := self._reinstated(current)) is not None:
                began = current = latest
                continue
            answered = self._redeem_claimed(current)
            if answered is not None:
                return self._stored(answered)
            current = settled(self._store)

    def connect(self, answer: Mapping[str, Any], *, spent: tuple[str, ...] = ()) -> Stored:
        """Store the answer to an authorization code, see :meth:`Keeper.connect`."""
        return self._keeper().connect(answer, spent=spent)

    def _keeper(self) -> Keeper:
        return Keeper(self._store, patience=self.patience, sleep=self.sleep, monotonic=self.monotonic)

    def _stored(self, version: SecretVersion) -> Stored:
        return version.stored(self._store.source)

    def _redeem_unclaimed(self, current: SecretVersion) -> Stored:
        with uninterrupted():
            answer = self.send(self._stored(current))
            changes = answer_members(answer, now=current.answered)
            if changes.get("refresh_token", current.members["refresh_token"]) != current.members["refresh_token"]:
                _LOG.warning(
                    "The refresh token of %s was rotated, although refresh_token_rotation is false there",
                    self._store.source,
                )
                keeper = self._keeper()
                return self._stored(keeper.make_current(keeper.put(current, answer)) or settled(self._store))
        members = {**current.members, **changes}
        return replace(self._stored(current), members={name: value for name, value in members.items() if value})

    def _reinstated(self, current: SecretVersion) -> SecretVersion | None:
        """The last answer made current again, if the secret has an older token; sending that would end the grant."""
        last = self._store.find(VersionStage=ANSWER)
        if last is None or is_ahead(last, current) or fingerprint(last.members) == fingerprint(current.members):
            return None
        if not has_spent(last.members, current.members["refresh_token"]) and not self._is_outlived(current, last):
            return None
        if self._store.current().version != current.version:
            return None  # it was spent meanwhile, as it should be
        _LOG.warning("The %s had an old refresh token; the last one is put back.", self._store.source)
        return reinstate(self._store, current, last)

    def _is_outlived(self, current: SecretVersion, last: SecretVersion) -> bool:
        """Whether the org says that the last answer's token is good, and the one in the secret not."""
        try:
            return not self.is_active(self._stored(current)) and self.is_active(self._stored(last))
        except OAuthTokenError:
            return False  # it can't be told from a new grant, so what somebody has put in counts

    def _redeem_claimed(self, current: SecretVersion) -> SecretVersion | None:
        """The answer to a request of ours; None if the secret has changed, so that it must be looked at anew."""
        claims = Claims(self._store, current, fingerprint(current.members))
        turn = self._await_turn(current, claims)
        if turn is None:
            return None
        claim, since = turn
        keeper = self._keeper()
        with uninterrupted():
            try:
                now = self._ready(current, since)
                answer = self.send(self._stored(now)) if now else None
            except AppFlowIsvError as error:
                if error.code != OUTCOME_UNKNOWN:
                    claims.release(claim)
                if isinstance(error, OAuthConsentRequired) and _grant(settled(self._store)) != _grant(current):
                    return None
                raise
            if now is None or answer is None:
                claims.release(claim)
                return None
            kept = keeper.put(now, answer, redeemed=claim.number + 1)
        return keeper.make_current(kept)

    def _ready(self, current: SecretVersion, since: float) -> SecretVersion | None:
        """The version whose token is sent now under a claim; None if the secret has changed.

        :param current: the version whose token is claimed.
        :param since: when claiming it began.
        """
        now = settled(self._store)  # AWS may have shown an old version, or somebody has put another one meanwhile
        if _grant(now) != _grant(current):
            return None
        check_rotation(self._store, now)
        if self.monotonic() - since > self.lease - self.longest_send:
            raise OAuthUnavailable(
                f"Claiming the refresh token of the {self._store.source} took too long to send it still.",
                code="unreachable",
                hint="Try again; if it stays so, look at the worker's load and AWS's latency.",
            )
        return now

    def _await_turn(self, current: SecretVersion, claims: Claims) -> tuple[Claim, float] | None:
        """A claim of ours and when it began; None if the secret has changed."""
        number = redeemed(current.members)
        last = claims.last(at_least=number)
        seen, held = self.monotonic(), self.lease
        while True:
            if last is not None and not last.released and last.age < held + _CLOCK_STEP:
                self.sleep(_LOOK_AGAIN * random.uniform(0.75, 1.25))  # noqa: S311  # spreads the looks, no secret
                try:
                    if _grant(settled(self._store)) != _grant(current):
                        return None
                    last = claims.last(at_least=last.number) or claims.look(last.number) or last
                    seen = self.monotonic()
                except AppFlowRequestError as error:
                    if not is_transient(error) or self.monotonic() - seen > self.lease:
                        raise
                continue
            if last is not None:
                if not last.released and not self._is_unspent(current):
                    if last.age < self.lease + self.patience + _CLOCK_STEP:
                        held = self.lease + self.patience  # its owner may have the answer, and AWS refuse to take it
                        continue
                    self._check_lost(current)
                    return None
                number = last.number + 1
            since = self.monotonic()
            claim = claims.take(number, most_a_day=self.most_a_day)
            if claim is not None:
                return claim, since
            last = claims.last(at_least=number) or claims.look(number) or Claim(number, "")

    def _is_unspent(self, current: SecretVersion) -> bool:
        """Whether the org says that the token can be sent after a claim that ended without a word."""
        try:
            return self.is_active(self._stored(current))
        except OAuthTokenError as error:
            raise OAuthUnavailable(
                f"A worker ended while it redeemed the refresh token of the {self._store.source}, and whether the "
                f"token is spent can't be told: {error.message}",
                code=error.code,
                hint=f"Try again later. If it stays so: {RECONNECT}",
            ) from error

    def _check_lost(self, current: SecretVersion) -> None:
        """Tell that a grant is lost, unless the secret has changed."""
        if _grant(settled(self._store)) != _grant(current):
            return
        raise OAuthConsentRequired(
            f"The grant of the {self._store.source} is lost: its refresh token is not good any more, and the answer "
            "that held the next one ended with the worker that had asked for it, or the grant was revoked.",
            code="invalid_grant",
            hint=RECONNECT,
        )


def _grant(version: SecretVersion) -> tuple[str, int]:
    """What a redemption changes."""
    return fingerprint(version.members), redeemed(version.members)


def _is_news(current: SecretVersion, began: SecretVersion) -> bool:
    """Whether a redemption has ended since: an access token is there, and it or what it came from is another."""
    now, before = current.members, began.members
    if now.get("access_token") != before.get("access_token"):
        return "access_token" in now
    names = ("token_replaces", "token_redeemed")
    return "token_replaces" in now and any(now.get(name) != before.get(name) for name in names)
