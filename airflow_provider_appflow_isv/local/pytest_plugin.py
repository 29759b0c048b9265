"""pytest fixtures for tests of DAGs against the local stack.

Name the module in the ``conftest.py`` at the root of your tests::

    pytest_plugins = ["airflow_provider_appflow_isv.local.pytest_plugin"]
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import Settings, settings
from airflow_provider_appflow_isv.local.stack import LocalStack


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """The running, seeded local stack, one for the whole test session.

    While it runs, the environment leads boto3 to it, and Airflow to the connection ``isv_aws`` and the variable
    ``appflow_tenants``.
    """
    with LocalStack() as stack, pytest.MonkeyPatch.context() as patch:
        stack.seed()
        for name, value in stack.environment().items():
            patch.setenv(name, value)
        yield stack


@pytest.fixture
def appflow_settings() -> Iterator[Settings]:
    """The settings of the local AppFlow, with all of their defaults and no fault before the test and after it."""
    settings.reset()
    yield settings
    settings.reset()
