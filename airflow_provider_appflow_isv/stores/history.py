"""Which refresh tokens a secret has spent, told by hashes that stand in it beside the present one.

An old token comes back where somebody applies a copy of the secret, a week or a year later. Sent again, it would end
the grant (Salesforce, knowledge article 005316711), and neither Secrets Manager nor every vendor can still say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

DAY = 24 * 3600
HISTORY_MEMBERS = ("token_answered", "token_put_in", "token_before", "token_times")
_MOST = 50  # hashes of either kind
_SHORT = 16  # digits of a hash, of which 16^16 are enough to tell some tokens apart


def hash_of(text: str) -> str:
    """A hash of a token, which says nothing of it."""
    return hashlib.sha256(text.encode()).hexdigest()


def has_spent(members: Mapping[str, str], token: str) -> bool:
    """Whether the members' refresh token came, by one or more redemptions, from another."""
    spent = f"{members.get('token_put_in', '')} {members.get('token_before', '')}".split()
    return hash_of(token)[:_SHORT] in spent


def lately(members: Mapping[str, str], now: datetime) -> list[int]:
    """When the redemptions of the last day ended, in seconds since the epoch."""
    times = (int(text) for text in members.get("token_times", "").split() if text.isdecimal() and len(text) < _SHORT)
    return [moment for moment in times if moment > now.timestamp() - DAY]


def told(before: Mapping[str, str], token: str | None, *, now: datetime) -> dict[str, str | None]:
    """What an answer adds to the history.

    :param before: the members that it is the answer to.
    :param token: the refresh token that is good from now on; None if there is none.
    :param now: when it came.
    """
    changes: dict[str, str | None] = {
        "token_answered": hash_of(token) if token else None,
        "token_times": " ".join(map(str, [*lately(before, now), int(now.timestamp())])),
    }
    spent = before.get("refresh_token")
    if spent and spent != token:
        # those that people have put in come back most, so that they are not crowded out by those that answers gave
        answered = before.get("token_answered") == hash_of(spent) != before.get("token_replaces")
        name = "token_before" if answered else "token_put_in"
        changes[name] = " ".join([*before.get(name, "").split(), hash_of(spent)[:_SHORT]][-_MOST:])
    return changes
