"""Pages with opaque tokens. A token names the last item shown, so that items coming or going shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 20
INVALID_TOKEN = "The nextToken is not valid here: pass the token of this operation's last answer."  # noqa: S105  # words


def page(
    items: Sequence[T],
    key: Callable[[T], str],
    *,
    scope: str,
    max_results: int | None = None,
    next_token: str | None = None,
) -> tuple[list[T], str | None]:
    """Cut one page out of a sequence.

    :param items: everything there is, sorted by ``key``.
    :param key: what sorts an item, unique in the sequence.
    :param scope: what is being listed; a token of one list is refused by another.
    :param max_results: page size, default 20.
    :param next_token: token of the page before, default None (the first page).
    :return: the page and the next page's token, None after the last page.
    :raises ValidationException: if the token is not one of this list.
    """
    size = max_results or DEFAULT_PAGE_SIZE
    rest = list(items)
    if next_token is not None:
        last = read_token(next_token, scope)
        rest = [item for item in rest if key(item) > last]
    shown = rest[:size]
    return shown, write_token(scope, key(shown[-1])) if len(rest) > size else None


def write_token(scope: str, last: str) -> str:
    """Return the token that :func:`read_token` reads."""
    return base64.urlsafe_b64encode(json.dumps([scope, last]).encode()).decode()


def read_token(token: str, scope: str) -> str:
    """Return what a token says.

    :param token: what a client has sent.
    :param scope: what is being listed.
    :raises ValidationException: if it is not a token of this list.
    """
    try:
        written_scope, last = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        written_scope, last = None, None
    if written_scope != scope or not isinstance(last, str):
        raise ValidationException(INVALID_TOKEN)
    return last
