"""Airflow parses every DAG file again and again, each time in a fresh process: what a DAG imports must be light."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGE = "airflow_provider_appflow_isv"
HEAVY = ("boto3", "botocore", "aiobotocore", "requests", "jwt", "cryptography", "airflow.providers.amazon")
MODULES = sorted(
    f"{PACKAGE}.{kind}.{path.stem}".removesuffix(".__init__")
    for kind in ("credentials", "operators", "sensors", "triggers")
    for path in (Path(import_module(PACKAGE).__path__[0]) / kind).glob("*.py")
)
AIRFLOW_ITSELF = """
try:
    from airflow.sdk import BaseOperator, BaseSensorOperator
except ImportError:
    from airflow.models.baseoperator import BaseOperator
    from airflow.sensors.base import BaseSensorOperator
from airflow.triggers.base import BaseTrigger
"""


@cache
def loaded_by(code: str) -> frozenset[str]:
    """Modules that a fresh interpreter has after Airflow's own base classes and the code."""
    result = subprocess.run(  # noqa: S603  # the interpreter of these tests
        [
            sys.executable,
            "-c",
            f"{AIRFLOW_ITSELF}\n{code}\nimport json, sys\nprint('\\n' + json.dumps([*sys.modules]))",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(json.loads(result.stdout.splitlines()[-1]))


def heavy(modules: frozenset[str]) -> set[str]:
    return {module for module in modules if any(f"{module}.".startswith(f"{name}.") for name in HEAVY)}


def test_there_are_modules_of_every_kind() -> None:
    assert {module.split(".")[1] for module in MODULES} == {"credentials", "operators", "sensors", "triggers"}


def test_importing_all_of_them_loads_no_aws_library_and_no_http_client() -> None:
    loaded = loaded_by("\n".join(f"import {module}" for module in MODULES))
    assert set(MODULES) <= loaded
    assert heavy(loaded - loaded_by("")) == set()


def test_the_search_would_find_a_heavy_module() -> None:
    assert "boto3" in heavy(loaded_by(f"import {PACKAGE}.hooks.appflow") - loaded_by(""))
