"""Batches of the Redshift Data API."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from airflow_provider_appflow_isv.local.redshift.warehouse import warehouse
from tests.local.redshift.conftest import CLUSTER, DATABASE, ISV, REGION, Aws, refused

_BATCH = Loader().load_service_model("redshift-data", "service-2")["shapes"]["BatchExecuteStatementInput"]
newer_botocore = pytest.mark.skipif("ExecutionMode" not in _BATCH["members"], reason="this botocore can't send it")


def test_a_batch_runs_in_one_transaction(isv: Aws) -> None:
    described = isv.run_batch(
        "create temp table staged (id int)",
        "insert into staged values (1), (2)",
        "select id from staged order by id",
    )

    assert (described["Status"], described["HasResultSet"]) == ("FINISHED", True)
    parts = described["SubStatements"]
    assert [part["Id"] for part in parts] == [f"{described['Id']}:{number}" for number in (1, 2, 3)]
    assert [part["Status"] for part in parts] == ["FINISHED"] * 3
    assert [part["HasResultSet"] for part in parts] == [False, False, True]
    data = isv.client("redshift-data")
    assert data.get_statement_result(Id=parts[2]["Id"])["Records"] == [[{"longValue": 1}], [{"longValue": 2}]]
    assert data.describe_statement(Id=parts[1]["Id"])["ResultRows"] == 2


def test_a_batch_that_fails_leaves_nothing_behind(isv: Aws) -> None:
    described = isv.run_batch("create table account (id int)", "insert into nope values (1)", "select 1")

    assert described["Status"] == "FAILED"
    assert described["Error"] == 'Query #2 failed with ERROR: relation "nope" does not exist'
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert warehouse(ISV, REGION, CLUSTER, DATABASE).tables() == []


@newer_botocore
def test_a_batch_with_auto_commit_runs_each_by_itself(isv: Aws) -> None:
    described = isv.run_batch(
        "create table account (id int)", "insert into nope values (1)", "select 1", ExecutionMode="AUTO_COMMIT"
    )

    assert described["Status"] == "FAILED"
    assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
    assert warehouse(ISV, REGION, CLUSTER, DATABASE).tables() == [("public", "account")]


def test_a_batch_has_its_results_by_part_only(isv: Aws) -> None:
    described = isv.run_batch("select 1", "select 2")

    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").get_statement_result(Id=described["Id"])

    assert refused(error) == (
        "ValidationException",
        "BatchExecuteStatement result can only be retrieved with sub-statement id.",
    )


@newer_botocore
def test_parameters_of_a_batch_serve_all_its_statements(isv: Aws) -> None:
    parameters = [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]

    described = isv.run_batch("select :a as v", "select :b as v", "select :a || :b as v", Parameters=parameters)

    data = isv.client("redshift-data")
    found = [data.get_statement_result(Id=part["Id"])["Records"][0][0] for part in described["SubStatements"]]
    assert found == [{"stringValue": "1"}, {"stringValue": "2"}, {"stringValue": "12"}]


def test_a_listed_batch_shows_its_texts(isv: Aws) -> None:
    isv.run_batch("select 2", "select 3")

    (listed,) = isv.client("redshift-data").list_statements()["Statements"]

    assert (listed["IsBatchStatement"], listed["QueryStrings"]) == (True, ["select 2", "select 3"])
