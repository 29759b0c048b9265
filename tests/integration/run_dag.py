"""Runs a DAG in this process and writes how its tasks ended: ``run_dag.py <file> <dag id> <conf> <result>``."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path


def main(file: str, dag_id: str, conf: str, result: str) -> None:
    """Run the DAG.

    :param file: the DAG file.
    :param dag_id: the DAG in it.
    :param conf: the run's configuration, JSON.
    :param result: file to write ``[[task id, map index, state], ...]`` to.
    """
    found = [value for value in runpy.run_path(file).values() if getattr(value, "dag_id", None) == dag_id]
    run = found[0].test(run_conf=json.loads(conf))
    states = sorted([ti.task_id, ti.map_index, str(ti.state)] for ti in run.get_task_instances())
    Path(result).write_text(json.dumps(states))


main(*sys.argv[1:])
