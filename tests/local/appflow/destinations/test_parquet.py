"""Typed Parquet: one schema for a run, and no value that changes on the way."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.destinations.parquet import parquet, schema_of
from airflow_provider_appflow_isv.local.appflow.runs.column_types import column_types
from airflow_provider_appflow_isv.local.appflow.runs.job import Page
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.runs.tasks import plan
from airflow_provider_appflow_isv.local.appflow.values import text_of
from tests.local.appflow.conftest import (
    BUCKET,
    Aws,
    flow_request,
    make_org,
    map_fields,
    profile_request,
    run_and_wait,
)
from tests.local.appflow.tickets import by_id, connect, mapped, table_flow

TYPED = {"fileType": "PARQUET", "preserveSourceDataTyping": True}


def typed(values: list[Any], declared: str | None = None) -> tuple[pa.DataType, list[Any]]:
    """The type and the values of a column."""
    records = [{"c": value} for value in values]
    schema = schema_of([Page(["c"], records, {"c": declared} if declared else {})])
    table = pq.read_table(io.BytesIO(parquet(records, ["c"], schema)))
    return table.schema.field("c").type, table.column("c").to_pylist()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None, False], pa.bool_()),
        ([1, None, -(2**63), 2**63 - 1], pa.int64()),
        ([Decimal("1.50"), None, 2], pa.float64()),
        ([0.1, 3], pa.float64()),
    ],
)
def test_values_of_a_file_that_share_a_type_keep_it(values: list[Any], kind: pa.DataType) -> None:
    assert typed(values) == (kind, [value if value is None else pytest.approx(float(value)) for value in values])


@pytest.mark.parametrize(
    "values",
    [
        [1, 2**63],
        [9007199254740993, Decimal("1.5")],
        [Decimal("1E+400")],
        [Decimal("0.12345678901234567890")],
        [1, True],
        [1, "1"],
        [""],
        [[1], {"a": None}],
        [None, None],
    ],
)
def test_values_that_a_type_would_change_are_text(values: list[Any]) -> None:
    assert typed(values) == (pa.string(), [text_of(value) for value in values])


@pytest.mark.parametrize(
    ("declared", "kind", "values", "found"),
    [
        ("int", pa.int64(), [None, None], [None, None]),
        ("currency", pa.float64(), [10, None, Decimal("2.5")], [10.0, None, 2.5]),
        ("integer", pa.int64(), ["3", ""], [3, None]),
        ("boolean", pa.bool_(), ["true", "false", ""], [True, False, None]),
        ("int", pa.string(), [1, "many"], ["1", "many"]),
        ("int", pa.string(), [1, Decimal("1.5")], ["1", "1.5"]),
        ("boolean", pa.string(), [True, 1], ["true", "1"]),
        ("string", pa.string(), [1, 2], ["1", "2"]),
        ("datetime", pa.string(), ["2024-05-01T10:00:00.000+0000"], ["2024-05-01T10:00:00.000+0000"]),
        ("date", pa.string(), [None], [None]),
    ],
)
def test_a_declared_type_holds_as_far_as_the_values_fit(
    declared: str, kind: pa.DataType, values: list[Any], found: list[Any]
) -> None:
    assert typed(values, declared) == (kind, found)


numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.floats(allow_nan=False, width=64)
scalars = st.none() | st.booleans() | st.text() | numbers.filter(lambda number: abs(number) != float("inf"))


@given(
    st.lists(scalars) | st.lists(numbers.filter(lambda number: abs(number) != float("inf"))),
    st.sampled_from([None, "int", "double", "boolean", "string"]),
)
def test_no_value_changes(values: list[Any], declared: str | None) -> None:
    kind, found = typed(values, declared)
    if pa.types.is_string(kind):
        assert found == [text_of(value) for value in values]
        return
    for before, after in zip(values, found, strict=True):
        if before in (None, ""):
            assert after is None
        else:
            assert after == before or Decimal(str(after)) == Decimal(str(before))


def test_half_of_a_surrogate_pair_is_refused_by_its_field() -> None:
    with pytest.raises(RunFailedError, match=r'field "c" .*\\ud800'):
        typed(["\ud800"])


def task(kind: str, *sources: str, operator: str = "NO_OP", **members: Any) -> dict[str, Any]:
    return {"taskType": kind, "sourceFields": list(sources), "connectorOperator": {"Salesforce": operator}, **members}


def test_columns_take_the_types_of_their_source_or_of_their_map_task() -> None:
    tasks = [
        task("Map_all", taskProperties={"EXCLUDE_SOURCE_FIELDS_LIST": '["Left"]'}),
        task("Map", "Size", destinationField="Renamed"),
        task("Map", "Size", destinationField="AsText", taskProperties={"DESTINATION_DATA_TYPE": "string"}),
        task("Map", "Sum", destinationField="Paid"),
        task("Mask", "Phone", operator="MASK_ALL", taskProperties={"MASK_VALUE": "*"}),
        task("Arithmetic", "Size", "Paid", operator="ADDITION", destinationField="Sum"),
    ]
    source = {"Size": "int", "Phone": "double", "Left": "int", "Paid": "currency"}
    found = column_types(plan(tasks, "Salesforce"), source)
    assert found == {"Size": "int", "Phone": "string", "Renamed": "int", "AsText": "string"}


def schemas(aws: Aws, prefix: str = "landing/") -> list[dict[str, pa.DataType]]:
    contents = [content for key, content in aws.objects().items() if key.startswith(prefix)]
    return [{field.name: field.type for field in pq.read_schema(io.BytesIO(content))} for content in contents]


def test_all_files_of_a_run_have_the_types_that_salesforce_declares(aws: Aws, appflow: Any, orgs: Any) -> None:
    org = make_org(orgs, accounts=2500)
    for number, account in enumerate(org.accounts):
        account["AnnualRevenue"] = None if number < 2000 else number
        account["NumberOfEmployees"] = None
    appflow.create_connector_profile(**profile_request(org))
    aws.make_bucket()
    output = {**TYPED, "aggregationConfig": {"aggregationType": "None"}}
    tasks = map_fields("Id", "AnnualRevenue", "NumberOfEmployees", "IsDeleted", "CreatedDate")
    appflow.create_flow(**flow_request(tasks=tasks, output=output))
    assert run_and_wait(appflow, "accounts")["executionStatus"] == "Successful"
    expected = {
        "Id": pa.string(),
        "AnnualRevenue": pa.float64(),
        "NumberOfEmployees": pa.int64(),
        "IsDeleted": pa.bool_(),
        "CreatedDate": pa.string(),
    }
    assert schemas(aws) == [expected, expected]


def run_json(aws: Aws, lines: bytes, output: dict[str, Any], *tasks: dict[str, Any]) -> dict[str, Any]:
    """Run a flow of all fields of a JSON Lines file."""
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="in/a", Body=lines)
    location = {"bucketName": BUCKET, "bucketPrefix": "in", "s3InputFormatConfig": {"s3InputFileType": "JSON"}}
    request = flow_request(
        tasks=[{"taskType": "Map_all", "sourceFields": []}, *tasks],
        output=output,
        sourceFlowConfig={"connectorType": "S3", "sourceConnectorProperties": {"S3": location}},
    )
    appflow = aws.client("appflow")
    appflow.create_flow(**request)
    return run_and_wait(appflow, "accounts")


def test_all_partitions_of_a_run_have_the_same_types(aws: Aws) -> None:
    rows = [{"g": "x", "n": 1, "b": None}, {"g": "y", "n": 2.5, "b": True}, {"g": "z", "n": None, "b": None}]
    partition = task("Partition", taskProperties={"ORDERED_PARTITION_KEYS_LIST": '["g"]'})
    partition["connectorOperator"] = {"S3": "NO_OP"}
    run_json(aws, "\n".join(map(json.dumps, rows)).encode(), TYPED, partition)
    assert schemas(aws) == [{"g": pa.string(), "n": pa.float64(), "b": pa.bool_()}] * 3


def test_the_texts_of_servicenow_get_the_types_of_its_columns(aws: Aws, instance: Any) -> None:
    appflow = connect(aws, instance)
    names = ("sys_id", "active", "priority", "sys_updated_on")
    appflow.create_flow(**table_flow("incident", mapped(*names), output=TYPED))
    run_and_wait(appflow, "accounts")
    (content,) = aws.objects().values()
    table = pq.read_table(io.BytesIO(content))
    assert [field.type for field in table.schema] == [pa.string(), pa.bool_(), pa.int64(), pa.string()]
    assert by_id(table.to_pylist()) == [
        {
            "sys_id": row["sys_id"],
            "active": row["active"] == "true",
            "priority": int(row["priority"]),
            "sys_updated_on": row["sys_updated_on"],
        }
        for row in by_id(instance.records("incident"))
    ]


def test_a_run_whose_text_is_no_unicode_ends_in_an_error_that_names_the_field(aws: Aws) -> None:
    record = run_json(aws, b'{"city":"\\ud800"}', {"fileType": "CSV"})
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert message.startswith('The field "city" has a text with half of a surrogate pair, "\\ud800"')
