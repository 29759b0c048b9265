"""What a run of Airflow has left behind, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from proofs.leak_search.airflow_run import EXCEPTIONS, PRINTED
from proofs.leak_search.search import DATABASE, Places, columns_of, files_of

_FERNET = re.compile(rb"gAAAA[A-Za-z0-9_=-]+")
_MEANT_TO_HOLD = ("connection", "variable")  # tables whose values Airflow encrypts because they may be secret

# beginnings of the names of places, and what kind they are; the first match counts
_KINDS = (
    (PRINTED, "printed"),
    (f"{EXCEPTIONS}/", "exceptions and reprs"),
    ("logs/dag_id=", "task logs"),
    ("logs/", "other logs"),
    (DATABASE, "database file"),
    ("table xcom.", "XComs"),
    ("table rendered_task_instance_fields.", "rendered fields"),
    ("table task_instance", "task instances"),
    ("table serialized_dag.", "serialised DAGs"),
    ("table trigger.", "triggers"),
    ("table ", "other tables"),
    ("", "other files"),
)


@dataclass
class Size:
    """How much was searched.

    :param files: files.
    :param rows: rows of tables.
    :param bytes: all of it.
    """

    files: int = 0
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Left:
    """All of it.

    :param places: contents by name: files by their path, columns as ``table xcom.value``.
    :param rows: how many rows each table has.
    :param states: how tasks ended, by id.
    """

    places: Places
    rows: Mapping[str, int]
    states: Mapping[str, str]

    @classmethod
    def by(cls, home: Path, fernet_key: str) -> Left:
        """What stands in an AIRFLOW_HOME.

        :param home: the folder.
        :param fernet_key: with which Airflow has encrypted what it keeps.
        """
        columns = columns_of(home / DATABASE)
        places = files_of(home)
        for name, values in columns.items():
            places[f"table {name}"] = b"\n".join(values)
            if name.partition(".")[0] not in _MEANT_TO_HOLD and (clear := b"\n".join(_decrypted(values, fernet_key))):
                places[f"table {name}, decrypted"] = clear
        rows = {name.partition(".")[0]: len(values) for name, values in columns.items()}
        ids, states = (columns[f"task_instance.{name}"] for name in ("task_id", "state"))
        ended = {task.decode(): state.decode() for task, state in zip(ids, states, strict=True)}
        return cls(places, rows, ended)

    def kind(self, place: str) -> str:
        """What kind a place is of."""
        return next(kind for start, kind in _KINDS if place.startswith(start))

    def sizes(self) -> dict[str, Size]:
        """How much there is of each kind of place."""
        sizes = {kind: Size() for _, kind in _KINDS}
        for place, content in self.places.items():
            size = sizes[self.kind(place)]
            size.bytes += len(content)
            size.files += not place.startswith("table ")
        for table, count in self.rows.items():
            sizes[self.kind(f"table {table}.")].rows += count
        return sizes

    def not_as_planned(self, tasks: list[dict[str, Any]]) -> list[str]:
        """Tasks that did not end as they had to, in words."""
        return [
            f"TASK {task['task_id']} is {self.states.get(task['task_id'])}, not {task['ends']}"
            for task in tasks
            if self.states.get(task["task_id"]) != task["ends"]
        ]


def _decrypted(values: list[bytes], key: str) -> Iterator[bytes]:
    fernet = Fernet(key)
    for value in values:
        for text in _FERNET.findall(value):
            try:
                yield fernet.decrypt(text)
            except InvalidToken:
                continue
