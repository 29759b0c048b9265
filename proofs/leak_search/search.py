"""All that an Airflow has left behind, and where in it a secret stands.

Most secrets have stretches of letters and digits, which look the same raw, in JSON, in a URL and in a repr, however
often they are nested: these are what is looked for, and their base64. The few that have none are spelt out.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

DATABASE = "airflow.db"
_LEAST = 8  # characters; what is shorter stands in every log by chance
_PIECE = 16  # characters; longer than an org's id, with which its tokens begin
_STRETCH = re.compile(rf"[A-Za-z0-9]{{{_PIECE},}}")
_GRAM = 12
_WORD = re.compile(rb"[A-Za-z0-9+/_-]{%d,}" % _GRAM)

Places = Mapping[str, bytes]


@dataclass(frozen=True)
class Hit:
    """A secret that was found.

    :param place: where.
    :param secret: its name.
    :param form: how it is written there.
    """

    place: str
    secret: str
    form: str


@dataclass(frozen=True)
class Planted:
    """A secret to look for.

    :param name: what it is, for messages.
    :param value: the secret; not part of the repr.
    """

    name: str
    value: str

    def __repr__(self) -> str:
        return f"Planted({self.name})"


class Search:
    """Looks for secrets.

    :param secrets: all that is to be found.
    """

    def __init__(self, secrets: Iterable[Planted]) -> None:
        self._grams: dict[bytes, list[tuple[bytes, str, str]]] = {}
        self._spelt: dict[bytes, tuple[str, str]] = {}
        self._known: dict[bytes, frozenset[tuple[str, str]]] = {}  # words of earlier places
        for secret in secrets:
            self._add(secret)

    def _add(self, secret: Planted) -> None:
        value = secret.value
        if "-----BEGIN" in value:
            value = "\n".join(line for line in value.splitlines() if not line.startswith("--"))
        if stretches := _STRETCH.findall(value):
            for piece in dict.fromkeys(piece for stretch in stretches for piece in _pieces(stretch)):
                for form, needle in {"plain": piece.encode(), **_base64_forms(piece.encode())}.items():
                    found = (needle, secret.name, form)
                    same = self._grams.setdefault(needle[:_GRAM], [])
                    if all(needle != other for other, _, _ in same):
                        same.append(found)
        elif len(value) >= _LEAST:
            for form, needle in spellings(value).items():
                self._spelt.setdefault(needle, (secret.name, form))

    def hits(self, places: Places) -> list[Hit]:
        """Where secrets stand.

        :param places: what to look through, by name.
        """
        found = set()
        for place, content in places.items():
            for word in set(_WORD.findall(content)):
                if word not in self._known:
                    self._known[word] = frozenset(self._in_word(word))
                found |= {Hit(place, *about) for about in self._known[word]}
            found |= {Hit(place, *about) for needle, about in self._spelt.items() if needle in content}
        return sorted(found, key=lambda hit: (hit.place, hit.secret, hit.form))

    def _in_word(self, word: bytes) -> Iterator[tuple[str, str]]:
        for start in range(len(word) - _GRAM + 1):
            for needle, name, form in self._grams.get(word[start : start + _GRAM], ()):
                if word.startswith(needle, start):
                    yield name, form


def _pieces(stretch: str) -> Iterator[str]:
    """Pieces of a stretch, so that what was cut off somewhere is found too."""
    yield from (stretch[start : start + _PIECE] for start in range(0, len(stretch) - _PIECE + 1, _PIECE))
    yield stretch[-_PIECE:]


def spellings(value: str) -> dict[str, bytes]:
    """The forms in which a text may stand somewhere, by the form's name.

    :param value: the text.
    """
    escaped = json.dumps(value)[1:-1]
    return {
        "plain": value.encode(),
        "JSON": escaped.encode(),
        "JSON as it is": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        "JSON in JSON": json.dumps(escaped)[1:-1].encode(),
        "URL": quote(value).encode(),
        "URL, all": quote(value, safe="").encode(),
        "URL, form": quote_plus(value).encode(),
        "repr": repr(value)[1:-1].encode(),
        "repr of bytes": repr(value.encode())[2:-1].encode(),
        **_base64_forms(value.encode()),
    }


def _base64_forms(raw: bytes) -> dict[str, bytes]:
    """What of a text's base64 does not depend on what stands before and after it."""
    forms = {}
    for offset in range(3):
        inside = slice(-(-offset * 8 // 6), (offset + len(raw)) * 8 // 6)
        for name, others in (("base64", b"+/"), ("base64url", b"-_")):
            forms[f"{name} +{offset}"] = base64.b64encode(bytes(offset) + raw, others)[inside]
    return forms


def where(value: str, places: Places) -> list[str]:
    """Names of the places that hold a text in any form."""
    return sorted({hit.place for hit in Search([Planted("text", value)]).hits(places)})


def files_of(home: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def columns_of(database: Path) -> dict[str, list[bytes]]:
    """Every column of every table of a database, as ``table.column``, with its values row by row."""
    found: dict[str, list[bytes]] = {}
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the database's own names
            rows = cursor.fetchall()
            for place, (column, *_) in enumerate(cursor.description):
                found[f"{table}.{column}"] = [_as_bytes(row[place]) for row in rows]
    return found


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
