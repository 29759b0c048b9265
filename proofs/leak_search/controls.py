"""Texts that are left everywhere on purpose, in every form: a search that misses one proves nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from proofs.leak_search.plan import awkward
from proofs.leak_search.search import Planted, Search

if TYPE_CHECKING:
    from proofs.leak_search.left import Left

_FORMS: Mapping[str, Callable[[str], str]] = {
    "raw": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "URL": quote,
    "form": quote_plus,
    **{
        f"{name} +{offset}": lambda text, encode=encode, offset=offset: encode(b"{" * offset + text.encode()).decode()  # type: ignore[misc]  # a lambda with defaults
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode))
        for offset in range(3)
    },
}
# where the DAG of the controls has left them; all other logs and tables are read as these are
PLACES = (
    *("printed", "exceptions and reprs", "task logs", "database file", "XComs", "rendered fields"),
    *("task instances", "serialised DAGs", "triggers", "other files"),
)


class Controls:
    """One text for each form; ``text`` has them all, each in its form."""

    def __init__(self) -> None:
        self._values = {form: awkward(form) for form in _FORMS}
        self.text = " ".join(f"<{write(self._values[form])}>" for form, write in _FORMS.items())
        self.total = len(PLACES) * len(_FORMS)
        self._found: set[tuple[str, str]] | None = None

    def _look(self, left: Left) -> set[tuple[str, str]]:
        if self._found is None:
            search = Search([Planted(form, value) for form, value in self._values.items()])
            self._found = {(left.kind(hit.place), hit.secret) for hit in search.hits(left.places)}
        return self._found

    def missed(self, left: Left) -> list[str]:
        """What the search does not find, in words."""
        found = self._look(left)
        return [
            f"MISSED the control in {place} as {form}"
            for place in PLACES
            for form in _FORMS
            if (place, form) not in found
        ]

    def found_in(self, kind: str, left: Left) -> str:
        """How many of the controls were found in a kind of place."""
        return f"{sum(place == kind for place, _ in self._look(left))}/{len(_FORMS) if kind in PLACES else 0}"
