"""What all parts of a spec have in common."""

from __future__ import annotations

import copy
import datetime
import pickle
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_appflow_isv import specs
from airflow_provider_appflow_isv.specs import (
    AllFields,
    Between,
    Concat,
    CustomSource,
    EqualTo,
    ErrorHandling,
    Field,
    OnDemand,
    RawTask,
    RedshiftDestination,
    SalesforceSource,
    Schedule,
    SpecError,
)
from airflow_provider_appflow_isv.specs.values import Value, concrete
from tests.specs.examples import SOURCE, flow, loosely

NAMES = {**vars(specs), "datetime": datetime, "Decimal": Decimal}
VALUES: list[Value] = [
    OnDemand(),
    SOURCE,
    CustomSource(profile="p", entity="e", properties={"a": "b"}),
    RedshiftDestination(
        profile="p", object="o", intermediate_bucket="between", on_error=ErrorHandling(bucket="errors")
    ),
    Field("Id"),
    Field("Phone", to="Call", mask="last4", validate="numeric"),
    AllFields(["A", "B"]),
    Concat(["A", "B"], to="X", format="${A}"),
    RawTask("Passthrough", ["A"], properties={"VALUE": "b"}),
    EqualTo("A", [1, 2.5, Decimal("3.50")]),
    Between("A", datetime.date(2021, 1, 1), datetime.datetime(2021, 2, 1, tzinfo=datetime.UTC)),
    Schedule("rate(1 hour)", start="2030-01-01", pull="Incremental"),
    flow(fields=["Id", Field("Name", mask="all")], filters=[EqualTo("Id", "{{ x }}")], tags={"team": "a"}),
]
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


@each_value
def test_a_value_can_not_be_changed(value: Value) -> None:
    for name in [*value.members, "another"]:
        with pytest.raises(AttributeError, match="replace"):
            setattr(value, name, 1)
    with pytest.raises(AttributeError):
        delattr(value, "another")


def test_its_lists_and_mappings_can_not_be_changed_either() -> None:
    spec = flow(tags={"team": "a"})
    assert isinstance(spec.fields, tuple)
    tags: Any = spec.tags
    changes: list[Any] = [
        lambda: tags.update(a="b"),
        lambda: tags.pop("team"),
        lambda: tags.clear(),
        lambda: tags.setdefault("a", "b"),
        lambda: tags.popitem(),
        lambda: tags.__setitem__("a", "b"),
        lambda: tags.__delitem__("team"),
        lambda: tags.__ior__({"a": "b"}),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="can't be changed"):
            change()
    assert spec.tags == {"team": "a"}
    assert type(flow().tags) is type(tags), "nobody changes a default for everybody"


def test_what_was_given_may_be_changed_without_changing_the_spec() -> None:
    tags, fields = {"team": "a"}, [Field("Id")]
    spec = flow(tags=tags, fields=fields)
    tags["team"] = "b"
    fields.append(Field("Name"))
    assert spec == flow(tags={"team": "a"})


@each_value
def test_its_text_is_what_makes_it(value: Value) -> None:
    made = eval(repr(value), {}, dict(NAMES))  # noqa: S307  # the texts are those above
    assert made == value
    assert type(made) is type(value)


def test_its_text_is_what_somebody_would_write() -> None:
    assert repr(Field("Phone", mask="all", truncate=5)) == "Field('Phone', mask='all', truncate=5)"
    assert repr(OnDemand()) == "OnDemand()"
    assert repr(SOURCE) == "SalesforceSource(profile='tenant-a-salesforce', object='Account')"


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  # made in this line


@each_value
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_equal_and_have_the_same_hash(value: Value, copied: Any) -> None:
    twin = copied(value)
    assert twin == value
    assert hash(twin) == hash(value)
    assert repr(twin) == repr(value)


def test_values_differ_by_class_and_by_every_argument() -> None:
    assert Field("A") != Field("B")
    assert Field("A") != Field("A", mask="all")
    assert specs.Add("A", "B", to="C") != specs.Subtract("A", "B", to="C")
    assert len({Field("A"), Field("A"), Field("B"), EqualTo("A", ["b", "c"]), EqualTo("A", ("b", "c"))}) == 3


def test_replace_makes_another_one() -> None:
    other = SOURCE.replace(object="Contact")
    assert (SOURCE.object, other.object, other.profile) == ("Account", "Contact", SOURCE.profile)
    with pytest.raises(SpecError, match="object"):
        SOURCE.replace(object="")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: loosely(SalesforceSource)(profile="p", objekt="A"),
            "objekt: SalesforceSource has no such argument. Did",
        ),
        (lambda: loosely(SalesforceSource)(profile="p", objekt="A"), "Did you mean object? It has profile, object, "),
        (lambda: loosely(Field)("A", zzz=1), "zzz: Field has no such argument. It has name, to, type, "),
        (lambda: loosely(OnDemand)(at=1), "at: OnDemand has no arguments."),
    ],
)
def test_a_wrong_argument_is_answered_with_the_right_ones(build: Any, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        build()
    assert message in str(refused.value)


def test_places_are_counted_as_in_any_call() -> None:
    with pytest.raises(TypeError, match="takes 1 arguments by their place, 2 were given"):
        loosely(Field)("A", "B")
    with pytest.raises(TypeError, match="got name twice"):
        loosely(Field)("A", name="B")


def test_every_class_that_people_write_can_be_imported_from_the_package() -> None:
    own = {
        name
        for name, kinds in concrete(Value).items()
        if any(kind.__module__.startswith(specs.__name__) for kind in kinds)
    }
    assert own <= set(specs.__all__)
    assert sorted(specs.__all__, key=str.lower) == sorted({*specs.__all__}, key=str.lower)


def test_an_error_is_a_value_error_that_survives_a_process_boundary() -> None:
    error = SpecError("is wrong.", "mask").within("fields[2]")
    assert isinstance(error, ValueError)
    assert str(pickled(error)) == "fields[2].mask: is wrong."
