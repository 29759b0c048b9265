from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from airflow_provider_appflow_isv.local.redshift.warehouse import (
    Column,
    Warehouse,
    WarehouseError,
    WarehouseNotFound,
    reset,
    table_name,
    warehouse,
)
from tests.local.redshift.conftest import DATABASE, ISV, REGION, TENANT


def workgroup(account: str = ISV, region: str = REGION, name: str = "wg-a", database: str = DATABASE) -> Warehouse:
    return warehouse(account, region, name, database, serverless=True)


@pytest.fixture(autouse=True)
def _empty() -> None:
    reset()


def test_a_warehouse_keeps_its_data_until_the_reset() -> None:
    workgroup().execute("create table account (id int)")

    assert workgroup().tables() == [("public", "account")]

    reset()
    assert workgroup().tables() == []


@pytest.mark.parametrize(
    "other",
    [{"account": TENANT}, {"region": "eu-west-1"}, {"name": "wg-b"}, {"database": "other"}],
    ids=["account", "region", "workgroup", "database"],
)
def test_each_account_region_workgroup_and_database_is_a_warehouse_of_its_own(other: dict[str, str]) -> None:
    workgroup().execute("create table account (id int)")

    assert workgroup(**other).tables() == []


def test_a_warehouse_from_before_the_reset_says_that_it_is_gone() -> None:
    old = workgroup()
    reset()

    with pytest.raises(WarehouseError, match="the database dev is gone"):
        old.execute("select 1")


def test_an_unknown_cluster_is_refused_in_redshifts_words() -> None:
    with pytest.raises(WarehouseNotFound, match=r"^Redshift endpoint doesn't exist in this region\.$"):
        warehouse(ISV, REGION, "no-such-cluster", DATABASE)


def test_a_database_name_is_folded_to_lower_case() -> None:
    assert workgroup(database="Dev") is workgroup(database="dev")


@pytest.mark.parametrize("database", ["memory", "my-db", "it's", 'a"b'])
def test_any_name_goes_for_a_database(database: str) -> None:
    assert workgroup(database=database).execute("select current_database()").rows == ((database,),)


@pytest.mark.parametrize("database", ["system", "temp"])
def test_the_names_that_duckdb_has_taken_are_refused_with_the_property_to_change(database: str) -> None:
    with pytest.raises(WarehouseError, match=f"databaseName: .*'{database}'"):
        workgroup(database=database)


def test_a_query_returns_named_and_typed_columns(database: Warehouse) -> None:
    result = database.execute("select 1 as Id, 'a' as name, 1.50::decimal(5,2) as amount, null::boolean as ok")

    assert result.columns == (
        Column("id", "int4", precision=10),
        Column("name", "varchar"),
        Column("amount", "numeric", precision=5, scale=2),
        Column("ok", "bool"),
    )
    assert result.rows == ((1, "a", Decimal("1.50"), None),)
    assert result.rowcount == 1


@pytest.mark.parametrize(
    ("sql", "changed"),
    [
        ("insert into account values (4), (5)", 2),
        ("update account set id = 0 where id > 1", 2),
        ("delete from account where id = 1", 1),
        ("truncate account", 3),
        ("create table other (id int)", 0),
    ],
)
def test_a_change_says_how_many_rows_it_changed(database: Warehouse, sql: str, changed: int) -> None:
    database.execute("create table account (id int)")
    database.execute("insert into account values (1), (2), (3)")

    result = database.execute(sql)

    assert (result.columns, result.rows, result.rowcount) == (None, (), changed)


def test_named_parameters_take_the_type_they_meet(database: Warehouse) -> None:
    database.execute("create table account (id int, name varchar(20), since date)")
    database.execute(
        "insert into account values (:id, :name, :since)", {"id": "7", "name": "O'Hara; --", "since": "2024-02-29"}
    )

    found = database.execute(
        "select name from account where id = :id and since < :day", {"id": "7", "day": "2025-01-01"}
    )

    assert found.rows == (("O'Hara; --",),)


def test_a_parameter_without_a_value_is_named(database: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="no value for the parameter :id"):
        database.execute("select :id")


def test_a_failed_transaction_leaves_nothing_behind(database: Warehouse) -> None:
    def create_and_fail() -> None:
        with database.transaction() as session:
            session.execute("create table account (id int)")
            session.execute("insert into nope values (1)")

    with pytest.raises(WarehouseError, match='relation "nope" does not exist'):
        create_and_fail()

    assert database.tables() == []


def test_a_temporary_table_ends_with_its_session(database: Warehouse) -> None:
    with database.transaction() as session:
        session.execute("create temp table staged (id int)")
        session.execute("insert into staged values (1)")
        assert session.execute("select * from staged").rows == ((1,),)

    with pytest.raises(WarehouseError, match='relation "staged" does not exist'):
        database.execute("select * from staged")


def test_many_threads_may_write_at_the_same_time(database: Warehouse) -> None:
    database.execute("create table account (id bigint identity(1, 1), thread int)")

    def insert(number: int) -> None:
        for _ in range(20):
            database.execute("insert into account (thread) values (:thread)", {"thread": str(number)})

    threads = [threading.Thread(target=insert, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert database.execute("select count(*), count(distinct id) from account").rows == ((80, 80),)


def test_the_check_that_appflow_runs_on_a_profile_works_verbatim(database: Warehouse) -> None:
    result = database.execute("select distinct(table_schema) from information_schema.tables limit 1")

    assert result.columns == (Column("table_schema", "varchar"),)
    assert result.rowcount == 1


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hostname')",
        "select * from '/etc/hostname'",
        "select * from read_text('/etc/hostname')",
    ],
)
def test_no_file_of_this_machine_can_be_read(database: Warehouse, sql: str) -> None:
    with pytest.raises(WarehouseError):
        database.execute(sql)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("account", ("public", "account")),
        ("public.account", ("public", "account")),
        ("Sales.Account", ("sales", "account")),
        ('"sales"."my accounts"', ("sales", "my accounts")),
    ],
)
def test_an_object_name_is_a_table_with_or_without_its_schema(name: str, parts: tuple[str, str]) -> None:
    assert table_name(name) == parts


@pytest.mark.parametrize("name", ["", "a.b.c", "my accounts", "a;b", "1a", "account'"])
def test_what_is_no_name_of_a_table_is_refused(name: str) -> None:
    with pytest.raises(WarehouseError, match=r"object: .* is no name of a table"):
        table_name(name)
