"""Schedules: their expressions, and when they start."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.flows.cron import ScheduleError, parse_cron
from airflow_provider_appflow_isv.specs import OnEvent, SalesforceSource, Schedule, SpecError
from airflow_provider_appflow_isv.specs.triggers import UNITS
from tests.specs.examples import flow

times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
words = st.one_of(
    *(st.integers(0, 60).map(str), st.sampled_from(["*", "?", "L", "MON", "jan", "2000"])),
    st.tuples(st.integers(0, 32), st.integers(0, 32)).map("{0[0]}-{0[1]}".format),
    st.tuples(st.sampled_from(["*", "0", "5-9"]), st.integers(1, 30)).map("{0[0]}/{0[1]}".format),
    st.sampled_from(["MON-FRI", "15W", "6L", "FRI#2", "1,15", "2020-2025", "*/15", "0/0", "SUN-SAT"]),
)


@pytest.mark.parametrize("text", ["rate(1hours)", "rate(1 hour)", "rate( 1 hours )", "rate(1hour)"])
def test_a_rate_is_written_as_appflow_takes_it(text: str) -> None:
    trigger = Schedule(text)
    assert trigger.expression == "rate(1hours)"
    assert trigger.interval == timedelta(hours=1)


def test_a_cron_expression_keeps_its_fields() -> None:
    trigger = Schedule("cron( 0/15  8-17 ? * MON-FRI * )")
    assert trigger.expression == "cron(0/15 8-17 ? * MON-FRI *)"
    assert trigger.interval is None


@pytest.mark.parametrize(
    ("expression", "shortest"),
    [
        ("rate(1minutes)", timedelta(minutes=1)),
        ("rate(90minutes)", timedelta(minutes=90)),
        ("rate(2days)", timedelta(days=2)),
        ("cron(* 8 * * ? *)", timedelta(minutes=1)),
        ("cron(0,30 8 * * ? *)", timedelta(minutes=1)),
        ("cron(0 8-17 * * ? *)", timedelta(hours=1)),
        ("cron(0 * * * ? *)", timedelta(hours=1)),
        ("cron(0 8 ? * FRI-MON *)", timedelta(days=1)),
        ("cron(0 22-2 ? * MON *)", timedelta(hours=1)),
        ("cron(05-05 8 1 * ? *)", timedelta(days=1)),
    ],
)
def test_the_shortest_time_between_two_runs_is_known(expression: str, shortest: timedelta) -> None:
    assert Schedule(expression).shortest == shortest


def takes(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (SpecError, ScheduleError):
        return False
    return True


@given(st.tuples(*(st.just(usual) | words for usual in ("0", "8", "?", "*", "MON-FRI", "*"))))
def test_a_cron_expression_is_taken_if_the_local_appflow_takes_it(fields: tuple[str, ...]) -> None:
    text = " ".join(fields)
    assert takes(lambda each: Schedule(f"cron({each})"), text) == takes(parse_cron, text)


@given(times, times, st.integers(1, 10_000), st.sampled_from([*UNITS]))
def test_a_rate_whose_start_has_passed_begins_at_its_next_time(
    start: datetime, now: datetime, count: int, unit: str
) -> None:
    trigger = Schedule(f"rate({count}{unit})", start=start)
    begin = trigger.start
    assert isinstance(begin, datetime)
    assert trigger.interval is not None
    found = trigger.next_start(now)
    assert found is not None
    assert found > now
    assert (found - begin) % trigger.interval == timedelta(0)
    assert found == begin or found - trigger.interval <= now


@given(times, times)
def test_a_cron_expression_needs_no_start_that_has_passed(start: datetime, now: datetime) -> None:
    trigger = Schedule("cron(0 8 * * ? *)", start=start)
    assert trigger.next_start(now) == (trigger.start if trigger.start > now else None)  # type: ignore[operator]  # read


def test_a_schedule_says_all_in_appflows_terms() -> None:
    trigger = Schedule(
        "rate(1days)",
        pull="Incremental",
        start="2030-01-01T02:00:00+02:00",
        end="2031-01-01",
        timezone="Europe/Berlin",
        offset_seconds="60",  # type: ignore[arg-type]  # as a template renders it
        first_execution_from="2020-01-01",
        timestamp_field="SystemModstamp",
        deactivate_after_failures=5,
    )
    request = flow(trigger=trigger).create_request(now=datetime(2029, 1, 1, tzinfo=UTC))
    assert request["triggerConfig"] == {
        "triggerType": "Scheduled",
        "triggerProperties": {
            "Scheduled": {
                "scheduleExpression": "rate(1days)",
                "dataPullMode": "Incremental",
                "scheduleStartTime": datetime(2030, 1, 1, tzinfo=UTC),
                "scheduleEndTime": datetime(2031, 1, 1, tzinfo=UTC),
                "timezone": "Europe/Berlin",
                "scheduleOffset": 60,
                "firstExecutionFrom": datetime(2020, 1, 1, tzinfo=UTC),
                "flowErrorDeactivationThreshold": 5,
            }
        },
    }
    assert request["sourceFlowConfig"]["incrementalPullConfig"] == {"datetimeTypeFieldName": "SystemModstamp"}


def test_events_and_starts_by_hand_have_no_properties() -> None:
    assert flow().create_request()["triggerConfig"] == {"triggerType": "OnDemand"}
    events = flow(source=SalesforceSource(profile="p", object="Order__e"), trigger=OnEvent())
    assert events.create_request()["triggerConfig"] == {"triggerType": "Event"}
