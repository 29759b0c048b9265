"""What speaks against sending a refresh token now, though it is this worker's turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.exceptions import OAuthUnavailable
from airflow_provider_appflow_isv.stores.history import DAY
from airflow_provider_appflow_isv.stores.settling import PENDING, is_foreign

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.secret import SecretStore, SecretVersion


def check_rotation(store: SecretStore, current: SecretVersion) -> None:
    """See that nobody else is rotating the secret.

    :raises OAuthUnavailable: somebody is.
    :raises AppFlowRequestError: AWS refused.
    """
    pending = store.find(VersionStage=PENDING)
    if pending is not None and is_foreign(pending, current):
        raise OAuthUnavailable(
            f"Somebody else is rotating the {store.source}: its version {pending.version} is AWSPENDING.",
            code="unreachable",
            hint="Try again when that has ended; if it was given up, take the label AWSPENDING from that version.",
        )


def check_budget(store: SecretStore, claims: Sequence[int], answers: Sequence[int], most_a_day: int) -> None:
    """See that AWS has room for the versions of one more redemption, its claim and its answer.

    :param claims: when the claims of the last day were made, in seconds since the epoch.
    :param answers: when the answers of the last day were stored.
    :param most_a_day: versions that both may make in 24 hours.
    :raises OAuthUnavailable: it may have none; nothing has been sent.
    """
    made = sorted([*claims, *answers])
    surplus = len(made) + 2 - most_a_day
    if surplus <= 0 or not made:
        return
    room = datetime.fromtimestamp(made[min(surplus, len(made)) - 1] + DAY + 60, UTC)  # told in whole minutes
    raise OAuthUnavailable(
        f"The {store.source} has got {len(made)} versions within a day: {len(claims)} by workers that were about to "
        f"send its token, {len(answers)} by token answers. AWS limits the versions of a secret, and an answer that it "
        "does not take would end the grant, so nothing was sent.",
        hint=f"There is room again from {room:%Y-%m-%d %H:%M} UTC on. To need less: set token_lifetime of the "
        "credentials to the org's session timeout, and min_validity on the refresh step, so that a token which is "
        "still good is used again; and mend what tries fail with, for those that fail make versions, too.",
    )
