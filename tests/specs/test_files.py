"""Specs as people write them in YAML and JSON files."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import (
    AllFields,
    Between,
    CustomSource,
    EqualTo,
    ErrorHandling,
    Field,
    FlowSpec,
    GlueCatalog,
    OnDemand,
    OnEvent,
    RedshiftDestination,
    SalesforceSource,
    Schedule,
    SpecError,
)
from airflow_provider_appflow_isv.specs.values import Value
from tests.specs.examples import DESTINATION, SOURCE, flow, written

YAML = """
name: accounts
source: {SalesforceSource: {profile: tenant-a-salesforce, object: Account}}
destination:
  S3Destination:
    bucket: tenant-a-landing
"""


class ExampleSource(CustomSource):
    """A custom connector of a user's own, all of whose entities are read as one."""

    label = "example-connector"
    data_transfer_type = "ASYNC"


def refused(data: Any) -> SpecError:
    with pytest.raises(SpecError) as found:
        FlowSpec.from_yaml(data) if isinstance(data, str) else FlowSpec.from_dict(data)
    return found.value


def test_names_stand_for_fields_taken_as_they_are() -> None:
    spec = FlowSpec.from_yaml(YAML + "fields: [Id, {Field: {name: Phone, mask: last4}}, {AllFields: {exclude: [Fax]}}]")
    assert spec.fields == (Field("Id"), Field("Phone", mask="last4"), AllFields(["Fax"]))
    assert spec == flow(fields=["Id", Field("Phone", mask="last4"), AllFields(["Fax"])])


def test_a_single_field_needs_no_list() -> None:
    assert FlowSpec.from_yaml(YAML + "fields: Id") == flow()


def test_the_name_of_a_class_needs_no_arguments_below_it() -> None:
    spec = FlowSpec.from_yaml(YAML + "fields: AllFields\ntrigger: OnDemand")
    assert spec.fields == (AllFields(),)
    assert spec.trigger == OnDemand()
    assert FlowSpec.from_yaml(YAML + "fields: [{AllFields: }]").fields == (AllFields(),)


def test_a_field_that_is_named_like_a_class_is_written_in_full() -> None:
    spec = flow(fields=[Field("AllFields"), Field("Id")])
    assert spec.to_dict()["fields"] == [{"Field": {"name": "AllFields"}}, "Id"]
    assert FlowSpec.from_dict(spec.to_dict()) == spec


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("fields: [Id]\nfilters:", "filters"),
        ("fields: [Id]\ncatalog: null", "catalog"),
        ("fields: [Id, {Field: {name: Phone, mask: }}]", "fields[1].mask"),
        ("fields: [{AllFields: {exclude: }}]", "fields[0].exclude"),
    ],
)
def test_what_is_left_empty_is_refused(more: str, place: str) -> None:
    error = refused(YAML + more)
    assert error.argument == place
    assert "give it a value, or leave it out" in error.message


@pytest.mark.parametrize("word", ["01234", "010", "12:30", "1_000", "+49", "0x1F", "no", "On", "1_0.5", ".inf"])
def test_a_word_that_yaml_takes_for_something_else_is_refused_without_quotes(word: str) -> None:
    filters = "\nfilters:\n  - EqualTo: {field: A, value: %s}"
    error = refused(YAML + "fields: [Id]" + filters % word)
    assert f"has {word} in line 9" in error.message
    assert "put it in quotes" in error.message
    assert FlowSpec.from_yaml(YAML + "fields: [Id]" + filters % f"'{word}'") == flow(filters=[EqualTo("A", word)])


@pytest.mark.parametrize(("word", "value"), [("-5", -5), ("0", 0), ("1.50", 1.5), (".5", 0.5), ("True", True)])
def test_numbers_and_truths_need_no_quotes(word: str, value: Any) -> None:
    read = FlowSpec.from_yaml(YAML + f"fields: [Id]\nfilters: [EqualTo: {{field: A, value: {word}}}]")
    assert read == flow(filters=[EqualTo("A", value)])


@pytest.mark.parametrize("word", ["[5]", "['a', 'b']", "[]", '{"a": 1}'])
def test_a_text_that_looks_like_a_list_stays_one(word: str) -> None:
    spec = flow(fields=["Id", Field(word, to="B")], filters=[EqualTo("A", word)])
    for read in (FlowSpec.from_dict(spec.to_dict()), FlowSpec.from_yaml(spec.to_yaml())):
        assert read == spec
        assert read.create_request() == spec.create_request()


def test_a_field_whose_name_looks_like_a_list_is_written_in_full() -> None:
    spec = flow(fields=["[1]"])
    assert spec.to_dict()["fields"] == [{"Field": {"name": "[1]"}}]
    assert FlowSpec.from_dict(spec.to_dict()) == spec


def test_where_one_class_is_possible_its_name_may_be_left_out() -> None:
    catalog = {"role_arn": "arn:aws:iam::111122223333:role/glue", "database": "landing", "table_prefix": "sf"}
    for data in (catalog, {"GlueCatalog": catalog}):
        assert FlowSpec.from_dict(written(catalog=data)) == flow(catalog=GlueCatalog(**catalog))
    redshift = {"profile": "p", "object": "public.accounts", "intermediate_bucket": "between"}
    read = FlowSpec.from_dict(
        written(destination={"RedshiftDestination": {**redshift, "on_error": {"bucket": "refused"}}})
    )
    assert read.destination == RedshiftDestination(**redshift, on_error=ErrorHandling(bucket="refused"))


def test_dates_without_quotes_are_read_as_they_are_meant() -> None:
    lines = """
fields: [Id, CreatedDate]
filters:
- Between: {field: CreatedDate, lower: 2021-01-01, upper: 2021-02-01T12:00:00+02:00}
trigger: {Schedule: {expression: rate(1days), start: 2030-01-01}}
"""
    spec = FlowSpec.from_yaml(YAML + lines)
    upper = datetime(2021, 2, 1, 10, tzinfo=UTC)
    assert spec.filters == (Between("CreatedDate", date(2021, 1, 1), upper),)
    assert spec.trigger == Schedule("rate(1days)", start=datetime(2030, 1, 1, tzinfo=UTC))


TIMES: list[Any] = [date(2021, 1, 1), datetime(2021, 1, 1, 8, tzinfo=UTC), "2021-01-01"]
NUMBERS: list[Any] = [Decimal("1.50"), Decimal("1E+2"), 1.5, 5, "5"]


@pytest.mark.parametrize(
    ("value", "data_type"),
    [
        *((value, None) for value in [*TIMES, *NUMBERS, True, "True"]),
        *((value, "datetime") for value in TIMES),
        *((value, "double") for value in NUMBERS),
        *((value, "boolean") for value in (True, "True")),
    ],
)
def test_a_filter_read_from_a_file_asks_for_the_same(value: Any, data_type: str | None) -> None:
    spec = flow(fields=[Field("Stamp", type=data_type)], filters=[EqualTo("Stamp", value)])
    for read in (FlowSpec.from_dict(json.loads(json.dumps(spec.to_dict()))), FlowSpec.from_yaml(spec.to_yaml())):
        assert read.create_request() == spec.create_request()


@pytest.mark.parametrize(
    "text", ["no", "12", "2021-01-01", "~", "a: b", "# a", "'", "\x85", "\u2028", "größe", "{a", "1e3"]
)
def test_a_text_comes_back_from_yaml_as_it_was(text: str) -> None:
    assert FlowSpec.from_yaml(flow(fields=[Field("A", to=text)]).to_yaml()).fields == (Field("A", to=text),)


def test_json_is_read_with_tabs_and_escapes_too() -> None:
    text = json.dumps(written(description="a/b"), indent="\t").replace("a/b", r"a\u002db")
    assert FlowSpec.from_yaml(text) == flow(description="a-b")


def test_values_of_the_specs_may_stand_among_plain_ones() -> None:
    assert FlowSpec.from_dict(written(trigger=OnDemand(), source=SOURCE)) == flow()


def test_a_users_own_class_is_read_by_its_name_and_its_fixed_arguments_are_sent() -> None:
    spec = FlowSpec.from_dict(written(source={"ExampleSource": {"profile": "p", "entity": "deals"}}))
    assert spec.source == ExampleSource(profile="p", entity="deals")
    custom = CustomSource(profile="p", entity="deals", label="example-connector", data_transfer_type="ASYNC")
    assert spec.create_request() == flow(source=custom).create_request()
    assert spec == flow(source=custom)


def test_an_argument_that_a_class_has_fixed_is_none_any_more() -> None:
    error = refused(written(source={"ExampleSource": {"profile": "p", "entity": "deals", "label": "x"}}))
    assert error.argument == "source.label"


def test_two_classes_of_one_name_are_told_apart_by_nobody() -> None:
    kinds = [type("TwiceSource", (CustomSource,), {"__module__": module}) for module in ("tenant_a", "tenant_b")]
    error = refused(written(source={"TwiceSource": {"profile": "p", "entity": "deals"}}))
    assert error.argument == "source"
    assert "classes in tenant_a and tenant_b" in error.message
    assert len(kinds) == 2  # they live until here


def test_a_class_that_a_module_has_defined_again_takes_the_place_of_the_first() -> None:
    kinds = [type("AgainSource", (CustomSource,), {"__module__": "tenant_a"}) for _ in range(2)]
    read = FlowSpec.from_dict(written(source={"AgainSource": {"profile": "p", "entity": "deals"}}))
    assert type(read.source) is kinds[1]


def test_names_of_classes_mean_nothing_where_none_belongs() -> None:
    spec = FlowSpec.from_dict(written(tags={"Field": "Id"}))
    assert spec.tags == {"Field": "Id"}
    assert FlowSpec.from_dict(spec.to_dict()) == spec


def test_what_is_read_again_is_equal() -> None:
    spec = flow(fields=[Field("Id", to="Key"), AllFields()], filters=[EqualTo("Name", ["a", "b"])], tags={"team": "x"})
    assert FlowSpec.from_yaml(spec.to_yaml()) == spec
    assert FlowSpec.from_dict(spec.to_dict()) == spec


S3_SOURCE = {"S3Source": {"bucket": "landing", "prefix": "in"}}
WRONG: dict[str, tuple[Any, str, str]] = {
    "an unknown class": (written(source={"SalesforceSorce": {}}), "source", "Did you mean SalesforceSource?"),
    "a class from elsewhere": (
        written(source={"S3Destination": {"bucket": "a"}}),
        "source",
        "'S3Destination' is not possible here",
    ),
    "a base of classes": (written(source={"Source": {}}), "source", "'Source' is not possible here"),
    "a mere word": (written(trigger="Hourly"), "trigger", "one of OnDemand, OnEvent, Schedule"),
    "two classes": (written(source={"SalesforceSource": {}, **S3_SOURCE}), "source", "has SalesforceSource, S3Source"),
    "a list of classes": (written(source=[S3_SOURCE]), "source", "must have the name of a class"),
    "a mapping of fields": (written(fields={"Field": {"name": "Id"}, "AllFields": {}}), "fields", "Field, AllFields"),
    "a number as source": (written(source=5), "source", "has 5, it must have the name of a class"),
    "a list as arguments": (
        written(fields=[{"Field": ["Id"]}]),
        "fields[0]",
        "Field must be a mapping of its arguments",
    ),
    "a text as arguments": (written(trigger={"Schedule": "rate(1days)"}), "trigger", "(expression, pull,"),
    "a list of tags": (written(tags=["a"]), "tags", "must be a mapping"),
    "a wrong argument": (
        written(fields=["Id", {"Field": {"name": "A", "masks": 1}}]),
        "fields[1].masks",
        "Did you mean mask?",
    ),
    "a wrong value": (written(fields=["Id", {"Field": {"name": "A", "mask": 1}}]), "fields[1].mask", "is no mask"),
    "a wrong value in a list": (
        written(fields=["Id", {"Concat": {"names": ["A", 5], "to": "X", "format": "${A}"}}]),
        "fields[1].names[1]",
        "put it in quotes",
    ),
    "a missing value": (written(fields=[{"Field": {"to": "A"}}]), "fields[0].name", "Field needs it"),
    "an empty value": (written(name=None), "name", "is empty"),
    "deep down": (
        written(destination={"RedshiftDestination": {"profile": "p", "object": "o", "on_error": {"prefix": "/a"}}}),
        "destination.on_error.prefix",
        "slash",
    ),
    "self": (written(self=1), "self", "no such argument"),
    "no mapping": ([], "FlowSpec", "must be a mapping of its arguments"),
    "no YAML": ("name: [", "FlowSpec", "is no YAML"),
    "a text": ("accounts", "FlowSpec", "not str"),
    "a path": ("flows/accounts.yaml", "FlowSpec", "not its path"),
    "nothing": ("", "FlowSpec", "not NoneType"),
    "two documents": ("name: a\n---\nname: b", "FlowSpec", "is no YAML"),
    "a Python object": ("name: !!python/name:os.system x", "FlowSpec", "is no YAML"),
    "no day of the year": ("start: 2021-02-30", "FlowSpec", "can't be read"),
    "too many brackets": ("[" * 3000, "FlowSpec", "can't be read"),
    "a name twice": (YAML + "fields: [Id]\nfields: [Name]", "FlowSpec", "'fields' twice"),
    "a name twice in JSON": ('{"name": "a", "name": "b"}', "FlowSpec", "'name' twice"),
    "a name twice deep down": (YAML + "fields: [{Field: {name: A, name: B}}]", "FlowSpec", "'name' twice"),
    "yes as name": (YAML.replace("name: accounts", "name: yes") + "fields: [Id]", "FlowSpec", "yes in line 2"),
    "no as field": (YAML + "fields: [Id, no]", "FlowSpec", "no in line 7, which YAML takes for False"),
    "a number as name": (YAML.replace("name: accounts", "name: 12") + "fields: [Id]", "name", "put it in quotes"),
    "no number in YAML": (
        YAML + "fields: [Id]\nfilters: [{EqualTo: {field: A, value: .nan}}]",
        "FlowSpec",
        "nan",
    ),
    "no number in JSON": (
        json.dumps(written(filters=[{"EqualTo": {"field": "A", "value": float("nan")}}])),
        "filters[0].value[0]",
        "is no number",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_in_a_file_is_refused_by_its_place(what: str) -> None:
    data, argument, piece = WRONG[what]
    error = refused(data)
    assert error.argument == argument
    assert piece in error.message


def test_a_file_that_nobody_has_read_is_refused() -> None:
    with pytest.raises(SpecError, match="read it first"):
        FlowSpec.from_yaml(Path("accounts.yaml"))  # type: ignore[arg-type]  # what is tried here


def test_a_document_that_holds_itself_is_refused() -> None:
    assert refused("&all {name: *all}").argument == "name"


def test_a_place_is_the_same_in_python_and_in_a_file() -> None:
    with pytest.raises(SpecError) as in_python:
        flow(fields=["Id", Field("A", type="text")])
    error = refused(written(fields=["Id", {"Field": {"name": "A", "type": "text"}}]))
    assert (error.argument, error.message) == (in_python.value.argument, in_python.value.message)


def test_a_base_of_classes_is_made_by_nobody() -> None:
    with pytest.raises(TypeError, match="is a base of other classes: use one of Add, AllFields"):
        next(kind for kind in Value.__subclasses__() if kind.__name__ == "FieldOperation")()


def test_events_need_no_arguments_either() -> None:
    source = {"SalesforceSource": {"profile": "p", "object": "AccountChangeEvent"}}
    read = FlowSpec.from_dict(written(source=source, trigger="OnEvent"))
    assert read == flow(source=SalesforceSource(profile="p", object="AccountChangeEvent"), trigger=OnEvent())
    assert read.destination == DESTINATION
