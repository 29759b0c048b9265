from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce import Orgs, create_app
from airflow_provider_appflow_isv.local.salesforce.records import format_datetime
from tests.local.salesforce.conftest import DATA

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.records import Record
    from tests.local.salesforce.conftest import Client

UNKNOWN = "001000000000000AAA"


def _now(client: Client) -> str:
    return format_datetime(datetime.fromtimestamp(client.clock.now, UTC))


def _created(client: Client, object_name: str, **values: object) -> Record:
    answer = client.write("POST", f"/sobjects/{object_name}", values)
    assert answer.status_code == 201, answer.text
    return client.record(object_name, answer.json()["id"])


def test_a_record_is_created(client: Client) -> None:
    answer = client.write("POST", "/sobjects/account/", {"attributes": {"type": "Account"}, "name": "New", "Phone": ""})
    record_id = answer.json()["id"]
    assert (answer.status_code, answer.json()) == (201, {"id": record_id, "success": True, "errors": []})
    record = client.record("Account", record_id)
    assert record_id.startswith("001")
    assert (record["Name"], record["Phone"], record["IsDeleted"]) == ("New", None, False)
    assert record["OwnerId"] == client.user.user_id
    assert {record[name] for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")} == {_now(client)}
    assert set(record) == set(client.org.records("Account")[0])


def test_a_new_record_has_an_id_of_its_own(client: Client) -> None:
    for _ in range(3):
        _created(client, "Account", Name="New")
    ids = [record["Id"] for record in client.org.records("Account")]
    assert len(set(ids)) == len(ids) == 28


def test_a_contact_gets_its_name_from_its_parts(client: Client) -> None:
    contact = _created(client, "Contact", FirstName="Given", LastName="Example")
    assert (contact["Name"], contact["HasOptedOutOfEmail"]) == ("Given Example", False)
    client.write("PATCH", f"/sobjects/Contact/{contact['Id']}", {"FirstName": None})
    assert contact["Name"] == "Example"


def test_an_opportunity_follows_its_stage(client: Client) -> None:
    deal = _created(client, "Opportunity", Name="Deal", StageName="Prospecting", CloseDate="2026-01-31")
    assert (deal["Probability"], deal["IsClosed"], deal["IsWon"]) == (10.0, False, False)
    client.write("PATCH", f"/sobjects/Opportunity/{deal['Id']}", {"StageName": "Closed Won"})
    assert (deal["Probability"], deal["IsClosed"], deal["IsWon"]) == (100.0, True, True)
    client.write("PATCH", f"/sobjects/Opportunity/{deal['Id']}", {"StageName": "Closed Lost", "Probability": 5})
    assert (deal["Probability"], deal["IsClosed"], deal["IsWon"]) == (5.0, True, False)


@pytest.mark.parametrize("short", [True, False])
def test_a_record_is_changed(client: Client, short: bool) -> None:
    record = client.org.records("Account")[3]
    before = dict(record)
    client.clock.now += 60
    record_id = str(record["Id"])
    answer = client.write("PATCH", f"/sobjects/Account/{record_id[:15] if short else record_id}", {"Phone": "1"})
    assert (answer.status_code, answer.text) == (204, "")
    assert record == {**before, "Phone": "1", "LastModifiedDate": _now(client), "SystemModstamp": _now(client)}


@pytest.mark.parametrize(
    ("object_name", "values", "error"),
    [
        ("Account", {}, {"errorCode": "REQUIRED_FIELD_MISSING", "fields": ["Name"]}),
        (
            "Account",
            {"Name": ""},
            {"errorCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing: [Name]"},
        ),
        ("Opportunity", {"Name": "x"}, {"errorCode": "REQUIRED_FIELD_MISSING", "fields": ["StageName", "CloseDate"]}),
        (
            "Account",
            {"Name": "x", "Nothing": 1},
            {"errorCode": "INVALID_FIELD", "message": "No such column 'Nothing' on sobject of type Account"},
        ),
        (
            "Account",
            {"Name": "x", "CreatedDate": "2021-01-01T00:00:00Z", "Id": "1"},
            {"errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "fields": ["CreatedDate", "Id"]},
        ),
        ("Contact", {"LastName": "x", "Name": "x"}, {"errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE"}),
        (
            "Contact",
            {"LastName": "x" * 81},
            {
                "errorCode": "STRING_TOO_LONG",
                "message": f"Last Name: data value too large: {'x' * 81} (max length=80)",
                "fields": ["LastName"],
            },
        ),
        ("Contact", {"LastName": "x", "AccountId": UNKNOWN}, {"errorCode": "INVALID_CROSS_REFERENCE_KEY"}),
        ("Contact", {"LastName": "x", "AccountId": "003000000000000AAA"}, {"errorCode": "MALFORMED_ID"}),
        ("Contact", {"LastName": "x", "AccountId": "nonsense"}, {"errorCode": "MALFORMED_ID", "fields": ["AccountId"]}),
        ("Account", {"Name": "x", "OwnerId": "005000000000000AAA"}, {"errorCode": "INVALID_CROSS_REFERENCE_KEY"}),
    ],
)
def test_a_record_that_does_not_fit_is_not_created(
    client: Client, object_name: str, values: dict[str, Any], error: dict[str, object]
) -> None:
    before = len(client.org.records(object_name))
    answer = client.write("POST", f"/sobjects/{object_name}", values)
    assert answer.status_code == 400
    (told,) = answer.json()
    assert told | error == told
    assert len(client.org.records(object_name)) == before


def test_a_change_that_does_not_fit_is_not_made(client: Client) -> None:
    record = client.org.records("Account")[0]
    before = dict(record)
    answer = client.write("PATCH", f"/sobjects/Account/{record['Id']}", {"Phone": "1", "Name": None})
    assert (answer.status_code, answer.json()[0]["fields"]) == (400, ["Name"])
    assert record == before


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("record_id", [UNKNOWN, "nonsense"])
def test_an_unknown_record_is_not_found(client: Client, method: str, record_id: str) -> None:
    answer = client.write(method, f"/sobjects/Account/{record_id}", {"Phone": "1"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "JSON_PARSER_ERROR"),
        ("[]", "application/json", 400, "JSON_PARSER_ERROR"),
        ('{"Name": "x", "AnnualRevenue": NaN}', "application/json", 400, "JSON_PARSER_ERROR"),
        ('{"Name": "x"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    client: Client, body: str, content_type: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {client.access_token()}", "Content-Type": content_type}
    url = f"{client.org.my_domain_url}{DATA}/sobjects/Account"
    answer = requests.post(url, data=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_a_write_needs_a_live_token(client: Client) -> None:
    url = f"{client.org.my_domain_url}{DATA}/sobjects/Account"
    assert requests.post(url, json={"Name": "x"}, timeout=10).status_code == 401
    assert len(client.org.records("Account")) == 25


def test_an_upsert_creates_and_then_changes(client: Client) -> None:
    path = "/sobjects/Account/external_id__c/A-1%2F2"
    first = client.write("PATCH", path, {"Name": "New"})
    record_id = first.json()["id"]
    assert (first.status_code, first.json()) == (201, {"id": record_id, "success": True, "errors": [], "created": True})
    second = client.write("PATCH", path.replace("A-", "a-"), {"Name": "Newer"})
    assert (second.status_code, second.json()["id"], second.json()["created"]) == (200, record_id, False)
    record = client.record("Account", record_id)
    assert (record["Name"], record["External_Id__c"]) == ("Newer", "A-1/2")


@pytest.mark.parametrize(
    ("path", "values", "status", "code"),
    [
        ("Account/Name/x", {"Name": "x"}, 404, "NOT_FOUND"),
        ("Account/Nothing__c/x", {"Name": "x"}, 404, "NOT_FOUND"),
        ("Account/External_Id__c/x", {"Name": "x", "External_Id__c": "x"}, 400, "INVALID_FIELD"),
        ("Account/External_Id__c/x", {}, 400, "REQUIRED_FIELD_MISSING"),
        ("Nothing/External_Id__c/x", {"Name": "x"}, 404, "NOT_FOUND"),
    ],
)
def test_a_wrong_upsert_is_refused(client: Client, path: str, values: dict[str, str], status: int, code: str) -> None:
    answer = client.write("PATCH", f"/sobjects/{path}", values)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert len(client.org.records("Account")) == 25


def test_an_external_id_is_taken_once(client: Client) -> None:
    first = _created(client, "Contact", LastName="x", External_Id__c="C-1")
    message = f"duplicate value found: External_Id__c duplicates value on record with id: {first['Id']}"
    other = client.org.records("Contact")[0]
    for method, path in (("POST", ""), ("PATCH", f"/{other['Id']}")):
        answer = client.write(method, f"/sobjects/Contact{path}", {"LastName": "y", "External_Id__c": "c-1"})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
        assert answer.json()[0]["message"] == message
    assert client.write("PATCH", f"/sobjects/Contact/{first['Id']}", {"External_Id__c": "C-1"}).status_code == 204


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/e00000000000000AAA"), ("DELETE", "/e00000000000000AAA")])
def test_an_event_can_not_be_changed(client: Client, method: str, path: str) -> None:
    answer = client.write(method, f"/sobjects/Example_Event__e{path}", {})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


ORGS = Orgs("http://login.example")
ORG = ORGS.create("tenant-a", accounts=5)
USER, APP = ORG.add_user("loader@tenant-a.example"), ORG.add_connected_app()
WSGI = create_app(ORGS).test_client()
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["1e999", UNKNOWN]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
records = st.dictionaries(st.sampled_from(list(ORG.records("Opportunity")[0])) | st.text(), json_values)


@given(st.sampled_from(["Account", "Contact", "Opportunity", "Example_Event__e"]), records)
def test_no_values_make_a_write_fail_otherwise_than_as_salesforce_fails(name: str, values: dict[str, object]) -> None:
    session = ORG.sessions.issue(APP.client_id, USER.username, APP.scope)
    headers = {"Authorization": f"Bearer {session.access_token}"}
    record = {"attributes": {"type": name}, **values}
    single = WSGI.post(f"/orgs/tenant-a{DATA}/sobjects/{name}", json=values, headers=headers)
    several = WSGI.post(f"/orgs/tenant-a{DATA}/composite/sobjects", json={"records": [record]}, headers=headers)
    assert single.status_code in (201, 400)
    assert several.status_code == 200
    assert several.json is not None
    if name != "Example_Event__e" and not values.get("External_Id__c"):
        assert several.json[0]["success"] == (single.status_code == 201)
