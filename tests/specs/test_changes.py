"""How a flow differs from its spec: only where it does, in words, and with what an update can't change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import (
    Add,
    AllFields,
    Between,
    Concat,
    CustomDestination,
    EqualTo,
    ErrorHandling,
    Field,
    FlowSpec,
    GlueCatalog,
    OnDemand,
    RedshiftDestination,
    S3Destination,
    S3Source,
    SalesforceDestination,
    SalesforceSource,
    Schedule,
    ServiceNowSource,
)

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SPEC = FlowSpec(
    name="accounts",
    source=SalesforceSource(profile="acme", object="Account"),
    destination=S3Destination(bucket="acme-landing", prefix="salesforce", format="PARQUET"),
    fields=[Field("Id"), Field("Name", to="account_name"), Field("Phone", mask="last4"), "CreatedDate"],
    filters=[Between("CreatedDate", "2021-01-01", "2021-02-01")],
)
HOURLY = Schedule("rate(1hours)", pull="Incremental", start="2026-06-01", timestamp_field="SystemModstamp")


def changes(wanted: FlowSpec, found: FlowSpec) -> list[str]:
    return [str(each) for each in wanted.differences(found.create_request(now=NOW), now=NOW)]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"destination": SPEC.destination.replace(format="CSV")},
            ["destination.s3OutputFormatConfig.fileType is 'PARQUET', wanted is 'CSV'"],
        ),
        (
            {"destination": SPEC.destination.replace(format="JSON")},
            ["destination.s3OutputFormatConfig.fileType is 'PARQUET', wanted is 'JSON'"],
        ),
        ({"source": SalesforceSource(profile="other", object="Account")}, [
            "source.connectorProfileName is 'acme', wanted is 'other'"
        ]),
        ({"description": "All of it"}, ["description is nothing, wanted is 'All of it'"]),
        ({"catalog": GlueCatalog(role_arn="arn:aws:iam::222222222222:role/glue", database="a", table_prefix="b")}, [
            "catalog.databaseName is nothing, wanted is 'a'",
            "catalog.roleArn is nothing, wanted is 'arn:aws:iam::222222222222:role/glue'",
            "catalog.tablePrefix is nothing, wanted is 'b'",
        ]),
        ({"trigger": Schedule("rate(2hours)", start="2026-06-01")}, [
            "trigger.scheduleExpression is nothing, wanted is 'rate(2hours)'",
            "trigger.scheduleStartTime is nothing, wanted is 2026-06-01T00:00:00+00:00",
            "trigger.triggerType is 'OnDemand', wanted is 'Scheduled'",
        ]),
        ({"fields": ["Id", Field("Name", to="account_name"), "Phone", "CreatedDate"]}, [
            "tasks have Mask MASK_LAST_N of Phone (MASK_LENGTH=4), not wanted"
        ]),
        ({"fields": [Field("Id", type="id"), *SPEC.fields[1:]]}, [
            "tasks lack Map of Id to Id (DESTINATION_DATA_TYPE=id, SOURCE_DATA_TYPE=id)",
            "tasks have Map of Id to Id, not wanted",
        ]),
        ({"filters": [Between("CreatedDate", "2021-01-01", "2021-03-01")]}, [
            ("tasks lack Filter BETWEEN of CreatedDate (DATA_TYPE=datetime, LOWER_BOUND=2021-01-01T00:00:00+00:00, "
            "UPPER_BOUND=2021-03-01T00:00:00+00:00)"),
            ("tasks have Filter BETWEEN of CreatedDate (DATA_TYPE=datetime, LOWER_BOUND=2021-01-01T00:00:00+00:00, "
            "UPPER_BOUND=2021-02-01T00:00:00+00:00), not wanted"),
        ]),
        ({"fields": [*SPEC.fields, Concat(["Id", "Name"], to="both", format="${Id} ${Name}")]}, [
            "tasks lack Merge of Id, Name (CONCAT_FORMAT=${Id} ${Name})",
            "tasks lack Map of Merge of Id, Name (CONCAT_FORMAT=${Id} ${Name}) to both",
        ]),
        ({"fields": [AllFields(["Fax", "Description"])], "filters": []}, [
            "tasks lack Map_all (EXCLUDE_SOURCE_FIELDS_LIST=[Description, Fax])",
            "tasks have Map of Id to Id, not wanted",
            "tasks have Map of Name to account_name, not wanted",
            "tasks have Mask MASK_LAST_N of Phone (MASK_LENGTH=4), not wanted",
            "tasks have Map of Phone to Phone, not wanted",
            "tasks have Map of CreatedDate to CreatedDate, not wanted",
            ("tasks have Filter BETWEEN of CreatedDate (DATA_TYPE=datetime, LOWER_BOUND=2021-01-01T00:00:00+00:00, "
            "UPPER_BOUND=2021-02-01T00:00:00+00:00), not wanted"),
        ]),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(changed: dict[str, Any], words: list[str]) -> None:
    assert sorted(changes(SPEC.replace(**changed), SPEC)) == sorted(words)
    assert changes(SPEC, SPEC) == []


def redshift(**changed: Any) -> RedshiftDestination:
    arguments = {"profile": "dwh", "object": "public.accounts", "intermediate_bucket": "staging", "prefix": "a"}
    return RedshiftDestination(**{**arguments, **changed})


@pytest.mark.parametrize(
    ("before", "after", "fixed"),
    [
        ({}, {"source": SalesforceSource(profile="acme", object="Contact")}, {"source.object"}),
        (
            {"source": S3Source(bucket="input", prefix="a")},
            {"source": S3Source(bucket="input", prefix="b")},
            {"source.bucketPrefix"},
        ),
        (
            {},
            {"source": ServiceNowSource(profile="snow", object="incident")},
            {"source.connectorType", "source.object"},
        ),
        ({}, {"destination": S3Destination(bucket="other", prefix="salesforce")}, {"destination.bucketName"}),
        ({}, {"destination": S3Destination(bucket="acme-landing", prefix="b")}, {"destination.bucketPrefix"}),
        ({"destination": redshift()}, {"destination": redshift(object="public.b")}, {"destination.object"}),
        ({"destination": redshift()}, {"destination": redshift(on_error=ErrorHandling(fail_on_first=True))}, set()),
        ({"destination": redshift()}, {"destination": redshift(intermediate_bucket="other")}, set()),
        (
            {"destination": CustomDestination(profile="shop", entity="orders")},
            {"destination": CustomDestination(profile="shop", entity="lines")},
            {"destination.entityName"},
        ),
        (
            {"destination": SalesforceDestination(profile="acme", object="Contact")},
            {"destination": SalesforceDestination(profile="other", object="Contact", operation="DELETE")},
            set(),
        ),
        ({}, {"kms_arn": KEY}, {"kmsArn"}),
        ({}, {"trigger": Schedule("rate(1hours)"), "fields": [AllFields()]}, set()),
    ],
)
def test_what_an_update_can_not_change_is_fixed(before: dict[str, Any], after: dict[str, Any], fixed: set[str]) -> None:
    found = SPEC.replace(filters=[], **before).create_request()
    wanted = SPEC.replace(filters=[], **{**before, **after}).differences(found)
    assert wanted != []
    assert {each.part for each in wanted if each.fixed} == fixed


@pytest.mark.parametrize(
    "chosen",
    [
        {"description": "By hand"},
        {"kmsArn": KEY},
        {"tags": {"aws:cloudformation:stack-name": "a", "team": "b"}},
        {"flowStatus": "Active", "schemaVersion": 3, "lastRunExecutionDetails": {}},
    ],
)
def test_what_the_spec_leaves_open_is_no_difference(chosen: dict[str, Any]) -> None:
    found = {**SPEC.create_request(), **chosen}
    assert SPEC.differences(found) == []
    assert SPEC.update_request(found).get("description") == chosen.get("description")


def test_what_the_spec_says_of_these_is_a_difference() -> None:
    found = {**SPEC.create_request(), "description": "By hand"}
    assert [each.part for each in SPEC.replace(description="By spec").differences(found)] == ["description"]


def test_a_start_that_has_passed_is_no_difference_and_stays() -> None:
    spec = SPEC.replace(trigger=HOURLY)
    found = spec.create_request(now=NOW)
    later = datetime(2026, 7, 1, 0, 30, tzinfo=UTC)
    assert found["triggerConfig"]["triggerProperties"]["Scheduled"]["scheduleStartTime"] == HOURLY.start
    assert spec.differences(found, now=later) == []
    assert spec.update_request(found, now=later) == {
        name: each for name, each in found.items() if name not in ("kmsArn", "tags")
    }


def test_a_start_that_has_passed_is_moved_for_a_new_flow_and_that_is_no_difference() -> None:
    spec, later = SPEC.replace(trigger=HOURLY), datetime(2026, 7, 1, 0, 30, tzinfo=UTC)
    found = spec.create_request(now=later)
    moved = found["triggerConfig"]["triggerProperties"]["Scheduled"]["scheduleStartTime"]
    assert moved == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert spec.differences(found, now=later) == []
    assert spec.update_request(found, now=datetime(2026, 8, 1, tzinfo=UTC)) == found


def test_parts_of_seconds_of_a_schedule_which_boto3_may_not_send_are_no_difference() -> None:
    spec = SPEC.replace(trigger=HOURLY.replace(start="2026-06-01T00:00:00.750Z"))
    assert changes(spec, SPEC.replace(trigger=HOURLY)) == []
    assert spec == SPEC.replace(trigger=HOURLY)


def test_a_start_ahead_is_a_difference() -> None:
    wanted = SPEC.replace(trigger=HOURLY.replace(start="2026-09-01"))
    assert changes(wanted, SPEC.replace(trigger=HOURLY)) == [
        "trigger.scheduleStartTime is 2026-06-01T00:00:00+00:00, wanted is 2026-09-01T00:00:00+00:00"
    ]


def test_a_schedule_that_leaves_things_open_takes_what_appflow_chose() -> None:
    found = SPEC.replace(trigger=HOURLY.replace(deactivate_after_failures=10, timezone="UTC")).create_request(now=NOW)
    open_one, later = SPEC.replace(trigger=Schedule("rate(1hours)")), datetime(2026, 7, 1, tzinfo=UTC)
    assert open_one.differences(found, now=later) == []
    assert open_one.update_request(found, now=later) == found


@pytest.mark.parametrize("start", [None, "2024-01-01"])
def test_a_flow_that_begins_later_than_wanted_is_different(start: str | None) -> None:
    wanted, found = (SPEC.replace(trigger=Schedule("rate(1hours)", start=each)) for each in (start, "2029-01-01"))
    flow = found.create_request(now=NOW)
    assert [each.part for each in wanted.differences(flow, now=NOW)] == ["trigger.scheduleStartTime"]
    flow = wanted.update_request(flow, now=NOW)
    assert wanted.differences(flow, now=NOW) == []


def test_from_when_the_first_run_pulls_matters_until_there_was_one() -> None:
    wanted, before = (
        SPEC.replace(trigger=HOURLY.replace(first_execution_from=each)) for each in ("2026-02-01", "2026-01-01")
    )
    found = before.create_request(now=NOW)
    assert [each.part for each in wanted.differences(found, now=NOW)] == ["trigger.firstExecutionFrom"]
    has_run = {**found, "lastRunExecutionDetails": {"mostRecentExecutionStatus": "Successful"}}
    assert wanted.differences(has_run, now=NOW) == []
    assert wanted.update_request(has_run, now=NOW) == found


def test_an_update_writes_an_unchanged_folder_as_the_flow_has_it() -> None:
    spec = SPEC.replace(source=S3Source(bucket="input", prefix="in"), filters=[], trigger=OnDemand())
    found = spec.create_request()
    found["sourceFlowConfig"]["sourceConnectorProperties"]["S3"]["bucketPrefix"] = "in/"
    found["destinationFlowConfigList"][0]["destinationConnectorProperties"]["S3"]["bucketPrefix"] = "salesforce/"
    assert spec.differences(found) == []
    assert spec.update_request(found) == found
    request = spec.replace(destination=S3Destination(bucket="acme-landing", prefix="other")).update_request(found)
    (destination,) = request["destinationFlowConfigList"]
    assert destination["destinationConnectorProperties"]["S3"]["bucketPrefix"] == "other"


def test_mappings_without_data_types_are_found_among_those_with_types() -> None:
    typed = [Field("Id", type="id"), Field("Name", to="account_name", type="string")]
    untyped = SPEC.replace(fields=["Id", Field("Name", to="account_name")], filters=[])
    assert changes(untyped, untyped.replace(fields=typed)) == []
    assert changes(untyped.replace(fields=typed), untyped) != []


def test_a_conversion_that_nobody_wants_any_more_is_a_difference() -> None:
    converted = SPEC.replace(fields=[Field("Id", type="id", to_type="string")], filters=[])
    assert changes(converted.replace(fields=["Id"]), converted) != []


def test_texts_are_what_mappings_are_by_default() -> None:
    typed = SPEC.replace(fields=[Field("Id", type="string")], filters=[])
    assert changes(typed, typed.replace(fields=["Id"])) == []
    assert typed == typed.replace(fields=["Id"])
    assert typed != typed.replace(fields=[Field("Id", type="string", to_type="id")])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (  # made of the same fields, but the other way round
            [Concat(["A", "B"], to="x", format="${A} ${B}"), Concat(["A", "B"], to="y", format="${B} ${A}")],
            [Concat(["A", "B"], to="y", format="${A} ${B}"), Concat(["A", "B"], to="x", format="${B} ${A}")],
        ),
        (  # one of the two is masked
            [Add("A", "B", to="x", mask="all"), Add("A", "B", to="y")],
            [Add("A", "B", to="x"), Add("A", "B", to="y", mask="all")],
        ),
        ([Add("A", "B", to="x")], [Add("B", "A", to="x")]),
        ([AllFields(["A"])], [AllFields(["B"])]),
        ([Field("A", validate=["non_null"])], [Field("A", validate=["non_null"], on_invalid="DropDataset")]),
    ],
)
def test_fields_that_differ_in_detail_are_different(one: list[Any], other: list[Any]) -> None:
    base = SPEC.replace(filters=[])
    assert base.replace(fields=one) != base.replace(fields=other)
    assert changes(base.replace(fields=one), base.replace(fields=other)) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"fields": ["A", "B"]}, {"fields": ["B", "A"]}),
        ({"fields": [AllFields(["A", "B"])]}, {"fields": [AllFields(["B", "A"])]}),
        ({"filters": [EqualTo("A", 1), EqualTo("B", 2)]}, {"filters": [EqualTo("B", 2), EqualTo("A", 1)]}),
        ({"trigger": Schedule("rate(1 day)")}, {"trigger": Schedule("rate(1days)")}),
        ({"destination": S3Destination(bucket="abc")}, {"destination": S3Destination(bucket="abc", format="JSON")}),
        (
            {"destination": S3Destination(bucket="abc", path_prefix_hierarchy=["EXECUTION_ID", "SCHEMA_VERSION"])},
            {"destination": S3Destination(bucket="abc", path_prefix_hierarchy=["SCHEMA_VERSION", "EXECUTION_ID"])},
        ),
    ],
)
def test_specs_that_ask_for_the_same_flow_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    base = SPEC.replace(fields=["A", "B"], filters=[])
    first, second = base.replace(**one), base.replace(**other)
    assert first == second
    assert len({first, second}) == 1
    assert first != "accounts"


def test_custom_properties_may_be_called_like_appflows_own() -> None:
    shop = CustomDestination(profile="shop", entity="orders", properties={"fileType": "JSON"})
    spec = SPEC.replace(destination=shop)
    assert changes(spec, spec.replace(destination=shop.replace(properties={}))) == [
        "destination.customProperties.fileType is nothing, wanted is 'JSON'"
    ]
