from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.local.servicenow.conftest import Client

NOT_AUTHENTICATED = {
    "error": {"message": "User Not Authenticated", "detail": "Required to provide Auth information"},
    "status": "failure",
}


def test_records_come_as_they_are(client: Client) -> None:
    assert client.rows("incident") == client.instance.records("incident")


def test_a_reference_comes_with_a_link_that_leads_to_its_record(client: Client) -> None:
    caller = client.table("incident", sysparm_limit="1").json()["result"][0]["caller_id"]
    sys_id = client.instance.records("incident")[0]["caller_id"]
    assert caller == {"link": f"{client.instance.url}/api/now/table/sys_user/{sys_id}", "value": sys_id}
    answer = requests.get(caller["link"], auth=(client.user.username, client.user.password), timeout=10)
    assert answer.json()["result"]["sys_id"] == sys_id


def test_a_reference_without_a_value_is_an_empty_text(client: Client) -> None:
    client.instance.records("incident")[0]["assigned_to"] = ""
    assert client.table("incident", sysparm_limit="1").json()["result"][0]["assigned_to"] == ""


def _some_fields(client: Client, **params: str) -> dict[str, object]:
    record = client.instance.records("incident")[0]
    record.update({"state": "2", "closed_at": "", "assigned_to": ""})
    fields = "state,closed_at,caller_id,assigned_to,sys_class_name"
    answer = client.table(f"incident/{record['sys_id']}", sysparm_fields=fields, **params)
    result: dict[str, object] = answer.json()["result"]
    return result


def _caller(client: Client) -> tuple[str, str, str]:
    sys_id = client.instance.records("incident")[0]["caller_id"]
    name = next(user["name"] for user in client.instance.records("sys_user") if user["sys_id"] == sys_id)
    return sys_id, name, f"{client.instance.url}/api/now/table/sys_user/{sys_id}"


def test_display_values_are_what_a_person_sees(client: Client) -> None:
    _, name, link = _caller(client)
    assert _some_fields(client, sysparm_display_value="true") == {
        "state": "In Progress",
        "closed_at": "",
        "caller_id": {"display_value": name, "link": link},
        "assigned_to": "",
        "sys_class_name": "Incident",
    }


def test_all_values_are_stored_and_display_values(client: Client) -> None:
    sys_id, name, link = _caller(client)
    assert _some_fields(client, sysparm_display_value="all") == {
        "state": {"display_value": "In Progress", "value": "2"},
        "closed_at": {"display_value": "", "value": ""},
        "caller_id": {"display_value": name, "value": sys_id, "link": link},
        "assigned_to": {"display_value": "", "value": ""},
        "sys_class_name": {"display_value": "Incident", "value": "incident"},
    }


@pytest.mark.parametrize("mode", ["true", "false", "all"])
def test_links_can_be_left_out(client: Client, mode: str) -> None:
    sys_id, name, _ = _caller(client)
    shown = _some_fields(client, sysparm_display_value=mode, sysparm_exclude_reference_link="true")
    both = {"display_value": name, "value": sys_id}
    assert shown["caller_id"] == {"true": name, "false": sys_id, "all": both}[mode]


def test_fields_come_in_the_order_asked_for_without_unknown_ones(client: Client) -> None:
    row = client.rows("incident", sysparm_fields="number, caller_id.email,nothing,active", sysparm_limit="1")[0]
    assert list(row) == ["number", "caller_id.email", "active"]


def test_a_dot_walked_field_is_the_referenced_records(client: Client) -> None:
    names = {user["sys_id"]: user["name"] for user in client.instance.records("sys_user")}
    rows = client.rows("incident", sysparm_fields="assigned_to,assigned_to.name")
    assert [row["assigned_to.name"] for row in rows] == [names.get(row["assigned_to"], "") for row in rows]


def test_a_parents_table_holds_its_childrens_records_without_their_columns(client: Client) -> None:
    task = client.instance.insert("task", {"short_description": "plain"})
    rows = client.rows("task")
    assert {row["sys_class_name"] for row in rows} == {"task", "incident"}
    assert len(rows) == 26
    assert "caller_id" not in rows[-1]
    assert client.table(f"task/{task['sys_id']}").status_code == 200
    assert client.table(f"incident/{task['sys_id']}").status_code == 404


def test_pairs_of_column_and_value_filter_too(client: Client) -> None:
    wanted = [row for row in client.rows("incident") if row["active"] == "true" and row["priority"] == "2"]
    assert wanted
    assert client.rows("incident", active="true", priority="2") == wanted


def test_an_encoded_query_filters_and_sorts(client: Client) -> None:
    rows = client.rows("incident", sysparm_query="priority<=2^ORDERBYDESCnumber")
    expected = [row for row in client.instance.records("incident") if int(row["priority"]) <= 2]
    assert rows == expected[::-1]


def test_an_unknown_column_in_a_query_is_ignored(client: Client) -> None:
    assert len(client.rows("incident", sysparm_query="nothing=1^ORDERBYnothing")) == 25


def test_an_unknown_column_finds_nothing_if_the_property_says_so(client: Client) -> None:
    client.instance.invalid_query_returns_no_rows = True
    assert client.rows("incident", sysparm_query="nothing=1^ORactive=true") == []


def test_nothing_found_is_no_error(client: Client) -> None:
    answer = client.table("incident", sysparm_query="number=none")
    assert (answer.status_code, answer.json()) == (200, {"result": []})
    assert answer.headers["X-Total-Count"] == "0"
    assert "Link" not in answer.headers


@pytest.mark.parametrize("version", ["", "/v2"])
def test_the_version_may_be_named(client: Client, version: str) -> None:
    assert client.get(f"/api/now{version}/table/incident", client.access_token()).status_code == 200


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 30), offset=st.integers(0, 30))
def test_a_page_is_a_slice_of_all(client: Client, limit: int, offset: int) -> None:
    answer = client.table("incident", sysparm_fields="number", sysparm_limit=str(limit), sysparm_offset=str(offset))
    numbers = [row["number"] for row in client.instance.records("incident")]
    assert [row["number"] for row in answer.json()["result"]] == numbers[offset : offset + limit]
    assert answer.headers["X-Total-Count"] == "25"
    places = {name: int(parse_qs(link["url"])["sysparm_offset"][0]) for name, link in answer.links.items()}
    assert places.get("next") == (offset + limit if offset + limit < 25 else None)
    assert places.get("prev") == (max(offset - limit, 0) if offset else None)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(4, 30))
def test_following_the_links_gives_every_record_once(client: Client, limit: int) -> None:
    answer = client.table(
        "incident", sysparm_query="ORDERBYnumber^nothing=ü &", sysparm_fields="number", sysparm_limit=str(limit)
    )
    numbers = [row["number"] for row in answer.json()["result"]]
    followed = last = answer.links.get("last", {}).get("url")
    while "next" in answer.links:
        followed = answer.links["next"]["url"]
        answer = requests.get(followed, auth=(client.user.username, client.user.password), timeout=10)
        numbers += [row["number"] for row in answer.json()["result"]]
    assert followed == last
    assert numbers == [row["number"] for row in client.instance.records("incident")]


def test_count_and_links_can_be_left_out(client: Client) -> None:
    answer = client.table(
        "incident", sysparm_limit="5", sysparm_no_count="true", sysparm_suppress_pagination_header="true"
    )
    assert not {"X-Total-Count", "Link"} & set(answer.headers)


@pytest.mark.parametrize("auth", [None, ("loader", "wrong"), ("nobody", "example-pass:word")])
def test_who_is_not_known_is_challenged(client: Client, auth: tuple[str, str] | None) -> None:
    answer = requests.get(f"{client.instance.url}/api/now/table/incident", auth=auth, timeout=10)
    assert (answer.status_code, answer.json()) == (401, NOT_AUTHENTICATED)
    assert answer.headers["WWW-Authenticate"] == 'BASIC realm="Service-now"'


@pytest.mark.parametrize("header", ["Bearer nothing", "Bearer", "Basic ???", "Digest username=loader"])
def test_an_odd_authorization_header_is_challenged(client: Client, header: str) -> None:
    url = f"{client.instance.url}/api/now/table/incident"
    assert requests.get(url, headers={"Authorization": header}, timeout=10).json() == NOT_AUTHENTICATED


def test_a_deleted_user_is_not_known(client: Client) -> None:
    client.instance.delete("sys_user", client.user.sys_id)
    assert client.table("incident").status_code == 401


def test_a_table_that_the_users_roles_deny_is_forbidden(client: Client) -> None:
    client.user.denied_tables.add("incident")
    answer = client.table("incident")
    assert answer.status_code == 403
    assert answer.json()["error"] == {"message": "User Not Authorized", "detail": "Failed API level ACL Validation"}
    assert client.table("sys_user").status_code == 200


def test_an_unknown_table_is_refused(client: Client) -> None:
    answer = client.table("nothing")
    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "Invalid table nothing", "detail": None}, "status": "failure"}


def test_an_unknown_record_is_not_found(client: Client) -> None:
    answer = client.table(f"incident/{'0' * 32}")
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "No Record found",
        "detail": "Record doesn't exist or ACL restricts the record retrieval",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sysparm_limit", "0"),
        ("sysparm_limit", "many"),
        ("sysparm_offset", "-1"),
        ("sysparm_display_value", "both"),
        ("sysparm_exclude_reference_link", "yes"),
        ("sysparm_query", "numberSAMEASparent"),
        ("sysparm_query", "opened_at>javascript:gs.now()"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(client: Client, name: str, value: str) -> None:
    answer = client.table("incident", **{name: value})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(f"{name}: ")


def test_an_address_without_a_resource_is_refused(client: Client) -> None:
    answer = client.get("/api/now/nothing", client.access_token())
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Requested URI does not represent any resource"


def test_an_unknown_instance_is_not_found(client: Client) -> None:
    url = f"{client.instances.base_url}/instances/nothing/api/now/table/incident"
    assert requests.get(url, timeout=10).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writing_over_http_is_refused(client: Client, method: str) -> None:
    answer = requests.request(method, f"{client.instance.url}/api/now/table/incident", json={}, timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (405, "failure")


@pytest.mark.parametrize(
    ("accept", "status"),
    [(None, 200), ("*/*", 200), ("application/xml, application/json;q=0.5", 200), ("text/xml", 406)],
)
def test_only_json_is_given(client: Client, accept: str | None, status: int) -> None:
    answer = requests.get(
        f"{client.instance.url}/api/now/table/incident",
        auth=(client.user.username, client.user.password),
        headers={"Accept": accept},
        timeout=10,
    )
    assert answer.status_code == status


@pytest.mark.parametrize("status", [429, 500, 503])
def test_requests_fail_as_planned(client: Client, status: int) -> None:
    client.instance.fail_next_requests(1, status, after=1)  # type: ignore[arg-type]  # parametrize gives plain ints
    answers = [client.table("incident", sysparm_limit="1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, status, 200]
    assert answers[1].json()["status"] == "failure"
    assert ("Retry-After" in answers[1].headers) == (status == 429)
