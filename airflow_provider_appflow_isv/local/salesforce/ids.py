"""Salesforce record ids: 15 characters that tell case apart, plus 3 that spell out the case."""

from __future__ import annotations

import hashlib
import re
import string

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CASE_ALPHABET = string.ascii_uppercase + "012345"
_PREFIX_LENGTH, _ORG_LENGTH, _NUMBER_LENGTH = 3, 5, 7
SHORT_LENGTH, LONG_LENGTH = 15, 18
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return digits


def to_long_id(short_id: str) -> str:
    """Append the three characters that make a 15-character id safe to compare without regard to case.

    :param short_id: an id of 15 characters.
    :return: the same id with 18 characters.
    :raises ValueError: if the id doesn't have 15 characters.
    """
    if len(short_id) != SHORT_LENGTH:
        raise ValueError(f"a short Salesforce id has {SHORT_LENGTH} characters, got {len(short_id)}")
    suffix = ""
    for start in range(0, SHORT_LENGTH, 5):
        bits = sum(1 << place for place, char in enumerate(short_id[start : start + 5]) if char.isupper())
        suffix += _CASE_ALPHABET[bits]
    return short_id + suffix


def normal_id(text: object) -> str | None:
    """Return an id with 18 characters, or None for what can't be an id.

    :param text: what a caller gives for an id, of 15 or 18 characters.
    """
    if not isinstance(text, str) or _ID.fullmatch(text) is None:
        return None
    return to_long_id(text[:SHORT_LENGTH])


def make_id(key_prefix: str, org_name: str, number: int) -> str:
    """Make the 18-character id of a record, the same each time and different in every org.

    :param key_prefix: the three characters that tell the object, e.g. ``001`` for Account.
    :param org_name: the org that the record belongs to.
    :param number: the record's number among those of its object, from 0.
    :return: the id.
    """
    org_number = int.from_bytes(hashlib.sha256(org_name.encode()).digest()[:8], "big")
    return to_long_id(key_prefix + _base62(org_number, _ORG_LENGTH) + _base62(number, _NUMBER_LENGTH))
