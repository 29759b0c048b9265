"""DAG files and files of analysts import the specs: that must cost next to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PACKAGE = "airflow_provider_appflow_isv"
HEAVY = ("airflow", "boto3", "botocore", "croniter", "dataclasses", "difflib", "inspect", "requests", "yaml")


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh interpreter has after the code."""
    result = subprocess.run(  # noqa: S603  # the interpreter of these tests
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps([*sys.modules]))"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def heavy(modules: set[str]) -> set[str]:
    return {each.partition(".")[0] for each in modules} & {*HEAVY}


def test_a_flow_is_said_without_airflow_any_aws_library_or_yaml() -> None:
    code = f"""
from {PACKAGE}.specs import *
FlowSpec(name="accounts", source=SalesforceSource(profile="p", object="Account"), fields=["Id"],
    destination=S3Destination(bucket="landing"), filters=[Between("CreatedDate", "2021-01-01", "2021-02-01")],
    trigger=Schedule("cron(0 8 * * ? *)")).create_request()
"""
    loaded = loaded_by(code)
    assert f"{PACKAGE}.specs.flow" in loaded
    assert heavy(loaded) - heavy(loaded_by("import json, re, datetime, decimal, collections")) == set()


def test_the_search_would_find_a_heavy_module() -> None:
    assert heavy(loaded_by("import yaml")) >= {"yaml"}
