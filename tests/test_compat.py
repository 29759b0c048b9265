from __future__ import annotations

from importlib.metadata import version

import pytest

from airflow_provider_appflow_isv import _compat


@pytest.mark.parametrize("name", sorted(_compat._SOURCES))
def test_every_name_is_found_in_this_airflow(name: str) -> None:
    assert getattr(_compat, name).__module__.startswith("airflow")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'BaseOperatorr'"):
        _compat.BaseOperatorr  # noqa: B018  # the look-up is what is tested


def test_the_version_is_that_of_the_installed_airflow() -> None:
    major, minor = _compat.airflow_version()
    assert version("apache-airflow").startswith(f"{major}.{minor}.")


@pytest.mark.parametrize(("airflow", "seconds"), [((2, 11), 10.0), ((3, 3), 10.0), ((3, 4), 0.0), ((4, 0), 0.0)])
def test_only_an_airflow_with_the_scheduler_race_delays_the_first_event(
    airflow: tuple[int, int], seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_compat, "airflow_version", lambda: airflow)
    assert _compat.seconds_before_first_event() == seconds
