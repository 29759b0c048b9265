from __future__ import annotations

from datetime import timedelta

import pytest

from airflow_provider_appflow_isv.durations import seconds_of


@pytest.mark.parametrize(
    ("given", "seconds"), [(None, None), (0, 0), (1.5, 1.5), (timedelta(minutes=2), 120.0), (timedelta(0), 0.0)]
)
def test_a_length_of_time_is_seconds_however_it_is_given(
    given: float | timedelta | None, seconds: float | None
) -> None:
    assert seconds_of(given) == seconds
