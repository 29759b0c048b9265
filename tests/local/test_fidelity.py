"""The list of facts in the docs: every row names code and a test that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / "airflow_provider_appflow_isv" / "local"
TESTS = ROOT / "tests" / "local"
HEADINGS = {"known from", "---"}


def rows() -> list[list[str]]:
    """The cells of each row of facts."""
    found = []
    for line in (ROOT / "docs" / "local-fidelity.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[1] not in HEADINGS:
            found.append(cells)
    return found


def test_there_are_facts() -> None:
    assert len(rows()) > 100


@pytest.mark.parametrize("cells", rows(), ids=lambda cells: cells[0])
def test_every_fact_has_its_code_and_its_test(cells: list[str]) -> None:
    assert len(cells) == 4
    _, _, code, test = (cell.strip("`") for cell in cells)
    assert (LOCAL / code).is_file()
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (TESTS / file).read_text(), re.MULTILINE)
