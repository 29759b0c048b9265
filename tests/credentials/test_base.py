from __future__ import annotations

import inspect

import pytest

from airflow_provider_appflow_isv import credentials
from airflow_provider_appflow_isv.credentials import CredentialSource

SOURCES = [
    getattr(credentials, name) for name in credentials.__all__ if getattr(credentials, name) is not CredentialSource
]


def test_a_source_must_say_how_to_fetch() -> None:
    with pytest.raises(TypeError, match="fetch"):
        CredentialSource()  # type: ignore[abstract]  # what is tested


@pytest.mark.parametrize("source", SOURCES)
def test_no_source_is_mistaken_by_airflow_for_an_output_of_a_task(source: type[CredentialSource]) -> None:
    assert not hasattr(source, "resolve")


@pytest.mark.parametrize("source", SOURCES)
def test_every_template_field_is_an_argument(source: type[CredentialSource]) -> None:
    assert source.template_fields
    assert set(source.template_fields) <= set(inspect.signature(source).parameters)
