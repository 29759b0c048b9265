"""Credential sources in a whole DAG: each task renders its own, and waits for what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import OWN_DAGS

if TYPE_CHECKING:
    from tests.integration.conftest import DagRun, RunDag


@pytest.fixture(scope="module")
def run(run_dag: RunDag) -> DagRun:
    return run_dag("mapped_sources", folder=OWN_DAGS)


@pytest.mark.parametrize("task", ["shared", "started"])
def test_mapped_tasks_that_share_a_source_get_each_their_own_tenants_secret(task: str, run: DagRun) -> None:
    assert run.xcoms(task) == {0: ["tenant-a", "tenant-a-login"], 1: ["tenant-b", "tenant-b-login"]}


def test_what_other_tasks_tell_is_not_taken_for_a_template(run: DagRun) -> None:
    assert run.xcoms("own") == {0: ["profile", "tenant-a-{{ 1 + 1 }}"], 1: ["profile", "tenant-b-{{ 1 + 1 }}"]}


def test_a_source_made_of_a_tasks_output_waits_for_the_task(run: DagRun) -> None:
    assert run.xcoms("a_fed") == {-1: ["tenant-a", "told-by-a-task"]}
