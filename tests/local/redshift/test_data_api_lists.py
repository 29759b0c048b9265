"""ListStatements of the Redshift Data API."""

from __future__ import annotations

from typing import Any

from tests.local.redshift.conftest import CLUSTER, DATABASE, Aws


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
