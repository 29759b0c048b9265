"""Tables that runs leave in the Glue Data Catalog."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from botocore.exceptions import ClientError

from airflow_provider_appflow_isv.local.appflow.controls.effects import TokenRevoked
from airflow_provider_appflow_isv.local.appflow.controls.faults import faults
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from tests.local.appflow.conftest import (
    ACCOUNT,
    BUCKET,
    Aws,
    Org,
    filter_task,
    flow_request,
    map_fields,
    message_of,
    run_and_wait,
)
from tests.local.appflow.destinations.test_s3 import partitioned

DATABASE = "lake"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/catalog"
CATALOG = {"glueDataCatalog": {"roleArn": ROLE, "databaseName": DATABASE, "tablePrefix": "crm"}}
BY_RUN = {"prefixConfig": {"pathPrefixHierarchy": ["SCHEMA_VERSION", "EXECUTION_ID"]}}
FOLDER = f"s3://{BUCKET}/landing/accounts/"


def make_role(aws: Aws, service: str = "appflow.amazonaws.com", **statement: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **statement}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.client("iam").create_role(RoleName="catalog", AssumeRolePolicyDocument=document)


def cataloged(**changes: Any) -> dict[str, Any]:
    return flow_request(metadataCatalogConfig=CATALOG, **changes)


def tables(aws: Aws) -> dict[str, dict[str, Any]]:
    """The tables of the database, by what follows the flow's name, ``latest`` for the one of the last run."""
    found = aws.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]
    ends = {table["Name"].removeprefix("crm_appflow_accounts_"): table for table in found}
    return {"latest" if end.endswith("_latest") else end: table for end, table in ends.items()}


def partitions(aws: Aws, table: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Where the partitions of a table are, by their values."""
    found = aws.client("glue").get_partitions(DatabaseName=DATABASE, TableName=table["Name"])["Partitions"]
    return {tuple(each["Values"]): each["StorageDescriptor"]["Location"] for each in found}


def columns(table: dict[str, Any]) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


@pytest.fixture
def catalog(aws: Aws, connected: Any) -> Any:
    """AppFlow's client in an account with a Glue database and a role that AppFlow may assume."""
    make_role(aws)
    aws.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    return connected


def test_a_run_registers_the_latest_table_and_that_of_the_schema_version(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**cataloged())
    before = int(settings.now())
    record = run_and_wait(catalog, "accounts")
    found = tables(aws)
    assert set(found) == {"latest", "1"}
    _, _, _, created, _ = found["latest"]["Name"].split("_")
    assert before <= int(created) <= settings.now()
    assert {table["StorageDescriptor"]["Location"] for table in found.values()} == {FOLDER}
    success = {"result": "1", "status": "Successful"}
    assert record["metadataCatalogDetails"] == [
        {"catalogType": "GLUE", "tableName": found[end]["Name"], "tableRegistrationOutput": success}
        for end in ("latest", "1")
    ]
    described = catalog.describe_flow(flowName="accounts")
    assert described["lastRunMetadataCatalogDetails"] == record["metadataCatalogDetails"]


def test_a_flow_without_a_catalog_registers_nothing(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**flow_request())
    assert "metadataCatalogDetails" not in run_and_wait(catalog, "accounts")
    assert "lastRunMetadataCatalogDetails" not in catalog.describe_flow(flowName="accounts")
    assert tables(aws) == {}


def test_the_latest_table_stays_one_and_follows_the_last_run(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**cataloged(output=BY_RUN))
    run_and_wait(catalog, "accounts")
    name = tables(aws)["latest"]["Name"]
    settings.advance_clock(10)
    execution_id = run_and_wait(catalog, "accounts")["executionId"]
    latest = tables(aws)["latest"]
    assert latest["Name"] == name
    assert latest["StorageDescriptor"]["Location"] == f"{FOLDER}schemaVersion_1/{execution_id}/"


def test_each_run_has_a_table_of_its_own_only_with_the_execution_id_in_the_path(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**cataloged(output=BY_RUN))
    ids = [run_and_wait(catalog, "accounts")["executionId"] for _ in range(2)]
    found = tables(aws)
    assert set(found) == {"latest", "1", *(f"1_{each}" for each in ids)}
    for each in ids:
        assert found[f"1_{each}"]["StorageDescriptor"]["Location"] == f"{FOLDER}schemaVersion_1/{each}/"


def test_a_changed_mapping_makes_the_table_of_another_schema_version(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**cataloged())
    run_and_wait(catalog, "accounts")
    update = cataloged(tasks=map_fields("Id", "Industry"))
    catalog.update_flow(**update)
    run_and_wait(catalog, "accounts")
    found = tables(aws)
    assert {end: set(columns(table)) for end, table in found.items()} == {
        "latest": {"id", "industry"},
        "1": {"id", "name"},
        "2": {"id", "industry"},
    }


@pytest.mark.parametrize(
    ("file_type", "typed", "serde", "number"),
    [
        ("JSON", False, "org.openx.data.jsonserde.JsonSerDe", "bigint"),
        ("CSV", False, "org.apache.hadoop.hive.serde2.OpenCSVSerde", "string"),
        ("PARQUET", False, "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "string"),
        ("PARQUET", True, "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe", "bigint"),
    ],
)
def test_the_table_reads_the_files_as_they_are(
    aws: Aws, catalog: Any, file_type: str, typed: bool, serde: str, number: str
) -> None:
    output = {"fileType": file_type, "preserveSourceDataTyping": typed}
    catalog.create_flow(**cataloged(tasks=map_fields("Id", "NumberOfEmployees"), output=output))
    run_and_wait(catalog, "accounts")
    latest = tables(aws)["latest"]
    assert columns(latest) == {"id": "string", "numberofemployees": number}
    assert latest["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == serde
    header = {"skip.header.line.count": "1"} if file_type == "CSV" else {}
    assert latest["Parameters"] == {"classification": file_type.lower(), **header}


def test_columns_carry_the_labels_that_the_source_has(aws: Aws, catalog: Any) -> None:
    tasks = [*map_fields("Id", "NumberOfEmployees")]
    tasks[-1]["destinationField"] = "staff"
    catalog.create_flow(**cataloged(tasks=tasks))
    run_and_wait(catalog, "accounts")
    described = catalog.describe_connector_entity(
        connectorEntityName="Account", connectorType="Salesforce", connectorProfileName="SalesForceAPI"
    )["connectorEntityFields"]
    labels = {field["identifier"]: field["label"] for field in described}
    found = tables(aws)["latest"]["StorageDescriptor"]["Columns"]
    assert {column["Name"]: column["Parameters"] for column in found} == {
        "id": {"AppFlowLabel": labels["Id"]},
        "staff": {"AppFlowLabel": labels["NumberOfEmployees"]},
    }


def test_columns_go_without_labels_if_the_source_does_not_tell(aws: Aws, catalog: Any) -> None:
    catalog.create_flow(**cataloged())
    faults.inject(TokenRevoked(after_page=1), flow="accounts")
    assert run_and_wait(catalog, "accounts")["executionStatus"] == "Successful"
    found = tables(aws)["latest"]["StorageDescriptor"]["Columns"]
    assert [column["Parameters"] for column in found] == [{}, {}]


def test_a_table_whose_partition_fields_change_loses_its_partitions(aws: Aws, catalog: Any) -> None:
    fields = map_fields("Id", "Industry", "Type")
    catalog.create_flow(**cataloged(tasks=[*fields, partitioned("Industry")]))
    run_and_wait(catalog, "accounts")
    catalog.update_flow(**cataloged(tasks=[*fields, partitioned("Type", "Industry")]))
    run_and_wait(catalog, "accounts")
    found = tables(aws)
    assert {len(values) for values in partitions(aws, found["latest"])} == {2}
    assert {len(values) for values in partitions(aws, found["1"])} == {1}


def test_partition_fields_are_partition_columns(aws: Aws, catalog: Any, org: Org) -> None:
    for number, account in enumerate(org.accounts):
        account["Industry"] = ["Energy", "Oil/Gas", None][number % 3]
    catalog.create_flow(**cataloged(tasks=[*map_fields("Id", "Industry"), partitioned("Industry")]))
    record = run_and_wait(catalog, "accounts")
    for table in tables(aws).values():
        assert table["PartitionKeys"] == [{"Name": "industry", "Type": "string"}]
        assert columns(table) == {"id": "string"}
        assert partitions(aws, table) == {
            ("Energy",): f"{FOLDER}Industry=Energy/",
            ("Oil/Gas",): f"{FOLDER}Industry=Oil%2FGas/",
            ("null",): f"{FOLDER}Industry=null/",
        }
    outputs = [detail["partitionRegistrationOutput"] for detail in record["metadataCatalogDetails"]]
    assert outputs == [{"result": "3", "status": "Successful"}] * 2


def test_a_csv_keeps_its_columns_in_their_places(aws: Aws, catalog: Any) -> None:
    tasks = [*map_fields("Id", "Industry", "Name"), partitioned("Industry")]
    catalog.create_flow(**cataloged(tasks=tasks, output={"fileType": "CSV"}))
    run_and_wait(catalog, "accounts")
    for table in tables(aws).values():
        assert list(columns(table)) == ["id", "industry_in_file", "name"]


def test_partitions_that_are_there_are_not_registered_again(aws: Aws, catalog: Any, org: Org) -> None:
    for account in org.accounts:
        account["Industry"] = "Energy"
    catalog.create_flow(**cataloged(tasks=[*map_fields("Id", "Industry"), partitioned("Industry")]))
    run_and_wait(catalog, "accounts")
    org.accounts[0]["Industry"] = "Retail"
    record = run_and_wait(catalog, "accounts")
    assert [each["partitionRegistrationOutput"]["result"] for each in record["metadataCatalogDetails"]] == ["1", "1"]
    assert {values for table in tables(aws).values() for values in partitions(aws, table)} == {("Energy",), ("Retail",)}


def test_dates_and_runs_partition_the_table_of_a_schema_version(aws: Aws, catalog: Any, org: Org) -> None:
    for account in org.accounts:
        account["Industry"] = "Energy"
    prefix = {"prefixType": "PATH", "prefixFormat": "MONTH", "pathPrefixHierarchy": ["EXECUTION_ID"]}
    tasks = [*map_fields("Id", "Industry"), partitioned("Industry")]
    catalog.create_flow(**cataloged(tasks=tasks, output={"prefixConfig": prefix}))
    records = [run_and_wait(catalog, "accounts") for _ in range(2)]
    found = tables(aws)
    assert [key["Name"] for key in found["1"]["PartitionKeys"]] == ["year", "month", "execution_id", "industry"]
    years = {record["executionId"]: f"{record['startedAt'].astimezone(UTC):%Y}" for record in records}
    assert {values[2]: values[0] for values in partitions(aws, found["1"])} == years
    for values, location in partitions(aws, found["1"]).items():
        year, month, execution_id, industry = values
        assert location == f"{FOLDER}{year}/{month}/{execution_id}/Industry={industry}/"
    last = records[-1]["executionId"]
    (location,) = partitions(aws, found["latest"]).values()
    assert location.endswith(f"/{last}/Industry=Energy/")


def test_the_flows_name_is_made_one_that_glue_has(aws: Aws, catalog: Any) -> None:
    name = "Accounts.of@tenant-a"
    catalog.create_flow(**cataloged(name=name))
    run_and_wait(catalog, name)
    names = [table["Name"] for table in aws.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]]
    assert "crm_appflow_accounts_of_tenant-a_1" in names


def test_the_longest_names_fit_into_glue(aws: Aws, catalog: Any) -> None:
    name = "a" * 256
    request = cataloged(name=name, output=BY_RUN)
    request["metadataCatalogConfig"] = {"glueDataCatalog": {**CATALOG["glueDataCatalog"], "tablePrefix": "p" * 128}}
    catalog.create_flow(**request)
    run_and_wait(catalog, name)
    names = [table["Name"] for table in aws.client("glue").get_tables(DatabaseName=DATABASE)["TableList"]]
    assert max(map(len, names)) == 255
    assert len(names) == 3


def test_a_run_that_writes_nothing_registers_nothing(aws: Aws, catalog: Any) -> None:
    tasks = [*map_fields("Id", "Name"), filter_task("Name", "EQUAL_TO", VALUE="nobody")]
    catalog.create_flow(**cataloged(tasks=tasks))
    record = run_and_wait(catalog, "accounts")
    assert record["executionStatus"] == "Successful"
    assert "metadataCatalogDetails" not in record
    assert tables(aws) == {}


def test_a_database_that_is_not_there_fails_the_registration_and_not_the_run(aws: Aws, connected: Any) -> None:
    make_role(aws)
    connected.create_flow(**cataloged())
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful"
    assert len(aws.objects()) == 1
    for detail in record["metadataCatalogDetails"]:
        assert detail["tableRegistrationOutput"] == {
            "message": "Database lake not found.",
            "result": "0",
            "status": "Error",
        }


@pytest.mark.parametrize(
    "statement",
    [
        {"service": "glue.amazonaws.com"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        None,
    ],
)
def test_a_role_that_appflow_cannot_assume_fails_the_registration_and_not_the_run(
    aws: Aws, connected: Any, statement: dict[str, Any] | None
) -> None:
    aws.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    if statement is not None:
        make_role(aws, **statement)
    connected.create_flow(**cataloged())
    record = run_and_wait(connected, "accounts")
    assert record["executionStatus"] == "Successful"
    for detail in record["metadataCatalogDetails"]:
        assert detail["tableRegistrationOutput"]["status"] == "Error"
        assert f"cannot assume {ROLE}" in detail["tableRegistrationOutput"]["message"]
    assert tables(aws) == {}


def test_a_catalog_needs_an_s3_destination(catalog: Any) -> None:
    request = cataloged()
    request["destinationFlowConfigList"] = [
        {
            "connectorType": "EventBridge",
            "destinationConnectorProperties": {
                "EventBridge": {"object": f"aws.partner/appflow/salesforce.com/{ACCOUNT}"}
            },
        }
    ]
    with pytest.raises(ClientError) as refused:
        catalog.create_flow(**request)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert "metadataCatalogConfig can be specified only for" in message_of(refused)
