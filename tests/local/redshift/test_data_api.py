from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from moto import mock_aws

from airflow_provider_appflow_isv.local.redshift.data_api import serve_data_api
from airflow_provider_appflow_isv.local.redshift.warehouse import warehouse
from tests.local.redshift.conftest import CLUSTER, DATABASE, ISV, REGION, Aws

_BATCH = Loader().load_service_model("redshift-data", "service-2")["shapes"]["BatchExecuteStatementInput"]
newer_botocore = pytest.mark.skipif("ExecutionMode" not in _BATCH["members"], reason="this botocore can't send it")
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_a_query_finishes_and_has_a_result(isv: Aws) -> None:
    described = isv.run("select 1 as id")

    assert described["Status"] == "FINISHED"
    assert described["HasResultSet"] is True
    assert described["ResultRows"] == 1
    assert described["QueryString"] == "select 1 as id"
    assert described["ClusterIdentifier"] == CLUSTER
    assert described["Database"] == DATABASE
    assert described["Duration"] > 0
    assert "Error" not in described


def test_a_failed_statement_says_why(isv: Aws) -> None:
    described = isv.run("select * from nope")

    assert described["Status"] == "FAILED"
    assert described["Error"] == 'ERROR: relation "nope" does not exist'
    assert described["HasResultSet"] is False
    assert (described["ResultRows"], described["ResultSize"]) == (-1, -1)


def test_a_change_has_no_result_and_says_how_many_rows(isv: Aws) -> None:
    isv.run("create table account (id int)")

    described = isv.run("insert into account values (1), (2)")

    assert (described["Status"], described["HasResultSet"], described["ResultRows"]) == ("FINISHED", False, 2)


def test_each_kind_of_value_has_its_field(isv: Aws) -> None:
    sql = """
        select 1::smallint as a, 9007199254740993 as b, 1.5::float as c, 1.50::decimal(5,2) as d, true as e, 'x' as f,
               null as g, '2024-05-01'::date as h, '2024-05-01 10:00:00.25'::timestamp as i,
               '2024-05-01 10:00:00+02'::timestamptz as j, json_parse('[1]') as k"""

    (record,) = isv.records(sql)

    assert record == [
        {"longValue": 1},
        {"longValue": 9007199254740993},
        {"doubleValue": 1.5},
        {"stringValue": "1.50"},
        {"booleanValue": True},
        {"stringValue": "x"},
        {"isNull": True},
        {"stringValue": "2024-05-01"},
        {"stringValue": "2024-05-01 10:00:00.25"},
        {"stringValue": "2024-05-01 08:00:00+00"},
        {"stringValue": "[1]"},
    ]


def test_columns_are_described(isv: Aws) -> None:
    described = isv.run("select 1 as id, 'a' as name, 1.5::decimal(5,2) as amount")

    columns = isv.client("redshift-data").get_statement_result(Id=described["Id"])["ColumnMetadata"]

    shown = [(each["name"], each["label"], each["typeName"], each["precision"], each["scale"]) for each in columns]
    assert shown == [
        ("id", "id", "int4", 10, 0),
        ("name", "name", "varchar", 0, 0),
        ("amount", "amount", "numeric", 5, 2),
    ]


def test_text_comes_back_as_it_was_sent(isv: Aws) -> None:
    text = 'O\'Hara "x"\nline\t; -- 日本 \\ :id'
    isv.run("create table account (name varchar(100))")
    isv.run("insert into account values (:name)", Parameters=[{"name": "name", "value": text}])

    assert isv.values("select name from account") == [(text,)]


def test_parameters_are_taken_by_name(isv: Aws) -> None:
    parameters = [{"name": "low", "value": "2"}, {"name": "high", "value": "3"}]

    described = isv.run(
        "select n from (select 1 n union select 2 union select 9) where n between :low and :high", Parameters=parameters
    )

    assert described["ResultRows"] == 1
    assert described["QueryParameters"] == parameters


def test_a_parameter_that_nothing_uses_is_refused(isv: Aws) -> None:
    with pytest.raises(ClientError) as error:
        isv.run("select :a", Parameters=[{"name": "a", "value": "1"}, {"name": "b", "value": "2"}])

    assert refused(error) == (
        "ValidationException",
        "Parameters list contains unused parameters. Unused parameters: [b]",
    )


def test_large_results_come_in_pages(isv: Aws) -> None:
    described = isv.run("select range as n from range(2500) order by n")
    data = isv.client("redshift-data")

    pages = list(data.get_paginator("get_statement_result").paginate(Id=described["Id"]))

    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert {page["TotalNumRows"] for page in pages} == {2500}
    assert [record[0]["longValue"] for page in pages for record in page["Records"]] == list(range(2500))


def test_a_token_of_another_result_is_refused(isv: Aws) -> None:
    data = isv.client("redshift-data")
    one, other = (isv.run("select range from range(1001)")["Id"] for _ in range(2))
    token = data.get_statement_result(Id=one)["NextToken"]

    with pytest.raises(ClientError) as error:
        data.get_statement_result(Id=other, NextToken=token)

    assert refused(error)[0] == "ValidationException"


def test_an_empty_result_is_a_result(isv: Aws) -> None:
    described = isv.run("select 1 as id where false")

    assert (described["HasResultSet"], described["ResultRows"]) == (True, 0)
    assert isv.client("redshift-data").get_statement_result(Id=described["Id"])["Records"] == []


@pytest.mark.parametrize("sql", ["create table account (id int)", "select * from nope"])
def test_a_statement_without_a_result_has_none_to_get(isv: Aws, sql: str) -> None:
    described = isv.run(sql)

    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").get_statement_result(Id=described["Id"])

    assert refused(error) == (
        "ResourceNotFoundException",
        "Query does not have result. Please check query status with DescribeStatement.",
    )
    answer: dict[str, Any] = dict(error.value.response)
    assert answer["ResourceId"] == described["Id"]


@pytest.mark.parametrize("operation", ["describe_statement", "get_statement_result", "cancel_statement"])
def test_an_unknown_statement_is_not_found(isv: Aws, operation: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(isv.client("redshift-data"), operation)(Id=UNKNOWN)

    assert refused(error) == ("ResourceNotFoundException", "Query does not exist.")


def test_a_statement_that_has_ended_cannot_be_cancelled(isv: Aws) -> None:
    described = isv.run("select 1")

    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").cancel_statement(Id=described["Id"])

    assert refused(error) == (
        "ValidationException",
        f"Could not cancel a query that is already in FINISHED state with ID: {described['Id']}",
    )


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


def test_a_client_token_runs_a_statement_once(isv: Aws) -> None:
    isv.run("create table account (id int)")
    request = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "ClientToken": "once"}
    data = isv.client("redshift-data")

    ids = {data.execute_statement(Sql="insert into account values (1)", **request)["Id"] for _ in range(3)}

    assert len(ids) == 1
    assert isv.values("select count(*) from account") == [(1,)]


def test_statements_are_listed_newest_first_and_only_finished_ones_unless_asked(isv: Aws) -> None:
    first = isv.run("select 1", StatementName="load-1")
    failed = isv.run("select * from nope", StatementName="load-2")
    last = isv.run_batch("select 2", "select 3")
    data = isv.client("redshift-data")

    def ids(**request: Any) -> list[str]:
        return [each["Id"] for each in data.list_statements(**request)["Statements"]]

    assert ids() == [last["Id"], first["Id"]]
    assert ids(Status="ALL") == [last["Id"], failed["Id"], first["Id"]]
    assert ids(Status="FAILED") == [failed["Id"]]
    assert ids(Status="ALL", StatementName="load-") == [failed["Id"], first["Id"]]


def test_statements_are_listed_in_pages(isv: Aws) -> None:
    ids = [isv.run(f"select {number}")["Id"] for number in range(5)]

    pages = list(isv.client("redshift-data").get_paginator("list_statements").paginate(MaxResults=2))

    assert [len(page["Statements"]) for page in pages] == [2, 2, 1]
    assert [each["Id"] for page in pages for each in page["Statements"]] == ids[::-1]


def test_a_listed_batch_shows_its_texts(isv: Aws) -> None:
    isv.run_batch("select 2", "select 3")

    (listed,) = isv.client("redshift-data").list_statements()["Statements"]

    assert (listed["IsBatchStatement"], listed["QueryStrings"]) == (True, ["select 2", "select 3"])


def test_only_statements_of_the_callers_identity_are_listed(isv: Aws) -> None:
    iam = isv.client("iam")
    iam.create_user(UserName="airflow")
    key = iam.create_access_key(UserName="airflow")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    isv.run("select 1")

    data = isv.client("redshift-data", keys)
    mine = data.execute_statement(Sql="select 2", ClusterIdentifier=CLUSTER, Database=DATABASE)

    assert mine["DbUser"] == "IAM:airflow"
    assert [each["Id"] for each in data.list_statements()["Statements"]] == [mine["Id"]]


def test_the_callers_account_decides_whose_cluster_is_meant(isv: Aws, tenant: Aws) -> None:
    isv.run("create table account (id int)")
    described = isv.run("select 1")

    assert tenant.run("select * from account")["Status"] == "FAILED"
    with pytest.raises(ClientError) as error:
        tenant.client("redshift-data").describe_statement(Id=described["Id"])
    assert refused(error)[0] == "ResourceNotFoundException"


def test_an_unknown_cluster_is_refused(isv: Aws) -> None:
    with pytest.raises(ClientError) as error:
        isv.run("select 1", ClusterIdentifier="no-such-cluster")

    assert refused(error) == ("ValidationException", "Redshift endpoint doesn't exist in this region.")


def test_a_deleted_cluster_takes_its_data_along(isv: Aws) -> None:
    isv.run("create table account (id int)")
    isv.client("redshift").delete_cluster(ClusterIdentifier=CLUSTER, SkipFinalClusterSnapshot=True)
    isv.create_cluster()

    assert isv.run("select * from account")["Status"] == "FAILED"


def test_any_workgroup_exists(isv: Aws) -> None:
    target = {"WorkgroupName": "wg-a", "Database": DATABASE}
    data = isv.client("redshift-data")

    started = data.execute_statement(Sql="create table account (id int)", **target)

    assert started["WorkgroupName"] == "wg-a"
    assert data.describe_statement(Id=started["Id"])["Status"] == "FINISHED"
    assert warehouse(ISV, REGION, "wg-a", DATABASE, serverless=True).tables() == [("public", "account")]


@pytest.mark.parametrize(
    ("request_members", "message"),
    [
        ({"Database": DATABASE}, "Give either ClusterIdentifier or WorkgroupName"),
        (
            {"ClusterIdentifier": CLUSTER, "WorkgroupName": "wg-a", "Database": DATABASE},
            "Give either ClusterIdentifier",
        ),
        ({"ClusterIdentifier": CLUSTER}, "Database: it is missing"),
        (
            {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "SessionKeepAliveSeconds": 60},
            "SessionKeepAliveSeconds: ",
        ),
        ({"ClusterIdentifier": CLUSTER, "Database": DATABASE, "WithEvent": True}, "WithEvent: "),
        ({"ClusterIdentifier": CLUSTER, "Database": DATABASE, "ResultFormat": "CSV"}, "ResultFormat: "),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_members_name(
    isv: Aws, request_members: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").execute_statement(Sql="select 1", **request_members)

    code, text = refused(error)
    assert code == "ValidationException"
    assert text.startswith(message)


def test_a_request_that_the_model_forbids_is_refused(isv: Aws) -> None:
    data = isv.client("redshift-data", parameter_validation=False)

    with pytest.raises(ClientError) as error:
        data.execute_statement(Sql=1, ClusterIdentifier=CLUSTER, Database=DATABASE)

    assert refused(error)[0] == "ValidationException"
    assert "Sql" in refused(error)[1]


def test_an_operation_that_is_not_here_is_refused_by_name(isv: Aws) -> None:
    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").list_tables(ClusterIdentifier=CLUSTER, Database=DATABASE)

    assert refused(error) == ("ValidationException", "The local Redshift Data API does not have ListTables.")


def test_the_reset_of_moto_empties_statements_and_warehouses(isv: Aws) -> None:
    described = isv.run("create table account (id int)")

    requests.post(f"{isv.url}/moto-api/reset", timeout=30).raise_for_status()
    isv.create_cluster()

    assert isv.run("select * from account")["Status"] == "FAILED"
    with pytest.raises(ClientError) as error:
        isv.client("redshift-data").describe_statement(Id=described["Id"])
    assert refused(error)[0] == "ResourceNotFoundException"


def test_it_serves_mock_aws_too_and_a_second_call_changes_nothing() -> None:
    serve_data_api()
    serve_data_api()
    with mock_aws():
        data = boto3.client("redshift-data", region_name=REGION)
        started = data.execute_statement(Sql="select 5 as n", WorkgroupName="wg-a", Database=DATABASE)

        assert data.get_statement_result(Id=started["Id"])["Records"] == [[{"longValue": 5}]]
