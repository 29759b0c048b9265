from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


@pytest.fixture(params=["tenant-a", "tenant-b", "tenant-c"])
def any_tenant(request: pytest.FixtureRequest, tenants: dict[str, TenantAccount]) -> TenantAccount:
    """Each tenant in turn, and with them each grant."""
    return tenants[request.param]


@pytest.fixture(params=["tenant-b", "tenant-c"])
def replayable(request: pytest.FixtureRequest, tenants: dict[str, TenantAccount]) -> TenantAccount:
    """The tenants whose grant may be asked for again."""
    return tenants[request.param]
