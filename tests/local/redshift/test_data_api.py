from __future__ import annotations

from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws

from airflow_provider_appflow_isv.local.redshift.data_api import serve_data_api
from airflow_provider_appflow_isv.local.redshift.warehouse import warehouse
from tests.local.redshift.conftest import CLUSTER, DATABASE, ISV, REGION, Aws, refused

UNKNOWN = "00000000-0000-0000-0000-000000000000"


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


def test_a_client_token_runs_a_statement_once(isv: Aws) -> None:
    isv.run("create table account (id int)")
    request = {"ClusterIdentifier": CLUSTER, "Database": DATABASE, "ClientToken": "once"}
    data = isv.client("redshift-data")

    ids = {data.execute_statement(Sql="insert into account values (1)", **request)["Id"] for _ in range(3)}

    assert len(ids) == 1
    assert isv.values("select count(*) from account") == [(1,)]


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
