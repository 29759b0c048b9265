from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings


@pytest.fixture
def hold() -> Iterator[ExitStack]:
    """Keeps runs in progress until closed."""
    with ExitStack() as held:
        held.enter_context(settings.held())
        yield held
