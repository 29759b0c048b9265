from __future__ import annotations

from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from tests.local.servicenow.conftest import Client


def _columns(client: Client, table: str) -> set[str]:
    """Read a table's columns as a client does: its own and those of every table that it extends."""
    (found,) = client.rows("sys_db_object", sysparm_query=f"name={table}", sysparm_fields="name,super_class.name")
    entries = client.rows("sys_dictionary", sysparm_query=f"name={table}^internal_type!=collection")
    parent = found["super_class.name"]
    return {entry["element"] for entry in entries} | (_columns(client, parent) if parent else set())


def test_tables_are_listed_with_what_they_extend(client: Client) -> None:
    tables = {row["name"]: row for row in client.rows("sys_db_object")}
    assert {"task", "incident", "sys_user", "cmdb", "cmdb_ci", "sys_db_object", "sys_dictionary"} <= set(tables)
    assert tables["incident"]["super_class"] == tables["task"]["sys_id"]
    assert tables["task"]["super_class"] == ""
    assert (tables["task"]["is_extendable"], tables["incident"]["is_extendable"]) == ("true", "false")
    assert tables["incident"]["label"] == "Incident"


def test_the_link_of_a_parent_leads_to_it(client: Client) -> None:
    incident = client.table("sys_db_object", name="incident").json()["result"][0]
    answer = requests.get(
        incident["super_class"]["link"], auth=(client.user.username, client.user.password), timeout=10
    )
    assert answer.json()["result"]["name"] == "task"


def test_own_and_inherited_columns_are_those_of_the_records(client: Client) -> None:
    for table in ("incident", "cmdb_ci", "sys_user"):
        assert _columns(client, table) == set(client.instance.records(table)[0])


def test_a_dictionary_entry_describes_a_column(client: Client) -> None:
    (entry,) = client.table("sys_dictionary", sysparm_query="name=incident^element=caller_id").json()["result"]
    api = f"{client.instance.url}/api/now/table"
    assert entry["internal_type"] == {"link": f"{api}/sys_glide_object?name=reference", "value": "reference"}
    assert entry["reference"] == {"link": f"{api}/sys_db_object?name=sys_user", "value": "sys_user"}
    plain = {name: entry[name] for name in ("column_label", "max_length", "mandatory", "active", "display", "choice")}
    assert plain == {
        "column_label": "Caller",
        "max_length": "32",
        "mandatory": "true",
        "active": "true",
        "display": "false",
        "choice": "0",
    }


def test_the_link_of_a_type_leads_to_it(client: Client) -> None:
    (entry,) = client.table("sys_dictionary", name="task", element="opened_at").json()["result"]
    answer = requests.get(entry["internal_type"]["link"], auth=(client.user.username, client.user.password), timeout=10)
    (found,) = answer.json()["result"]
    assert (found["name"], found["label"], found["scalar_type"]) == ("glide_date_time", "Date/Time", "datetime")


def test_a_table_has_an_entry_for_itself(client: Client) -> None:
    (entry,) = client.rows("sys_dictionary", sysparm_query="name=incident^elementISEMPTY")
    assert (entry["internal_type"], entry["column_label"]) == ("collection", "Incident")


def test_an_added_column_is_described_and_served_with_all_that_extend_the_table(client: Client) -> None:
    client.instance.add_column("task", "u_owner", "Owner", "reference", reference="sys_user")
    assert {row["u_owner"] for row in client.rows("incident")} == {""}
    record = client.instance.insert("incident", {"u_owner": client.user.sys_id})
    assert client.rows("incident", sysparm_query="u_owner.user_name=loader")[0]["sys_id"] == record["sys_id"]
    (entry,) = client.rows("sys_dictionary", element="u_owner")
    assert (entry["name"], entry["internal_type"], entry["reference"]) == ("task", "reference", "sys_user")
    assert "u_owner" in _columns(client, "incident")
