"""Values that are known only when a task runs: Jinja templates and outputs of other tasks."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from airflow_provider_appflow_isv.specs import (
    Add,
    AllFields,
    Between,
    Concat,
    ConnectorDestination,
    ConnectorSource,
    Contains,
    CustomSource,
    Divide,
    EqualTo,
    ErrorHandling,
    Field,
    FlowSpec,
    GlueCatalog,
    GreaterThan,
    MarketoSource,
    PartitionBy,
    RawTask,
    RedshiftDestination,
    S3Destination,
    SalesforceDestination,
    SAPODataDestination,
    Schedule,
    SpecError,
    ZendeskDestination,
    ZendeskSource,
)
from tests.specs.examples import SOURCE, flow, loosely, written

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.values import Value


class Output:
    """As unhandy as Airflow's XComArg: it has no length, no items, no hash and no text of its own."""

    __hash__ = None  # type: ignore[assignment]  # XComArg has none

    def __eq__(self, other: object) -> bool:
        return self is other

    def __iter__(self) -> NoReturn:
        raise TypeError("can't be iterated over")

    def resolve(self, context: Any) -> NoReturn:
        raise AssertionError("nobody but Airflow resolves it")


TEMPLATE = "{{ params.value }}"
OUTPUT = Output()
# values all of whose arguments are set, with what they need of each other
FULL: list[Value] = [
    flow(
        filters=[EqualTo("A", "b")],
        trigger=Schedule("rate(1days)"),
        description="a",
        kms_arn="arn:aws:kms:eu-west-1:111122223333:key/a",
        tags={"team": "a"},
        catalog=GlueCatalog(role_arn="arn:aws:iam::111122223333:role/glue", database="d", table_prefix="t"),
    ),
    SOURCE,
    CustomSource(profile="p", entity="e", properties={"a": "b"}),
    ConnectorSource("Datadog", {"object": "o"}, profile="p"),
    S3Destination(bucket="landing", format="PARQUET", preserve_source_data_typing=True, prefix_type="PATH"),
    RedshiftDestination(
        profile="p", object="o", intermediate_bucket="between", on_error=ErrorHandling(bucket="errors")
    ),
    SalesforceDestination(profile="p", object="o"),
    ZendeskDestination(profile="p", object="o", operation="UPSERT", id_fields=["A", "B"]),
    SAPODataDestination(profile="p", object_path="o", success_bucket="answers", success_prefix="ok"),
    ConnectorDestination("LookoutMetrics", {}),
    ErrorHandling(bucket="errors", prefix="sf"),
    Field("A", to="B", mask="last4", mask_character="#", validate=["numeric"], on_invalid="DropDataset"),
    AllFields(["A"]),
    Concat(["A", "B"], to="X", format="${A}", mask="all", validate=["numeric"]),
    Add("A", "B", to="X", mask="all", validate=["numeric"]),
    PartitionBy(["A", "B"]),
    RawTask("Map", ["A"], properties={"A": "b"}),
    EqualTo("A", ["b", "c"]),
    Contains("A", "b"),
    Between("A", 1, 2, type="integer"),
    Schedule(
        "rate(1days)",
        pull="Incremental",
        start="2030-01-01",
        end="2031-01-01",
        first_execution_from="2021-01-01",
        timestamp_field="A",
    ),
]
PLACES = [(value, name) for value in FULL for name in value.members]


@pytest.mark.parametrize("late", [TEMPLATE, OUTPUT], ids=["template", "output"])
@pytest.mark.parametrize(("value", "name"), PLACES, ids=[f"{type(value).__name__}-{name}" for value, name in PLACES])
def test_every_argument_may_be_late(value: Value, name: str, late: Any) -> None:
    made = value.replace(**{name: late})
    assert getattr(made, name) is late
    assert made == value.replace(**{name: late})
    assert hash(made) == hash(value.replace(**{name: late}))
    assert repr(late) in repr(made)


LISTS = [(value, name) for value, name in PLACES if isinstance(getattr(value, name), tuple) and getattr(value, name)]


@pytest.mark.parametrize("late", [TEMPLATE, OUTPUT], ids=["template", "output"])
@pytest.mark.parametrize(("value", "name"), LISTS, ids=[f"{type(value).__name__}-{name}" for value, name in LISTS])
def test_every_item_of_a_list_may_be_late(value: Value, name: str, late: Any) -> None:
    items = [late, *getattr(value, name)[1:], *([] if len(getattr(value, name)) > 1 else [late])]
    assert getattr(value.replace(**{name: items}), name) == tuple(items)


@pytest.mark.parametrize("late", [TEMPLATE, OUTPUT], ids=["template", "output"])
@pytest.mark.parametrize(
    "part",
    [
        lambda late: {
            "fields": [Field(late), Field(late), Field("Id", mask=late), Field("Id", to="B"), Field("C", to=late)]
        },
        lambda late: {"fields": ["Id", late]},
        lambda late: {"fields": [late, PartitionBy(["Region", late])]},
        lambda late: {"fields": ["Id", PartitionBy(late)]},
        lambda late: {"fields": [Field("Id", type=late), Field("Name", validate=late)]},
        lambda late: {"fields": [AllFields(late), PartitionBy("Region")]},
        lambda late: {"fields": [Divide(late, "B", to="X"), Concat(["A", late], to="Y", format="${Z}")]},
        lambda late: {"filters": [late]},
        lambda late: {"filters": [GreaterThan("A", late), Between("B", late, "2021-01-01"), EqualTo("C", ["a", late])]},
        lambda late: {"filters": [EqualTo("A", "b", type=late)]},
        lambda late: {"source": MarketoSource(profile="p", object=late), "trigger": Schedule(late)},
        lambda late: {"source": loosely(ConnectorSource)(late, late), "filters": [Contains("A", "b")]},
        lambda late: {"destination": loosely(ConnectorDestination)(late), "fields": ["Id", PartitionBy("Id")]},
        lambda late: {"source": SOURCE.replace(object=late), "trigger": loosely(Schedule)(late, start=late, pull=late)},
        lambda late: {
            "destination": SalesforceDestination(profile="p", object="o", operation=late, id_fields=late),
        },
        lambda late: {
            "destination": SalesforceDestination(profile="p", object="o", operation="UPSERT", id_fields=[late]),
        },
        lambda late: {"tags": {"team": late}, "description": late, "kms_arn": late},
        lambda late: {"trigger": loosely(Schedule)(late, start="2021-01-01")},
        lambda late: {"tags": late, "catalog": late, "destination": late},
        lambda late: {"fields": late, "filters": late, "trigger": late},
        lambda late: {"source": late, "trigger": Schedule("rate(1minutes)"), "filters": [Contains("A", "b")]},
    ],
)
def test_no_rule_looks_at_what_is_late(part: Any, late: Any) -> None:
    spec = flow(**part(late))
    assert not spec.is_rendered
    assert FlowSpec.from_dict(spec.to_dict()) == spec
    with pytest.raises(SpecError, match="is a template or the output of a task"):
        spec.create_request()


def test_rules_hold_for_what_is_known_beside_a_template() -> None:
    with pytest.raises(SpecError, match=r"filters\[1\]: EqualTo is not possible: Zendesk"):
        flow(
            name=TEMPLATE,
            source=ZendeskSource(profile=TEMPLATE, object=TEMPLATE),
            fields=[TEMPLATE],
            filters=[TEMPLATE, EqualTo("id", TEMPLATE)],
        )


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        (flow(name=TEMPLATE), "name"),
        (flow(source=SOURCE.replace(object=OUTPUT)), "source.object"),
        (flow(fields=["Id", Field("Name", mask=TEMPLATE)]), "fields[1].mask"),
        (flow(fields=OUTPUT), "fields"),
        (flow(filters=[EqualTo("A", ["b", TEMPLATE])]), "filters[0].value[1]"),
        (flow(tags={"team": TEMPLATE}), "tags[team]"),
    ],
)
def test_a_request_of_a_template_is_refused_with_its_place(spec: FlowSpec, place: str) -> None:
    for verb in (spec.create_request, lambda: spec.update_request({}), lambda: spec.differences({})):
        with pytest.raises(SpecError) as refused:
            verb()
        assert refused.value.argument == place


def test_to_dict_leaves_templates_and_outputs_as_they_are() -> None:
    data = flow(
        fields=[TEMPLATE, Field(TEMPLATE), loosely(Field)("Name", mask=OUTPUT)],
        filters=[loosely(Between)("A", TEMPLATE, OUTPUT)],
    ).to_dict()
    assert data["fields"] == [TEMPLATE, TEMPLATE, {"Field": {"name": "Name", "mask": OUTPUT}}]
    assert data["filters"] == [{"Between": {"field": "A", "lower": TEMPLATE, "upper": OUTPUT}}]


def test_an_output_can_not_be_written_to_a_file() -> None:
    with pytest.raises(SpecError, match="output of a task"):
        flow(name=OUTPUT).to_yaml()


@pytest.mark.parametrize(
    ("rendered", "meant"),
    [
        ({"fields": "['Id', {'Field': {'name': 'A', 'mask': 'all'}}]"}, {"fields": ["Id", Field("A", mask="all")]}),
        ({"fields": '["Id", "Name"]'}, {"fields": ["Id", "Name"]}),
        ({"fields": [{"AllFields": {"exclude": "['A', 'B']"}}]}, {"fields": [AllFields(["A", "B"])]}),
        ({"fields": [{"Field": {"name": "A", "truncate": "5"}}]}, {"fields": [Field("A", truncate=5)]}),
        ({"fields": [{"Field": "{'name': 'A'}"}]}, {"fields": ["A"]}),
        ({"fields": ["[Measures].[Sales]"]}, {"fields": ["[Measures].[Sales]"]}),
        ({"tags": "{'team': 'a'}"}, {"tags": {"team": "a"}}),
        ({"trigger": "{'Schedule': {'expression': 'rate(1days)', 'offset_seconds': '60'}}"},
         {"trigger": Schedule("rate(1days)", offset_seconds=60)}),
        ({"filters": [{"EqualTo": {"field": "A", "value": "['b', 'c']"}}]}, {"filters": [EqualTo("A", ["b", "c"])]}),
        ({"filters": [{"EqualTo": {"field": "A", "value": "[b]"}}]}, {"filters": [EqualTo("A", "[b]")]}),
        ({"filters": [{"EqualTo": {"field": "A", "value": "True", "type": "boolean"}}]},
         {"filters": [EqualTo("A", True)]}),
        ({"filters": [{"Between": {"field": "A", "lower": 1, "upper": "9.5"}}]}, {"filters": [Between("A", 1, 9.5)]}),
        ({"source": {"SalesforceSource": {"profile": "p", "object": "A", "include_deleted_records": "True"}}},
         {"source": SOURCE.replace(profile="p", object="A", include_deleted_records=True)}),
    ],
)  # fmt: skip
def test_what_airflow_renders_to_text_counts_as_what_it_shows(rendered: Any, meant: Any) -> None:
    assert FlowSpec.from_dict(written(**rendered)).create_request() == flow(**meant).create_request()


SOURCE_AS_TEXT = "{'SalesforceSource': {'profile': 'p', 'object': 'Account'}}"


@pytest.mark.parametrize(
    ("spec", "template", "shown", "known"),
    [
        ({"filters": [EqualTo("CreatedDate", [date(2021, 1, 1), TEMPLATE])]}, TEMPLATE, "2021-01-02", {}),
        ({"filters": [EqualTo("A", [date(2021, 1, 1), TEMPLATE], type="date")]}, TEMPLATE, "2021-01-02", {}),
        ({"filters": [EqualTo("A", [Decimal("1.10"), TEMPLATE], type="double")]}, TEMPLATE, "2.5", {}),
        ({"filters": [EqualTo("A", [5, TEMPLATE])]}, TEMPLATE, "2.5", {}),
        ({"filters": [Between("A", datetime(2021, 1, 1), TEMPLATE)]}, TEMPLATE, "2021-01-02", {}),
        ({"filters": [Between("A", datetime(2021, 1, 1), TEMPLATE)]}, TEMPLATE, "2021-01-02T05:00:00Z", {}),
        (
            {
                "fields": [Field("A", type="date")],
                "filters": [Between("A", date(2021, 1, 1), TEMPLATE)],
            },
            TEMPLATE,
            "2021-01-02",
            {},
        ),
        (
            {"source": TEMPLATE, "filters": [GreaterThan("CreatedDate", datetime(2021, 1, 1))]},
            TEMPLATE,
            SOURCE_AS_TEXT,
            {"source": SOURCE.replace(profile="p", object="Account")},
        ),
        (
            {"fields": TEMPLATE, "filters": [EqualTo("CreatedDate", date(2021, 1, 1))]},
            TEMPLATE,
            "[{'Field': {'name': 'CreatedDate', 'type': 'date'}}]",
            {"fields": [Field("CreatedDate", type="date")]},
        ),
    ],
)
def test_a_rendered_spec_has_the_data_types_of_one_that_is_known(
    spec: dict[str, Any], template: str, shown: str, known: dict[str, Any]
) -> None:
    """Airflow renders the plain values of to_dict(), in which times and decimals are texts."""
    later = FlowSpec.from_dict(json.loads(json.dumps(flow(**spec).to_dict()).replace(template, shown)))
    filters = [
        each.replace(**{name: _rendered(value, template, shown) for name, value in each.__dict__.items()})
        for each in spec["filters"]
    ]
    assert later.create_request() == flow(**{**spec, **known, "filters": filters}).create_request()


def _rendered(value: Any, template: str, shown: str) -> Any:
    if isinstance(value, tuple):
        return [_rendered(each, template, shown) for each in value]
    return shown if value == template else value


def test_a_whole_spec_may_be_rendered_to_text() -> None:
    assert FlowSpec.from_dict(loosely(str)(flow(tags={"team": "a"}).to_dict())) == flow(tags={"team": "a"})


def test_what_is_wrong_once_rendered_is_refused() -> None:
    data = flow(fields=[Field("Id", mask=TEMPLATE)]).to_dict()
    data["fields"][0]["Field"]["mask"] = "some"
    with pytest.raises(SpecError, match=r"fields\[0\]\.mask: 'some' is no mask"):
        FlowSpec.from_dict(data)
