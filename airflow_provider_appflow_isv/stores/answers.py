"""A token endpoint's answer as members of a login."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_MEMBERS = {
    "access_token": "access_token",
    "refresh_token": "refresh_token",
    "instance_url": "token_instance_url",
    "id": "token_id",
    "issued_at": "token_issued_at",
    "scope": "token_scope",
}
_LONGEST_NUMBER = 15  # digits; int() refuses some thousands, and the answer has to be stored whatever is in it


def answer_members(answer: Mapping[str, Any], *, now: datetime) -> dict[str, str | None]:
    """What an answer says of the members of a login.

    :param answer: the JSON object of RFC 6749, section 5.1, with what Salesforce adds.
    :param now: when it was asked for, for an answer that tells no ``issued_at``.
    :return: the new value of each member that an answer may have, None for one that it has not; ``token_issued_at`` in
        milliseconds, ``token_expires_at`` in seconds since the epoch. A refresh token is there only if one came.
    """
    members = {member: str(answer[name]) if answer.get(name) else None for name, member in _MEMBERS.items()}
    if members["refresh_token"] is None:
        del members["refresh_token"]
    if not _is_number(members["token_issued_at"] or ""):
        members["token_issued_at"] = str(int(now.timestamp() * 1000))
    lifetime = str(answer.get("expires_in", ""))
    members["token_expires_at"] = str(int(now.timestamp()) + int(lifetime)) if _is_number(lifetime) else None
    return members


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_NUMBER
