from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

PATH = "/composite/sobjects"
UPSERT = f"{PATH}/Account/External_Id__c"
UNKNOWN = "001000000000000AAA"


def _account(**values: object) -> dict[str, object]:
    return {"attributes": {"type": "Account"}, **values}


def _write(client: Client, method: str, path: str, *records: dict[str, Any], all_or_none: bool = False) -> Any:
    answer = client.write(method, path, {"allOrNone": all_or_none, "records": list(records)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _codes(results: list[dict[str, Any]]) -> list[str | None]:
    return [None if result["success"] else result["errors"][0]["statusCode"] for result in results]


def _names(client: Client) -> list[object]:
    return [record["Name"] for record in client.org.records("Account")]


def test_each_record_is_created_or_told_why_not(client: Client) -> None:
    contact = {"attributes": {"type": "Contact"}, "LastName": "Example"}
    results = _write(client, "POST", PATH, _account(Name="One"), _account(Phone="1"), contact)
    assert results[0] == {"id": client.org.records("Account")[-1]["Id"], "success": True, "errors": []}
    assert results[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Name]",
                "fields": ["Name"],
            }
        ],
    }
    assert results[2]["id"] == client.org.records("Contact")[-1]["Id"]


def test_all_or_none_takes_everything_back(client: Client) -> None:
    before = _names(client)
    results = _write(client, "POST", PATH, _account(Name="One"), _account(), _account(Name="Two"), all_or_none=True)
    rolled_back = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert _codes(results) == [rolled_back, "REQUIRED_FIELD_MISSING", rolled_back]
    assert _names(client) == before
    assert client.org.streaming.bus.last_replay_id == 0


def test_all_or_none_writes_everything_if_all_is_well(client: Client) -> None:
    assert _codes(_write(client, "POST", PATH, _account(Name="One"), all_or_none=True)) == [None]
    assert _names(client)[-1] == "One"


def test_each_record_is_changed_or_told_why_not(client: Client) -> None:
    first, second = client.org.records("Account")[:2]
    results = _write(
        client,
        "PATCH",
        PATH,
        _account(id=first["Id"], Phone="1"),
        _account(Id=second["Id"], Nothing="1"),
        _account(id=UNKNOWN, Phone="1"),
        _account(id="nonsense", Phone="1"),
        _account(Phone="1"),
    )
    assert _codes(results) == [
        None,
        "INVALID_FIELD",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "MISSING_ARGUMENT",
    ]
    assert [result.get("id") for result in results] == [first["Id"], second["Id"], UNKNOWN, None, None]
    assert first["Phone"] == "1"


def test_all_or_none_takes_changes_back(client: Client) -> None:
    record = client.org.records("Account")[0]
    before = dict(record)
    changes = (_account(id=record["Id"], Phone="1"), _account(id=record["Id"], Phone="2"), _account(id=UNKNOWN))
    results = _write(client, "PATCH", PATH, *changes, all_or_none=True)
    assert [result["success"] for result in results] == [False, False, False]
    assert record == before


def test_each_record_is_upserted_or_told_why_not(client: Client) -> None:
    _write(client, "POST", PATH, _account(Name="Old", External_Id__c="A-1"))
    results = _write(
        client,
        "PATCH",
        UPSERT,
        _account(External_Id__c="a-1", Name="Changed"),
        _account(External_Id__c="A-2", Name="New"),
        _account(External_Id__c="A-2", Name="Again"),
        _account(Name="Without"),
        _account(External_Id__c=7, Name="Number"),
        {"attributes": {"type": "Contact"}, "External_Id__c": "A-3", "LastName": "x"},
    )
    assert _codes(results) == [
        None,
        None,
        "DUPLICATE_VALUE",
        "MISSING_ARGUMENT",
        "JSON_PARSER_ERROR",
        "INVALID_TYPE",
    ]
    assert [result["created"] for result in results[:2]] == [False, True]
    assert _names(client)[25:] == ["Changed", "New"]


def test_each_record_is_deleted_or_told_why_not(client: Client) -> None:
    account, contact = client.org.records("Account")[0], client.org.records("Contact")[0]
    ids = f"{account['Id']},{contact['Id']},{account['Id']},{UNKNOWN},nonsense"
    results = client.write("DELETE", f"{PATH}?ids={ids}&allOrNone=false").json()
    assert _codes(results) == [None, None, "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"]
    assert (account["IsDeleted"], contact["IsDeleted"]) == (True, True)


def test_all_or_none_takes_deletions_back(client: Client) -> None:
    account = client.org.records("Account")[0]
    results = client.write("DELETE", f"{PATH}?ids={account['Id']},{UNKNOWN}&allOrNone=true").json()
    assert _codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_CROSS_REFERENCE_KEY"]
    assert account["IsDeleted"] is False


def test_platform_events_are_published_among_records(client: Client) -> None:
    event = {"attributes": {"type": "Example_Event__e"}, "Message__c": "hello"}
    change_event = {"attributes": {"type": "AccountChangeEvent"}}
    results = _write(client, "POST", PATH, event, change_event)
    assert results[0]["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"
    assert _codes(results) == [None, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"]
    assert client.org.streaming.bus.last_replay_id == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", PATH, {"records": [_account(Name="x")] * 201}, "EXCEEDED_ID_LIMIT"),
        ("POST", PATH, {"records": [_account(Name="x"), {"attributes": {"type": "Contact"}}] * 6}, "LIMIT_EXCEEDED"),
        ("POST", PATH, {}, "JSON_PARSER_ERROR"),
        ("POST", PATH, {"records": ["x"]}, "JSON_PARSER_ERROR"),
        ("POST", PATH, {"records": [], "allOrNone": "yes"}, "JSON_PARSER_ERROR"),
        ("DELETE", PATH, None, "MISSING_ARGUMENT"),
        ("DELETE", f"{PATH}?ids={','.join([UNKNOWN] * 201)}", None, "EXCEEDED_ID_LIMIT"),
        ("PATCH", f"{PATH}/Account/Name", {"records": []}, "NOT_FOUND"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_as_a_whole(
    client: Client, method: str, path: str, body: object, code: str
) -> None:
    answer = client.write(method, path, body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404 if code == "NOT_FOUND" else 400, code)
    assert len(client.org.records("Account")) == 25


def test_two_hundred_records_are_written_at_once(client: Client) -> None:
    results = _write(client, "PATCH", UPSERT, *(_account(Name="x", External_Id__c=f"A-{n}") for n in range(200)))
    assert len({result["id"] for result in results}) == 200


@pytest.mark.parametrize("attributes", [None, {}, {"type": "Nothing"}, {"type": 7}])
def test_a_record_without_a_known_type_is_refused(client: Client, attributes: object) -> None:
    assert _codes(_write(client, "POST", PATH, {"attributes": attributes, "Name": "x"})) == ["INVALID_TYPE"]
