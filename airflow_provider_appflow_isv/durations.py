"""Lengths of time as arguments give them."""

from __future__ import annotations

from datetime import timedelta
from typing import overload


@overload
def seconds_of(given: float | timedelta) -> float: ...
@overload
def seconds_of(given: None) -> None: ...
def seconds_of(given: float | timedelta | None) -> float | None:
    """A length of time in seconds.

    :param given: seconds or timedelta; None stays None.
    """
    return given.total_seconds() if isinstance(given, timedelta) else given
