"""Whose access key it is, without asking every account each time: there may be thousands of accounts."""

from __future__ import annotations

from moto.iam.models import get_account_id_from, iam_backends

_accounts: dict[str, str] = {}


def account_of_key(access_key_id: str) -> str:
    """Return the account that moto finds for an access key: its own, the default one for a key that moto doesn't know.

    :param access_key_id: key id of a request's signature.
    """
    known = _accounts.get(access_key_id)
    if known is not None and _has_key(known, access_key_id):
        return known
    account_id = str(get_account_id_from(access_key_id))
    if _has_key(account_id, access_key_id):
        _accounts[access_key_id] = account_id
    return account_id


def _has_key(account_id: str, access_key_id: str) -> bool:
    """Keys go with a reset of moto, or when they are deleted."""
    partitions = list(iam_backends[account_id].values())
    return any(access_key_id in partition.access_keys for partition in partitions)
