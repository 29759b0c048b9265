from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.appflow.destinations.formats import decode, encode
from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError
from airflow_provider_appflow_isv.local.appflow.values import to_json
from tests.local.appflow.conftest import BUCKET, Aws, Org, flow_request, map_fields, run_and_wait

FIELDS = (
    "Id",
    "Name",
    "Industry",
    "IsDeleted",
    "NumberOfEmployees",
    "AnnualRevenue",
    "BillingLatitude",
    "CreatedDate",
    "Description",
)


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def land(aws: Aws, client: Any, **output: Any) -> bytes:
    client.create_flow(**flow_request(tasks=map_fields(*FIELDS), output=output))
    assert run_and_wait(client, "accounts")["executionStatus"] == "Successful"
    (content,) = aws.objects().values()
    return content


@pytest.mark.parametrize("output", [{}, {"fileType": "JSON"}])
def test_json_lines_carry_every_field_as_the_org_gave_it(
    aws: Aws, connected: Any, org: Org, output: dict[str, Any]
) -> None:
    landed = [json.loads(line) for line in land(aws, connected, **output).decode().split("\n")[:-1]]
    assert landed == [{field: account[field] for field in FIELDS} for account in org.accounts]
    assert any(record["Industry"] is None for record in landed)


def test_csv_has_a_header_and_every_field_as_text(aws: Aws, connected: Any, org: Org) -> None:
    content = land(aws, connected, fileType="CSV").decode()
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    assert header == list(FIELDS)
    assert rows == [[as_text(account[field]) or "" for field in FIELDS] for account in org.accounts]


def test_parquet_carries_every_field_as_a_string(aws: Aws, connected: Any, org: Org) -> None:
    table = pq.read_table(io.BytesIO(land(aws, connected, fileType="PARQUET")))
    assert {field.type for field in table.schema} == {pa.string()}
    assert table.column_names == list(FIELDS)
    assert table.to_pylist() == [{field: as_text(account[field]) for field in FIELDS} for account in org.accounts]


def test_parquet_keeps_types_if_told_to(aws: Aws, connected: Any, org: Org) -> None:
    table = pq.read_table(io.BytesIO(land(aws, connected, fileType="PARQUET", preserveSourceDataTyping=True)))
    types = {field.name: field.type for field in table.schema}
    assert types["IsDeleted"] == pa.bool_()
    assert types["NumberOfEmployees"] == pa.int64()
    assert types["AnnualRevenue"] == pa.float64()
    assert types["CreatedDate"] == pa.string()
    assert table.to_pylist() == [{field: account[field] for field in FIELDS} for account in org.accounts]


def test_a_map_task_renames_a_field(aws: Aws, connected: Any, org: Org) -> None:
    projection, *_ = map_fields("Id", "Name")
    renamed = {"taskType": "Map", "sourceFields": ["Name"], "destinationField": "account_name"}
    connected.create_flow(**flow_request(tasks=[projection, renamed]))
    run_and_wait(connected, "accounts")
    (content,) = aws.objects().values()
    assert [json.loads(line) for line in content.splitlines()] == [{"account_name": a["Name"]} for a in org.accounts]


def test_map_all_carries_every_field_but_the_excluded(aws: Aws, connected: Any, org: Org) -> None:
    task = {
        "taskType": "Map_all",
        "sourceFields": [],
        "connectorOperator": {"Salesforce": "NO_OP"},
        "taskProperties": {"EXCLUDE_SOURCE_FIELDS_LIST": '["Description", "Phone"]'},
    }
    connected.create_flow(**flow_request(tasks=[task]))
    run_and_wait(connected, "accounts")
    (content,) = aws.objects().values()
    expected = [{k: v for k, v in a.items() if k not in ("Description", "Phone")} for a in org.accounts]
    assert [json.loads(line) for line in content.splitlines()] == expected


def copy_flow(file_type: str, **output: Any) -> dict[str, Any]:
    return flow_request(
        "copy",
        tasks=[{"taskType": "Map_all", "sourceFields": [], "connectorOperator": {"S3": "NO_OP"}, "taskProperties": {}}],
        output=output,
        sourceFlowConfig={
            "connectorType": "S3",
            "sourceConnectorProperties": {
                "S3": {
                    "bucketName": BUCKET,
                    "bucketPrefix": "input",
                    "s3InputFormatConfig": {"s3InputFileType": file_type},
                }
            },
        },
    )


@pytest.mark.parametrize(
    ("file_type", "files"),
    [
        ("CSV", [b'Id,Name\n1,"a, b"\n', b"Id,Name\n2,\n"]),
        ("JSON", [b'{"Id":"1","Name":"a, b"}\n{"Id":"2","Name":""}\n']),
        ("JSON", [b'[\n {"Id": "1", "Name": "a, b"},\n {"Id": "2", "Name": ""}\n]']),
    ],
)
def test_s3_to_s3_copies_the_records_of_every_file(aws: Aws, appflow: Any, file_type: str, files: list[bytes]) -> None:
    aws.make_bucket()
    for number, content in enumerate(files):
        aws.client("s3").put_object(Bucket=BUCKET, Key=f"input/{number}", Body=content)
    aws.client("s3").put_object(Bucket=BUCKET, Key="elsewhere/x", Body=b"not to be read")
    appflow.create_flow(**copy_flow(file_type))
    record = run_and_wait(appflow, "copy")
    assert record["executionResult"]["recordsProcessed"] == 2
    assert record["executionResult"]["bytesProcessed"] == sum(map(len, files))
    landed = aws.objects()[f"landing/copy/{record['executionId']}"]
    assert [json.loads(line) for line in landed.splitlines()] == [
        {"Id": "1", "Name": "a, b"},
        {"Id": "2", "Name": ""},
    ]


@pytest.mark.parametrize(
    ("file_type", "content"), [("CSV", b"Id\n1,2\n"), ("CSV", b"\xff"), ("JSON", b"Id\n1\n"), ("JSON", b"[1]")]
)
def test_a_source_file_of_another_type_fails_the_run(aws: Aws, appflow: Any, file_type: str, content: bytes) -> None:
    aws.make_bucket()
    aws.client("s3").put_object(Bucket=BUCKET, Key="input/a", Body=content)
    appflow.create_flow(**copy_flow(file_type))
    record = run_and_wait(appflow, "copy")
    message = record["executionResult"]["errorInfo"]["executionMessage"]
    assert message.startswith(f"The source file is not {file_type}")


def test_a_number_keeps_its_spelling() -> None:
    line = '{"a":12.50,"b":1E+2,"c":12345678901234567890.123456789}'
    (record,) = decode(line.encode(), "JSON")
    assert record["a"] == Decimal("12.50")
    assert to_json(record) == line


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), json_values, min_size=1), min_size=1))
def test_whatever_is_written_as_json_lines_is_read_back(records: list[dict[str, Any]]) -> None:
    assert decode(encode(records, [], "JSON"), "JSON") == records


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.lists(st.fixed_dictionaries({"a": cells, "b,c": cells}), min_size=1))
def test_whatever_is_written_as_csv_is_read_back(records: list[dict[str, str]]) -> None:
    assert decode(encode(records, ["a", "b,c"], "CSV"), "CSV") == records


def test_what_is_no_file_of_its_type_is_named() -> None:
    with pytest.raises(RunFailedError, match="not JSON"):
        decode(b"{", "JSON")


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("form", ['{{"a":1}}\n{{"a":{}}}', '[{{"a":1}},\n{{"a":{}}}]'])
def test_a_number_that_json_does_not_have_is_named(form: str, name: str) -> None:
    with pytest.raises(RunFailedError, match=f"^The source file has {name} for a number"):
        decode(form.format(name).encode(), "JSON")


def test_a_cell_may_be_as_large_as_its_file() -> None:
    large = "x" * 2_000_000
    assert decode(f"Id,Text\n1,{large}\n".encode(), "CSV") == [{"Id": "1", "Text": large}]


def test_a_column_that_the_header_names_twice_is_named() -> None:
    with pytest.raises(RunFailedError, match="header has the column 'Id' more than once"):
        decode(b"Id,Name,Id\n1,a,2\n", "CSV")


def test_half_of_a_surrogate_pair_stays_escaped_in_json() -> None:
    line = '{"a\\udc00":"x\\ud800","b":["\\udfff"]}'
    assert encode(decode(line.encode(), "JSON"), [], "JSON") == f"{line}\n".encode()


@pytest.mark.parametrize("record", [{"a": "\ud800"}, {"a\ud800": ""}])
def test_csv_has_no_half_of_a_surrogate_pair(record: dict[str, str]) -> None:
    with pytest.raises(RunFailedError, match=r'^The field "a.* has a text with half of a surrogate pair'):
        encode([record], list(record), "CSV")
