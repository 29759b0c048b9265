from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.local.policies import Principal, is_allowed

APPFLOW = Principal(service="appflow.amazonaws.com")
ROLE = "arn:aws:iam::111111111111:role/isv"
SESSION = "arn:aws:sts::111111111111:assumed-role/isv/airflow"
ROOT = "arn:aws:iam::111111111111:root"
CALLER = Principal(account_id="111111111111", arns=(SESSION, ROLE))
OBJECT = "arn:aws:s3:::landing/prefix/flow/run"
CONTEXT = {"aws:SourceAccount": "111111111111", "aws:SourceArn": "arn:aws:appflow:us-east-1:111111111111:flow/f"}


def allows(*statements: dict[str, Any], principal: Principal = APPFLOW, context: dict[str, str] = CONTEXT) -> bool:
    whole = [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"} | statement
        for statement in statements
    ]
    return is_allowed(
        {"Statement": whole}, principal=principal, action="s3:PutObject", resource=OBJECT, context=context
    )


def test_a_policy_without_statements_allows_nothing() -> None:
    assert not is_allowed({}, principal=APPFLOW, action="s3:PutObject", resource=OBJECT, context={})


def test_a_policy_may_come_as_its_text() -> None:
    text = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}'
    assert is_allowed(text, principal=APPFLOW, action="s3:PutObject", resource=OBJECT, context={})


@pytest.mark.parametrize("text", [None, "", "no JSON", "[]", '"text"', "7", "null", "[" * 100_000])
def test_a_text_that_is_no_policy_allows_nothing(text: str | None) -> None:
    assert not is_allowed(text, principal=APPFLOW, action="s3:PutObject", resource=OBJECT, context={})


@pytest.mark.parametrize(
    ("effects", "allowed"), [(["Allow"], False), (["Deny"], False), (["AllowAll", "Deny"], False), (["AllowAll"], True)]
)
def test_everybody_of_aws_includes_services_for_a_denial_only(effects: list[str], allowed: bool) -> None:
    written: dict[str, dict[str, Any]] = {
        "Allow": {"Principal": {"AWS": "*"}},
        "Deny": {"Effect": "Deny", "Principal": {"AWS": "*"}},
        "AllowAll": {},
    }
    assert allows(*(written[effect] for effect in effects)) is allowed


def test_a_statement_may_stand_alone_without_a_list() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    assert is_allowed({"Statement": statement}, principal=APPFLOW, action="s3:PutObject", resource=OBJECT, context={})


def test_an_explicit_deny_wins_in_any_order() -> None:
    assert not allows({}, {"Effect": "Deny"})
    assert not allows({"Effect": "Deny"}, {})


@pytest.mark.parametrize(
    ("action", "matches"),
    [
        ("s3:PutObject", True),
        ("S3:putobject", True),
        ("s3:Put*", True),
        ("s3:Put?bject", True),
        ("*", True),
        (["s3:GetObject", "s3:PutObject"], True),
        ("s3:GetObject", False),
        ("s3:Put", False),
        ("s3:PutObject?", False),
        ("s3:[P]utObject", False),
    ],
)
def test_actions_match_whatever_their_case_and_by_wildcard(action: Any, matches: bool) -> None:
    assert allows({"Action": action}) is matches


@pytest.mark.parametrize(
    ("resource", "matches"),
    [
        (OBJECT, True),
        ("arn:aws:s3:::landing/*", True),
        ("arn:aws:s3:::landing/prefix/????/run", True),
        (["arn:aws:s3:::other/*", "arn:aws:s3:::landing/*"], True),
        ("arn:aws:s3:::landing", False),
        ("arn:aws:s3:::LANDING/*", False),
        ("arn:aws:s3:::landing/prefix/f.*", False),
    ],
)
def test_resources_match_by_wildcard_in_their_own_case(resource: Any, matches: bool) -> None:
    assert allows({"Resource": resource}) is matches


@pytest.mark.parametrize(
    ("principal", "matches"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "111111111111"}, True),
        ({"AWS": "arn:aws:iam::111111111111:root"}, True),
        ({"AWS": [ROLE, "222222222222"]}, True),
        ({"AWS": SESSION}, True),
        ({"AWS": "222222222222"}, False),
        ({"AWS": "arn:aws:iam::222222222222:root"}, False),
        ({"AWS": "arn:aws:iam::111111111111:role/*"}, False),
        ({"Service": "appflow.amazonaws.com"}, False),
        ({"Federated": "example.com"}, False),
        (None, False),
    ],
)
def test_an_iam_caller_matches_by_account_root_or_arn(principal: Any, matches: bool) -> None:
    assert allows({"Principal": principal}, principal=CALLER) is matches


@pytest.mark.parametrize(
    ("principal", "matches"),
    [
        ("*", True),
        ({"Service": "appflow.amazonaws.com"}, True),
        ({"Service": ["glue.amazonaws.com", "appflow.amazonaws.com"]}, True),
        ({"Service": "glue.amazonaws.com"}, False),
        ({"AWS": "*"}, False),
    ],
)
def test_a_service_matches_by_its_name(principal: Any, matches: bool) -> None:
    assert allows({"Principal": principal}) is matches


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, True),
        ({"StringEquals": {"AWS:SOURCEACCOUNT": "111111111111"}}, True),
        ({"StringEquals": {"aws:SourceAccount": ["222222222222", "111111111111"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "1111*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1111*"}}, True),
        ({"StringLike": {"aws:SourceAccount": "2*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:appflow:*:111111111111:flow/*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:appflow:us-east-1:111111111111:flow/f"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:appflow:*:flow/f"}}, False),
        ({"ArnLike": {"aws:SourceArn": "*"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, False),
        ({"StringEquals": {"aws:SourceAccount": "111111111111", "sts:ExternalId": "x"}}, False),
        (
            {
                "StringEquals": {"aws:SourceAccount": "111111111111"},
                "StringLike": {"aws:SourceArn": "*:flow/other"},
            },
            False,
        ),
        ({}, True),
    ],
)
def test_every_condition_must_be_met(condition: dict[str, Any], met: bool) -> None:
    assert allows({"Condition": condition}) is met
    assert allows({}, {"Effect": "Deny", "Condition": condition}) is not met


def test_insecure_transport_can_be_denied() -> None:
    denial = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert allows({}, denial, context={"aws:SecureTransport": "true"})
    assert not allows({}, denial, context={"aws:SecureTransport": "false"})


@pytest.mark.parametrize(
    "unknown",
    [
        {"Condition": {"StringAlmostEquals": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": {"NumericLessThan": {"aws:SourceAccount": "many"}}},
        {"Condition": {"ForMostValues:StringEquals": {"aws:SourceAccount": "111111111111"}}},
        {"Condition": ["aws:SourceAccount"]},
        {"Condition": {"StringEquals": "aws:SourceAccount"}},
        {"NotAction": "s3:GetObject"},  # beside the Action that each statement here has
        {"NotResource": "arn:aws:s3:::other"},
        {"NotPrincipal": {"AWS": "222222222222"}},
        {"Action": ["s3:PutObject", 1]},
        {"Resource": {"bucket": "landing"}},
        {"Purpose": "loading"},
    ],
)
def test_what_is_not_understood_never_allows_and_always_denies(unknown: dict[str, Any]) -> None:
    assert not allows(unknown)
    assert not allows({}, {"Effect": "Deny", **unknown})


def test_what_is_not_understood_does_not_widen_a_denial_that_another_condition_narrows() -> None:
    unknown = {"StringAlmostEquals": {"aws:SourceAccount": "1"}}
    narrow = {"StringEquals": {"aws:SourceAccount": "222222222222"}}
    assert allows({}, {"Effect": "Deny", "Condition": {**unknown, **narrow}})


@pytest.mark.parametrize(
    ("element", "applies"),
    [
        ({"NotAction": "s3:GetObject"}, True),
        ({"NotAction": ["s3:Get*", "s3:List*"]}, True),
        ({"NotAction": "s3:PUT*"}, False),
        ({"NotAction": ["s3:GetObject", "*"]}, False),
        ({"NotResource": "arn:aws:s3:::other/*"}, True),
        ({"NotResource": ["arn:aws:s3:::other/*", "arn:aws:s3:::landing/*"]}, False),
    ],
)
def test_what_an_exception_names_is_left_out(element: dict[str, Any], applies: bool) -> None:
    replaced = next(iter(element)).removeprefix("Not")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", **element}
    del statement[replaced]
    policies = {"Statement": statement}
    request: dict[str, Any] = {"principal": APPFLOW, "action": "s3:PutObject", "resource": OBJECT, "context": {}}
    assert is_allowed(policies, **request) is applies
    both = {"Statement": [{**statement, "Effect": "Deny"}, {**statement, "Action": "*", "Resource": "*"}]}
    assert not is_allowed(both, **request)


@pytest.mark.parametrize(
    ("names", "principal", "denied"),
    [
        ({"Service": "appflow.amazonaws.com"}, APPFLOW, False),
        ({"Service": "glue.amazonaws.com"}, APPFLOW, True),
        ({"AWS": "111111111111"}, APPFLOW, True),
        ("*", APPFLOW, False),
        ("*", CALLER, False),
        ({"AWS": "*"}, CALLER, False),
        ({"AWS": ["111111111111", ROLE, SESSION]}, CALLER, False),
        ({"AWS": ["arn:aws:iam::111111111111:root", ROLE, SESSION]}, CALLER, False),
        ({"AWS": ["111111111111", ROLE]}, CALLER, True),
        ({"AWS": [ROLE, SESSION]}, CALLER, True),
        ({"AWS": "111111111111"}, CALLER, True),
        ({"AWS": "111111111111"}, Principal(account_id="111111111111", arns=(ROOT,)), False),
        ({"AWS": "222222222222"}, Principal(account_id="111111111111", arns=(ROOT,)), True),
    ],
)
def test_a_denial_spares_only_whom_it_names_with_account_role_and_session(
    names: Any, principal: Principal, denied: bool
) -> None:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "NotPrincipal": names, "Action": "*", "Resource": "*"}
    verdict = is_allowed({"Statement": [allow, deny]}, principal=principal, action="a:B", resource="*", context={})
    assert verdict is not denied


def test_an_exception_from_principals_never_allows() -> None:
    allow = {"Effect": "Allow", "NotPrincipal": {"AWS": "222222222222"}, "Action": "*", "Resource": "*"}
    assert not is_allowed({"Statement": allow}, principal=CALLER, action="a:B", resource="*", context={})
