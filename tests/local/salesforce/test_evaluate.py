# ruff: noqa: S608  # SOQL for the parser under test, no database behind it

from __future__ import annotations

import fnmatch
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce import Orgs
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.evaluate import run
from airflow_provider_appflow_isv.local.salesforce.ids import to_long_id
from airflow_provider_appflow_isv.local.salesforce.query import parse

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.records import Record, Value

ID = to_long_id("001000000000AbC")
PLAIN: Record = {
    "Id": ID,
    "IsDeleted": False,
    "Name": "It's 100% Größe_1",
    "Phone": None,
    "NumberOfEmployees": 20,
    "AnnualRevenue": 10.5,
    "CreatedDate": "2021-01-03T08:15:30.000+0000",
}
BIRTHDAY: Record = {"Birthdate": "1990-06-15"}


def _found(where: str, record: Record, object_name: str = "Account") -> bool:
    return bool(run(parse(f"SELECT Id FROM {object_name} WHERE {where}"), lambda _: [record]).records)


@pytest.mark.parametrize(
    "where",
    [
        r"Name = 'IT\'S 100% GRÖSSE_1'",
        r"Name LIKE 'it%'",
        r"Name LIKE '%100\%%'",
        r"Name LIKE '%gr__e\_1'",
        "Name != 'other'",
        "Name > 'a'",
        "Phone = null",
        "Phone = ''",
        "Phone != '1'",
        "Phone NOT IN ('1', '2')",
        "Phone IN (null, '1')",
        f"Id = '{ID}'",
        f"Id = '{ID[:15]}'",
        "IsDeleted = false",
        "IsDeleted != TRUE",
        "NumberOfEmployees = 20.0",
        "NumberOfEmployees = 2e1",
        "NumberOfEmployees IN (19, 20)",
        "AnnualRevenue >= 10.5",
        "CreatedDate = 2021-01-03T08:15:30Z",
        "CreatedDate = 2021-01-03T09:15:30.000+01:00",
        "CreatedDate > 2021-01-03T08:15:29.999Z",
        "CreatedDate < 2021-01-03T03:15:31-0500",
        "NOT Phone LIKE '1%'",
        "Phone = null AND (Name = 'x' OR AnnualRevenue < 11)",
    ],
)
def test_the_record_is_found(where: str) -> None:
    assert _found(where, PLAIN)


@pytest.mark.parametrize(
    "where",
    [
        "Name = 'It'",
        "Name LIKE 'It'",
        r"Name LIKE '%100\_%'",
        "Phone != null",
        "Phone LIKE '%'",
        "Phone > '0'",
        f"Id = '{ID[:14]}X'",
        "NumberOfEmployees < 20",
        "CreatedDate < 2021-01-03T08:15:30Z",
        "CreatedDate > 2021-01-03T08:15:30+00:00",
        "NOT Phone = null",
    ],
)
def test_the_record_is_not_found(where: str) -> None:
    assert not _found(where, PLAIN)


def test_dates_compare_with_dates() -> None:
    assert _found("Birthdate > 1990-06-14", BIRTHDAY, "Contact")
    assert not _found("Birthdate > 1990-06-15", BIRTHDAY, "Contact")


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported."),
        ("SELECT Nothing FROM Account", "INVALID_FIELD", "No such column 'Nothing' on entity 'Account'"),
        ("SELECT Id FROM Account WHERE Nothing = 1", "INVALID_FIELD", "No such column 'Nothing'"),
        ("SELECT Id FROM Account ORDER BY Nothing", "INVALID_FIELD", "No such column 'Nothing'"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2021-01-01'",
            "INVALID_FIELD",
            "'CreatedDate' must be of type dateTime and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE CreatedDate > 2021-01-01", "INVALID_FIELD", "of type dateTime"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2021-02-30T00:00:00Z", "INVALID_FIELD", "not a valid datetime"),
        ("SELECT Id FROM Account WHERE CreatedDate > 0001-01-01T00:00:00+01:00", "INVALID_FIELD", "not a valid"),
        ("SELECT Id FROM Contact WHERE Birthdate = 2021-13-01", "INVALID_FIELD", "not a valid date"),
        ("SELECT Id FROM Account WHERE Name = 1", "INVALID_FIELD", "of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Account WHERE Name LIKE 1", "INVALID_FIELD", "of type string"),
        ("SELECT Id FROM Account WHERE AnnualRevenue = '1'", "INVALID_FIELD", "of type number"),
        ("SELECT Id FROM Account WHERE IsDeleted = 1", "INVALID_FIELD", "of type boolean"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "'Description' can not be filtered"),
        ("SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "'Description' can not be sorted"),
        ("SELECT Id FROM Account WHERE Id = 'short'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: short"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR", "Id field: LIKE"),
        ("SELECT Id FROM Account WHERE IsDeleted > true", "INVALID_QUERY_FILTER_OPERATOR", "IsDeleted field: >"),
        ("SELECT Id FROM Account WHERE AnnualRevenue < null", "INVALID_QUERY_FILTER_OPERATOR", "field: <"),
        (r"SELECT Id FROM Account WHERE Name = '\q'", "MALFORMED_QUERY", r"illegal character sequence '\q'"),
    ],
)
def test_a_query_that_does_not_fit_the_object_is_refused(query: str, code: str, message: str) -> None:
    with pytest.raises(ApiError) as refused:
        run(parse(query), lambda _: [PLAIN])
    assert refused.value.code == code
    assert message in refused.value.message


PHONES: list[Record] = [
    {"Phone": phone, "Name": name} for phone, name in [("2", "b"), (None, "x"), ("1", "c"), ("2", "a")]
]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("Phone", ["x", "c", "b", "a"]),
        ("Phone DESC", ["x", "b", "a", "c"]),
        ("Phone NULLS LAST", ["c", "b", "a", "x"]),
        ("Phone DESC NULLS LAST", ["b", "a", "c", "x"]),
        ("Phone DESC, Name", ["x", "a", "b", "c"]),
        ("Name LIMIT 2 OFFSET 1", ["b", "c"]),
        ("Name OFFSET 3", ["x"]),
        ("Name LIMIT 0", []),
    ],
)
def test_records_are_sorted_and_cut(ordering: str, expected: list[Value]) -> None:
    result = run(parse(f"SELECT Name FROM Account ORDER BY {ordering}"), lambda _: PHONES)
    assert [record["Name"] for record in result.records] == expected


RECORDS = Orgs("http://login.example").create("tenant-a", accounts=40).records("Account")


@given(
    st.sampled_from(
        ["Phone LIKE '%5%'", "Phone < '+1 (555) 555-0150'", "Industry IN ('Energy', null)", "AnnualRevenue > 1000000"]
    ),
    st.sampled_from(["Type = 'Other'", "BillingCity NOT IN ('Example City')", "CreatedDate > 2021-01-15T00:00:00Z"]),
)
def test_conditions_follow_de_morgan(one: str, other: str) -> None:
    left, right = (
        run(parse(f"SELECT Id FROM Account WHERE {where}"), lambda _: RECORDS).records
        for where in (f"NOT ({one} AND {other})", f"(NOT {one}) OR (NOT {other})")
    )
    assert left == right
    assert 0 < len(left) < len(RECORDS)


@given(st.text("aAbB%_", max_size=8), st.text("aAbB", max_size=8))
def test_like_agrees_with_shell_patterns(pattern: str, value: str) -> None:
    shell = pattern.replace("%", "*").replace("_", "?")
    assert _found(f"Name LIKE '{pattern}'", {"Name": value}) == fnmatch.fnmatchcase(value.lower(), shell.lower())


def test_a_pattern_of_many_parts_does_not_try_every_way_to_fit() -> None:
    assert not _found(f"Name LIKE '{'%a' * 30}%b'", {"Name": "a" * 255})


FIELDS = ["Id", "Name", "Phone", "IsDeleted", "CreatedDate", "Description", "AnnualRevenue"]
WORDS = ["AND", "OR", "NOT", "LIKE", "IN", "ORDER BY", "LIMIT", "OFFSET", "=", "!=", "<", "(", ")", ","]
VALUES = ["'x'", r"'\x'", "''", "null", "true", "1", "2021-01-01", "9999-12-31T23:59:59-01:00"]
pieces = st.sampled_from(FIELDS + WORDS + VALUES)


@given(st.lists(pieces, max_size=12).map(" ".join))
def test_any_condition_finds_records_or_is_refused(tail: str) -> None:
    with suppress(ApiError):
        found = run(parse(f"SELECT Id FROM Account WHERE {tail}"), lambda _: RECORDS).records
        assert all(record in RECORDS for record in found)
