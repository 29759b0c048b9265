"""Whole DAG runs, each in a process of its own with a metadata database of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.redshift.warehouse import warehouse
from airflow_provider_appflow_isv.local.seed import REGION
from tests.accounts import allow_profiles

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.redshift.database import Warehouse
    from airflow_provider_appflow_isv.local.seed import Tenant
    from tests.accounts import TenantAccount

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
OWN_DAGS = Path(__file__).parent / "dags"
WRONG_PASSWORD = "planted-wrong-password"
WAREHOUSE_KEYS = {"public.accounts": "id", "public.incidents": "sys_id"}
EARLIER = "of-an-earlier-load"
AS_ON_AWS = {  # nothing shows at once, and in no promised order
    "run_seconds": 0.5,
    "hidden_seconds": 1.0,
    "record_order": "shuffled",
    "update_delay_seconds": 1.0,
}


@dataclass(frozen=True)
class DagRun:
    """What one DAG run left behind.

    :param home: its AIRFLOW_HOME.
    :param output: what the process printed, task logs included.
    :param states: state of each task, by task id and map index.
    :param tokens: the access tokens that the tenants' orgs gave out meanwhile.
    """

    home: Path
    output: str
    states: dict[tuple[str, int], str]
    tokens: frozenset[str]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """All rows of a table of the metadata database."""
        with closing(sqlite3.connect(self.home / "airflow.db")) as database:
            return database.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()  # noqa: S608  # names of ours

    def xcoms(self, task_id: str, *, key: str = "return_value") -> dict[int, Any]:
        """What a task returned, by map index, or what it has pushed under another key."""
        found = self.rows("xcom", "task_id", "key", "map_index", "value")
        wanted = (task_id, key)
        return {index: json.loads(value) for task, name, index, value in found if (task, name) == wanted}


RunDag = Callable[..., DagRun]


@pytest.fixture(scope="session")
def migrated(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An empty metadata database."""
    home = tmp_path_factory.mktemp("migrated")
    _python("-m", "airflow", "db", "migrate", AIRFLOW_HOME=str(home))
    return (home / "airflow.db").read_bytes()


@pytest.fixture(scope="session")
def run_dag(migrated: bytes, tenants: dict[str, TenantAccount], tmp_path_factory: pytest.TempPathFactory) -> RunDag:
    """Run a DAG from a fresh database: ``run_dag(dag_id, conf, folder=..., **environment)``."""

    def run(dag_id: str, conf: dict[str, Any] | None = None, *, folder: Path = DAGS, **environment: str) -> DagRun:
        allow_profiles()
        settings.update(AS_ON_AWS)
        home = tmp_path_factory.mktemp(dag_id)
        (home / "airflow.db").write_bytes(migrated)
        result = home / "result.json"
        before = _tokens(tenants)
        output = _python(
            str(Path(__file__).parent / "run_dag.py"),
            str(folder / f"{dag_id}.py"),
            dag_id,
            json.dumps(conf or {}),
            str(result),
            AIRFLOW_HOME=str(home),
            AIRFLOW__CORE__DAGS_FOLDER=str(folder),
            **environment,
        )
        states = {(task, index): state for task, index, state in json.loads(result.read_text())}
        return DagRun(home, output, states, _tokens(tenants) - before)

    return run


@pytest.fixture(scope="session")
def all_tenants(run_dag: RunDag) -> DagRun:
    """The example DAG for all tenants, run once."""
    return run_dag("appflow_all_tenants")


@pytest.fixture(scope="session")
def some_refused(run_dag: RunDag, all_tenants: DagRun, tenants: dict[str, TenantAccount]) -> DagRun:
    """The same DAG once more, where tenant-b's ExternalId is wrong and tenant-c's secret holds a wrong password."""
    settings = {each["name"]: each for each in tenants["tenant-a"].stack.seed().tenants_variable()}
    settings["tenant-b"]["external_id"] = "wrong-external-id"
    wrong = {**tenants["tenant-a"].secret(), "SFPassword+SeurityToken": WRONG_PASSWORD}
    settings["tenant-c"]["secret_id"] = tenants["tenant-c"].make_secret(wrong)
    return run_dag("appflow_all_tenants", AIRFLOW_VAR_APPFLOW_TENANTS=json.dumps(list(settings.values())))


@pytest.fixture(scope="session")
def isv_account(run_dag: RunDag, tenants: dict[str, TenantAccount]) -> DagRun:
    """The example DAG for the ISV's account, without tenant-c's ServiceNow secret; the tables are not empty."""
    stack = tenants["tenant-a"].stack
    for each in stack.seed().tenants:
        for table, key in WAREHOUSE_KEYS.items():
            warehouse_of(each).execute(f"INSERT INTO {table} ({key}) VALUES ('{EARLIER}')")  # noqa: S608  # texts of ours
    settings = {each["name"]: each for each in stack.seed().tenants_variable()}
    settings["tenant-c"]["servicenow_secret_id"] = "appflow/tenant-c/missing"
    return run_dag("appflow_isv_account", AIRFLOW_VAR_APPFLOW_TENANTS=json.dumps(list(settings.values())))


def warehouse_of(tenant: Tenant) -> Warehouse:
    """A tenant's Redshift database."""
    return warehouse(tenant.account_id, REGION, tenant.redshift_cluster, tenant.redshift_database)


def _tokens(tenants: dict[str, TenantAccount]) -> frozenset[str]:
    return frozenset(token for tenant in tenants.values() for token in tenant.org.sessions._sessions)


def _python(*arguments: str, **environment: str) -> str:
    """Run this interpreter and give what it prints; a failure shows it."""
    path = os.pathsep.join([str(ROOT), *sys.path])
    result = subprocess.run(  # noqa: S603  # the interpreter of these tests
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    output = f"{result.stdout}{result.stderr}"
    assert result.returncode == 0, output
    return output
