"""What policies say together: verdicts, variables, and that every policy has a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv.local.policies import (
    Principal,
    Verdict,
    evaluate,
    is_allowed,
    is_permitted,
    parse_policy,
)

APPFLOW = Principal(service="appflow.amazonaws.com")
ROLE = "arn:aws:iam::111111111111:role/isv"
SESSION = "arn:aws:sts::111111111111:assumed-role/isv/airflow"
CALLER = Principal(account_id="111111111111", arns=(SESSION, ROLE))
OBJECT = "arn:aws:s3:::landing/prefix/flow/run"
CONTEXT = {"aws:SourceAccount": "111111111111"}


@pytest.mark.parametrize(
    ("principal", "verdict"),
    [
        ({"AWS": ROLE}, Verdict.ALLOWED),
        ({"AWS": SESSION}, Verdict.ALLOWED),
        ("*", Verdict.ALLOWED),
        ({"AWS": "111111111111"}, Verdict.DELEGATED),
        ({"AWS": ["111111111111", ROLE]}, Verdict.ALLOWED),
        ({"AWS": "222222222222"}, Verdict.SILENT),
    ],
)
def test_naming_the_account_leaves_it_to_the_account(principal: Any, verdict: Verdict) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    asked = evaluate([{"Statement": statement}], principal=CALLER, action="a:B", resource="*", context={})
    assert asked is verdict


def test_identity_policies_add_up() -> None:
    first = {"Statement": {"Effect": "Allow", "Action": "a:B", "Resource": "*"}}
    second = {"Statement": {"Effect": "Allow", "Action": "a:C", "Resource": "*"}}
    for action, verdict in (("a:B", Verdict.ALLOWED), ("a:C", Verdict.ALLOWED), ("a:D", Verdict.SILENT)):
        assert evaluate([first, second], principal=None, action=action, resource="*", context={}) is verdict


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_an_identity_policy_that_names_a_principal_is_not_understood(element: str) -> None:
    statement = {"Action": "*", "Resource": "*", element: "*"}
    for effect, verdict in (("Allow", Verdict.SILENT), ("Deny", Verdict.DENIED)):
        policy = {"Statement": {**statement, "Effect": effect}}
        assert evaluate([policy], principal=None, action="a:B", resource="*", context={}) is verdict


@pytest.mark.parametrize(
    ("identity", "resource", "same", "across"),
    [
        (Verdict.ALLOWED, Verdict.SILENT, True, False),
        (Verdict.SILENT, Verdict.ALLOWED, True, False),
        (Verdict.ALLOWED, Verdict.ALLOWED, True, True),
        (Verdict.ALLOWED, Verdict.DELEGATED, True, True),
        (Verdict.SILENT, Verdict.DELEGATED, False, False),
        (Verdict.SILENT, Verdict.SILENT, False, False),
        (Verdict.DENIED, Verdict.ALLOWED, False, False),
        (Verdict.ALLOWED, Verdict.DENIED, False, False),
    ],
)
def test_in_one_account_either_policy_is_enough_across_accounts_both_are_needed(
    identity: Verdict, resource: Verdict, same: bool, across: bool
) -> None:
    assert is_permitted(identity, resource, same_account=True) is same
    assert is_permitted(identity, resource, same_account=False) is across


@pytest.mark.parametrize(
    ("resource", "matches"),
    [
        ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", True),
        ("arn:aws:s3:::${AWS:principaltag/BUCKET}/prefix/flow/run", True),
        ("arn:aws:s3:::${aws:PrincipalTag/other, 'landing'}/*", True),
        ("arn:aws:s3:::${aws:PrincipalTag/other,'elsewhere'}/*", False),
        ("arn:aws:s3:::${aws:PrincipalTag/other}/*", False),
        ("arn:aws:s3:::landing/${*}", False),
    ],
)
def test_variables_in_a_resource_are_filled_in(resource: str, matches: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": statement}
    context = {"aws:PrincipalTag/bucket": "landing"}
    asked = is_allowed(policy, principal=APPFLOW, action="s3:PutObject", resource=OBJECT, context=context)
    assert asked is matches


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_older_policies_have_no_variables(version: str | None) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "${aws:PrincipalAccount}"}
    policy = {"Version": version, "Statement": statement}
    context = {"aws:PrincipalAccount": "111111111111"}
    for resource, matches in (("111111111111", False), ("${aws:PrincipalAccount}", True)):
        asked = is_allowed(policy, principal=APPFLOW, action="a:B", resource=resource, context=context)
        assert asked is matches


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "null", None])
def test_a_document_that_is_no_policy_has_no_statement(text: str | None) -> None:
    assert parse_policy(text) == {}


def test_a_url_encoded_document_is_read() -> None:
    assert parse_policy("%7B%22Statement%22%3A%20%5B%5D%7D") == {"Statement": []}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["*", "Allow", "Deny", "a:B"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = st.sampled_from(["Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"])
OPERATORS = st.sampled_from(["StringLike", "NumericLessThan", "DateEquals", "Null", "IpAddress", "ArnLike", "Bool"])
STATEMENTS = st.dictionaries(ELEMENTS, JSON | st.dictionaries(OPERATORS, JSON, max_size=2), max_size=6)


@given(st.lists(STATEMENTS | JSON, max_size=3), st.sampled_from([None, APPFLOW, CALLER]))
def test_whatever_stands_in_a_policy_it_has_a_verdict(statements: list[Any], principal: Principal | None) -> None:
    policy = {"Version": "2012-10-17", "Statement": statements}
    assert evaluate([policy], principal=principal, action="a:B", resource="*", context=CONTEXT) in Verdict


@given(st.lists(STATEMENTS, max_size=3), st.integers(0, 3))
def test_a_matching_denial_wins_over_everything_else(statements: list[Any], place: int) -> None:
    statements.insert(place, {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})
    policy = {"Statement": statements}
    assert evaluate([policy], principal=APPFLOW, action="a:B", resource="*", context=CONTEXT) is Verdict.DENIED


@given(st.text(alphabet="aB:*?", min_size=1), st.text(alphabet="aB:", min_size=1))
def test_each_request_is_taken_in_by_an_action_or_by_its_exception(pattern: str, action: str) -> None:
    def verdict(element: str) -> Verdict:
        statement = {"Effect": "Allow", "Resource": "*", element: pattern}
        return evaluate([{"Statement": statement}], principal=None, action=action, resource="*", context={})

    assert {verdict("Action"), verdict("NotAction")} == {Verdict.ALLOWED, Verdict.SILENT}
