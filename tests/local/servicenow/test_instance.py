from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.servicenow import Instance, Instances

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.servicenow.conftest import Client

LATER = datetime(2030, 5, 6, 7, 8, 9, 987654, tzinfo=UTC).timestamp()


def _create(name: str = "tenant-a", incidents: int = 25) -> Instance:
    return Instances("http://example.invalid", lambda: LATER).create(name, incidents)


@pytest.mark.parametrize("table", ["incident", "sys_user", "cmdb_ci", "sys_db_object", "sys_dictionary"])
def test_the_same_name_gives_the_same_records(table: str) -> None:
    assert _create().records(table) == _create().records(table)


@pytest.mark.parametrize("table", ["incident", "sys_user", "cmdb_ci", "sys_db_object", "sys_dictionary"])
def test_another_name_gives_other_ids(table: str) -> None:
    ids = [{record["sys_id"] for record in _create(name).records(table)} for name in ("tenant-a", "tenant-b")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_values_look_like_service_nows() -> None:
    instance = _create(incidents=100)
    for table in ("incident", "sys_user", "cmdb_ci"):
        columns = instance.database.schema.columns(table)
        for record in instance.records(table):
            assert set(record) == set(columns)
            assert re.fullmatch("[0-9a-f]{32}", record["sys_id"])
            for name, value in record.items():
                pattern = {
                    "boolean": "true|false",
                    "glide_date": r"(\d{4}-\d\d-\d\d)?",
                    "glide_date_time": r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?",
                    "integer": r"\d*",
                    "float": r"(\d+\.\d\d)?",
                    "reference": "[0-9a-f]{0,32}",
                }.get(columns[name].internal_type, "(?s:.*)")
                assert re.fullmatch(pattern, value), (table, name, value)
                assert len(value) <= columns[name].max_length


def test_references_point_at_records() -> None:
    instance = _create()
    ids = {table: {row["sys_id"] for row in instance.records(table)} for table in ("sys_user", "cmdb_ci")}
    for record in instance.records("incident"):
        for name, column in instance.database.schema.columns("incident").items():
            if column.reference and record[name]:
                assert record[name] in ids[column.reference]


def test_records_are_awkward() -> None:
    rows = _create().records("incident")
    texts = "".join(row["short_description"] + row["description"] for row in rows)
    assert all(part in texts for part in (",", '"', "'", "\n", "\r\n", "\t", "\\", "ü", "ロ", "^OR"))
    assert any(row["description"] == "" for row in rows)
    assert {row["sys_created_on"][:7] for row in rows} == {"2020-12", "2021-01", "2021-02"}


def test_an_instance_knows_its_url_and_name(client: Client) -> None:
    assert client.instance.url == f"{client.instances.base_url}/instances/tenant-a"
    assert client.instances["tenant-a"] is client.instances.get("tenant-a") is client.instance
    assert client.instances.get("nothing") is None
    assert (list(client.instances), len(client.instances)) == ([client.instance], 1)


def test_names_are_taken_once() -> None:
    instances = Instances("http://example.invalid")
    instance = instances.create("tenant-a", 1)
    instance.add_user("loader")
    with pytest.raises(ValueError, match="name: there is an instance 'tenant-a' already"):
        instances.create("tenant-a")
    with pytest.raises(ValueError, match="username: there is a user 'loader' already"):
        instance.add_user("loader")


def test_an_instance_that_is_taken_away_leaves_the_others() -> None:
    instances = Instances("http://example.invalid", lambda: LATER)
    for name in ("tenant-a", "tenant-b"):
        instances.create(name, incidents=1)
    instances.remove("tenant-a")
    instances.remove("absent")
    assert [instance.name for instance in instances] == ["tenant-b"]


def test_a_record_of_the_live_list_changes_the_instance(client: Client) -> None:
    client.instance.records("incident")[0]["short_description"] = "changed"
    assert client.rows("incident", sysparm_limit="1")[0]["short_description"] == "changed"


def test_an_inserted_record_is_filled_in() -> None:
    instance = _create()
    record = instance.insert("incident", {"short_description": "new"})
    assert instance.records("incident")[-1] is record
    assert (record["number"], record["sys_class_name"], record["category"]) == ("INC0000026", "incident", "")
    assert record["sys_created_on"] == record["sys_updated_on"] == "2030-05-06 07:08:09"
    assert record["sys_mod_count"] == "0"
    assert record["sys_id"] not in {row["sys_id"] for row in instance.records("incident")[:-1]}


def test_an_id_is_not_given_twice() -> None:
    instance = _create(incidents=0)
    first = instance.insert("incident", {})
    instance.delete("incident", first["sys_id"])
    second = instance.insert("incident", {})
    assert (first["sys_id"], first["number"]) != (second["sys_id"], second["number"])


def test_an_update_counts_and_stamps() -> None:
    instance = _create()
    before = dict(instance.records("incident")[0])
    after = instance.update("task", before["sys_id"], {"state": "7"})
    assert instance.records("incident")[0] is after
    assert after["sys_updated_on"] == "2030-05-06 07:08:09"
    assert int(after["sys_mod_count"]) == int(before["sys_mod_count"]) + 1
    assert after["sys_created_on"] == before["sys_created_on"]


def test_an_update_may_choose_its_time() -> None:
    instance = _create()
    record = instance.records("incident")[0]
    instance.update("incident", record["sys_id"], {"sys_updated_on": "2022-01-01 00:00:00"})
    assert record["sys_updated_on"] == "2022-01-01 00:00:00"


@pytest.mark.parametrize("table", ["incident", "task"])
def test_a_deleted_record_is_gone(table: str) -> None:
    instance = _create()
    sys_id = instance.records("incident")[3]["sys_id"]
    instance.delete(table, sys_id)
    assert sys_id not in {row["sys_id"] for row in instance.records("incident")}
    with pytest.raises(ValueError, match=f"sys_id: {table} has no record '{sys_id}'"):
        instance.delete(table, sys_id)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda instance: instance.records("nothing"), "table: there is no table 'nothing'; choose one of task, "),
        (lambda instance: instance.insert("nothing", {}), "table: there is no table 'nothing'"),
        (lambda instance: instance.insert("incident", {"u_x": ""}), "values: incident has no column 'u_x'; add_column"),
        (lambda instance: instance.update("incident", "x", {"u_x": ""}), "values: incident has no column 'u_x'"),
        (lambda instance: instance.update("incident", "x", {}), "sys_id: incident has no record 'x'"),
        (lambda instance: instance.insert("sys_dictionary", {}), "sys_dictionary follow the tables; use add_column"),
        (lambda instance: instance.add_column("incident", "number", "N"), "element: incident has a column 'number'"),
        (lambda instance: instance.add_column("task", "category", "C"), "element: incident has a column 'category'"),
        (lambda instance: instance.add_column("task", "u_x", "X", "magic"), "internal_type: there is no type 'magic'"),
        (
            lambda instance: instance.add_column("task", "u_x", "X", "reference"),
            "reference: a column of type reference",
        ),
        (lambda instance: instance.add_column("task", "u_x", "X", reference="task"), "reference: a column of type"),
        (
            lambda instance: instance.add_column("task", "u_x", "X", "reference", reference="nothing"),
            "table: there is no table 'nothing'",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(change: Callable[[Instance], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        change(_create(incidents=1))


def test_records_may_have_a_clock_of_their_own() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    instance = Instances("http://example.invalid", lambda: now, lambda: LATER).create("tenant-a")
    instance.add_user("loader")
    token = instance.access_tokens.issue("client", "loader", 1800)
    record = instance.insert("incident", {"short_description": "new"})
    assert (record["sys_created_on"], record["sys_updated_on"]) == ("2030-05-06 07:08:09", "2030-05-06 07:08:09")
    assert token.expires_at == now + 1800
