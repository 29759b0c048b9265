from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from airflow_provider_appflow_isv.local.salesforce import Org, Orgs
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.objects import OBJECTS
from airflow_provider_appflow_isv.local.salesforce.records import CREATED_FROM, CREATED_UNTIL, format_datetime

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject

OBJECT_NAMES = ["Account", "Contact", "Opportunity"]
SHAPES = {
    "date": r"\d{4}-\d\d-\d\d",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000",
    "id": r"\w{18}",
    "reference": r"\w{18}",
}


def _org(name: str = "tenant-a", accounts: int = 60) -> Org:
    return Orgs("http://login.example").create(name, accounts=accounts)


@pytest.mark.parametrize("object_name", OBJECT_NAMES)
def test_the_same_org_has_the_same_records_each_time(object_name: str) -> None:
    assert _org().records(object_name) == _org().records(object_name)


@pytest.mark.parametrize("object_name", OBJECT_NAMES)
def test_no_id_of_one_org_is_found_in_another(object_name: str) -> None:
    ids = [{record["Id"] for record in _org(name).records(object_name)} for name in ("tenant-a", "tenant-b")]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("sobject", OBJECTS, ids=lambda sobject: sobject.name)
def test_every_record_has_each_field_in_its_rest_shape(sobject: SObject) -> None:
    for record in _org().records_of(sobject):
        assert set(record) == {field.name for field in sobject.fields}
        for field in sobject.fields:
            value = record[field.name]
            assert value is not None or field.nillable, field.name
            if value is not None and field.type in SHAPES:
                assert re.fullmatch(SHAPES[field.type], str(value)), field.name
            if value is not None and field.values:
                assert value in field.values


@pytest.mark.parametrize("sobject", OBJECTS, ids=lambda sobject: sobject.name)
def test_ids_start_with_the_prefix_of_their_object(sobject: SObject) -> None:
    assert {str(record["Id"])[:3] for record in _org().records_of(sobject)} == {sobject.key_prefix}


@pytest.mark.parametrize("accounts", [25, 300])
def test_some_accounts_are_created_in_january_2021_and_some_before_and_after(accounts: int) -> None:
    start, end = (
        format_datetime(datetime.fromtimestamp(milliseconds / 1000, UTC))
        for milliseconds in (1609506000000, 1612098000000)
    )
    created = [str(record["CreatedDate"]) for record in _org(accounts=accounts).records("Account")]
    assert all(format_datetime(CREATED_FROM) <= moment <= format_datetime(CREATED_UNTIL) for moment in created)
    assert any(moment < start for moment in created)
    assert any(start <= moment <= end for moment in created)
    assert any(moment > end for moment in created)


@pytest.mark.parametrize("awkward", [",", '"', "'", "\n", "\r\n", "\t", "\\", "ß", "例"])
def test_some_account_holds_what_breaks_careless_encoders(awkward: str) -> None:
    values = [value for record in _org().records("Account") for value in record.values()]
    assert any(isinstance(value, str) and awkward in value for value in values)


def test_contacts_belong_to_accounts_of_their_own_org() -> None:
    org = _org()
    accounts = {record["Id"] for record in org.records("Account")}
    parents = {record["AccountId"] for record in org.records("Contact")}
    assert len(parents) > 10
    assert parents - {None} <= accounts


def test_an_org_without_accounts_has_contacts_without_account() -> None:
    org = Orgs("http://login.example").create("tenant-a", accounts=0, contacts=3)
    assert [record["AccountId"] for record in org.records("Contact")] == [None, None, None]


def test_two_orgs_of_one_name_are_refused() -> None:
    orgs = Orgs("http://login.example")
    orgs.create("tenant-a")
    with pytest.raises(ValueError, match="name: there is an org 'tenant-a' already"):
        orgs.create("tenant-a")


def test_records_of_an_unknown_object_are_refused() -> None:
    with pytest.raises(ApiError, match="sObject type 'Nothing' is not supported"):
        _org().records("Nothing")
