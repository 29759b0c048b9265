"""A seeded stack for each test of what is seeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.stack import LocalStack
from tests.local.seed.isv_pattern import Isv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_appflow_isv.local.seed import Tenant


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    """Give a running, seeded stack."""
    with LocalStack() as running:
        running.seed()
        yield running


@pytest.fixture
def isv(stack: LocalStack) -> Isv:
    """Give the ISV."""
    return Isv(stack)


@pytest.fixture
def tenant(stack: LocalStack) -> Tenant:
    """Give the first tenant."""
    return stack.seed().tenants[0]
