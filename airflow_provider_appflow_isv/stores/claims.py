"""Claims: who of any number of workers may send a refresh token.

Claim n of a token is a version of the secret whose id follows from the token's hash and n, with a random text in it:
the first to put it has it, for all others the id is taken (Secrets Manager API reference, PutSecretValue). A claim ends
with its lease, or when its owner says that the token was not spent. Nothing of the token is in it. It also tells when
the claims of the last day were made, of whichever token, for AWS limits the versions of a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError
from airflow_provider_appflow_isv.stores.history import lately
from airflow_provider_appflow_isv.stores.obstacles import check_budget
from airflow_provider_appflow_isv.stores.settling import version_id

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.secret import SecretStore, SecretVersion

CLAIMED = "AppFlowIsvRedeeming"
RELEASED = "AppFlowIsvReleased"
SPENT = "AppFlowIsvSpent"
MOST_A_DAY = 96  # AWS keeps 100 versions and all of the last day; four are left for those that people put
_TRIES = 8  # others move the label at the same time, and botocore has tried again by itself


@dataclass(frozen=True)
class Claim:
    """One claim.

    :param number: its number among the claims of its token.
    :param version: id of the version that it is.
    :param age: seconds since it was made, by AWS's clock.
    :param released: whether its owner has given it back.
    """

    number: int
    version: str
    age: float = 0.0
    released: bool = False


class Claims:
    """The claims of one refresh token, or one authorization code, in one secret.

    :param store: the secret.
    :param current: its current version.
    :param token: hash of the refresh token or code.
    """

    def __init__(self, store: SecretStore, current: SecretVersion, token: str) -> None:
        self._store = store
        self._current = current
        self._token = token
        self._me = secrets.token_hex(16)

    def last(self, *, at_least: int) -> Claim | None:
        """The last claim that was made; None if there is none with that number or a higher one."""
        found = self._store.find(VersionStage=CLAIMED)
        if found is not None and found.content.get("of") == self._token and int(found.content["claim"]) >= at_least:
            return Claim(int(found.content["claim"]), found.version, found.age, RELEASED in found.labels)
        return None

    def look(self, number: int) -> Claim | None:
        """One claim, also where the last one is of another token; None if it is not there."""
        found = self._store.find(VersionId=self._id(number))
        return Claim(number, found.version, found.age, RELEASED in found.labels) if found else None

    def take(self, number: int, *, most_a_day: int = MOST_A_DAY) -> Claim | None:
        """Make a claim; None if somebody else has made it.

        :param number: its number.
        :param most_a_day: versions that claims and answers may make in 24 hours; default 96.
        :raises OAuthUnavailable: AWS may have no room left for it and for the answer.
        :raises AppFlowRequestError: AWS refused; no claim of ours is left behind.
        """
        before = self._store.find(VersionStage=CLAIMED)
        now = (before or self._current).answered
        claimed = lately(before.members, now) if before else []
        check_budget(self._store, claimed, lately(self._current.members, now), most_a_day)
        claim = Claim(number, self._id(number))
        times = " ".join(map(str, [*claimed, int(now.timestamp())]))
        content = {"redeemer": self._me, "of": self._token, "claim": number, "token_times": times}
        try:
            taken = self._store.put(content, token=claim.version, labels=[CLAIMED])
        except AppFlowRequestError:
            # it may have come through all the same; the second of two that are alike changes nothing
            taken = self._put_again(claim, content)
        return claim if taken else None

    def _put_again(self, claim: Claim, content: Mapping[str, Any]) -> bool:
        try:
            return self._store.put(content, token=claim.version, labels=[CLAIMED])
        except AppFlowRequestError:
            with suppress(AppFlowRequestError):
                found = self._store.find(VersionId=claim.version)
                if found is not None and found.content.get("redeemer") == self._me:
                    self.release(claim)
            raise

    def release(self, claim: Claim) -> None:
        """Give an own claim back: the token was not spent. Where AWS refuses that, the claim ends with its lease."""
        self._label(claim, RELEASED)

    def spend(self, claim: Claim) -> None:
        """Tell for good that the code was spent. Where AWS refuses that, the claim stays as it is."""
        self._label(claim, SPENT)

    def is_spent(self) -> bool:
        """Whether this is the last code that was told to be spent."""
        found = self._store.find(VersionStage=SPENT)
        return found is not None and found.content.get("of") == self._token

    def _label(self, claim: Claim, label: str) -> None:
        for _ in range(_TRIES):
            with suppress(AppFlowRequestError):
                before = self._store.find(VersionStage=label)
                if self._store.move(label, to=claim.version, away_from=before.version if before else None):
                    return

    def _id(self, number: int) -> str:
        return version_id(self._current.arn, self._token, number)
