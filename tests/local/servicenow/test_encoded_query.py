from __future__ import annotations

import pytest

from airflow_provider_appflow_isv.local.servicenow.encoded_query import Condition, Ordering, Query, parse
from airflow_provider_appflow_isv.local.servicenow.errors import ApiError

A, B, C = Condition("a", "=", "1"), Condition("b", "=", "2"), Condition("c", "=", "3")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query(((),))),
        ("a=1", Query((((A,),),))),
        ("a=1^b=2", Query((((A,), (B,)),))),
        ("a=1^ORb=2^c=3", Query((((A, B), (C,)),))),
        ("a=1^b=2^ORc=3", Query((((A,), (B, C)),))),
        ("a=1^NQb=2^ORc=3", Query((((A,),), ((B, C),)))),
        ("ORa=1", Query((((A,),),))),
        ("a=1^EQ", Query((((A,),),))),
        ("a", Query((((None,),),))),
        ("ORDERBYa^b=2^ORDERBYDESCc", Query((((B,),),), (Ordering("a", False), Ordering("c", True)))),
        ("a=x^^y^^^b=2", Query((((Condition("a", "=", "x^y^"),), (B,)),))),
    ],
)
def test_a_query_is_taken_apart(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("a!=1", Condition("a", "!=", "1")),
        ("a<1", Condition("a", "<", "1")),
        ("a<=1", Condition("a", "<=", "1")),
        ("a>1", Condition("a", ">", "1")),
        ("a>=1", Condition("a", ">=", "1")),
        ("u_aLIKEx", Condition("u_a", "LIKE", "x")),
        ("a_1CONTAINSx", Condition("a_1", "LIKE", "x")),
        ("aNOT LIKEx", Condition("a", "NOT LIKE", "x")),
        ("aNOTLIKEx", Condition("a", "NOT LIKE", "x")),
        ("aDOES NOT CONTAINx", Condition("a", "NOT LIKE", "x")),
        ("aSTARTSWITHx", Condition("a", "STARTSWITH", "x")),
        ("aENDSWITHx", Condition("a", "ENDSWITH", "x")),
        ("aINx,y", Condition("a", "IN", "x,y")),
        ("aNOT INx,y", Condition("a", "NOT IN", "x,y")),
        ("aISEMPTY", Condition("a", "ISEMPTY", "")),
        ("aISNOTEMPTY", Condition("a", "ISNOTEMPTY", "")),
        ("aBETWEEN1@2", Condition("a", "BETWEEN", "1@2")),
        ("b.c.d=x=y", Condition("b.c.d", "=", "x=y")),
        ("a=LIKE", Condition("a", "=", "LIKE")),
    ],
)
def test_a_condition_is_a_column_an_operator_and_a_value(text: str, condition: Condition) -> None:
    assert parse(text) == Query((((condition,),),))


@pytest.mark.parametrize(
    "text", ["aSAMEASb", "aINSTANCEOFtask", "opened_atONToday", "GROUPBYa", "a%x", "=1", "RLQUERYa"]
)
def test_what_can_not_be_evaluated_is_refused_by_name(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(f"b=1^{text}")
    assert refused.value.status == 400
    assert repr(text) in refused.value.message
