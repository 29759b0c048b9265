from __future__ import annotations

import io
import json
import runpy
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from airflow_provider_appflow_isv.local.appflow.controls.effects import Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.specs import FlowSpec
from tests.integration.conftest import DAGS, DagRun, RunDag
from tests.recording import Recording

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

OBJECTS = ["Account", "Contact", "Opportunity"]
SHOWN_OTHERWISE = {"task_order": "shuffled", "filled_defaults": True}
Run = tuple[DagRun, dict[str, int]]


@pytest.fixture(scope="module")
def dag_file() -> dict[str, Any]:
    """What the DAG file has in it."""
    return runpy.run_path(str(DAGS / "appflow_whole_org.py"))


def run_recorded(run_dag: RunDag, tenant: TenantAccount) -> Run:
    """A DAG run where DescribeFlow shows flows otherwise than they were sent, and how often AppFlow was called."""
    settings.update(SHOWN_OTHERWISE)
    recording = Recording(tenant.stack.aws_url)
    recording.start()
    run = run_dag("appflow_whole_org", {"tenant": tenant.tenant.name})
    recording.stop()
    return run, {name: len(recording.appflow(name)) for name in ("CreateFlow", "UpdateFlow", "StartFlow")}


@pytest.fixture(scope="module")
def first(run_dag: RunDag, tenants: dict[str, TenantAccount]) -> Run:
    return run_recorded(run_dag, tenants["tenant-a"])


@pytest.fixture(scope="module")
def second(first: Run, run_dag: RunDag, tenants: dict[str, TenantAccount]) -> Run:
    return run_recorded(run_dag, tenants["tenant-a"])


@pytest.fixture(scope="module")
def refused(second: Run, run_dag: RunDag, tenants: dict[str, TenantAccount]) -> Run:
    """A run where Contact's flow is gone, and AppFlow refuses to create it."""
    tenant, flow = tenants["tenant-a"], "tenant-a-Contact"
    tenant.client("appflow").delete_flow(flowName=flow, forceDelete=True)
    faults.inject(Error("AccessDeniedException", "planted refusal"), operation="CreateFlow", flow=flow)
    return run_recorded(run_dag, tenant)


def expected(org: Any) -> dict[str, list[dict[str, Any]]]:
    """The records that the YAML file asks for, by object."""
    found = {name: [record for record in org.records(name) if not record["IsDeleted"]] for name in OBJECTS}
    return {**found, "Account": [record for record in found["Account"] if record["Type"] != "Other"]}


def rows_of(tenant: TenantAccount, run: dict[str, Any]) -> list[dict[str, Any]]:
    key = f"salesforce/whole-org/{run['flow_name']}/{run['execution_id']}"
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(tenant.objects(tenant.tenant.bucket)[key])).to_pylist()
    return rows


@pytest.mark.parametrize("which", ["first", "second"])
def test_every_object_is_run_and_counted(
    which: str, request: pytest.FixtureRequest, tenants: dict[str, TenantAccount]
) -> None:
    run, _ = request.getfixturevalue(which)
    records = expected(tenants["tenant-a"].org)
    assert set(run.states.values()) == {"success"}
    assert run.xcoms("count_records")[-1] == {name: len(records[name]) for name in OBJECTS}
    assert 0 < len(records["Account"]) < tenants["tenant-a"].tenant.accounts


def test_every_object_gets_a_flow_named_by_tenant_and_object(first: Run) -> None:
    run, calls = first
    made = run.xcoms("load.create_flow").values()
    assert {flow["flow_name"] for flow in made} == {f"tenant-a-{name}" for name in OBJECTS}
    assert {flow["action"] for flow in made} == {"created"}
    assert calls == {"CreateFlow": 3, "UpdateFlow": 0, "StartFlow": 3}


def test_a_second_run_updates_no_flow(second: Run) -> None:
    run, calls = second
    assert [flow["action"] for flow in run.xcoms("load.create_flow").values()] == ["unchanged"] * 3
    assert calls == {"CreateFlow": 0, "UpdateFlow": 0, "StartFlow": 3}


def test_the_flows_that_were_compared_look_otherwise_than_they_were_sent(
    second: Run, tenants: dict[str, TenantAccount]
) -> None:
    settings.update(SHOWN_OTHERWISE)
    sent = FlowSpec.from_dict(second[0].xcoms("flows")[-1][2]["spec"]).create_request()
    shown = tenants["tenant-a"].client("appflow").describe_flow(flowName=sent["flowName"])
    assert [task["sourceFields"] for task in shown["tasks"]] != [task["sourceFields"] for task in sent["tasks"]]
    assert shown["sourceFlowConfig"] != sent["sourceFlowConfig"]


@pytest.mark.parametrize("name", OBJECTS)
def test_the_rows_land(name: str, first: Run, tenants: dict[str, TenantAccount]) -> None:
    tenant, run = tenants["tenant-a"], first[0].xcoms("load.run_flow")[OBJECTS.index(name)]
    rows, records = rows_of(tenant, run), expected(tenant.org)[name]
    assert {row["Id"] for row in rows} == {record["Id"] for record in records}


def test_what_the_file_says_of_some_objects_holds(first: Run, tenants: dict[str, TenantAccount]) -> None:
    runs = first[0].xcoms("load.run_flow")
    _, contacts, opportunities = (rows_of(tenants["tenant-a"], runs[index]) for index in range(3))
    assert {"Birthdate", "Description"}.isdisjoint(contacts[0])
    assert {letter for contact in contacts for letter in contact["Email"] or ""} == {"*"}
    assert set(opportunities[0]) == {"Id", "AccountId", "Name", "StageName", "Amount", "close_date"}


def test_one_objects_failure_stops_no_other(refused: Run) -> None:
    run, _ = refused
    states = {(f"load.{step}", index): "success" for step in ("create_flow", "run_flow") for index in (0, 2)}
    states |= {("load.create_flow", 1): "failed", ("load.run_flow", 1): "upstream_failed"}
    assert {key: run.states[key] for key in states} == states


def test_an_object_that_is_missing_fails_the_dag_and_is_named(refused: Run) -> None:
    run, _ = refused
    assert run.states["count_records", -1] == "failed"
    assert "1 of 3 objects are missing: Contact" in run.output


def test_a_misspelt_object_in_the_file_is_refused(dag_file: dict[str, Any]) -> None:
    flows = dag_file["whole_org"].get_task("flows").python_callable
    with pytest.raises(ValueError, match="Opportunity"):
        flows([{"name": "Account"}, {"name": "Contact"}], "tenant-a", "tenant-a-landing")


def test_the_flows_of_500_objects_are_distinct_and_small_enough_to_hand_on(dag_file: dict[str, Any]) -> None:
    flows = dag_file["whole_org"].get_task("flows").python_callable
    names = [*OBJECTS, *(f"A_Custom_Object_With_Quite_A_Long_Name_{number}__c" for number in range(497))]
    made = flows([{"name": name} for name in names], "tenant-a", "tenant-a-landing")
    assert len({each["flow_name"] for each in made}) == 500
    assert len(json.dumps(made)) < 250_000
