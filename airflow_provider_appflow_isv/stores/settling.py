"""What a token endpoint answered, stored so that a worker may die at any moment.

The answer is put as AWSPENDING beside a hash of the refresh token that it replaces, and AWSCURRENT is then moved to it
if it is still where it was. A reader who finds an answer that is ahead of AWSCURRENT finishes that. AWSPENDING is then
taken away, for a rotation may need it. A label of our own, which nobody else moves, stays: that is the last answer,
should somebody write an old token back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.exceptions import AppFlowRequestError
from airflow_provider_appflow_isv.stores.history import HISTORY_MEMBERS, hash_of
from airflow_provider_appflow_isv.stores.members import write_members

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.secret import SecretStore, SecretVersion

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
PREVIOUS = "AWSPREVIOUS"
ANSWER = "AppFlowIsvAnswer"
ANSWER_LABELS = (PENDING, ANSWER)
TOKEN_MEMBERS = (
    "refresh_token",
    "access_token",
    "token_instance_url",
    "token_id",
    "token_issued_at",
    "token_scope",
    "token_expires_at",
    "token_replaces",
    "token_redeemed",
    "token_spends",
    *HISTORY_MEMBERS,
)
_SPACE = uuid.UUID("8f4f3c52-6a0b-5d5e-9d0c-3f6f3f0f2a71")


def fingerprint(members: Mapping[str, str]) -> str:
    """A hash of the refresh token, which says nothing of it."""
    return hash_of(members.get("refresh_token", ""))


def spending(members: Mapping[str, str], names: Iterable[str]) -> str | None:
    """What tells members that an answer has used up, by their values; None for none."""
    return " ".join(f"{name}={hash_of(members[name])}" for name in names if name in members) or None


def _spent(members: Mapping[str, str], answer: Mapping[str, str]) -> list[str]:
    """Those of the members that an answer has used up; one with another value is somebody's new one."""
    told = (entry.partition("=") for entry in answer.get("token_spends", "").split())
    return [name for name, _, value in told if name in members and hash_of(members[name]) == value]


def version_id(*parts: object) -> str:
    """An id that is the same for all who make it from the same parts."""
    return str(uuid.uuid5(_SPACE, ":".join(map(str, parts))))


def redeemed(members: Mapping[str, str]) -> int:
    """How many redemptions of the refresh token have ended well and left it as it is."""
    told = members.get("token_redeemed", "0")
    return int(told) if told.isdecimal() else 0


def is_ahead(pending: SecretVersion, current: SecretVersion) -> bool:
    """Whether a version holds the answer to a redemption of the refresh token in another."""
    if pending.members.get("token_replaces") != fingerprint(current.members):
        return False
    rotated = pending.members.get("refresh_token") != current.members.get("refresh_token")
    return rotated or redeemed(pending.members) > redeemed(current.members)


def is_foreign(pending: SecretVersion, current: SecretVersion) -> bool:
    """Whether a version labelled AWSPENDING is of a rotation that somebody else has begun, maybe from a copy.

    One that has been current is of a rotation that has ended.
    """
    return PREVIOUS not in pending.labels and pending.version not in (
        current.version,
        pending.members.get("token_version"),
    )


def settled(store: SecretStore) -> SecretVersion:
    """The current version, with an answer taken over that a worker which died had put but not moved.

    :raises AppFlowRequestError: AWS refused.
    :raises TenantConfigurationError: a value is no JSON object.
    """
    current = store.current()
    if not {"refresh_token", "code"} & current.members.keys():
        return current  # it has nothing that an answer could replace
    answer = store.find(VersionStage=ANSWER)
    return current if answer is None else adopt(store, current, answer)


def adopt(store: SecretStore, current: SecretVersion, answer: SecretVersion) -> SecretVersion:
    """Make an answer current, if it is ahead of what is.

    What somebody has changed beside the tokens stays; where they have put in another refresh token, theirs stands.

    :param store: the secret.
    :param current: its current version.
    :param answer: the version with the answer.
    :return: the version that is current then.
    :raises AppFlowRequestError: AWS refused.
    """
    pending = answer.version if PENDING in answer.labels else None
    while answer.version != current.version and is_ahead(answer, current):
        pending = target = answer.version
        changes = {name: answer.members.get(name) for name in TOKEN_MEMBERS} | {"token_version": target}
        merged = write_members(current.content, {**changes, **dict.fromkeys(_spent(current.members, answer.members))})
        if merged != answer.content:
            pending = target = version_id(current.arn, answer.version, current.version)
            store.put(write_members(merged, {"token_version": target}), token=target, labels=ANSWER_LABELS)
        store.move(CURRENT, to=target, away_from=current.version)
        current = store.current()
    if pending:
        with suppress(AppFlowRequestError):  # another reader does it
            store.move(PENDING, to=None, away_from=pending)
    return current


def reinstate(store: SecretStore, current: SecretVersion, last: SecretVersion) -> SecretVersion:
    """Make the last answer current again, where somebody has written back a token that is older than it.

    :param store: the secret.
    :param current: its current version, with the old token.
    :param last: the version with the last answer.
    :return: the version that is current then.
    :raises AppFlowRequestError: AWS refused.
    """
    target = version_id(current.arn, last.version, current.version, "again")
    tokens = {name: last.members.get(name) for name in TOKEN_MEMBERS}
    tokens |= {"token_replaces": fingerprint(current.members), "token_version": target}
    content = write_members(current.content, tokens)
    store.put(content, token=target, labels=ANSWER_LABELS)
    members = {name: value for name, value in {**current.members, **tokens}.items() if value is not None}
    return adopt(store, current, replace(last, version=target, content=content, members=members))
