from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stores.grants import Grant

if TYPE_CHECKING:
    from tests.accounts import TenantAccount


@pytest.fixture
def grant(tenant: TenantAccount) -> Grant:
    """A grant whose refresh token is rotated at each use."""
    return Grant(tenant)


@pytest.fixture
def lasting(tenant: TenantAccount) -> Grant:
    """A grant whose refresh token stays the same."""
    return Grant(tenant, rotate=False)
