from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.servicenow.errors import ApiError
from tests.local.servicenow.queries import PLAIN, numbers_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_appflow_isv.local.servicenow.records import Record

# The evaluator against plain Python, over small values so that conditions hold often.
WORDS = ("", "a", "b", "ab", "ba", "A^B")
PRIORITIES = ("", "1", "2", "10")
TIMES = ("", "2021-01-01 00:00:00", "2021-01-02 10:00:00", "2021-02-01 00:00:01")
records = st.lists(
    st.fixed_dictionaries(
        {
            "category": st.sampled_from(WORDS),
            "priority": st.sampled_from(PRIORITIES),
            "opened_at": st.sampled_from(TIMES),
        }
    ),
    max_size=6,
)
Part = tuple[str, "Callable[[Record], bool]"]
FIELDS: dict[str, tuple[tuple[str, ...], Callable[[str], str | int]]] = {
    "category": (WORDS, str.casefold),
    "priority": (PRIORITIES, int),
    "opened_at": (TIMES, str),
}
COMPARISONS: dict[str, Callable[[str | int, str | int], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator]  # both are of the field's own type
    ">": lambda left, right: left > right,  # type: ignore[operator]  # both are of the field's own type
    "<=": lambda left, right: left <= right,  # type: ignore[operator]  # both are of the field's own type
    ">=": lambda left, right: left >= right,  # type: ignore[operator]  # both are of the field's own type
}


def _escaped(value: str) -> str:
    return value.replace("^", "^^")


@st.composite
def comparisons(draw: st.DrawFn) -> Part:
    name = draw(st.sampled_from(sorted(FIELDS)))
    values, read = FIELDS[name]
    operator = draw(st.sampled_from(sorted(COMPARISONS)))
    value = draw(st.sampled_from(values[1:]))
    compare = COMPARISONS[operator]
    return (
        f"{name}{operator}{_escaped(value)}",
        lambda record: record[name] != "" and compare(read(record[name]), read(value)),
    )


@st.composite
def memberships(draw: st.DrawFn) -> Part:
    name = draw(st.sampled_from(sorted(FIELDS)))
    values, read = FIELDS[name]
    chosen = draw(st.lists(st.sampled_from(values[1:]), min_size=1))
    inside = draw(st.booleans())
    return (
        f"{name}{'IN' if inside else 'NOT IN'}{_escaped(','.join(chosen))}",
        lambda record: record[name] != "" and (read(record[name]) in map(read, chosen)) is inside,
    )


@st.composite
def ranges(draw: st.DrawFn) -> Part:
    name = draw(st.sampled_from(sorted(FIELDS)))
    values, read = FIELDS[name]
    low, high = draw(st.sampled_from(values[1:])), draw(st.sampled_from(values[1:]))
    return (
        f"{name}BETWEEN{_escaped(f'{low}@{high}')}",
        lambda record: record[name] != "" and read(low) <= read(record[name]) <= read(high),  # type: ignore[operator]  # all are of the field's own type
    )


@st.composite
def text_tests(draw: st.DrawFn) -> Part:
    value = draw(st.sampled_from(WORDS[1:]))
    tests: dict[str, Callable[[str, str], bool]] = {
        "LIKE": lambda text, part: part in text,
        "NOT LIKE": lambda text, part: part not in text,
        "STARTSWITH": lambda text, part: text[: len(part)] == part,
        "ENDSWITH": lambda text, part: text[-len(part) :] == part,
    }
    operator = draw(st.sampled_from(sorted(tests)))
    return (
        f"category{operator}{_escaped(value)}",
        lambda record: tests[operator](record["category"].casefold(), value.casefold()),
    )


@st.composite
def emptiness(draw: st.DrawFn) -> Part:
    name = draw(st.sampled_from(sorted(FIELDS)))
    empty = draw(st.booleans())
    return f"{name}{'ISEMPTY' if empty else 'ISNOTEMPTY'}", lambda record: (record[name] == "") is empty


parts = st.one_of(comparisons(), memberships(), ranges(), text_tests(), emptiness())
queries = st.lists(st.lists(st.lists(parts, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3)


@given(query=queries, rows=records)
def test_an_encoded_query_finds_what_a_python_predicate_finds(
    query: list[list[list[Part]]], rows: list[Record]
) -> None:
    text = "^NQ".join(
        "^".join("^OR".join(part for part, _ in alternatives) for alternatives in group) for group in query
    )

    def wanted(record: Record) -> bool:
        return any(all(any(holds(record) for _, holds in alternatives) for alternatives in group) for group in query)

    numbered = [{**row, "number": str(place)} for place, row in enumerate(rows)]
    assert numbers_found(text, *numbered) == [row["number"] for row in numbered if wanted(row)]


@given(rows=records, descending=st.booleans())
def test_sorting_by_number_sorts_as_python_does(rows: list[Record], descending: bool) -> None:
    numbered = [{**row, "number": str(place)} for place, row in enumerate(rows)]
    expected = sorted(numbered, key=lambda row: int(row["priority"] or -1), reverse=descending)
    found = numbers_found(f"ORDERBY{'DESC' if descending else ''}priority", *numbered)
    assert found == [row["number"] for row in expected]


@given(text=st.text(alphabet="^ORNQELIKEISaby=<>!@'. \0", max_size=40))
def test_any_text_is_carried_out_or_refused(text: str) -> None:
    found: list[str] = []
    with suppress(ApiError):
        found = numbers_found(text, PLAIN)
    assert found in ([], [PLAIN["number"]])
