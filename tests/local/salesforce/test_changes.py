from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_appflow_isv.local.salesforce import Orgs
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.events import ALL_CHANGES, ALL_EVENTS, EventBus
from tests.local.saas import Clock

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Org
    from tests.local.salesforce.conftest import Client

NOW = 1609661730.5  # 2021-01-03T08:15:30.500Z


@pytest.fixture
def org() -> Org:
    """Give an org at a known time."""
    return Orgs("http://login.example", Clock(NOW)).create("tenant-a", accounts=5)


def _payloads(org: Org, channel: str = ALL_CHANGES) -> list[Any]:
    bus = org.streaming.bus
    position = bus.position(ALL_EVENTS)
    assert position is not None
    return [event.data["payload"] for event in bus.after(position, channel)]


def test_the_event_of_a_new_record_has_all_that_is_not_empty(org: Org) -> None:
    record_id = org.insert("Account", Name="New", AnnualRevenue=5)
    (payload,) = _payloads(org)
    header = payload.pop("ChangeEventHeader")
    assert payload == {
        "OwnerId": org.records("Account")[0]["OwnerId"],
        "CreatedDate": "2021-01-03T08:15:30.500Z",
        "LastModifiedDate": "2021-01-03T08:15:30.500Z",
        "Name": "New",
        "AnnualRevenue": 5.0,
    }
    assert header.pop("transactionKey").count("-") == 4
    assert header.pop("commitNumber") > 0
    assert header == {
        "entityName": "Account",
        "recordIds": [record_id],
        "changeType": "CREATE",
        "changedFields": [],
        "changeOrigin": "",
        "commitTimestamp": 1609661730000,
        "commitUser": org.records("Account")[0]["OwnerId"],
        "sequenceNumber": 1,
    }


def test_the_event_of_a_change_has_what_changed(org: Org) -> None:
    record = org.records("Account")[0]
    record["Phone"], record["Website"] = "1", "https://example.com"
    org.update("Account", str(record["Id"]), Phone="2", Website=None, Name=record["Name"])
    (payload,) = _payloads(org)
    header = payload.pop("ChangeEventHeader")
    assert payload == {"LastModifiedDate": "2021-01-03T08:15:30.500Z", "Phone": "2", "Website": None}
    assert header["changeType"] == "UPDATE"
    assert header["changedFields"] == ["LastModifiedDate", "Phone", "Website"]


def test_the_event_of_a_deletion_has_no_fields(org: Org) -> None:
    record_id = str(org.records("Contact")[0]["Id"])
    org.delete("Contact", record_id)
    (payload,) = _payloads(org)
    assert set(payload) == {"ChangeEventHeader"}
    assert payload["ChangeEventHeader"]["changeType"] == "DELETE"
    assert payload["ChangeEventHeader"]["recordIds"] == [record_id]


def test_the_event_of_an_undeletion_has_the_record_again(org: Org) -> None:
    record = org.records("Contact")[0]
    org.delete("Contact", str(record["Id"]))
    org.undelete("Contact", str(record["Id"]))
    payload = _payloads(org)[-1]
    assert payload["ChangeEventHeader"]["changeType"] == "UNDELETE"
    assert payload["LastName"] == record["LastName"]


def test_a_refused_write_publishes_nothing(org: Org) -> None:
    with pytest.raises(ApiError, match="REQUIRED_FIELD_MISSING"):
        org.insert("Account")
    with pytest.raises(ApiError, match="INVALID_CROSS_REFERENCE_KEY"):
        org.update("Account", "001000000000000AAA", Phone="1")
    assert _payloads(org) == []


@pytest.mark.parametrize("name", ["Nothing", "AccountChangeEvent", "Example_Event__e"])
def test_only_objects_with_records_can_be_written(org: Org, name: str) -> None:
    for write in (lambda: org.insert(name), lambda: org.delete(name, "x"), lambda: org.records(name)):
        with pytest.raises(ApiError, match=f"sObject type '{name}' is not supported"):
            write()


def test_the_same_change_of_several_records_is_one_event(client: Client) -> None:
    ids = [str(record["Id"]) for record in client.org.records("Account")[:3]]
    client.write("DELETE", f"/composite/sobjects?ids={','.join(ids)}")
    records = [{"attributes": {"type": "Contact"}, "LastName": name} for name in ("One", "Two")]
    client.write("POST", "/composite/sobjects", {"records": records})
    headers = [payload["ChangeEventHeader"] for payload in _payloads(client.org)]
    assert headers[0]["recordIds"] == ids
    assert [header["sequenceNumber"] for header in headers] == [1, 1, 2]
    assert headers[1]["transactionKey"] == headers[2]["transactionKey"] != headers[0]["transactionKey"]


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        ({}, "com/salesforce/api/rest/58.0"),
        ({"Sforce-Call-Options": "client=Astro"}, "com/salesforce/api/rest/58.0;client=Astro"),
    ],
)
def test_an_event_tells_the_api_and_the_user_behind_it(client: Client, options: dict[str, str], origin: str) -> None:
    client.org.add_user("other@tenant-a.example")
    client.user = client.org.users["other@tenant-a.example"]
    client.write("POST", "/sobjects/Account", {"Name": "New"}, **options)
    header = _payloads(client.org)[0]["ChangeEventHeader"]
    assert (header["changeOrigin"], header["commitUser"]) == (origin, client.user.user_id)


def test_a_platform_event_is_published_from_python(org: Org) -> None:
    assert org.publish("Example_Event__e", Message__c="hello", Occurred_At__c="2021-01-01T00:00:00Z") == 1
    (payload,) = _payloads(org, "/event/Example_Event__e")
    assert payload == {
        "CreatedDate": "2021-01-03T08:15:30.500Z",
        "CreatedById": org.records("Account")[0]["OwnerId"],
        "Message__c": "hello",
        "Count__c": None,
        "Urgent__c": False,
        "Occurred_At__c": "2021-01-01T00:00:00.000Z",
    }
    assert _payloads(org) == []


def test_a_platform_event_is_published_over_rest(client: Client) -> None:
    answer = client.write("POST", "/sobjects/Example_Event__e", {"Message__c": "hello"})
    body = answer.json()
    assert (answer.status_code, body["success"], body["errors"][0]["statusCode"]) == (201, True, "OPERATION_ENQUEUED")
    assert body["id"].startswith("e00")
    assert _payloads(client.org, "/event/Example_Event__e")[0]["Message__c"] == "hello"


@pytest.mark.parametrize("name", ["Nothing__e", "Account", "AccountChangeEvent"])
def test_only_platform_events_can_be_published(org: Org, name: str) -> None:
    with pytest.raises(ApiError, match="INVALID_TYPE"):
        org.publish(name)


def test_a_platform_event_that_does_not_fit_is_refused(org: Org) -> None:
    with pytest.raises(ApiError, match="REQUIRED_FIELD_MISSING"):
        org.publish("Example_Event__e", Count__c=1)


def test_events_are_kept_for_three_days() -> None:
    clock = Clock(NOW)
    bus = EventBus(clock)
    bus.publish("/data/AccountChangeEvent", "schema", {})
    clock.now += 48 * 3600
    bus.publish("/data/ContactChangeEvent", "schema", {})
    assert [event.replay_id for event in bus.after(0, ALL_CHANGES)] == [1, 2]
    clock.now += 25 * 3600
    assert [event.replay_id for event in bus.after(0, ALL_CHANGES)] == [2]
    assert [bus.position(asked) for asked in (-3, -2, -1, 0, 1, 2, 3)] == [None, 1, 2, None, 1, 2, None]


def test_no_more_than_so_many_events_are_kept() -> None:
    bus = EventBus(Clock(NOW))
    for _ in range(10_001):
        bus.publish("/event/Example_Event__e", "schema", {})
    assert bus.position(0) is None
    assert bus.position(ALL_EVENTS) == 1


def test_records_and_their_events_may_have_a_clock_of_their_own() -> None:
    clock, record_clock = Clock(NOW), Clock(NOW)
    org = Orgs("http://login.example", clock, record_clock).create("tenant-a", accounts=5)
    session = org.sessions.issue("app", "user@example.com", "api")
    record_clock.now += 10 * 24 * 3600  # longer than a token lives, or an event is kept
    record_id = org.insert("Account", Name="New")
    record_clock.now += 60
    org.update("Account", record_id, Name="Newer")
    assert org.sessions.find(session.access_token) is not None
    record = next(each for each in org.records("Account") if each["Id"] == record_id)
    stamps = [record[name] for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")]
    assert stamps == ["2021-01-13T08:15:30.500+0000", *["2021-01-13T08:16:30.500+0000"] * 2]
    commits = [payload["ChangeEventHeader"]["commitTimestamp"] for payload in _payloads(org)]
    assert commits == [1610525730000, 1610525790000]
