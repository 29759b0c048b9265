"""The AWS CLI, as it comes from PyPI, against the local stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from tests.local.appflow.conftest import REGION, Aws, Org, aws, make_org, orgs, served_aws
from tests.local.clients.walk import walk

__all__ = ["aws", "orgs", "served_aws"]  # fixtures


class AwsCli:
    """``aws appflow ...``, one command after the other."""

    def __init__(self, url: str) -> None:
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }
        self._process = subprocess.Popen(  # noqa: S603  # the interpreter of these tests
            [sys.executable, str(Path(__file__).with_name("aws_cli.py"))],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command; returns its exit code and what it printed to both streams."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        code, printed, complaints = json.loads(self._process.stdout.readline())
        return code, printed, complaints

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        command = xform_name(operation, "-")
        code, printed, complaints = self.run("appflow", command, "--cli-input-json", json.dumps(params))
        assert code == 0, complaints
        return dict(json.loads(printed)) if printed.strip() else {}

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def cli(aws: Aws) -> Iterator[AwsCli]:
    running = AwsCli(aws.url)
    yield running
    running.close()


def test_every_operation_works(cli: AwsCli, aws: Aws, orgs: Any) -> None:
    org: Org = make_org(orgs)
    walk(cli.call, aws, org)


def test_lists_are_paged_with_the_clis_own_options(cli: AwsCli, aws: Aws) -> None:
    code, printed, complaints = cli.run("appflow", "describe-connectors", "--max-results", "5")
    assert code == 0, complaints
    assert len(json.loads(printed)["connectorConfigurations"]) == 5


def test_an_error_is_shown_with_its_code(cli: AwsCli) -> None:
    code, _, complaints = cli.run("appflow", "describe-flow", "--flow-name", "nothing")
    assert code != 0
    assert "(ResourceNotFoundException)" in complaints
