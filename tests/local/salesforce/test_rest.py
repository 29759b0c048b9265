# ruff: noqa: S608  # SOQL for the parser under test, no database behind it

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce import Orgs, create_app

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client

DATA = "/services/data/v58.0"


@pytest.fixture
def token(client: Client) -> str:
    """Give a live access token."""
    return client.access_token()


@pytest.mark.parametrize("token", [None, "", "unknown"])
def test_a_request_without_a_live_token_is_refused(client: Client, token: str | None) -> None:
    answer = client.get(f"{DATA}/sobjects", token)
    assert answer.status_code == 401
    assert answer.json() == [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]


def test_the_token_of_one_org_is_unknown_in_another(client: Client, token: str) -> None:
    other = client.orgs.create("tenant-b", accounts=1)
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{other.my_domain_url}{DATA}/limits", headers=headers, timeout=10)
    assert answer.status_code == 401


def test_the_versions_are_listed_without_a_token(client: Client) -> None:
    versions = client.get("/services/data/", None).json()
    assert versions[0] == {"label": "Winter '21", "url": "/services/data/v50.0", "version": "50.0"}
    assert {"label": "Spring '26", "url": "/services/data/v66.0", "version": "66.0"} in versions


@pytest.mark.parametrize("version", ["v49.0", "v99.0", "v58", "58.0", "v58.1"])
def test_an_unknown_version_is_not_found(client: Client, token: str, version: str) -> None:
    answer = client.get(f"/services/data/{version}/limits", token)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("version", ["v50.0", "v58.0", "v68.0"])
def test_a_version_lists_its_resources(client: Client, token: str, version: str) -> None:
    assert client.get(f"/services/data/{version}", token).json()["query"] == f"/services/data/{version}/query"


def test_an_unknown_org_or_path_is_not_found(client: Client, token: str) -> None:
    unknown_org = requests.get(f"{client.login_url}/orgs/nobody{DATA}/limits", timeout=10)
    unknown_path = client.get(f"{DATA}/nothing", token)
    data_on_login_host = requests.get(f"{client.login_url}{DATA}/limits", timeout=10)
    for answer in (unknown_org, unknown_path, data_on_login_host):
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_wrong_method_is_refused(client: Client) -> None:
    answer = requests.post(f"{client.org.my_domain_url}{DATA}/limits", timeout=10)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")


def test_the_objects_are_listed(client: Client, token: str) -> None:
    listed = client.get(f"{DATA}/sobjects/", token).json()["sobjects"]
    assert [sobject["name"] for sobject in listed] == [
        "Account",
        "AccountChangeEvent",
        "Contact",
        "ContactChangeEvent",
        "Example_Event__e",
        "Opportunity",
        "OpportunityChangeEvent",
    ]
    assert listed[0]["urls"]["describe"] == f"{DATA}/sobjects/Account/describe"


@pytest.mark.parametrize("name", ["Account", "account"])
def test_an_object_is_described_with_its_fields(client: Client, token: str, name: str) -> None:
    described = client.get(f"{DATA}/sobjects/{name}/describe", token).json()
    fields = {field["name"]: field for field in described["fields"]}
    assert described["name"] == "Account"
    assert (fields["Name"]["type"], fields["Name"]["nillable"], fields["Name"]["length"]) == ("string", False, 255)
    assert fields["AnnualRevenue"]["type"] == "currency"
    assert fields["Description"]["filterable"] is False
    assert {"active": True, "defaultValue": False, "label": "Energy", "value": "Energy"} in fields["Industry"][
        "picklistValues"
    ]


def test_describe_tells_what_may_be_written(client: Client, token: str) -> None:
    described = client.get(f"{DATA}/sobjects/Contact/describe", token).json()
    writable = {field["name"] for field in described["fields"] if field["createable"] and field["updateable"]}
    assert {field["name"] for field in described["fields"]} - writable == {
        "Id",
        "IsDeleted",
        "CreatedDate",
        "LastModifiedDate",
        "SystemModstamp",
        "Name",
    }
    last = described["fields"][-1]
    assert (last["name"], last["externalId"], last["unique"], last["nillable"]) == ("External_Id__c", True, True, True)
    assert (described["createable"], described["deletable"]) == (True, True)


@pytest.mark.parametrize(("name", "createable"), [("AccountChangeEvent", False), ("Example_Event__e", True)])
def test_an_event_is_described_but_has_no_records(client: Client, token: str, name: str, createable: bool) -> None:
    described = client.get(f"{DATA}/sobjects/{name}/describe", token).json()
    assert (described["queryable"], described["createable"]) == (False, createable)
    assert "ReplayId" in {field["name"] for field in described["fields"]}
    answer = client.get(f"{DATA}/query", token, q=f"SELECT Id FROM {name}")
    assert answer.json()[0]["errorCode"] == "INVALID_TYPE_FOR_OPERATION"
    assert client.get(f"{DATA}/sobjects/{name}/{client.user.user_id}", token).status_code == 404


def test_a_change_event_has_the_fields_of_its_object_but_two(client: Client, token: str) -> None:
    event, plain = (
        {field["name"] for field in client.get(f"{DATA}/sobjects/{name}/describe", token).json()["fields"]}
        for name in ("OpportunityChangeEvent", "Opportunity")
    )
    assert event == plain - {"IsDeleted", "SystemModstamp"} | {"ReplayId", "ChangeEventHeader"}


def test_an_unknown_object_is_not_found(client: Client, token: str) -> None:
    answer = client.get(f"{DATA}/sobjects/Nothing/describe", token)
    assert answer.status_code == 404
    assert answer.json() == [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]


def test_a_query_gives_the_fields_asked_for(client: Client, token: str) -> None:
    expected = client.org.records("Account")[0]
    where = f"SELECT name, CreatedDate FROM account WHERE Id = '{expected['Id']}'"
    body = client.get(f"{DATA}/query", token, q=where).json()
    url = f"{DATA}/sobjects/Account/{expected['Id']}"
    assert body == {
        "totalSize": 1,
        "done": True,
        "records": [
            {
                "attributes": {"type": "Account", "url": url},
                "Name": expected["Name"],
                "CreatedDate": expected["CreatedDate"],
            }
        ],
    }


def test_the_address_of_a_record_gives_the_record(client: Client, token: str) -> None:
    record = client.org.records("Account")[3]
    body = client.get(f"{DATA}/sobjects/Account/{record['Id']}", token).json()
    assert {name: value for name, value in body.items() if name != "attributes"} == record
    missing = client.get(f"{DATA}/sobjects/Contact/{record['Id']}", token)
    assert missing.status_code == 404


def test_count_gives_only_the_number(client: Client, token: str) -> None:
    body = client.get(f"{DATA}/query", token, q="SELECT COUNT() FROM Account").json()
    assert body == {"totalSize": 25, "done": True, "records": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
    ],
)
def test_a_wrong_query_is_refused(client: Client, token: str, query: str, code: str) -> None:
    answer = client.get(f"{DATA}/query", token, q=query)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def _pages(client: Client, headers: dict[str, str]) -> list[list[str]]:
    token = client.access_token()
    body = client.get(f"{DATA}/query", token, headers=headers, q="SELECT Id FROM Contact ORDER BY Id").json()
    pages = [[record["Id"] for record in body["records"]]]
    while not body["done"]:
        body = client.get(body["nextRecordsUrl"], token, headers=headers).json()
        pages.append([record["Id"] for record in body["records"]])
    assert "nextRecordsUrl" not in body
    assert body["totalSize"] == len(client.org.records("Contact"))
    return pages


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [2000, 500]),
        ({"Sforce-Query-Options": "batchSize=1000"}, [1000, 1000, 500]),
        ({"Sforce-Query-Options": "batchSize=1"}, [200] * 12 + [100]),
        ({"Sforce-Query-Options": "batchSize=9999"}, [2000, 500]),
        ({"Sforce-Query-Options": "nonsense"}, [2000, 500]),
    ],
)
def test_pages_follow_one_another_and_leave_nothing_out(
    client: Client, options: dict[str, str], sizes: list[int]
) -> None:
    client.org = client.orgs.create("tenant-c", accounts=10, contacts=2500)
    client.user, client.app = client.org.add_user("loader@tenant-c.example"), client.org.add_connected_app()
    pages = _pages(client, options)
    assert [len(page) for page in pages] == sizes
    assert [record_id for page in pages for record_id in page] == sorted(
        str(record["Id"]) for record in client.org.records("Contact")
    )


@pytest.mark.parametrize("locator", ["01gunknown-2000", "nonsense", "01gunknown-"])
def test_an_unknown_locator_is_refused(client: Client, token: str, locator: str) -> None:
    answer = client.get(f"{DATA}/query/{locator}", token)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_the_limits_count_requests(client: Client, token: str) -> None:
    before = client.get(f"{DATA}/limits", token).json()["DailyApiRequests"]["Remaining"]
    client.get(f"{DATA}/query", token, q="SELECT Id FROM Account")
    answer = client.get(f"{DATA}/limits", token)
    assert answer.json()["DailyApiRequests"]["Remaining"] == before - 2
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage=3/{client.org.daily_api_requests}"


def test_an_org_whose_limit_is_used_up_refuses(client: Client, token: str) -> None:
    client.org.daily_api_requests = 1
    answers = [client.get(f"{DATA}/limits", token) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


ORGS = Orgs("http://login.example")
ORG = ORGS.create("tenant-a", accounts=5)
USER, APP = ORG.add_user("loader@tenant-a.example"), ORG.add_connected_app()
SESSION = ORG.sessions.issue(APP.client_id, USER.username, APP.scope)
WSGI = create_app(ORGS).test_client()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(), st.text())
def test_no_text_makes_the_query_resource_fail(query: str, options: str) -> None:
    headers = {"Authorization": f"Bearer {SESSION.access_token}"}
    sendable = "".join(character for character in options if character.isprintable() and character < "\u0100")
    answer = WSGI.get(
        f"/orgs/tenant-a{DATA}/query",
        query_string={"q": query.encode("utf-8", "replace").decode()},
        headers={**headers, "Sforce-Query-Options": sendable},
    )
    assert answer.status_code in (200, 400)
