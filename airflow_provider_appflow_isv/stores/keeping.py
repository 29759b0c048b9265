"""A token endpoint's answer put into the secret, at any cost: a new refresh token is nowhere else."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_appflow_isv.exceptions import (
    AppFlowRequestError,
    OAuthConfigurationError,
    OAuthConsentRequired,
)
from airflow_provider_appflow_isv.hooks.request_errors import is_transient
from airflow_provider_appflow_isv.stores.answers import answer_members
from airflow_provider_appflow_isv.stores.history import told
from airflow_provider_appflow_isv.stores.members import read_members, write_members
from airflow_provider_appflow_isv.stores.settling import ANSWER_LABELS, adopt, fingerprint, settled, spending

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.secret import SecretStore, SecretVersion

_LOG = logging.getLogger(__name__)
PATIENCE = 600.0  # seconds for which an answer is kept in hand when AWS refuses to take it
RECONNECT = "Connect the tenant's org again: a user consents, and the new refresh token goes into the secret."

T = TypeVar("T")


class Keeper:
    """Stores answers in one secret.

    :param store: the secret.
    :param patience: seconds for which AWS is asked again when it refuses; default 600.
    :param sleep: waits for a number of seconds; default :func:`time.sleep`.
    :param monotonic: seconds by a clock that never goes back; default :func:`time.monotonic`.
    """

    def __init__(
        self,
        store: SecretStore,
        *,
        patience: float = PATIENCE,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self.patience = patience
        self._sleep = sleep
        self._monotonic = monotonic

    def connect(self, answer: Mapping[str, Any], *, spent: tuple[str, ...] = ()) -> Stored:
        """Store the answer to an authorization code: its refresh token takes the place of the one in the secret.

        :param answer: the token endpoint's answer.
        :param spent: members that are of no use any more, e.g. ``code``.
        :return: the members of the login.
        :raises OAuthConfigurationError: the answer has no refresh token.
        :raises OAuthConsentRequired: AWS refused to show the secret or to store it, so that it is lost.
        :raises AppFlowRequestError: AWS refused to make it current; it waits for the next reader.
        """
        if not answer.get("refresh_token"):
            raise OAuthConfigurationError(
                f"The answer for the {self._store.source} has no refresh_token.",
                hint="Give the app the scope refresh_token (offline_access) and consent again.",
            )
        while True:
            try:
                current = self._persist(lambda: settled(self._store))
            except AppFlowRequestError as error:
                raise self._lost(error) from error
            kept = self.make_current(self.put(current, answer, spent=spent))
            if kept is not None:
                return kept.stored(self._store.source)

    def put(
        self, current: SecretVersion, answer: Mapping[str, Any], *, redeemed: int = 0, spent: tuple[str, ...] = ()
    ) -> SecretVersion:
        """Store an answer, to be made current by whoever reads the secret next.

        :param current: the version whose refresh token it is the answer to.
        :param answer: the token endpoint's answer.
        :param redeemed: how many claims of that refresh token there have been.
        :param spent: members to take out.
        :return: the version that it is.
        :raises OAuthConsentRequired: AWS refused to store a new refresh token, so that it is lost.
        :raises AppFlowRequestError: AWS refused otherwise.
        """
        token = str(uuid.uuid4())
        changes = answer_members(answer, now=current.answered)
        before = current.members.get("refresh_token")
        rotated = changes.get("refresh_token", before) != before
        changes |= {
            "token_replaces": fingerprint(current.members),
            "token_redeemed": None if rotated else str(redeemed),
            "token_version": token,
            "token_spends": spending(current.members, spent),
            **dict.fromkeys(spent),
            **told(current.members, changes.get("refresh_token", before), now=current.answered),
        }
        content = write_members(current.content, changes)
        try:
            self._persist(lambda: self._store.put(content, token=token, labels=ANSWER_LABELS))
        except AppFlowRequestError as error:
            if not rotated:
                raise
            raise self._lost(error) from error
        members = read_members(content, source=self._store.source)
        return replace(current, version=token, content=content, members=members, labels=frozenset(ANSWER_LABELS))

    def _lost(self, error: AppFlowRequestError) -> OAuthConsentRequired:
        return OAuthConsentRequired(
            f"The grant of the {self._store.source} is lost: its new refresh token could not be stored.",
            account=error.account,
            code=error.code,
            hint=f"{error} {RECONNECT}",
        )

    def make_current(self, kept: SecretVersion) -> SecretVersion | None:
        """Make an answer that has been put current.

        :param kept: the version that it is.
        :return: the version that is current then; None if somebody has put in another refresh token, which stands.
        :raises AppFlowRequestError: AWS refused; the answer waits for the next reader.
        """
        now = self._persist(lambda: adopt(self._store, self._store.current(), kept), always=False)
        return now if now.members.get("refresh_token") == kept.members.get("refresh_token") else None

    def _persist(self, call: Callable[[], T], *, always: bool = True) -> T:
        """Call AWS again while it refuses, always (somebody may be mending it) or while that may pass by itself."""
        began, pause = self._monotonic(), 0.5
        while True:
            try:
                return call()
            except AppFlowRequestError as error:
                left = self.patience - (self._monotonic() - began)
                if pause > left or not (always or is_transient(error)):
                    raise
                _LOG.warning("A token answer can't be stored yet, tried again for %.0f s: %s", left, error)
            self._sleep(pause)
            pause = min(2 * pause, 10.0)
