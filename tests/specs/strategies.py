"""Hypothesis strategies for valid flows: every connector, operation, filter and trigger."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import (
    Add,
    AllFields,
    Between,
    Concat,
    Contains,
    Divide,
    Field,
    FlowSpec,
    GlueCatalog,
    Multiply,
    NotEqualTo,
    OnDemand,
    OnEvent,
    PartitionBy,
    RawTask,
    S3Destination,
    SalesforceDestination,
    SalesforceSource,
    Schedule,
    Subtract,
)
from airflow_provider_appflow_isv.specs.fields import VALIDATIONS, FieldOperation
from airflow_provider_appflow_isv.specs.filters import FILTERS, Filter
from airflow_provider_appflow_isv.specs.general import source_facts
from airflow_provider_appflow_isv.specs.values import is_late
from tests.specs.ends import destinations, matching, sources

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import Source, SourceFacts
    from airflow_provider_appflow_isv.specs.triggers import Trigger

# the fields of a made-up object, with the data types that they may be said to have
FIELDS: dict[str, list[str]] = {
    "Id": ["id", "string"],
    "Name": ["string", "textarea"],
    "Billing Street": ["string"],
    'größe "L", x': ["string"],
    "Phone": ["phone", "string"],
    "Stage": ["picklist"],
    "IsDeleted": ["boolean"],
    "Employees": ["int", "integer", "long"],
    "Amount": ["double", "currency", "percent"],
    "CreatedDate": ["datetime"],
    "Birthday": ["date"],
}
_past = st.datetimes(datetime(2001, 1, 1), datetime(2020, 1, 1), timezones=st.just(UTC))
_future = st.datetimes(datetime(2090, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20)
_plain_words = _words.filter(lambda text: not is_late(text))
_whole = st.integers(-(10**9), 10**9)
_decimals = st.decimals(-(10**6), 10**6, places=3, allow_nan=False, allow_infinity=False)
_floats = st.floats(-1e9, 1e9, allow_nan=False, allow_infinity=False)
_times = _past | _past.map(lambda time: time.replace(tzinfo=None))
_times_or_texts = _times | _times.map(datetime.isoformat)
_dates = st.dates(date(2001, 1, 1), date(2020, 1, 1))
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    **dict.fromkeys(("int", "integer", "long"), _whole),
    **dict.fromkeys(("double", "currency", "percent"), _whole | _decimals | _floats),
    "datetime": _times_or_texts,
    "date": _dates | _dates.map(date.isoformat),
}
_UNITS = ("minutes", "hours", "days")
_numbers = itertools.count(1)


@st.composite
def flows(draw: st.DrawFn, source_type: str, destination_type: str, kms_arn: str | None = None) -> FlowSpec:
    """Flows from one connector to another that AppFlow takes.

    :param source_type: connector type of the source.
    :param destination_type: connector type of the destination.
    :param kms_arn: a key that some of them are encrypted with; default none.
    """
    needs_events = destination_type == "EventBridge"
    source = draw(sources(source_type))
    trigger = OnEvent() if needs_events else draw(triggers(source))
    if isinstance(trigger, OnEvent) and isinstance(source, SalesforceSource):
        source = source.replace(object=f"{source.object}ChangeEvent")
    destination = draw(destinations(destination_type))
    if destination_type != "S3" and isinstance(source, SalesforceSource):
        source = source.replace(enable_dynamic_field_update=False)
    fields = draw(field_operations(source, partitioned=isinstance(destination, S3Destination)))
    if getattr(destination, "id_fields", ()):
        fields.insert(0, Concat(["Name", "Phone"], to="External_Id__c", format="${Name}-${Phone}"))
        destination = destination.replace(id_fields=["External_Id__c"])
    if isinstance(destination, SalesforceDestination) and destination.operation in ("UPDATE", "DELETE"):
        fields = [
            each for each in fields if getattr(each, "target", None) != "Id" and not isinstance(each, PartitionBy)
        ]
        fields.insert(0, Concat(["Name", "Phone"], to="Id", format="${Name}-${Phone}"))
    return FlowSpec(
        name=f"spec-{next(_numbers)}",
        source=source,
        destination=destination,
        fields=fields,
        filters=draw(st.lists(filters(source, fields), max_size=3)),
        trigger=trigger,
        description=draw(st.none() | matching(r"\w[\w!@#.?, -]{0,30}")),
        kms_arn=draw(st.sampled_from([None, kms_arn])),
        tags=draw(st.dictionaries(st.sampled_from(["team", "cost:center", "tenant"]), st.just("a b/c"), max_size=2)),
        catalog=draw(st.none() | catalogs()) if isinstance(destination, S3Destination) else None,
    )


def catalogs() -> st.SearchStrategy[GlueCatalog]:
    """Glue catalogues."""
    role = st.just("arn:aws:iam::222222222222:role/glue")
    return st.builds(GlueCatalog, role_arn=role, database=st.just("landing"), table_prefix=st.just("sf"))


def triggers(source: Source) -> st.SearchStrategy[Trigger]:
    """Triggers that a source may have."""
    facts = source_facts(source)
    events = [st.just(OnEvent())] if facts.events else []
    return st.one_of(st.just(OnDemand()), _schedules(facts), *events)


@st.composite
def _schedules(draw: st.DrawFn, facts: SourceFacts) -> Schedule:
    unit = draw(st.sampled_from(_UNITS[_UNITS.index(facts.most_often) :]))
    cron = {"minutes": "cron(0/15 * ? * MON-FRI *)", "hours": "cron(5 0/2 * * ? *)", "days": "cron(0 3 1 * ? *)"}
    pull = draw(st.sampled_from([None, "Incremental", "Complete"]))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "start": _future,
        "end": st.just("2101-01-01T00:00:00+02:00"),
        "timezone": st.sampled_from(["UTC", "Europe/Berlin"]),
        "offset_seconds": st.integers(0, 36_000),
        "deactivate_after_failures": st.integers(1, 100),
    }
    if pull == "Incremental":
        optional |= {"first_execution_from": _times, "timestamp_field": st.sampled_from(["CreatedDate", "x"])}
    expression = draw(st.integers(1, 23).map(lambda number: f"rate({number}{unit})") | st.just(cron[unit]))
    return Schedule(expression, pull=pull, **draw(st.fixed_dictionaries({}, optional=optional)))


@st.composite
def field_operations(draw: st.DrawFn, source: Source, *, partitioned: bool) -> list[FieldOperation]:
    """What becomes of the fields of a source.

    :param source: the source.
    :param partitioned: whether folders by field are possible.
    """
    facts = source_facts(source)
    if "PROJECTION" in facts.lacks:
        return [AllFields(draw(st.lists(st.sampled_from([*FIELDS]), max_size=2, unique=True)))]
    names = draw(st.lists(st.sampled_from([*FIELDS]), min_size=1, max_size=5))
    changes = {name: draw(_changes(facts)) for name in names}
    types = {name: draw(st.none() | st.sampled_from(FIELDS[name])) for name in names}
    found: list[FieldOperation] = []
    for number, name in enumerate(names):
        to = None if name not in names[:number] and draw(st.booleans()) else f"{name}_{number}"
        to_type = draw(st.sampled_from([None, "string"])) if types[name] else None
        found.append(Field(name, to=to, type=types[name], to_type=to_type, **changes[name]))
    found += draw(st.lists(_made(facts), max_size=3))
    targets = {each.target: each for each in found if isinstance(each, Field)}
    if draw(st.booleans()):
        free = [name for name in FIELDS if name not in names]
        found.insert(0, AllFields(draw(st.lists(st.sampled_from(free), max_size=2, unique=True)) if free else []))
    if partitioned and draw(st.booleans()):
        found.append(PartitionBy(draw(st.lists(st.sampled_from([*targets]), min_size=1, max_size=10, unique=True))))
    if draw(st.booleans()):
        found.append(
            RawTask("Passthrough", ["Name"], to=f"raw-{next(_numbers)}", properties={"INCLUDE_NEW_FIELDS": "true"})
        )
    return found


@st.composite
def _made(draw: st.DrawFn, facts: SourceFacts) -> FieldOperation:
    changes, to = draw(_changes(facts)), f"made {next(_numbers)}"
    kinds = [kind for kind in (Add, Subtract, Multiply, Divide) if kind.operator not in facts.lacks]
    plain = st.sampled_from(["Name", "Phone", "Billing Street", "Amount"])
    if not kinds or draw(st.booleans()):
        names = draw(st.lists(plain, min_size=2, max_size=3, unique=True))
        written = "${" + "} - ${".join(names) + "}"
        return Concat(names, to=to, format=draw(st.sampled_from([written, f"${{{names[-1]}}}!"])), **changes)
    return draw(st.sampled_from(kinds))(draw(plain), draw(plain), to=to, **changes)


@st.composite
def _changes(draw: st.DrawFn, facts: SourceFacts) -> dict[str, Any]:
    """Masks, lengths and validations."""
    masks = [("MASK_ALL", "all"), ("MASK_FIRST_N", "first3"), ("MASK_LAST_N", "last12")]
    possible = [mask for operator, mask in masks if operator not in facts.lacks]
    rules = [rule for rule, operator in VALIDATIONS.items() if operator not in facts.lacks]
    mask = draw(st.sampled_from([None, *possible]))
    validate = draw(st.lists(st.sampled_from(rules), max_size=2, unique=True)) if rules else []
    return {
        "mask": mask,
        **({"mask_character": draw(st.sampled_from(["*", "#", "ä"]))} if mask else {}),
        "truncate": draw(st.none() | st.integers(1, 10**6)),
        "validate": validate,
        **({"on_invalid": draw(st.sampled_from(["DropRecord", "DropDataset"]))} if validate else {}),
    }


@st.composite
def filters(draw: st.DrawFn, source: Source, fields: list[FieldOperation]) -> Filter:
    """Filters that a source has, with values of the data types that its fields have.

    :param source: the source.
    :param fields: what becomes of its fields, with their data types.
    """
    lacks = source_facts(source).lacks
    kind: Any = draw(st.sampled_from([each for each in FILTERS if each.operator not in lacks] or [Between]))
    declared = {each.name: each.type for each in fields if isinstance(each, Field) and each.type}
    name = draw(st.sampled_from([name for name in FIELDS if _compares(kind, name)]))
    data_type = declared.get(name) or draw(st.sampled_from(FIELDS[name]))
    # a text says nothing of a field's type, so that only a type makes it a date, or something that has an order
    says_type = draw(st.booleans()) or data_type in ("date", "datetime") or kind.orders
    values = _VALUES.get(data_type, _plain_words)
    given = {"type": data_type} if says_type and name not in declared else {}
    if kind is Between:
        lower, upper = draw(_bounds(values, data_type))
        return Between(name, lower, upper, **given)
    if kind is NotEqualTo or draw(st.booleans()):
        single: Filter = kind(field=name, value=draw(values), **given)
        return single
    several = st.lists(values.filter(lambda value: "," not in str(value)), min_size=2, max_size=4)
    found: Filter = kind(field=name, value=draw(several), **given)
    return found


def _compares(kind: type[Filter], name: str) -> bool:
    """Whether a filter makes sense of a field."""
    if kind is Contains:
        return "string" in FIELDS[name]
    return not kind.orders or name != "IsDeleted"


def _bounds(values: st.SearchStrategy[Any], data_type: str) -> st.SearchStrategy[tuple[Any, Any]]:
    def position(value: Any) -> Any:
        if data_type in ("date", "datetime"):
            time = datetime.fromisoformat(value) if isinstance(value, str) else value
            time = time if isinstance(time, datetime) else datetime(time.year, time.month, time.day)
            return time.replace(tzinfo=UTC, microsecond=time.microsecond // 1000 * 1000)
        return Decimal(str(value)) if isinstance(value, int | float | Decimal) else str(value)

    pairs = st.tuples(values, values).map(lambda pair: tuple(sorted(pair, key=position)))
    return pairs.filter(lambda pair: position(pair[0]) < position(pair[1]))
