"""Flows that AppFlow would refuse, or would run to no good: each is refused at construction, by the argument's name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from airflow_provider_appflow_isv.specs import Schedule, SpecError
from tests.specs import wrong_ends, wrong_flows, wrong_operations
from tests.specs.examples import flow

WRONG = {**wrong_flows.WRONG, **wrong_operations.WRONG, **wrong_ends.WRONG}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_by_its_name(what: str) -> None:
    build, argument, piece = WRONG[what]
    with pytest.raises(SpecError) as refused:
        build()
    assert refused.value.argument == argument
    assert piece in refused.value.message
    assert str(refused.value) == f"{argument}: {refused.value.message}"


def test_a_schedule_that_has_ended_is_refused_when_the_flow_is_to_be_made() -> None:
    wanted = flow(trigger=Schedule("rate(1hours)", start="2021-01-01", end="2021-02-01"))
    with pytest.raises(SpecError, match=r"trigger\.end: 2021-02-01.* nothing would run"):
        wanted.create_request(now=datetime(2022, 1, 1, tzinfo=UTC))
