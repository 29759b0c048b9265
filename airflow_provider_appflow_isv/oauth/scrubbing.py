"""What a host may have echoed of the secrets that it was told, taken out of what is quoted of its answer."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from itertools import groupby
from urllib.parse import quote, quote_plus, urlsplit

_LONGEST_HOST = 253  # characters (RFC 1035, 2.3.4)
_PIECE = 12  # characters of a secret that are not quoted, wherever it was cut off
_PUBLIC = ("grant_type", "client_id", "username", "redirect_uri", "scope", "format", "token_type_hint")


def spellings(form: Mapping[str, str], basic: tuple[str, str] | None, scrub: Iterable[str]) -> list[str]:
    """All that must not be quoted, in the forms in which a host may quote it; the longest first.

    :param form: the fields that were posted.
    :param basic: client id and secret of a Basic header, if any.
    :param scrub: other secrets.
    """
    plain = {*scrub, *(value for name, value in form.items() if name not in _PUBLIC)}
    if basic:
        plain |= {basic[1], f"{basic[0]}:{basic[1]}"}
    spelt = {
        spelling
        for secret in plain
        for spelling in (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            b64encode(secret.encode()).decode(),
        )
        if spelling
    }
    return sorted(spelt, key=len, reverse=True)


def without(secrets: Iterable[str], text: str) -> str:
    """The text as one line, with *** for what is a secret, or a piece of one.

    :param secrets: as :func:`spellings` returns them.
    :param text: what a host says; cut it off afterwards only.
    """
    pieces = set()
    for secret in secrets:
        text = text.replace(secret, "***")
        pieces |= {secret[start : start + _PIECE] for start in range(len(secret) - _PIECE + 1)}
    covered = bytearray(len(text))
    for start in range(len(text) - _PIECE + 1):
        if text[start : start + _PIECE] in pieces:
            covered[start : start + _PIECE] = b"\1" * _PIECE
    runs = groupby(zip(text, covered, strict=True), key=lambda each: each[1])
    kept = "".join("***" if hidden else "".join(c for c, _ in run) for hidden, run in runs)
    return " ".join("".join(c if c.isprintable() else " " for c in kept).split())


def host_in(url: str, secrets: Iterable[str]) -> str:
    """The host of an address that an answer names, for messages: anything else of the address may be an echo.

    :param url: the address.
    :param secrets: as :func:`spellings` returns them.
    :return: in lower case, with *** for what is a secret in any case; empty if the address has no host.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "an address that is none"
    return without((secret.lower() for secret in secrets), host.lower())[:_LONGEST_HOST]
