"""Authorization codes in a secret, each sent once among any number of workers.

A vendor that sees a code again may revoke what it gave for it (RFC 6749, 4.1.2), so one that was answered, refused as a
grant, or sent by a worker that died is told to be spent, by a label on its claim, and left alone from then on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_appflow_isv.exceptions import (
    OAuthConsentRequired,
    OAuthTokenError,
    OAuthUnavailable,
    TenantConfigurationError,
)
from airflow_provider_appflow_isv.oauth.errors import OUTCOME_UNKNOWN
from airflow_provider_appflow_isv.stores.claims import Claim, Claims
from airflow_provider_appflow_isv.stores.history import hash_of
from airflow_provider_appflow_isv.stores.keeping import PATIENCE
from airflow_provider_appflow_isv.stores.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.stores.base import Stored
    from airflow_provider_appflow_isv.stores.secret import SecretStore

_LOG = logging.getLogger(__name__)
# seconds after which a worker that redeems a code has stored the answer or died: the request, then reading and writing
_LEASE = 120.0 + 2 * PATIENCE
_AGAIN = "Send the user through the authorization again, and store the new code or its refresh token."

T = TypeVar("T")


def redeem_code(
    store: SecretStore,
    code: str,
    *,
    ask: Callable[[], dict[str, Any]],
    keep: Callable[[dict[str, Any]], T],
    refresh: Callable[[Stored], T],
) -> T:
    """What the authorization code in a secret gives, or else the refresh token beside it.

    :param store: the secret.
    :param code: the code.
    :param ask: sends it once, and returns the answer as it is.
    :param keep: checks the answer and stores it.
    :param refresh: redeems the refresh token among the members that it is given.
    :raises OAuthUnavailable: another worker redeems the code now, or it can't be redeemed now.
    :raises OAuthConsentRequired: neither the code nor a refresh token is good.
    :raises OAuthTokenError: the vendor refused otherwise.
    :raises AppFlowRequestError: AWS refused.
    """
    try:
        return _send_once(store, code, ask, keep)
    except (OAuthConsentRequired, OAuthUnavailable) as error:
        # another worker may have stored what the code gave, or a code may have been left behind
        stored = store.read()
        waits = stored.members.get("code") == code and isinstance(error, OAuthUnavailable)
        if waits or "refresh_token" not in stored.members:
            raise
        _LOG.info("Going on with the refresh token in %s: %s", store.source, error)
        return refresh(stored)


def _send_once(
    store: SecretStore, code: str, ask: Callable[[], dict[str, Any]], keep: Callable[[dict[str, Any]], T]
) -> T:
    claims = Claims(store, store.current(), hash_of(code))
    if claims.is_spent():
        raise OAuthConsentRequired(
            f"The authorization code in {store.source} has been sent before, and is not good any more.", hint=_AGAIN
        )
    with uninterrupted():
        claim = _claim(store, claims)
        try:
            answer = ask()
        except OAuthConsentRequired:
            claims.spend(claim)
            raise
        except (OAuthTokenError, TenantConfigurationError) as error:
            if error.code != OUTCOME_UNKNOWN:
                claims.release(claim)
            raise
        try:
            return keep(answer)
        finally:
            claims.spend(claim)


def _claim(store: SecretStore, claims: Claims) -> Claim:
    last = claims.last(at_least=1)
    number = last.number + 1 if last else 1
    claim = None if last and not last.released else claims.take(number)
    if claim is not None:
        return claim
    held = claims.look(number) or last
    if held is not None and held.age > _LEASE:
        claims.spend(held)
        raise OAuthConsentRequired(
            f"A worker claimed the authorization code in {store.source} and ended without a word of what came of it.",
            hint=_AGAIN,
        )
    raise OAuthUnavailable(
        f"Another worker has claimed the authorization code in {store.source}, and may be redeeming it.",
        hint="Try again in two minutes; if that worker died, it can be told after twenty.",
    )
