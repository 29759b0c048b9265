"""The error of the specs; it stands apart from the provider's others, which need Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class SpecError(ValueError):
    """An argument of a spec is wrong, or does not go with another.

    :param message: what is wrong and what would be right, in a sentence or two.
    :param argument: the argument's name, with where it stands, e.g. ``fields[2].mask``; the same in Python and in a
        file.
    """

    def __init__(self, message: str, argument: str) -> None:
        super().__init__(message, argument)
        self.message = message
        self.argument = argument

    def __str__(self) -> str:
        return f"{self.argument}: {self.message}"

    def within(self, place: str) -> SpecError:
        """The same error with where its argument stands.

        :param place: e.g. ``fields[2]``; the argument may be empty if it is meant itself.
        """
        joint = "." if self.argument and not self.argument.startswith("[") else ""
        return SpecError(self.message, f"{place}{joint}{self.argument}")


@contextmanager
def found_in(place: str) -> Iterator[None]:
    """Let errors name what of a flow that exists no spec can say, and what to do with such a flow.

    :param place: where it stands in the answer, e.g. ``tasks[2]``.
    """
    try:
        yield
    except SpecError as error:
        advice = "A spec can't say it: give the operators the plain members of the request instead."
        raise SpecError(f"{error.message.rstrip('.')}. {advice}", error.within(place).argument) from None
