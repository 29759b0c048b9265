"""Checks of the values that tests and demos give to settings and faults, from Python or over HTTP."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Check = Callable[[object], T]


def checked(name: str, check: Check[T], value: object) -> T:
    """Return the value to keep.

    :param name: what the value is for; the message begins with it.
    :param check: returns a value of the right type for what was given; raises ValueError saying what it must be.
    :param value: what was given.
    :raises ValueError: naming it, if the check refuses the value.
    """
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}, not {value!r}") from None


def seconds(value: object) -> float:
    """A length of time."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("must be a number of seconds, 0 or more")
    return float(value)


def finite(value: object) -> float:
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("must be a number")
    return float(value)


def per_second(value: object) -> float:
    """A rate."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError("must be a number above 0")
    return float(value)


def whole_number(least: int) -> Check[int]:
    """A whole number that is not below ``least``."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"must be a whole number, {least} or more")
        return value

    return check


def one_of(*choices: T) -> Check[T]:
    """One of several values."""

    def check(value: object) -> T:
        for choice in choices:
            if value == choice:
                return choice
        raise ValueError(f"must be one of {', '.join(map(str, choices))}")

    return check


def text(value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    return value


def matching(pattern: str, meaning: str) -> Check[str]:
    """A text of a certain form."""
    form = re.compile(pattern, re.ASCII)

    def check(value: object) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError(f"must be {meaning}")
        return value

    return check


code = matching("[A-Za-z]+", "an error code: letters only")
account = matching("[0-9]{12}", "an account id: 12 digits")


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value
