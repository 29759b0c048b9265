"""``python -m proofs.leak_search``: plants secrets, runs DAGs that use them all, and looks for every secret.

An Airflow of its own (scheduler, triggerer and the rest) runs against the local stack, with logging at DEBUG. The exit
code is 1 if a secret is found, if a task does not end as planned, or if the search misses what was left on purpose. The
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas
from airflow_provider_appflow_isv.local.stack import LocalStack
from demo.environment import end_like_ctrl_c
from proofs.leak_search import airflow_run, tap
from proofs.leak_search.connectors import plan_connectors
from proofs.leak_search.controls import Controls
from proofs.leak_search.delegated import STUCK, let_in, plan_delegated
from proofs.leak_search.grants import plan_grants
from proofs.leak_search.left import Left
from proofs.leak_search.plan import Plan
from proofs.leak_search.search import Planted, Search

_PATIENCE = 1800.0  # seconds for the whole run
_ROW = "{:<22} {:>7} {:>9} {:>12} {:>7} {:>9}"


def main() -> int:
    """Plant, run, look and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep what Airflow has left behind, and say where")
    parser.add_argument("--tasks", default="", help="only the tasks that this regular expression matches")
    options = parser.parse_args()
    end_like_ctrl_c()
    folder = Path(tempfile.mkdtemp(prefix="leak-search-"))
    try:
        return _search(folder, options.tasks)
    finally:
        if options.keep:
            _say(f"kept in {folder}")
        else:
            shutil.rmtree(folder)


def _search(folder: Path, pattern: str) -> int:
    controls = Controls()
    with LocalStack() as stack, tap.listening() as heard:
        plan = _planned(stack)
        plan.keep_only(pattern)
        left = _run(plan, folder, controls)
        planted = {*plan.planted, *heard, *tap.left_over(stack)}
    secrets = list({secret.value: secret for secret in planted}.values())
    _say(f"Looking for {len(secrets)} secrets ...")
    hits = Search(secrets).hits(left.places)
    missed = controls.missed(left)
    wrong = left.not_as_planned(plan.tasks)
    _say(_ROW.format("place", "files", "rows", "bytes", "found", "controls"))
    for kind, size in left.sizes().items():
        found = sum(left.kind(hit.place) == kind for hit in hits)
        _say(_ROW.format(kind, size.files, size.rows, size.bytes, found, controls.found_in(kind, left)))
    for hit in hits:
        _say(f"FOUND {hit.secret} ({hit.form}) in {hit.place}")
    for line in (*wrong, *missed):
        _say(line)
    figures = {
        "planted": len(secrets),
        "tasks": len(plan.tasks),
        "places_searched": len(left.places),
        "found": len(hits),
        "controls_found": controls.total - len(missed),
        "controls_missed": len(missed),
    }
    _say(json.dumps(figures))
    return 1 if hits or missed or wrong else 0


def _planned(stack: LocalStack) -> Plan:
    seed = stack.seed()
    quotas.connector_profiles = 10_000
    plan = Plan(stack)
    key = {"login": seed.access_key_id, "password": seed.secret_access_key}
    extra = {"region_name": seed.region, "endpoint_url": stack.aws_url}
    plan.connections["isv_aws"] = {"conn_type": "aws", **key, "extra": json.dumps(extra)}
    plan.planted.append(Planted("secret key of the ISV", seed.secret_access_key))
    let_in(plan)
    plan_grants(plan)
    plan_connectors(plan)
    plan_delegated(plan)
    return plan


def _run(plan: Plan, folder: Path, controls: Controls) -> Left:
    home, tasks = folder / "airflow", folder / "plan.json"
    tasks.write_text(json.dumps(plan.tasks))
    env = airflow_run.environment(
        home, plan.stack.environment(), LEAK_SEARCH_PLAN=str(tasks), LEAK_SEARCH_CANARY=controls.text
    )
    began = time.monotonic()
    airflow_run.plant_connections(env, plan.connections, home / "migrate.log")
    _say(f"Airflow runs {len(plan.tasks)} tasks with {len(plan.planted)} secrets ...")
    with airflow_run.airflow(env, home) as process:
        airflow_run.wait_for_tasks(home, frozenset({STUCK, "wait"}), process, _PATIENCE)
        time.sleep(5)  # the last log lines are on their way
    _say(f"... in {time.monotonic() - began:.0f} s")
    return Left.by(home, env["AIRFLOW__CORE__FERNET_KEY"])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
