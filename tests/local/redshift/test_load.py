from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.redshift.warehouse import LoadError, Warehouse, WarehouseError

_SOME = settings(deadline=None, max_examples=25)  # each with many values, for a load takes some milliseconds
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
_CENTS = st.integers(-(10**17), 10**17).map(lambda cents: Decimal(cents).scaleb(-2))
_FLOATS = st.floats(allow_nan=False)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


def loaded(warehouse: Warehouse, kind: str, values: list[Any]) -> list[Any]:
    """Load values into a column of a type and return what the table has then."""
    warehouse.execute(f"create table if not exists one (n bigint identity(1, 1), v {kind})")
    warehouse.execute("truncate one")
    assert warehouse.load("public", "one", ["v"], [[value] for value in values]) == len(values)
    return [row[0] for row in warehouse.execute("select v from one order by n").rows]


def as_is(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("kind", "values", "as_text"),
    [
        ("smallint", st.integers(-(2**15), 2**15 - 1), str),
        ("int", st.integers(-(2**31), 2**31 - 1), str),
        ("bigint", st.integers(-(2**63), 2**63 - 1), str),
        ("numeric(19,2)", _CENTS, str),
        ("double precision", _FLOATS, repr),
        ("boolean", st.booleans(), str),
        ("varchar(max)", _TEXT, as_is),
        ("date", st.dates(), date.isoformat),
        ("time", st.times(), time.isoformat),
        ("timestamp", st.datetimes(), datetime.isoformat),
        ("timestamptz", st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(UTC)), datetime.isoformat),
    ],
)
def test_values_come_back_as_they_were_loaded_from_text_and_from_json(
    database: Warehouse, kind: str, values: st.SearchStrategy[Any], as_text: Callable[[Any], str]
) -> None:
    @settings(_SOME)
    @given(st.lists(values | st.none(), max_size=20))
    def round_trip(originals: list[Any]) -> None:
        assert loaded(database, kind, originals) == originals
        assert loaded(database, kind, [None if value is None else as_text(value) for value in originals]) == originals

    round_trip()


def test_json_comes_back_from_a_super_column(database: Warehouse) -> None:
    @settings(_SOME)
    @given(st.lists(_JSON, max_size=10))
    def round_trip(values: list[Any]) -> None:
        found = loaded(database, "super", [{"it": value} for value in values])
        assert [json.loads(text)["it"] for text in found] == values

    round_trip()


def test_a_decimal_is_cut_to_the_columns_scale(database: Warehouse) -> None:
    @settings(_SOME)
    @given(st.lists(st.decimals(-999, 999, allow_nan=False, allow_infinity=False), max_size=20))
    def cut(values: list[Decimal]) -> None:
        expected = [value.quantize(Decimal("0.01"), ROUND_DOWN) for value in values]
        assert loaded(database, "numeric(5,2)", values) == expected

    cut()


@pytest.mark.parametrize("kind", ["int", "numeric(5,2)", "float", "boolean", "date", "timestamp", "time", "super"])
@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_field_is_null(database: Warehouse, kind: str, blank: str) -> None:
    assert loaded(database, kind, [blank]) == [None]


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_text_stays_a_text(database: Warehouse, blank: str) -> None:
    assert loaded(database, "varchar(10)", [blank]) == [blank]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", " +7 ", 7),
        ("numeric(5,2)", "1e2", Decimal("100.00")),
        ("float4", "0.5", 0.5),
        ("boolean", "Y", True),
        ("boolean", "no", False),
        ("boolean", 1, True),
        ("date", "2024-05-01T10:00:00.000Z", date(2024, 5, 1)),
        ("timestamp", "2024-05-01", datetime(2024, 5, 1)),
        ("timestamp", "2024-05-01T10:00:00.123+0000", datetime(2024, 5, 1, 10, 0, 0, 123000)),
        ("timestamptz", "2024-05-01T10:00:00+02:00", datetime(2024, 5, 1, 8, tzinfo=UTC)),
        ("varchar(20)", 1.5, "1.5"),
        ("varchar(20)", True, "true"),
        ("varchar(20)", {"a": [1]}, '{"a":[1]}'),
        ("char(3)", "ab", "ab"),
    ],
)
def test_what_a_column_understands(database: Warehouse, kind: str, text: object, value: object) -> None:
    assert loaded(database, kind, [text]) == [value]


@pytest.mark.parametrize(
    ("kind", "value", "code", "reason"),
    [
        ("int", "12a", 1207, "Invalid digit, Value 'a', Pos 2, Type: Integer"),
        ("int", "-", 1207, "Invalid digit, Value '', Pos 1, Type: Integer"),
        ("int", "1.5", 1207, "Invalid digit, Value '.', Pos 1, Type: Integer"),
        ("smallint", "40000", 1222, "Overflow, Value '40000', Type: Short"),
        ("bigint", "9" * 500, 1222, f"Overflow, Value '{'9' * 32}', Type: Long"),
        ("numeric(5,2)", "x", 1207, "Invalid digit, Value 'x', Pos 0, Type: Decimal"),
        ("numeric(5,2)", "1000", 1204, "Numeric data overflow, Value '1000', Type: Decimal(5,2)"),
        ("numeric(5,2)", "1e400000000", 1204, "Numeric data overflow, Value '1e400000000', Type: Decimal(5,2)"),
        ("float", "1_000", 1208, "Invalid value '1_000', Type: float8"),
        ("float", "1e999", 1204, "Value out of range '1e999', Type: float8"),
        ("float4", "1e39", 1204, "Value out of range '1e39', Type: float4"),
        ("boolean", "maybe", 1210, "Unknown boolean format"),
        ("date", "01.05.2024", 1205, "Invalid Date Format - length must be 10 or more"),
        ("timestamp", "yesterday", 1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"),
        ("time", "noon", 1206, "Invalid time format or value [HH24:MI:SS]"),
        ("varchar(3)", "abcd", 1204, "String length exceeds DDL length"),
        ("varchar(3)", "äö", 1204, "String length exceeds DDL length"),
        ("char", "ab", 1204, "String length exceeds DDL length"),
        ("varchar(9)", "a\0b", 1218, "Invalid null byte - field longer than 1 byte"),
        ("varchar(9)", "\ud800", 1220, "String contains invalid or unsupported UTF8 codepoints"),
        ("super", "{", 1224, "The value is not well-formed JSON, as a SUPER column needs it"),
        ("int not null", None, 1213, "Missing data for not-null field"),
        ("varbyte", "ff", 1223, "The local Redshift can't load columns of type varbyte"),
    ],
)
def test_a_value_that_its_column_cannot_have_fails_the_load(
    database: Warehouse, kind: str, value: object, code: int, reason: str
) -> None:
    database.execute(f"create table account (id int, v {kind})")

    with pytest.raises(LoadError) as failed:
        database.load("public", "account", ["id", "v"], [[1, value]])

    assert (failed.value.row, failed.value.column, failed.value.code) == (1, "v", code)
    assert str(failed.value) == (
        "ERROR: Load into table 'account' failed. Check 'stl_load_errors' system table for details. "
        f"(row 1, column v: {reason})"
    )


def test_one_bad_record_keeps_all_others_out(database: Warehouse) -> None:
    database.execute("create table account (id int)")

    with pytest.raises(LoadError, match="row 3, column id"):
        database.load("public", "account", ["id"], [["1"], ["2"], ["x"], ["4"]])

    assert database.execute("select count(*) from account").rows == ((0,),)


def test_a_failed_load_can_be_looked_up(database: Warehouse) -> None:
    database.execute("create table account (id int, name varchar(3))")
    with pytest.raises(LoadError):
        database.load("public", "account", ["id", "name"], [["1", "abcd"]], filename="s3://bucket/key")

    found = database.execute(
        "select filename, line_number, colname, type, col_length, raw_field_value, err_code, err_reason "
        "from stl_load_errors"
    )

    assert found.rows == (
        ("s3://bucket/key", 1, "name", "varchar", "3", "abcd", 1204, "String length exceeds DDL length"),
    )
    assert database.tables() == [("public", "account")]


def test_rows_count_from_the_first_one_in_the_file(database: Warehouse) -> None:
    database.execute("create table account (id int)")
    with pytest.raises(LoadError, match="row 42, column id") as failed:
        database.load("public", "account", ["id"], [["1"], ["2"], ["x"]], first_row=40)
    assert failed.value.row == 42
    assert database.execute("select line_number from stl_load_errors").rows == ((42,),)


@pytest.mark.parametrize(
    ("record", "message"), [(["1"], r"row 1: Columns missing"), (["1", "a", "b"], r"row 1: Extra column\(s\) found")]
)
def test_a_record_has_a_value_for_each_column(database: Warehouse, record: list[str], message: str) -> None:
    database.execute("create table account (id int, name varchar(3))")

    with pytest.raises(LoadError, match=message):
        database.load("public", "account", ["id", "name"], [record])


def test_records_are_added_to_what_is_there(database: Warehouse) -> None:
    database.execute("create table account (id int)")

    for _ in range(2):
        assert database.load("public", "account", ["ID"], [[1], [2]]) == 2

    assert database.execute("select id from account order by id").rows == ((1,), (1,), (2,), (2,))


def test_columns_that_are_not_loaded_get_their_default(database: Warehouse) -> None:
    database.execute("create table account (n int identity(1, 1), id int, source varchar(20) default 'appflow', x int)")

    database.load("public", "account", ["id"], [[7]])

    assert database.execute("select n, id, source, x from account").rows == ((1, 7, "appflow", None),)


def test_a_column_that_is_not_loaded_may_be_missed(database: Warehouse) -> None:
    database.execute("create table account (id int, name varchar(20) not null)")

    with pytest.raises(WarehouseError, match=r"^ERROR: Cannot insert a NULL value into column name$"):
        database.load("public", "account", ["id"], [[7]])


def test_no_records_are_no_error(database: Warehouse) -> None:
    database.execute("create table account (id int)")

    assert database.load("public", "account", ["id"], []) == 0


def test_the_table_has_to_exist(database: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"^ERROR: Cannot COPY into nonexistent table account$"):
        database.load("public", "account", ["id"], [])


def test_the_columns_have_to_exist(database: Warehouse) -> None:
    database.execute("create table account (id int)")

    with pytest.raises(WarehouseError, match=r'^ERROR: column "name" of relation "account" does not exist$'):
        database.load("public", "account", ["id", "Name"], [])


@pytest.mark.parametrize("columns", [[], ["id", "ID"]])
def test_the_columns_are_named_once_each(database: Warehouse, columns: list[str]) -> None:
    database.execute("create table account (id int)")

    with pytest.raises(WarehouseError, match="columns: name each column of account once"):
        database.load("public", "account", columns, [])


def test_many_records_load(database: Warehouse) -> None:
    database.execute("create table account (id int, name varchar(20))")

    database.load("public", "account", ["id", "name"], ([number, f"name {number}"] for number in range(20_000)))

    assert database.execute("select count(*), sum(id), max(name) from account").rows == (
        (20_000, 199_990_000, "name 9999"),
    )
