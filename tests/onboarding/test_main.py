from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_appflow_isv.onboarding import STEPS, TenantSetup, template, trust_policy
from airflow_provider_appflow_isv.onboarding.__main__ import _OPTIONS, _PARTS, main
from tests.onboarding.setups import ISV, tenant_a

DOCS = Path(__file__).parents[2] / "docs"
REQUIRED = [f"--isv-principal={ISV}", "--steps=run-flow"]
FOREIGN = "arn:aws:secretsmanager:us-east-1:999999999999:secret:login-AbCdEf"
KNOWN = [
    f"--isv-principal={ISV}",
    "--steps=grant-bucket-access,upsert-connector-profile, upsert-flow,run-flow,read-data",
    "--external-id=tenant-a-id",
    "--account-id=222222222222",
    "--region=us-east-1",
    "--bucket=tenant-a-landing",
    "--secret=AppFlowSalesforce",
]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(arguments) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_the_template_is_what_it_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, *KNOWN) == template(tenant_a())


def test_one_part_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--print=trust-policy", *KNOWN) == trust_policy(tenant_a())


def test_all_parts_are_of_one_external_id(capsys: pytest.CaptureFixture[str]) -> None:
    made = printed(capsys, "--print=all", *(option for option in KNOWN if "external-id" not in option))
    external_id = made["task-arguments"]["external_id"]
    assert made["template"]["Outputs"]["ExternalId"]["Value"] == external_id
    (statement,) = made["trust-policy"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": external_id}}


def test_a_new_external_id_is_told_for_the_next_call(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--print=trust-policy", *REQUIRED])
    told = capsys.readouterr()
    option = re.search(r"--external-id=\S+", told.err)
    assert option
    assert printed(capsys, "--print=trust-policy", *REQUIRED, option[0]) == json.loads(told.out)


def test_the_arguments_of_the_tasks_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--print=task-arguments", *KNOWN) == {
        "role_arn": "arn:aws:iam::222222222222:role/appflow-remote-role",
        "external_id": "tenant-a-id",
        "region_name": "us-east-1",
    }


def test_it_writes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*KNOWN, f"--output={tmp_path / 'template.json'}"])
    assert json.loads((tmp_path / "template.json").read_text()) == template(tenant_a())
    assert capsys.readouterr().out == ""


def test_the_steps_are_listed_with_their_actions(capsys: pytest.CaptureFixture[str]) -> None:
    steps = printed(capsys, "--print=steps")
    assert list(steps) == list(STEPS)
    assert steps["stop-flow"] == {
        "does": "AppFlowStopFlowOperator",
        "actions": ["appflow:DescribeFlow", "appflow:StopFlow"],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([REQUIRED[0]], "--steps: is needed"),
        ([REQUIRED[1]], "--isv-principal: is needed"),
        ([*REQUIRED, "--account-id=2222"], "--account-id: '2222' is not an account id of 12 digits"),
        ([*REQUIRED, "--bucket=x"], "--bucket: 'x' is not the name of a bucket"),
        ([REQUIRED[0], "--steps=fly"], "--steps: fly: not known. Possible are list-connectors"),
        ([*REQUIRED, "--print=permission-policy"], "--region: is needed"),
        ([*KNOWN, f"--secret={FOREIGN}"], f"--secret: '{FOREIGN}' is of account 999999999999, the tenant's is 2222"),
        ([*REQUIRED, "--ask=account"], "--ask: account: not known"),
        ([*REQUIRED, "--output=/no/such/folder/x"], "--output: "),
        ([*REQUIRED, "--acc=222222222222"], "unrecognized arguments: --acc"),
    ],
)
def test_a_wrong_or_missing_option_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(capsys, *arguments)


def test_every_member_of_the_setup_is_an_option() -> None:
    assert set(_OPTIONS) == {field.name for field in fields(TenantSetup)}


def commands(document: str) -> list[list[str]]:
    """Arguments of the commands that a page of the docs shows."""
    text = (DOCS / document).read_text().replace("<your account>", ISV)
    shown = re.findall(r"python -m airflow_provider_appflow_isv\.onboarding ((?:.*\\\n)*.*)\n", text)
    return [shlex.split(each.replace("\\\n", " ")) for each in shown]


@pytest.mark.parametrize("document", ["onboarding.md", "quick-start.md"])
def test_the_command_in_the_docs_makes_a_template(document: str, tmp_path: Path) -> None:
    (arguments,) = commands(document)
    assert arguments[-2:] == ["--output", "tenant-a.json"]
    main([*arguments[:-1], str(tmp_path / "tenant-a.json")])
    assert set(json.loads((tmp_path / "tenant-a.json").read_text())["Resources"]) == {
        "Role",
        "Permissions",
        "BucketPolicy1",
    }


def test_the_docs_describe_every_part() -> None:
    described = re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "onboarding.md").read_text(), re.MULTILINE)
    assert set(described) == {*_PARTS, "all"}


def test_the_command_runs_and_imports_neither_airflow_nor_boto3_nor_yaml() -> None:
    code = (
        "import sys, runpy; sys.argv = ['onboarding', *sys.argv[1:]]\n"
        "try:\n    runpy.run_module('airflow_provider_appflow_isv.onboarding', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print({'airflow', 'boto3', 'botocore', 'yaml', 'requests'} & set(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run(  # noqa: S603  # the interpreter of these tests
        [sys.executable, "-c", code, *KNOWN], capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout) == template(tenant_a())
    assert result.stderr == "set()\n"
