"""Field operations and filters that AppFlow would refuse, or would run to no good."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from airflow_provider_appflow_isv.specs import (
    Add,
    AllFields,
    Between,
    Concat,
    ConnectorSource,
    Contains,
    EqualTo,
    Field,
    GoogleAnalyticsSource,
    GreaterThan,
    LessThan,
    MarketoSource,
    NotEqualTo,
    PardotSource,
    PartitionBy,
    RawTask,
    RedshiftDestination,
    SlackSource,
    ZendeskSource,
)
from tests.specs.examples import Row, flow, loosely

MARKETO = MarketoSource(profile="p", object="leads")
REDSHIFT = RedshiftDestination(profile="p", object="public.accounts", intermediate_bucket="between")

WRONG: dict[str, Row] = {
    # fields
    "no fields": (lambda: flow(fields=[]), "fields", "add Field(...) or AllFields()"),
    "nothing but folders": (lambda: flow(fields=[PartitionBy("Id")]), "fields", "says of no field"),
    "an empty field name": (lambda: flow(fields=["Id", ""]), "fields[1].name", "has 0 characters"),
    "a field name of two lines": (lambda: Field("Id\nName"), "name", "no line breaks"),
    "a long name at the destination": (lambda: Field("Id", to="a" * 257), "to", "1 to 256"),
    "a long name that stays": (lambda: Field("a" * 300), "name", "another name there by to="),
    "a field type that Salesforce hasn't": (
        lambda: flow(fields=["Id", Field("CreatedDate", type="datetim")]),
        "fields[1].type",
        "Did you mean datetime?",
    ),
    "a filter's type that Salesforce hasn't": (
        lambda: flow(filters=[EqualTo("Id", "1", type="text")]),
        "filters[0].type",
        "no data type of Salesforce",
    ),
    "two fields to one": (lambda: flow(fields=["Id", Field("Name", to="Id")]), "fields[1]", "as fields[0] does"),
    "a field twice": (lambda: flow(fields=["Id", "Name", "Id"]), "fields[2]", "another name by to="),
    "all fields twice": (lambda: flow(fields=[AllFields(), AllFields(["Name"])]), "fields", "AllFields twice"),
    "an unknown mask": (lambda: Field("Phone", mask="some"), "mask", "write all, or first4 or last4"),
    "a mask of no characters": (lambda: Field("Phone", mask="last0"), "mask", "is no mask"),
    "a mask of two characters": (lambda: Field("Phone", mask="all", mask_character="xx"), "mask_character", "1 to 1"),
    "a mask's character only": (lambda: Field("Phone", mask_character="#"), "mask_character", "with mask only"),
    "a truncation to nothing": (lambda: Field("Name", truncate=0), "truncate", "whole number from 1"),
    "a truncation to True": (lambda: Field("Name", truncate=True), "truncate", "whole number"),
    "an unknown validation": (lambda: Field("Name", validate="not_null"), "validate[0]", "non_null"),
    "a validation twice": (lambda: Field("Name", validate=["numeric", "numeric"]), "validate", "'numeric' twice"),
    "an unknown action": (lambda: Field("Name", validate="numeric", on_invalid="Stop"), "on_invalid", "DropRecord"),
    "an action only": (lambda: Field("Name", on_invalid="DropDataset"), "on_invalid", "with validate only"),
    "two masks of one field": (
        lambda: flow(fields=[Field("Id", mask="all"), Field("Id", to="plain")]),
        "fields[1]",
        "in another way than fields[0]",
    ),
    "one field as several": (lambda: Concat(["A"], to="X", format="${A}"), "names", "has 1 items, it must have 2"),
    "a text of unknown fields": (lambda: Concat(["A", "B"], to="X", format="${A} ${C}"), "format", "field C"),
    "a text of no fields": (lambda: Concat(["A", "B"], to="X", format="{A} {B}"), "format", "as ${A}"),
    "a sum of a field with a comma": (lambda: Add("A,B", "C", to="X"), "left", "has a comma"),
    "a sum that goes nowhere": (lambda: loosely(Add)("A", "B"), "to", "Add needs it"),
    "names that are too long together": (
        lambda: flow(fields=[Add("a" * 1100, "b" * 1100, to="sum")]),
        "fields[0]",
        "2048 at most",
    ),
    "exclusions that are too long": (
        lambda: flow(fields=[AllFields([f"Very_Long_Name_{n}__c" for n in range(100)])]),
        "fields[0].exclude",
        "name the fields that are wanted instead",
    ),
    "folders that are too long": (
        lambda: flow(fields=[AllFields(), PartitionBy([f"{n}{'x' * 250}" for n in range(10)])]),
        "fields[1]",
        "2048 at most",
    ),
    "eleven folders": (lambda: PartitionBy([f"f{n}" for n in range(11)]), "names", "1 to 10"),
    "a folder twice": (lambda: PartitionBy(["Region", "Region"]), "names", "'Region' twice"),
    "two lists of folders": (
        lambda: flow(fields=["Id", "Name", PartitionBy("Id"), PartitionBy("Name")]),
        "fields[3]",
        "all folders in one",
    ),
    "folders by a field that isn't written": (
        lambda: flow(fields=["Id", PartitionBy("Region")]),
        "fields[1].names",
        "'Region', which no field is written to",
    ),
    "folders by a field that is left out": (
        lambda: flow(fields=[AllFields(["Region"]), PartitionBy("Region")]),
        "fields[1].names",
        "no field is written to",
    ),
    "folders by a field that goes elsewhere": (
        lambda: flow(fields=[AllFields(), Field("Region", to="area"), PartitionBy("Region")]),
        "fields[2].names",
        "no field is written to",
    ),
    "folders in Redshift": (
        lambda: flow(destination=REDSHIFT, fields=["Id", PartitionBy("Id")]),
        "fields[1]",
        "S3 only, not for Amazon Redshift",
    ),
    "an unknown kind of task": (lambda: RawTask("map"), "task_type", "one of Arithmetic"),
    "a mask of Google Analytics": (
        lambda: flow(source=GoogleAnalyticsSource(profile="p", object="v"), fields=[Field("ga:city", mask="all")]),
        "fields[0].mask",
        "no MASK_ALL",
    ),
    "arithmetic of Google Analytics": (
        lambda: flow(source=GoogleAnalyticsSource(profile="p", object="v"), fields=[Add("a", "b", to="c")]),
        "fields[0]",
        "no ADDITION",
    ),
    "chosen fields of Amplitude": (
        lambda: flow(source=ConnectorSource("Amplitude", {"object": "events"}, profile="p")),
        "fields",
        "must have AllFields()",
    ),
    # filters
    "an operator that Zendesk hasn't": (
        lambda: flow(source=ZendeskSource(profile="p", object="tickets"), filters=[EqualTo("id", 1)]),
        "filters[0]",
        "Zendesk has no EQUAL_TO, only GreaterThan",
    ),
    "an operator that Marketo hasn't": (
        lambda: flow(source=MARKETO, filters=[GreaterThan("id", 1), Contains("name", "a")]),
        "filters[1]",
        "Marketo has no CONTAINS",
    ),
    "an operator that Slack hasn't": (
        lambda: flow(source=SlackSource(profile="p", object="c"), filters=[NotEqualTo("user", "u")]),
        "filters[0]",
        "NOT_EQUAL_TO",
    ),
    "an operator that Pardot hasn't": (
        lambda: flow(source=PardotSource(profile="p", object="prospect"), filters=[Between("id", 1, 2)]),
        "filters[0]",
        "only EqualTo",
    ),
    "an operator that a general source hasn't": (
        lambda: flow(source=ConnectorSource("Singular", {"object": "o"}, profile="p"), filters=[Between("id", 1, 2)]),
        "filters[0]",
        "Singular has no BETWEEN",
    ),
    "a value of 2,049 characters": (lambda: flow(filters=[EqualTo("Name", "a" * 2049)]), "filters[0].value", "2048"),
    "values of 2,049 characters": (
        lambda: flow(filters=[EqualTo("Id", ["0123456789"] * 200)]),
        "filters[0].value",
        "2199 characters",
    ),
    "an upper bound that is too long": (
        lambda: flow(filters=[Between("Name", "a", "b" * 2049, type="string")]),
        "filters[0].upper",
        "2049 characters",
    ),
    "an empty value": (lambda: EqualTo("Name", ""), "value[0]", "no empty text"),
    "no value": (lambda: EqualTo("Name", []), "value", "has 0 items"),
    "a value of two lines": (lambda: EqualTo("Name", "a\nb"), "value[0]", "no line breaks"),
    "a mapping as value": (lambda: loosely(EqualTo)("Name", {"a": 1}), "value[0]", "must be a text, a number"),
    "no number as value": (lambda: GreaterThan("Amount", float("nan")), "value[0]", "is no number"),
    "several values with a comma": (
        lambda: flow(filters=[EqualTo("Name", ["a,b", "c"])]),
        "filters[0].value",
        "separates by commas",
    ),
    "a text as number": (
        lambda: flow(fields=[Field("Amount", type="double")], filters=[EqualTo("Amount", "much")]),
        "filters[0].value",
        "'much' is no number, the data type is double",
    ),
    "a text as truth": (
        lambda: flow(filters=[EqualTo("A", "yes", type="boolean")]),
        "filters[0].value",
        "neither True",
    ),
    "a text as time": (lambda: flow(filters=[LessThan("A", "now", type="datetime")]), "filters[0].value", "ISO 8601"),
    "a time as number": (
        lambda: flow(filters=[EqualTo("A", datetime(2021, 1, 1, tzinfo=UTC), type="double")]),
        "filters[0].value",
        "is a point in time",
    ),
    "a day beside a template": (
        lambda: flow(filters=[EqualTo("A", [date(2021, 1, 1), "{{ ds }}"])]),
        "filters[0].type",
        'e.g. type="date"',
    ),
    "a day below a template": (
        lambda: flow(filters=[Between("CloseDate", "{{ ds }}", date(2021, 2, 1))]),
        "filters[0].type",
        "becomes a text",
    ),
    "a time equal to it or a template": (
        lambda: flow(filters=[EqualTo("A", [datetime(2021, 1, 1, tzinfo=UTC), "{{ ts }}"])]),
        "filters[0].type",
        "becomes a text",
    ),
    "a decimal beside a template": (
        lambda: flow(filters=[EqualTo("A", "b"), GreaterThan("A", [Decimal("1.1"), "{{ params.x }}"])]),
        "filters[1].type",
        'type="double"',
    ),
    "a day of a source that is a template": (
        lambda: flow(source="{{ params.source }}", filters=[EqualTo("CreatedDate", date(2021, 1, 1))]),
        "filters[0].type",
        "while source",
    ),
    "a day of fields that are a template": (
        lambda: flow(fields="{{ params.fields }}", filters=[EqualTo("A", date(2021, 1, 1))]),
        "filters[0].type",
        "while source, fields",
    ),
    "a day of a field that is a template": (
        lambda: flow(filters=[EqualTo("{{ params.field }}", date(2021, 1, 1))]),
        "filters[0].type",
        "is needed",
    ),
    "an ambiguous text beside a mask that is a template": (
        lambda: flow(fields=[Field("Id", mask="{{ params.mask }}")], filters=[GreaterThan("A", "2021-01-01")]),
        "filters[0].type",
        "say what it is",
    ),
    "different from one of several": (lambda: NotEqualTo("Id", ["a", "b"]), "value", "Write a NotEqualTo for each"),
    "more than True": (lambda: GreaterThan("Active", True), "value[0]", "nothing below or above"),
    "a number in a text": (lambda: loosely(Contains)("Name", 5), "value[0]", "must be a text"),
    "bounds upside down": (lambda: Between("Amount", 10, 9), "upper", "not above lower, 10"),
    "times upside down": (lambda: Between("A", "2021-02-01", "2021-01-31"), "upper", "nothing lies between"),
    "bounds that are one": (lambda: Between("Name", "a", "a"), "upper", "nothing lies between"),
    "bounds upside down by the field's type": (
        lambda: flow(fields=[Field("Amount", type="double")], filters=[Between("Amount", "10", "9")]),
        "filters[0].upper",
        "nothing lies between",
    ),
}
