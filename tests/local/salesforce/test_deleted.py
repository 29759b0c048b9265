from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from tests.local.salesforce.conftest import DATA

if TYPE_CHECKING:
    from tests.local.salesforce.conftest import Client


@pytest.fixture
def deleted(client: Client) -> str:
    """Give the id of an account that was deleted over REST."""
    record_id = str(client.org.records("Account")[0]["Id"])
    answer = client.write("DELETE", f"/sobjects/Account/{record_id}")
    assert (answer.status_code, answer.text) == (204, "")
    return record_id


def _found(client: Client, resource: str, query: str) -> list[str]:
    body = client.get(f"{DATA}/{resource}", client.access_token(), q=query).json()
    return [record["Id"] for record in body["records"]]


def test_a_query_leaves_deleted_records_out(client: Client, deleted: str) -> None:
    assert deleted not in _found(client, "query", "SELECT Id FROM Account")
    assert _found(client, "query", "SELECT Id FROM Account WHERE IsDeleted = true") == []
    assert client.get(f"{DATA}/query", client.access_token(), q="SELECT COUNT() FROM Account").json()["totalSize"] == 24


def test_query_all_shows_deleted_records(client: Client, deleted: str) -> None:
    assert len(_found(client, "queryAll", "SELECT Id FROM Account")) == 25
    assert _found(client, "queryAll", "SELECT Id FROM Account WHERE IsDeleted = true") == [deleted]


def test_pages_of_query_all_show_deleted_records(client: Client, deleted: str) -> None:
    client.org = client.orgs.create("tenant-c", accounts=2001)
    client.user, client.app = client.org.add_user("loader@tenant-c.example"), client.org.add_connected_app()
    client.org.delete("Account", str(client.org.records("Account")[-1]["Id"]))
    token = client.access_token()
    first = client.get(f"{DATA}/queryAll", token, q="SELECT Id FROM Account").json()
    assert (first["totalSize"], first["done"]) == (2001, False)
    assert len(client.get(first["nextRecordsUrl"], token).json()["records"]) == 1


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_deleted_record_is_told_to_be_deleted(client: Client, deleted: str, method: str) -> None:
    answer = client.write(method, f"/sobjects/Account/{deleted}", {"Phone": "1"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_a_record_can_not_belong_to_a_deleted_one(client: Client, deleted: str) -> None:
    answer = client.write("POST", "/sobjects/Contact", {"LastName": "x", "AccountId": deleted})
    assert answer.json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_the_external_id_of_a_deleted_record_is_free(client: Client) -> None:
    first = client.org.insert("Account", Name="x", External_Id__c="A-1")
    client.org.delete("Account", first)
    answer = client.write("PATCH", "/sobjects/Account/External_Id__c/A-1", {"Name": "y"})
    assert (answer.status_code, answer.json()["created"]) == (201, True)
    with pytest.raises(ApiError, match="duplicate value found"):
        client.org.undelete("Account", first)


def test_a_deleted_record_comes_back_as_it_was(client: Client, deleted: str) -> None:
    client.org.undelete("Account", deleted)
    assert deleted in _found(client, "query", "SELECT Id FROM Account")
    with pytest.raises(ApiError, match="UNDELETE_FAILED"):
        client.org.undelete("Account", deleted)
