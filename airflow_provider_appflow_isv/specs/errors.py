"""The error of the specs; it stands apart from the provider's others, which need Airflow."""

from __future__ import annotations


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
