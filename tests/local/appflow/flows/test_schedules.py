"""Schedule expressions, and the windows of incremental runs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as search
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.flows.cron import ScheduleError
from airflow_provider_appflow_isv.local.appflow.flows.flow import Flow, FlowRun, FlowVersion
from airflow_provider_appflow_isv.local.appflow.flows.schedules import (
    Rate,
    Schedule,
    next_due,
    parse_schedule,
    pull_window,
)
from tests.local.appflow.conftest import BUCKET, Aws, flow_request, message_of, scheduled

HOUR, DAY = 3600, 24 * 3600
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
has_nearest_weekday = tuple(map(int, version("croniter").split(".")[:2])) >= (6, 2)


def schedule(expression: str, **properties: Any) -> Schedule:
    return parse_schedule({"scheduleExpression": expression, **properties})


def due_times(planned: Schedule, after: datetime = MONDAY, count: int = 3) -> list[str]:
    times: list[str] = []
    moment: float | None = after.timestamp()
    for _ in range(count):
        assert moment is not None
        moment = planned.next_run(moment, after.timestamp())
        if moment is None:
            break
        times.append(f"{datetime.fromtimestamp(moment, UTC):%a %Y-%m-%d %H:%M}")
    return times


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(5minutes)", 300),
        ("rate(1minutes)", 60),
        ("rate(1minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(3hours)", 3 * HOUR),
        ("rate(1 hour)", HOUR),
        ("rate(1days)", DAY),
        ("rate(30days)", 30 * DAY),
    ],
)
def test_a_rate_is_written_with_or_without_a_blank_in_singular_or_plural(expression: str, seconds: int) -> None:
    assert schedule(expression).timing == Rate(seconds)


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 10 * * ? *)", ["Mon 2026-11-23 10:00", "Tue 2026-11-24 10:00", "Wed 2026-11-25 10:00"]),
        ("cron(15 12 ? * MON-FRI *)", ["Mon 2026-11-23 12:15", "Tue 2026-11-24 12:15", "Wed 2026-11-25 12:15"]),
        ("cron(0/15 * * * ? *)", ["Mon 2026-11-23 09:45", "Mon 2026-11-23 10:00", "Mon 2026-11-23 10:15"]),
        ("cron(1/20 9 * * ? *)", ["Mon 2026-11-23 09:41", "Tue 2026-11-24 09:01", "Tue 2026-11-24 09:21"]),
        ("cron(0 8 ? * 1 *)", ["Sun 2026-11-29 08:00", "Sun 2026-12-06 08:00", "Sun 2026-12-13 08:00"]),
        ("cron(0 8 ? * 7 *)", ["Sat 2026-11-28 08:00", "Sat 2026-12-05 08:00", "Sat 2026-12-12 08:00"]),
        ("cron(0 8 ? * mon,FRI *)", ["Fri 2026-11-27 08:00", "Mon 2026-11-30 08:00", "Fri 2026-12-04 08:00"]),
        ("cron(0 8 ? * L *)", ["Sat 2026-11-28 08:00", "Sat 2026-12-05 08:00", "Sat 2026-12-12 08:00"]),
        ("cron(0 8 ? * 6L *)", ["Fri 2026-11-27 08:00", "Fri 2026-12-25 08:00", "Fri 2027-01-29 08:00"]),
        ("cron(0 8 ? * 3#2 *)", ["Tue 2026-12-08 08:00", "Tue 2027-01-12 08:00", "Tue 2027-02-09 08:00"]),
        ("cron(0 8 ? * TUE#2 *)", ["Tue 2026-12-08 08:00", "Tue 2027-01-12 08:00", "Tue 2027-02-09 08:00"]),
        ("cron(0 8 L * ? *)", ["Mon 2026-11-30 08:00", "Thu 2026-12-31 08:00", "Sun 2027-01-31 08:00"]),
        ("cron(0 8 1,15 JAN-MAR/2 ? *)", ["Fri 2027-01-01 08:00", "Fri 2027-01-15 08:00", "Mon 2027-03-01 08:00"]),
        ("cron(0 8 25 12 ? 2026-2027)", ["Fri 2026-12-25 08:00", "Sat 2027-12-25 08:00"]),
        ("cron(0 8 1 1 ? 2020)", []),
    ],
)
def test_cron_is_read_as_aws_writes_it(expression: str, times: list[str]) -> None:
    assert due_times(schedule(expression)) == times


@pytest.mark.skipif(not has_nearest_weekday, reason="this croniter does not know W")
def test_w_means_the_weekday_nearest_to_a_day() -> None:
    times = ["Fri 2027-01-01 08:00", "Mon 2027-02-01 08:00", "Mon 2027-03-01 08:00", "Thu 2027-04-01 08:00"]
    assert due_times(schedule("cron(0 8 1W * ? 2027)"), count=4) == times
    assert due_times(schedule("cron(0 8 15W 8 ? 2027)")) == ["Mon 2027-08-16 08:00"]


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        ("cron(0 0 30 2 ? *)", MONDAY),
        ("cron(0 0 1 1 ? 2026)", MONDAY),
        ("cron(0 0 1 1 ? *)", datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_cron_expression_may_never_come_due(expression: str, after: datetime) -> None:
    assert due_times(schedule(expression), after) == []


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("rate(0minutes)", "write rate"),
        ("rate(1weeks)", "minutes, hours or days"),
        ("rate(-1days)", "write rate"),
        ("rate(1.5hours)", "write rate"),
        ("rate(5minutes) ", "write rate"),
        ("every hour", "write rate"),
        ("", "write rate"),
        ("cron(0 8 * * ?)", "six fields"),
        ("cron(0 8 * * * *)", "must be ?"),
        ("cron(0 8 ? * ? *)", "must be ?"),
        ("cron(0 8 1 * MON *)", "must be ?"),
        ("cron(60 8 * * ? *)", "out of range"),
        ("cron(0/0 8 * * ? *)", "out of its range"),
        ("cron(0 24 * * ? *)", "out of range"),
        ("cron(0 8 0 * ? *)", "out of range"),
        ("cron(0 8 * 13 ? *)", "out of range"),
        ("cron(0 8 ? * 8 *)", "day-of-week"),
        ("cron(0 8 ? * 0 *)", "day-of-week"),
        ("cron(0 8 ? * 3#6 *)", "day-of-week"),
        ("cron(0 8 ? * 3#1,6#3 *)", "day-of-week"),
        ("cron(0 8 * MONDAY ? *)", "month"),
        ("cron(0 8 * * ? 26)", "year"),
        ("cron(R * * * ? *)", "minutes"),
        ("cron(@daily)", "six fields"),
    ],
)
def test_what_aws_does_not_know_is_refused(expression: str, reason: str) -> None:
    with pytest.raises(ScheduleError) as error:
        schedule(expression)
    assert reason in str(error.value)


@search(deadline=None)  # the machine may be busy
@given(
    start=st.floats(0, 4e9),
    step=st.sampled_from([60, 300, HOUR, 7 * HOUR, DAY, 30 * DAY]) | st.integers(1, 10**9).map(lambda n: 60 * n),
    shift=st.floats(-1e9, 1e9),
    length=st.floats(0, 1e9),
)
def test_runs_by_rate_are_whole_steps_from_the_start_and_never_go_back(
    start: float, step: int, shift: float, length: float
) -> None:
    planned = Schedule(Rate(step), start, start + length)
    moment, times = start + shift, []
    for _ in range(20):
        due = planned.next_run(moment, anchor=0.0)
        if due is None:
            break
        assert due > moment
        times.append(due)
        moment = due
    assert all(start <= due <= start + length for due in times)
    assert all(abs((due - start) / step - round((due - start) / step)) < 1e-6 for due in times)
    assert all(later - earlier == pytest.approx(step) for earlier, later in itertools.pairwise(times))


@search(deadline=None)  # the machine may be busy
@given(moment=st.integers(1_700_000_000, 2_000_000_000), minutes=st.sampled_from(["*", "0/7", "5,35", "59"]))
def test_runs_by_cron_never_go_back_and_stay_within_start_and_end(moment: int, minutes: str) -> None:
    planned = schedule(f"cron({minutes} * * * ? *)")
    planned = Schedule(planned.timing, moment + HOUR + 0.5, moment + 3 * HOUR)
    due, times = planned.next_run(moment, anchor=0.0), []
    while due is not None:
        times.append(due)
        due = planned.next_run(due, anchor=0.0)
    assert times == sorted(set(times))
    assert times
    assert all(moment + HOUR + 0.5 <= due <= moment + 3 * HOUR and due % 60 == 0 for due in times)


def make_flow(*versions: tuple[float, dict[str, Any]], activated_at: float = 0.0) -> Flow:
    flow = Flow("accounts", "arn", "Active", 0.0, "", {}, [], activated_at=activated_at)
    for visible_from, trigger in versions:
        definition = {"triggerConfig": trigger, "sourceFlowConfig": {"connectorType": "Salesforce"}}
        flow.versions.append(FlowVersion(definition, 1, visible_from, "", visible_from))
    return flow


@search(deadline=None)  # the machine may be busy
@given(
    runs=st.lists(st.tuples(st.integers(1, 100_000), st.booleans()), min_size=1, max_size=30),
    offset=st.integers(0, 36_000),
)
def test_windows_of_successful_runs_follow_each_other_without_gap_or_overlap(
    runs: list[tuple[int, bool]], offset: int
) -> None:
    flow = make_flow((0.0, scheduled(dataPullMode="Incremental", scheduleOffset=offset)))
    moment, windows = 1_700_000_000.0, []
    for number, (pause, is_good) in enumerate(runs, start=1):
        moment += pause
        window = pull_window(flow, moment)
        assert window is not None
        assert window.until == moment - offset
        status = "Successful" if is_good else "Error"
        flow.runs[str(number)] = FlowRun(str(number), number, moment, window, status=status)
        if is_good:
            windows.append(window)
    assert all(later.after == earlier.until for earlier, later in itertools.pairwise(windows))
    if windows:
        assert windows[0].after == windows[0].until - 30 * DAY


def test_an_update_that_keeps_the_schedule_does_not_shift_it() -> None:
    flow = make_flow((0.0, scheduled()), (5000.0, scheduled(dataPullMode="Complete")), activated_at=100.0)
    assert next_due(flow, 100.0, inclusive=True) == 100.0
    assert [next_due(flow, after) for after in (100.0, 3700.0, 7300.0)] == [3700.0, 7300.0, 10900.0]


def test_a_new_schedule_counts_from_when_it_shows() -> None:
    faster = scheduled(scheduleExpression="rate(10minutes)")
    flow = make_flow((0.0, scheduled()), (5000.0, faster), activated_at=100.0)
    assert [next_due(flow, after) for after in (100.0, 3700.0, 5600.0)] == [3700.0, 5600.0, 6200.0]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"scheduleExpression": "rate(1fortnights)"}, "scheduleExpression rate(1fortnights) is not valid: write rate"),
        ({"scheduleStartTime": timedelta(hours=-1)}, "scheduleStartTime must not be in the past"),
        ({"scheduleEndTime": timedelta(hours=-1)}, "scheduleEndTime must not be in the past"),
        (
            {"scheduleStartTime": timedelta(hours=2), "scheduleEndTime": timedelta(hours=1)},
            "scheduleEndTime must not be before scheduleStartTime",
        ),
        ({"firstExecutionFrom": timedelta(hours=1)}, "firstExecutionFrom must not be in the future"),
    ],
)
def test_a_wrong_schedule_is_refused(connected: Any, properties: dict[str, Any], reason: str) -> None:
    now = datetime.now(UTC)
    times = {name: now + value if isinstance(value, timedelta) else value for name, value in properties.items()}
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**flow_request(triggerConfig=scheduled(**times)))
    assert message_of(error).startswith("Create Flow request failed: [")
    assert reason in message_of(error)


def test_all_that_is_wrong_with_a_schedule_is_named_at_once(connected: Any) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    trigger = scheduled(scheduleExpression="often", scheduleStartTime=past, scheduleEndTime=past)
    with pytest.raises(connected.exceptions.ValidationException) as error:
        connected.create_flow(**flow_request(triggerConfig=trigger))
    assert all(name in message_of(error) for name in ("scheduleExpression", "scheduleStartTime", "scheduleEndTime"))


def test_a_start_that_has_passed_may_stay_in_an_update(connected: Any) -> None:
    trigger = scheduled(scheduleStartTime=datetime.now(UTC) + timedelta(hours=1))
    connected.create_flow(**flow_request(triggerConfig=trigger))
    settings.advance_clock(DAY)
    described = connected.describe_flow(flowName="accounts")["triggerConfig"]
    for unchanged in (trigger, described):
        assert connected.update_flow(**flow_request(triggerConfig=unchanged))["flowStatus"] == "Draft"
    trigger["triggerProperties"]["Scheduled"]["scheduleStartTime"] += timedelta(hours=1)
    with pytest.raises(connected.exceptions.ValidationException, match="scheduleStartTime must not be in the past"):
        connected.update_flow(**flow_request(triggerConfig=trigger))


def test_a_time_zone_is_a_label_only(connected: Any) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    connected.create_flow(**flow_request(triggerConfig=scheduled(scheduleStartTime=start, timezone="Mars/Base-1")))
    trigger = connected.describe_flow(flowName="accounts")["triggerConfig"]["triggerProperties"]["Scheduled"]
    assert (trigger["timezone"], trigger["scheduleStartTime"]) == ("Mars/Base-1", start)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("rate(59minutes)", False),
        ("rate(60minutes)", True),
        ("cron(0/30 * * * ? *)", False),
        ("cron(5 * * * ? *)", True),
    ],
)
def test_a_source_has_a_shortest_schedule(connected: Any, expression: str, allowed: bool) -> None:
    request = flow_request(triggerConfig=scheduled(scheduleExpression=expression))
    request["sourceFlowConfig"]["connectorType"] = "Marketo"
    with pytest.raises(connected.exceptions.ValidationException) as error:  # there is no profile for Marketo
        connected.create_flow(**request)
    assert ("more frequent than source connector Marketo allows: HOURLY at most" in message_of(error)) is not allowed


def test_a_source_without_a_profile_has_a_schedule_too(aws: Aws, appflow: Any) -> None:
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="input/a.csv", Body=b"Id\n1\n")
    source = {
        "connectorType": "S3",
        "sourceConnectorProperties": {"S3": {"bucketName": BUCKET, "bucketPrefix": "input"}},
    }
    trigger = scheduled(scheduleExpression="rate(1minutes)")
    tasks = [{"taskType": "Map_all", "sourceFields": []}]
    request = flow_request(triggerConfig=trigger, sourceFlowConfig=source, tasks=tasks)
    assert appflow.create_flow(**request)["flowStatus"] == "Draft"
