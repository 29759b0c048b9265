"""What demo and UI have in common: the local stack as a process of its own, and an Airflow that knows it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def child(arguments: list[str], *, env: dict[str, str], output: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended, with its children, when the block is left.

    :param arguments: of the Python interpreter.
    :param env: its whole environment.
    :param output: where its output goes, as of :class:`subprocess.Popen`; default this process's own.
    """
    # a session of its own: Ctrl-C in the terminal reaches us alone, and we end the children in order
    process = subprocess.Popen(  # noqa: S603  # our own modules
        [sys.executable, *arguments],
        env=env,
        cwd=ROOT,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, how)
            except ProcessLookupError:
                break
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue
        if process.stdout:
            process.stdout.close()


@contextmanager
def local_stack() -> Iterator[dict[str, str]]:
    """A seeded local AWS and Salesforce on free ports; yields the variables that it tells its clients to export."""
    arguments = ["-m", "airflow_provider_appflow_isv.local", "--aws-port", "0", "--saas-port", "0", "--seed"]
    with child(arguments, env=_clean_environment(), output=subprocess.PIPE) as process:
        exports, said = {}, []
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "ready":
                break
            said.append(line)
            words = shlex.split(line)
            if words and words[0] == "export":
                name, _, value = words[1].partition("=")
                exports[name] = value
        else:
            sys.exit(f"The local stack did not start:\n{''.join(said)}")
        yield exports


def airflow_environment(home: Path, stack: dict[str, str]) -> dict[str, str]:
    """The environment of an Airflow in ``home`` that runs the example DAGs against the local stack."""
    return {
        **_clean_environment(),
        **stack,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    }


def _clean_environment() -> dict[str, str]:
    """This process's environment without settings that would lead our children to another Airflow or AWS."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS_"))}


def end_like_ctrl_c() -> None:
    """Let a closed terminal and SIGTERM end this process as Ctrl-C does: with everything that it has started."""
    for how in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(how, signal.default_int_handler)


def migrate(env: dict[str, str], log: Path) -> None:
    """Make Airflow's database."""
    with log.open("a") as output, child(["-m", "airflow", "db", "migrate"], env=env, output=output.fileno()) as process:
        if process.wait():
            sys.exit(f"Airflow's database could not be made, see {log}")
