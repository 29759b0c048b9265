from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from airflow_provider_appflow_isv.provider_info import get_provider_info

INFO = get_provider_info()
MODULES = [
    module
    for kind in ("operators", "sensors", "hooks", "triggers")
    for entry in INFO[kind]
    for module in entry["python-modules"]
]
PACKAGE = "airflow-provider-appflow-isv"

needs_install = pytest.mark.skipif(
    not [entry for entry in entry_points(group="apache_airflow_provider") if entry.dist and entry.dist.name == PACKAGE],
    reason="Airflow finds a provider by its entry point, which only an installed package has",
)

# Airflow 2 warns of its own metrics unless they are as in 3
QUIET = {"AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True"}


def airflow(*arguments: str, home: Path) -> str:
    result = subprocess.run(  # noqa: S603  # the interpreter of these tests
        [sys.executable, "-m", "airflow", *arguments],
        env={**os.environ, "AIRFLOW_HOME": str(home), **QUIET},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout + result.stderr


def test_the_metadata_has_the_form_that_airflow_asks_for() -> None:
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text())
    jsonschema.validate(INFO, schema)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_named_can_be_imported(module: str) -> None:
    import_module(module)


def test_every_operator_sensor_and_trigger_is_in_a_module_that_is_named() -> None:
    root = Path(import_module("airflow_provider_appflow_isv").__path__[0])
    texts = [path.read_text() for kind in ("operators", "sensors", "triggers") for path in (root / kind).glob("*.py")]
    classes = {name for text in texts for name in re.findall(r"^class (AppFlow\w+)", text, re.MULTILINE)}
    public = {name for module in MODULES for name in vars(import_module(module))}
    assert classes - public <= {"AppFlowBaseOperator"}
    assert classes


@needs_install
def test_airflow_lists_the_provider_and_says_nothing_else_of_it(tmp_path: Path) -> None:
    output = airflow("providers", "list", "--output", "json", home=tmp_path)
    assert any(provider["package_name"] == PACKAGE for provider in _json_in(output))
    assert "warning" not in output.lower()


@needs_install
def test_airflow_shows_the_provider_and_says_nothing_else_of_it(tmp_path: Path) -> None:
    output = airflow("providers", "get", PACKAGE, "--output", "json", home=tmp_path)
    assert [provider["Provider"] for provider in _json_in(output)] == [PACKAGE]
    assert "warning" not in output.lower()


def _json_in(output: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.JSONDecoder().raw_decode(output[output.index("[{") :])[0]
    return found
