"""The pages on flows and connectors say what is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import FlowSpec
from airflow_provider_appflow_isv.specs.general import DESTINATION_TYPES, SOURCE_TYPES
from airflow_provider_appflow_isv.specs.page import page

DOCS = Path(__file__).parents[2] / "docs"
FLOWS = (DOCS / "flows.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(FLOWS) if name == language]


def test_the_page_of_connectors_is_as_the_classes_are() -> None:
    hint = "run python -m airflow_provider_appflow_isv.specs.page docs/connectors.md"
    assert (DOCS / "connectors.md").read_text(encoding="utf-8") == page(), hint


def test_the_page_has_every_connector_and_a_meaning_for_every_argument() -> None:
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| ")]
    assert len([row for row in rows if len(row) == 5]) == 1 + len(SOURCE_TYPES)
    assert len([row for row in rows if len(row) == 4]) == 1 + len(DESTINATION_TYPES)
    assert all(row[2].strip(" |") for row in rows if len(row) == 3)


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "airflow_provider_appflow_isv.specs.page", str(tmp_path / "page.md")]
    subprocess.run(command, check=True, cwd=DOCS.parent)  # noqa: S603  # the interpreter of these tests
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page()


def test_the_examples_of_flows_run(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "dags_of_a_reader"}
    for number, block in enumerate(blocks("python")):
        exec(compile(block, f"flows.md, block {number}", "exec"), names)  # noqa: S102  # the page above
    assert [each["taskType"] for each in names["request"]["tasks"]] == ["Filter", "Filter", "Map", "Map", "Map"]
    assert FlowSpec.from_yaml(capsys.readouterr().out) == names["spec"]
    for part in ({"fields": names["everything"]}, {"trigger": names["nightly"]}, {"trigger": names["on_demand"]}):
        assert names["spec"].replace(**part).create_request()
    assert names["events"].create_request()["triggerConfig"] == {"triggerType": "Event"}
    assert names["deals"].source.label == "HubSpotConnector"


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_examples_of_files_are_specs(text: str) -> None:
    spec = FlowSpec.from_yaml(text)
    assert FlowSpec.from_yaml(spec.to_yaml()) == spec
    assert spec.create_request()["flowName"] == "accounts"
