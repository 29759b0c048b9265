"""What a spec asks for is what AppFlow takes, keeps and tells, whatever it does with the order and the defaults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import FlowSpec, S3Destination, SalesforceSource, Schedule
from tests.specs.ends import profile_of
from tests.specs.strategies import flows
from tests.specs.test_round_trip import PAIRS

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.appflow.controls.settings import Settings
    from tests.specs.conftest import Connected

PLAIN: dict[str, Any] = {"task_order": "kept", "filled_defaults": False}
CHANGED: dict[str, Any] = {"task_order": "shuffled", "filled_defaults": True}
few = hypothesis_settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@contextmanager
def created(appflow: Any, spec: FlowSpec) -> Iterator[None]:
    appflow.create_flow(**spec.create_request())
    try:
        yield
    finally:
        appflow.delete_flow(flowName=spec.name)


def definition(answer: dict[str, Any]) -> dict[str, Any]:
    """DescribeFlow's answer without what every update changes."""
    return {name: each for name, each in answer.items() if name not in ("lastUpdatedAt", "ResponseMetadata")}


@pytest.mark.parametrize(("source", "destination"), PAIRS)
@few
@given(data=st.data())
def test_a_flow_is_as_its_spec_says(
    connected: Connected, appflow_settings: Settings, source: str, destination: str, data: st.DataObject
) -> None:
    appflow_settings.update(PLAIN)
    appflow, spec = connected.appflow, data.draw(flows(source, destination, connected.kms_arn))
    with created(appflow, spec):
        for shown in (PLAIN, CHANGED):
            appflow_settings.update(shown)
            answer = appflow.describe_flow(flowName=spec.name)
            assert spec.differences(answer) == []
            assert FlowSpec.from_describe(answer) == spec
            assert FlowSpec.from_describe(answer).differences(answer) == []
        appflow_settings.update(PLAIN)
        before = definition(appflow.describe_flow(flowName=spec.name))
        appflow.update_flow(**spec.update_request(answer))
        assert definition(appflow.describe_flow(flowName=spec.name)) == before
        appflow.update_flow(**FlowSpec.from_describe(answer).update_request(answer))
        assert spec.differences(appflow.describe_flow(flowName=spec.name)) == []


def test_a_schedule_whose_start_has_passed_can_be_created_and_updated(
    connected: Connected, appflow_settings: Settings
) -> None:
    spec = FlowSpec(
        name="flow-long-ago",
        source=SalesforceSource(profile=profile_of("Salesforce"), object="Account"),
        destination=S3Destination(bucket="acme-landing"),
        fields=["Id"],
        trigger=Schedule("rate(1hours)", pull="Incremental", start="2020-01-01", first_execution_from="2019-01-01"),
    )
    with created(connected.appflow, spec):
        answer = connected.appflow.describe_flow(flowName=spec.name)
        assert spec.differences(answer) == []
        appflow_settings.advance_clock(7200)  # now the start that AppFlow has lies behind, too
        later = datetime.now(UTC) + timedelta(hours=2)
        assert spec.differences(answer, now=later) == []
        connected.appflow.update_flow(**spec.update_request(answer, now=later))
        after = connected.appflow.describe_flow(flowName=spec.name)
        assert definition(after) == definition(answer)
