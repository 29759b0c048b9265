"""A whole Airflow of its own: scheduler, triggerer and the rest, with all of its logging at DEBUG."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from demo.environment import ROOT, airflow_environment, child, migrate
from proofs.leak_search.search import DATABASE

DAGS = Path(__file__).parent / "dags"
PRINTED = "printed.txt"
EXCEPTIONS = "exceptions"
_LOGGERS = "root airflow airflow.task botocore boto3 aiobotocore urllib3 requests airflow_provider_appflow_isv"
_ENDED = ("success", "failed", "upstream_failed", "skipped")
# run by each process of Airflow when it starts
_LOCAL_SETTINGS = f"""\
import logging, os
for name in {_LOGGERS.split()[1:]}:
    logging.getLogger(name).setLevel(logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.WARNING)
print(os.environ["LEAK_SEARCH_CANARY"], flush=True)
"""


def environment(home: Path, stack: Mapping[str, str], **more: str) -> dict[str, str]:
    """The environment of an Airflow in ``home`` that finds no secret there, and logs all that it can.

    :param home: its AIRFLOW_HOME, to be made.
    :param stack: the local stack's; what is secret of it is left out.
    :param more: further variables.
    """
    (home / "config").mkdir(parents=True)
    (home / EXCEPTIONS).mkdir()
    (home / "config" / "airflow_local_settings.py").write_text(_LOCAL_SETTINGS)
    bare = {name: value for name, value in stack.items() if not name.startswith(("AIRFLOW_", "AWS_ACCESS", "AWS_SEC"))}
    port, logs_port, trigger_logs_port = _free_ports(3)
    return {
        **airflow_environment(home, bare),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__FERNET_KEY": _fernet_key(),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "16",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(port),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "AIRFLOW__LOGGING__CELERY_LOGGING_LEVEL": "DEBUG",
        "AIRFLOW__LOGGING__FAB_LOGGING_LEVEL": "DEBUG",
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "sqlalchemy=WARNING",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(logs_port),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_logs_port),
        "LEAK_SEARCH_EXCEPTIONS": str(home / EXCEPTIONS),
        **more,
    }


def plant_connections(env: Mapping[str, str], connections: Mapping[str, Mapping[str, Any]], log: Path) -> None:
    """Make Airflow's database and put connections into it, encrypted as Airflow does.

    :param env: Airflow's environment.
    :param connections: arguments of ``airflow.models.Connection`` by connection id.
    :param log: where the output goes.
    """
    migrate(dict(env), log)
    result = subprocess.run(  # a module of ours
        [sys.executable, "-m", "proofs.leak_search.connections"],
        env=dict(env),
        cwd=ROOT,
        input=json.dumps(connections),
        capture_output=True,
        text=True,
        check=False,
    )
    with log.open("a") as output:
        output.write(f"{result.stdout}{result.stderr}")
    if result.returncode:
        sys.exit(f"The connections could not be planted, see {log}")


@contextmanager
def airflow(env: Mapping[str, str], home: Path) -> Iterator[subprocess.Popen[str]]:
    """An Airflow that runs, and writes what it prints into the file ``printed.txt``."""
    with (
        (home / PRINTED).open("a") as output,
        child(["-m", "airflow", "standalone"], env=dict(env), output=output.fileno()) as process,
    ):
        yield process


def wait_for_tasks(home: Path, waiting: frozenset[str], process: subprocess.Popen[str], patience: float) -> None:
    """Block until every task of every DAG has ended.

    :param home: AIRFLOW_HOME.
    :param waiting: tasks that only have to wait in the triggerer.
    :param process: of :func:`airflow`.
    :param patience: seconds after which to give up.
    """
    give_up = time.monotonic() + patience
    while True:
        found = rows(home, "SELECT task_id, state FROM task_instance")
        left = [task for task, state in found if state not in _ENDED and not (state == "deferred" and task in waiting)]
        dags = {dag_id for (dag_id,) in rows(home, "SELECT DISTINCT dag_id FROM task_instance")}
        if len(dags) == len(list(DAGS.glob("*.py"))) and not left:
            return
        if process.poll() is not None or time.monotonic() > give_up:
            sys.exit(f"The DAG runs did not end, {len(left)} tasks are left: {left[:9]}; see {home / PRINTED}")
        time.sleep(1)


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query of the metadata database gives; nothing while Airflow writes."""
    try:
        with closing(sqlite3.connect(f"file:{home / DATABASE}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
