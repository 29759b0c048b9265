"""What Airflow's database tells about a DAG run, read while it goes on."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any


class Progress:
    """Prints each task's change of state, once.

    :param database: Airflow's SQLite file.
    :param tenants: names of the tenants, in the order of the mapped tasks.
    """

    def __init__(self, database: Path, tenants: list[str]) -> None:
        self._database = database
        self._tenants = tenants
        self._seen: dict[tuple[str, int], str] = {}
        self._began = time.monotonic()

    def show(self) -> None:
        """Print what has changed since the last call."""
        rows = self._query("SELECT task_id, map_index, state FROM task_instance ORDER BY start_date, map_index")
        for task_id, map_index, state in rows:
            if state in (None, "scheduled", "queued") or self._seen.get((task_id, map_index)) == state:
                continue
            self._seen[task_id, map_index] = state
            tenant = self._tenants[map_index] if map_index >= 0 else ""
            seconds = time.monotonic() - self._began
            print(f"{seconds:6.1f} s  {tenant:10}  {task_id.removeprefix('load.'):28}  {state}", flush=True)

    def results(self, task_id: str) -> list[dict[str, Any]]:
        """The results of a mapped task, in the order of the tenants."""
        sql = "SELECT value FROM xcom WHERE task_id = ? AND key = 'return_value' ORDER BY map_index"
        return [json.loads(value) for (value,) in self._query(sql, task_id)]

    def _query(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql, parameters).fetchall()
