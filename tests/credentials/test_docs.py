"""The pages on credentials say what is so."""

from __future__ import annotations

from pathlib import Path

from airflow_provider_appflow_isv import credentials
from airflow_provider_appflow_isv.credentials.connectors import CONNECTORS
from airflow_provider_appflow_isv.credentials.page import page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_tables_is_as_the_code_is() -> None:
    hint = "run python -m airflow_provider_appflow_isv.credentials.page docs/credential-tables.md"
    assert (DOCS / "credential-tables.md").read_text(encoding="utf-8") == page(), hint


def test_every_connector_with_profiles_has_a_source() -> None:
    rows = {line.split("`")[1]: line for line in page().splitlines() if line.startswith("| `")}
    assert all("Credentials" in rows[connector_type].split(" | ")[1] for connector_type in CONNECTORS)


def test_every_source_is_told_of() -> None:
    text = (DOCS / "credentials.md").read_text(encoding="utf-8")
    assert [name for name in credentials.__all__ if f"`{name}" not in text] == []
