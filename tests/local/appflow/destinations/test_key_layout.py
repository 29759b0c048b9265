from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.appflow.destinations.key_layout import KeyLayout
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from tests.local.appflow.conftest import Aws, flow_request, map_fields, run_and_wait

STARTED = 1668067384.0  # 2022-11-10T08:03:04Z


@pytest.mark.parametrize(
    ("prefix", "config", "key"),
    [
        ("landing", {}, "landing/f/run"),
        ("landing/", {}, "landing/f/run"),
        ("a/b", {}, "a/b/f/run"),
        ("", {}, "f/run"),
        ("p", {"pathPrefixHierarchy": ["EXECUTION_ID"]}, "p/f/run/run"),
        ("p", {"pathPrefixHierarchy": ["SCHEMA_VERSION"]}, "p/f/schemaVersion_3/run"),
        ("p", {"pathPrefixHierarchy": ["EXECUTION_ID", "SCHEMA_VERSION"]}, "p/f/schemaVersion_3/run/run"),
        ("p", {"prefixType": "PATH", "prefixFormat": "YEAR"}, "p/f/2022/run"),
        ("p", {"prefixType": "PATH", "prefixFormat": "MINUTE"}, "p/f/2022/11/10/08/03/run"),
        ("p", {"prefixType": "FILENAME", "prefixFormat": "DAY"}, "p/f/run-2022-11-10T08:03:04"),
        (
            "p",
            {
                "prefixType": "PATH_AND_FILENAME",
                "prefixFormat": "DAY",
                "pathPrefixHierarchy": ["SCHEMA_VERSION", "EXECUTION_ID"],
            },
            "p/f/schemaVersion_3/2022/11/10/run/run-2022-11-10T08:03:04",
        ),
    ],
)
def test_the_prefix_settings_decide_the_key(prefix: str, config: dict[str, Any], key: str) -> None:
    assert KeyLayout(prefix, "f", "run", 3, STARTED, config).key() == key


def test_further_files_of_a_run_are_numbered() -> None:
    layout = KeyLayout("p", "f", "run", 1, STARTED, {})
    assert [layout.key(part) for part in (1, 2, 3)] == ["p/f/run", "p/f/run-2", "p/f/run-3"]


def test_a_key_that_s3_does_not_take_ends_the_run() -> None:
    layout = KeyLayout("p", "f", "run", 1, STARTED, {})
    longest = "é" * ((1024 - len("p/f//run")) // 2)
    assert len(layout.key(1, [longest]).encode()) == 1024
    with pytest.raises(RunFailedError, match="would have 1025 bytes, S3 takes 1024: shorten bucketPrefix"):
        layout.key(1, [f"{longest}x"])


def test_a_run_writes_where_its_prefix_settings_say(aws: Aws, connected: Any) -> None:
    output = {"prefixConfig": {"pathPrefixHierarchy": ["SCHEMA_VERSION", "EXECUTION_ID"]}}
    connected.create_flow(**flow_request(tasks=map_fields("Id"), output=output))
    connected.update_flow(**flow_request(tasks=map_fields("Name"), output=output))
    execution_id = run_and_wait(connected, "accounts")["executionId"]
    assert list(aws.objects()) == [f"landing/accounts/schemaVersion_2/{execution_id}/{execution_id}"]
