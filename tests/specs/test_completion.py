"""What an update leaves to a scheduled flow, and when its start is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import Schedule
from tests.specs.examples import flow

CREATED = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
NIGHTLY = Schedule("rate(1days)", pull="Complete", start="2025-01-01T03:00Z")


def found(trigger: Schedule) -> dict[str, Any]:
    """DescribeFlow's answer for a flow that was created before its schedule began."""
    return flow(trigger=trigger).create_request(now=CREATED)


def start_of(request: dict[str, Any]) -> Any:
    return request["triggerConfig"]["triggerProperties"]["Scheduled"].get("scheduleStartTime")


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({"start": "2025-01-01T09:00Z"}, "2025-03-02T09:00Z"),
        ({"start": "2025-02-01T09:00Z"}, "2025-03-02T09:00Z"),
        ({"start": "2025-01-01T03:01Z"}, "2025-03-02T03:01Z"),
        ({"expression": "rate(2days)", "start": "2025-01-02T03:00Z"}, "2025-03-03T03:00Z"),
        ({"start": "2025-03-03T03:00Z"}, "2025-03-03T03:00Z"),
    ],
)
def test_a_rate_that_is_to_come_due_at_other_times_gets_a_new_start(changed: dict[str, Any], start: str) -> None:
    spec, before = flow(trigger=NIGHTLY.replace(**changed)), found(NIGHTLY)
    assert "trigger.scheduleStartTime" in [each.part for each in spec.differences(before, now=NOW)]
    updated = spec.update_request(before, now=NOW)
    assert start_of(updated) == datetime.fromisoformat(start)
    assert spec.differences({**before, **updated}, now=NOW) == []
    assert spec.differences({**before, **updated}, now=datetime(2025, 4, 1, tzinfo=UTC)) == []


def test_a_rate_of_a_flow_without_a_start_gets_the_wanted_one() -> None:
    updated = flow(trigger=NIGHTLY).update_request(found(NIGHTLY.replace(start=None)), now=NOW)
    assert start_of(updated) == datetime(2025, 3, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "before"),
    [
        ({"start": None}, {}),
        ({"start": "2025-02-01T03:00Z"}, {}),
        ({"start": "2024-06-01T03:00Z"}, {}),
        ({"start": "2025-01-01T03:00:00.5Z"}, {}),
        ({"expression": "rate(6hours)", "start": "2025-01-01T09:00Z"}, {"expression": "rate(6hours)"}),
        (
            {"expression": "cron(0 3 * * ? *)", "start": "2025-01-01T09:00Z"},
            {"expression": "cron(0 3 * * ? *)"},
        ),
    ],
)
def test_a_flow_that_comes_due_as_wanted_keeps_its_start(changed: dict[str, Any], before: dict[str, Any]) -> None:
    spec, there = flow(trigger=NIGHTLY.replace(**changed)), found(NIGHTLY.replace(**before))
    assert spec.differences(there, now=NOW) == []
    assert start_of(spec.update_request(there, now=NOW)) == start_of(there)


@pytest.mark.parametrize(
    "taken",
    [
        {"timezone": "Europe/Berlin"},
        {"deactivate_after_failures": 5},
        {"timestamp_field": "SystemModstamp"},
        {"pull": "Incremental"},
    ],
)
def test_what_is_taken_out_of_a_schedule_stays_as_the_flow_has_it(taken: dict[str, Any]) -> None:
    plain = Schedule("rate(1days)", pull=None if "pull" in taken else "Incremental")
    before, spec = found(plain.replace(**taken)), flow(trigger=plain)
    assert spec.differences(before, now=NOW) == []
    assert spec.update_request(before, now=NOW) == before
