from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.objects import ACCOUNT, CONTACT, EXAMPLE_EVENT, OPPORTUNITY
from airflow_provider_appflow_isv.local.salesforce.values import checked

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject


@pytest.mark.parametrize(
    ("sobject", "name", "value", "kept"),
    [
        (ACCOUNT, "Name", "Größe", "Größe"),
        (ACCOUNT, "Phone", "", None),
        (ACCOUNT, "Type", "Not on offer", "Not on offer"),
        (ACCOUNT, "NumberOfEmployees", 7, 7),
        (ACCOUNT, "NumberOfEmployees", 7.0, 7),
        (ACCOUNT, "NumberOfEmployees", "7", 7),
        (ACCOUNT, "AnnualRevenue", 12, 12.0),
        (ACCOUNT, "AnnualRevenue", "1.5e3", 1500.0),
        (ACCOUNT, "AnnualRevenue", None, None),
        (CONTACT, "HasOptedOutOfEmail", True, True),
        (CONTACT, "HasOptedOutOfEmail", "FALSE", False),
        (CONTACT, "Birthdate", "1990-06-15", "1990-06-15"),
        (CONTACT, "Email", "contact@example.com", "contact@example.com"),
        (CONTACT, "AccountId", "001000000000AbC", "001000000000AbCAAU"),
        (EXAMPLE_EVENT, "Occurred_At__c", "2021-01-03T09:15:30+01:00", "2021-01-03T08:15:30.000+0000"),
        (EXAMPLE_EVENT, "Occurred_At__c", "2021-01-03T08:15:30.1Z", "2021-01-03T08:15:30.100+0000"),
    ],
)
def test_a_value_is_kept_as_rest_gives_it(sobject: SObject, name: str, value: object, kept: object) -> None:
    found = checked(sobject, {name: value})
    assert found == {name: kept}
    assert type(found[name]) is type(kept)


@pytest.mark.parametrize(
    ("sobject", "name", "value", "code", "message"),
    [
        (
            ACCOUNT,
            "Name",
            7,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of string from VALUE_NUMBER_INT value 7",
        ),
        (ACCOUNT, "Name", ["x"], "JSON_PARSER_ERROR", "from START_ARRAY"),
        (ACCOUNT, "Name", {"x": 1}, "JSON_PARSER_ERROR", "from START_OBJECT"),
        (ACCOUNT, "Name", "\ud800", "JSON_PARSER_ERROR", "of string"),
        (ACCOUNT, "NumberOfEmployees", "many", "JSON_PARSER_ERROR", "of int from VALUE_STRING value many"),
        (ACCOUNT, "NumberOfEmployees", 1.5, "JSON_PARSER_ERROR", "of int from VALUE_NUMBER_FLOAT"),
        (ACCOUNT, "NumberOfEmployees", 2**31, "NUMBER_OUTSIDE_VALID_RANGE", "Employees: value outside of valid range"),
        (ACCOUNT, "AnnualRevenue", 10**400, "NUMBER_OUTSIDE_VALID_RANGE", "Annual Revenue"),
        (ACCOUNT, "AnnualRevenue", True, "JSON_PARSER_ERROR", "of currency from VALUE_TRUE"),
        (CONTACT, "HasOptedOutOfEmail", "yes", "JSON_PARSER_ERROR", "of boolean from VALUE_STRING value yes"),
        (CONTACT, "Birthdate", "1990-02-30", "JSON_PARSER_ERROR", "of date"),
        (CONTACT, "Birthdate", "", "JSON_PARSER_ERROR", "of date"),
        (CONTACT, "Birthdate", "0001-01-01", "JSON_PARSER_ERROR", "of date"),
        (EXAMPLE_EVENT, "Occurred_At__c", "2017-10-17 00:00:00", "JSON_PARSER_ERROR", "of datetime"),
        (CONTACT, "Email", "nobody", "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody"),
        (CONTACT, "AccountId", 1, "JSON_PARSER_ERROR", "of reference"),
        (
            OPPORTUNITY,
            "StageName",
            "Nearly",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Stage: bad value for restricted picklist field: Nearly",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    sobject: SObject, name: str, value: object, code: str, message: str
) -> None:
    with pytest.raises(ApiError, match=re.escape(message)) as refused:
        checked(sobject, {name: value})
    assert refused.value.code == code


@given(st.floats(-1e17, 1e17))
def test_a_number_reads_the_same_from_its_text(number: float) -> None:
    assert checked(ACCOUNT, {"AnnualRevenue": number}) == checked(ACCOUNT, {"AnnualRevenue": repr(number)})
