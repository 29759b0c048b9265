"""A DAG that leaves text, which is no secret, in every place where a secret must not be: the search has to find it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow_provider_appflow_isv._compat import BaseOperator
from proofs.leak_search.echo import Echo
from proofs.leak_search.exceptions import write_down

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow.decorators import task  # type: ignore[attr-defined,no-redef]  # not in Airflow 3's stubs
    from airflow.models.dag import DAG  # type: ignore[no-redef]  # as above

TEXT = os.environ["LEAK_SEARCH_CANARY"]


def tell(context: Any) -> None:
    """Write down what a task failed with."""
    write_down(context["ti"].task_id, context["exception"])


@task
def give(text: str) -> str:
    """Render, log and return the text, and put it into a file."""
    sys.stdout.write(f"{text}\n")
    (Path(os.environ["AIRFLOW_HOME"]) / "other.txt").write_text(text)
    return text


@task(on_failure_callback=tell)
def fail() -> None:
    """Raise the text."""
    sys.stderr.write("failing\n")
    raise RuntimeError(TEXT)


class Defer(BaseOperator):
    """Waits with the text in trigger and task, for ever."""

    def execute(self, context: Any) -> None:
        self.defer(trigger=Echo(text=TEXT), method_name="resume", kwargs={"text": TEXT})

    def resume(self, context: Any, event: Any, text: str) -> None:
        """Never called."""


with DAG("controls", schedule="@once", start_date=datetime(2026, 1, 1, tzinfo=UTC), catchup=False, doc_md=TEXT):
    give(TEXT)
    fail()
    Defer(task_id="wait")
