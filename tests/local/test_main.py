from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "airflow_provider_appflow_isv.local"]
ANY_PORTS = ["--aws-port", "0", "--saas-port", "0"]
PATIENCE = 120


@contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(  # noqa: S603  # runs this very interpreter
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _lines_until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        if line == "ready\n":
            return lines
        lines.append(line.rstrip("\n"))
    pytest.fail(f"ended before it was ready: {process.stderr.read() if process.stderr else ''}")


def _exported(lines: list[str]) -> dict[str, str]:
    variables = {}
    for line in lines:
        export, assignment = shlex.split(line)
        name, _, value = assignment.partition("=")
        assert export == "export"
        variables[name] = value
    return variables


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_told_to_stop(stop_signal: signal.Signals) -> None:
    with _running(*ANY_PORTS) as process:
        variables = _exported(_lines_until_ready(process))
        sts = boto3.client(
            "sts",
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            region_name=variables["AWS_DEFAULT_REGION"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        assert sts.get_caller_identity()["Account"] == "123456789012"
        process.send_signal(stop_signal)
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_shell_can_eval_what_a_seeded_stack_prints() -> None:
    with _running(*ANY_PORTS, "--seed") as process:
        lines = _lines_until_ready(process)
        script = (
            'import os, json, boto3; print(boto3.client("sts").get_caller_identity()["Account"],'
            ' [tenant["name"] for tenant in json.loads(os.environ["AIRFLOW_VAR_APPFLOW_TENANTS"])])'
        )
        shell = "\n".join([*lines, f"exec {shlex.quote(sys.executable)} -c {shlex.quote(script)}"])
        asked = subprocess.run(["/bin/sh"], input=shell, capture_output=True, text=True, timeout=PATIENCE, check=True)
        assert asked.stdout == "111111111111 ['tenant-a', 'tenant-b', 'tenant-c', 'tenant-d']\n"
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_requests_are_logged_to_standard_error_when_asked() -> None:
    with _running(*ANY_PORTS, "--verbose") as process:
        variables = _exported(_lines_until_ready(process))
        requests.get(f"{variables['AWS_ENDPOINT_URL']}/moto-api/data.json", timeout=PATIENCE)
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
        assert "GET /moto-api/data.json" in errors


def _failed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # runs this very interpreter
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = _failed("--aws-port", port, "--saas-port", "0")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"port {port} on 127.0.0.1 can't be used" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_another_interface_than_loopback_is_one_clear_line() -> None:
    ended = _failed("--host", "0.0.0.0")  # noqa: S104  # to be refused
    assert ended.returncode == 1
    assert "host: the local stack serves on loopback only" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["moto", "flask", "a2wsgi", "uvicorn", "httptools", "uvloop"])
def test_a_missing_extra_is_one_clear_line(module: str) -> None:
    script = (
        f"import sys, runpy; sys.modules[{module!r}] = None; sys.argv[1:] = [];"
        "runpy.run_module('airflow_provider_appflow_isv.local', run_name='__main__')"
    )
    ended = subprocess.run(  # noqa: S603  # runs this very interpreter
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ended.returncode == 1
    assert "pip install 'airflow-provider-appflow-isv[local]'" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_there_is_none_of_is_said(port: str) -> None:
    ended = _failed(f"--aws-port={port}")
    assert ended.returncode == 2
    assert f"argument --aws-port: {port!r} is no port: give a number from 0 to 65535" in ended.stderr
