"""From a tenant's org to the tenant's bucket, by the operators alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet
import pytest

from airflow_provider_appflow_isv.credentials import SalesforceCredentials
from airflow_provider_appflow_isv.operators.bucket_policy import AppFlowGrantBucketAccessOperator
from airflow_provider_appflow_isv.operators.connector_profile import AppFlowCreateConnectorProfileOperator
from airflow_provider_appflow_isv.operators.flow import AppFlowCreateFlowOperator
from airflow_provider_appflow_isv.operators.flow_run import AppFlowStartFlowOperator
from tests.accounts import TenantAccount, created_between, fresh, map_fields, salesforce_to_s3
from tests.tasks import run_task

Record = dict[str, Any]
# texts with commas, quotes, line breaks and umlauts, numbers, booleans and nulls
FIELDS = ("Id", "Name", "Description", "AnnualRevenue", "NumberOfEmployees", "IsDeleted", "Phone", "CreatedDate")
JANUARY = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 2, 1, tzinfo=UTC)


def load(tenant: TenantAccount, flow: str, *, bucket: str, tasks: Any, file_type: str = "JSON") -> Record:
    """Grant, connect, create and run as a DAG does; returns the run."""
    profile = fresh("profile")
    run_task(AppFlowGrantBucketAccessOperator(task_id="grant", bucket_name=bucket, **tenant.aws))
    run_task(
        AppFlowCreateConnectorProfileOperator(
            task_id="profile",
            connector_profile_name=profile,
            connector_type="Salesforce",
            connector_profile_properties=tenant.properties,
            credentials=SalesforceCredentials(secret_id=tenant.tenant.secret_id, login_url=tenant.tenant.login_url),
            **tenant.aws,
        )
    )
    definition = salesforce_to_s3(profile, bucket, file_type=file_type, tasks=tasks)
    run_task(AppFlowCreateFlowOperator(task_id="flow", flow_name=flow, **definition, **tenant.aws))
    run: Record = run_task(
        AppFlowStartFlowOperator(task_id="run", flow_name=flow, deferrable=False, poll_interval=0.05, **tenant.aws)
    )
    return run


def held_by_the_org(tenant: TenantAccount, fields: tuple[str, ...]) -> list[Record]:
    """The accounts created in January 2021, both bounds excluded, as the org's own records tell."""
    start, end = JANUARY
    return [
        {name: account[name] for name in fields}
        for account in tenant.org.records("Account")
        if start < datetime.fromisoformat(str(account["CreatedDate"])) < end
    ]


def as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def read_json(content: bytes) -> list[Record]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def read_csv(content: bytes) -> list[Record]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def read_parquet(content: bytes) -> list[Record]:
    rows: list[Record] = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    return rows


def untouched(record: Record) -> Record:
    return record


def csv_cells(record: Record) -> Record:
    return {name: as_text(value) or "" for name, value in record.items()}


def string_columns(record: Record) -> Record:
    return {name: as_text(value) for name, value in record.items()}


@pytest.mark.parametrize(
    ("file_type", "read", "written"),
    [
        ("JSON", read_json, untouched),
        ("CSV", read_csv, csv_cells),
        ("PARQUET", read_parquet, string_columns),
    ],
)
@pytest.mark.parametrize("name", ["tenant-a", "tenant-b", "tenant-c"])
def test_the_records_that_land_are_those_of_the_org_field_for_field(
    name: str,
    file_type: str,
    read: Callable[[bytes], list[Record]],
    written: Callable[[Record], Record],
    tenants: dict[str, TenantAccount],
) -> None:
    tenant = tenants[name]
    bucket, flow = tenant.make_bucket(granted=False), fresh("flow")
    run = load(
        tenant, flow, bucket=bucket, tasks=[*map_fields(*FIELDS), created_between(*JANUARY)], file_type=file_type
    )
    ((key, content),) = tenant.objects(bucket).items()
    expected = held_by_the_org(tenant, FIELDS)
    landed = read(content)
    assert key == f"landing/{flow}/{run['execution_id']}"
    assert sorted(landed, key=lambda record: record["Id"]) == sorted(map(written, expected), key=lambda r: r["Id"])
    assert run["records_processed"] == len(expected) == len(landed)
    assert 0 < len(expected) < tenant.tenant.accounts


def test_all_fields_land_if_all_are_mapped(tenant: TenantAccount) -> None:
    bucket = tenant.make_bucket(granted=False)
    map_all = {
        "taskType": "Map_all",
        "sourceFields": [],
        "connectorOperator": {"Salesforce": "NO_OP"},
        "taskProperties": {"EXCLUDE_SOURCE_FIELDS_LIST": "[]"},
    }
    load(tenant, fresh("flow"), bucket=bucket, tasks=[map_all])
    (content,) = tenant.objects(bucket).values()
    assert sorted(read_json(content), key=lambda record: record["Id"]) == sorted(
        tenant.org.records("Account"), key=lambda record: str(record["Id"])
    )


def test_a_record_that_changes_lands_as_it_is_then(tenants: dict[str, TenantAccount]) -> None:
    tenant = tenants["tenant-a"]
    bucket, flow = tenant.make_bucket(), fresh("flow")
    load(tenant, flow, bucket=bucket, tasks=map_fields("Id", "Name"))
    account = tenant.org.records("Account")[0]
    before = account["Name"]
    account["Name"] = "Renamed"
    try:
        run = run_task(
            AppFlowStartFlowOperator(task_id="run", flow_name=flow, deferrable=False, poll_interval=0.05, **tenant.aws)
        )
    finally:
        account["Name"] = before
    landed = read_json(tenant.objects(bucket)[f"landing/{flow}/{run['execution_id']}"])
    assert {"Id": account["Id"], "Name": "Renamed"} in landed


def test_flows_of_the_same_name_in_two_accounts_stay_apart(tenants: dict[str, TenantAccount]) -> None:
    flow = fresh("flow")
    landed = {}
    for tenant in (tenants["tenant-a"], tenants["tenant-b"]):
        bucket = tenant.make_bucket(granted=False)
        run = load(tenant, flow, bucket=bucket, tasks=map_fields("Id"))
        assert run["flow_arn"] == tenant.flow_arn(flow)
        assert list(tenant.records(flow)) == [run["execution_id"]]
        (content,) = tenant.objects(bucket).values()
        landed[tenant.tenant.name] = {record["Id"] for record in read_json(content)}
    for name, ids in landed.items():
        assert ids == {account["Id"] for account in tenants[name].org.records("Account")}
    assert not landed["tenant-a"] & landed["tenant-b"]


def test_another_tenants_account_sees_none_of_the_records(tenants: dict[str, TenantAccount]) -> None:
    ours, theirs = tenants["tenant-a"], tenants["tenant-b"]
    bucket = ours.make_bucket(granted=False)
    load(ours, fresh("flow"), bucket=bucket, tasks=map_fields("Id", "Name"))
    assert ours.objects(bucket)
    s3 = theirs.client("s3")
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    with pytest.raises(s3.exceptions.ClientError, match=r"AccessDenied|NoSuchBucket"):
        s3.list_objects_v2(Bucket=bucket)
    everything = b"".join(
        content for each in s3.list_buckets()["Buckets"] for content in theirs.objects(each["Name"]).values()
    )
    assert not [account["Id"] for account in ours.org.records("Account") if str(account["Id"]).encode() in everything]
