"""One local AWS and one local Salesforce for all tests of the provider, served in this process."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

_scratch = tempfile.TemporaryDirectory(prefix="appflow-isv-tests-")
# read when airflow and moto are imported, so these come before any such import
os.environ["AIRFLOW_HOME"] = _scratch.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["MOTO_RECORDER_FILEPATH"] = f"{_scratch.name}/requests.jsonl"

from tests.accounts import TenantAccount, allow_profiles  # noqa: E402  # after the environment
from tests.recording import Recording  # noqa: E402  # after the environment

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.controls.settings import Settings
    from airflow_provider_appflow_isv.local.stack import LocalStack

pytest_plugins = ["airflow_provider_appflow_isv.local.pytest_plugin"]

_LOCAL = Path(__file__).parent / "local"
_INTEGRATION = Path(__file__).parent / "integration"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the stack itself go first: they start stacks of their own and empty moto, one per process.

    The whole DAG runs, which mostly wait, come next, so that other processes have work meanwhile.
    """
    items.sort(key=lambda item: 0 if _LOCAL in item.path.parents else 1 if _INTEGRATION in item.path.parents else 2)


@pytest.fixture(autouse=True)
def _no_faults(appflow_settings: Settings) -> None:
    """No test meets another's faults, nor the quota of connector profiles that all of them fill together."""
    allow_profiles()


@pytest.fixture(autouse=True)
def _few_masks() -> Iterator[None]:
    """Airflow compiles all masked secrets anew for each one more: a task has few of them, all tests together many."""
    yield
    masker = _masker()
    masker.patterns = set()
    masker.replacer = None


def _masker() -> Any:
    names = ("airflow.sdk.log", "airflow.utils.log.secrets_masker")  # Airflow 3 and 2
    module = next(name for name in names if importlib.util.find_spec("airflow.sdk" if "sdk" in name else name))
    return importlib.import_module(module)._secrets_masker()


@pytest.fixture(scope="session")
def stack(local_stack: LocalStack) -> LocalStack:
    """The running, seeded stack; Airflow finds the ISV's connection and the tenants in the environment."""
    return local_stack


@pytest.fixture(scope="session")
def tenants(stack: LocalStack) -> dict[str, TenantAccount]:
    """The seeded tenants by name."""
    return {tenant.name: TenantAccount(tenant, stack) for tenant in stack.seed().tenants}


@pytest.fixture
def tenant(tenants: dict[str, TenantAccount]) -> TenantAccount:
    """One tenant, whose org has 25 accounts."""
    return tenants["tenant-a"]


@pytest.fixture
def recording(stack: LocalStack) -> Iterator[Recording]:
    """The requests that AWS receives during the test."""
    requests = Recording(stack.aws_url)
    requests.start()
    yield requests
    requests.stop()


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """What has been logged since the last look: Airflow 3 writes to stdout, Airflow 2 through the logging module."""
    caplog.set_level("INFO")

    def look() -> str:
        printed = capfd.readouterr()
        text = f"{printed.out}{printed.err}{caplog.text}"
        caplog.clear()
        return text

    return look
