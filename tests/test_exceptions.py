from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_appflow_isv import exceptions
from airflow_provider_appflow_isv._compat import AirflowException
from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, FlowRunFailed, TenantConfigurationError, from_json

KINDS = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, exceptions.AppFlowIsvError)
]
MEMBERS = {
    "account": "222222222222",
    "flow_name": "accounts",
    "execution_id": "run-1",
    "code": "Error",
    "hint": "Look there.",
}


def described(error: AppFlowIsvError) -> tuple[object, ...]:
    return type(error), str(error), error.message, *(getattr(error, name) for name in MEMBERS)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_pickling(kind: type[AppFlowIsvError]) -> None:
    error = kind("It broke.", **MEMBERS)
    assert described(pickle.loads(pickle.dumps(error))) == described(error)  # noqa: S301  # our own bytes


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_a_trigger_event(kind: type[AppFlowIsvError]) -> None:
    error = kind("It broke.", **MEMBERS)
    assert described(from_json(json.loads(json.dumps(error.to_json())))) == described(error)


@given(st.text(), st.fixed_dictionaries({name: st.none() | st.text() for name in MEMBERS}))
def test_whatever_an_error_says_survives_a_trigger_event(message: str, members: dict[str, str | None]) -> None:
    error = FlowRunFailed(message, **members)
    assert described(from_json(error.to_json())) == described(error)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_airflows_and_the_providers(kind: type[AppFlowIsvError]) -> None:
    assert issubclass(kind, AirflowException)
    assert issubclass(kind, AppFlowIsvError)


def test_a_wrong_argument_is_also_a_value_error() -> None:
    assert issubclass(TenantConfigurationError, ValueError)


def test_the_text_says_where_it_happened_and_what_to_do() -> None:
    assert str(AppFlowIsvError("It broke.", **MEMBERS)) == (
        "It broke. (account 222222222222, flow accounts, run run-1) Look there."
    )


def test_the_text_leaves_out_what_is_not_known() -> None:
    assert str(AppFlowIsvError("It broke.")) == "It broke."


@pytest.mark.parametrize("type_name", ["ErrorOfALaterVersion", "", "OSError"])
def test_an_error_of_another_version_becomes_the_base_error(type_name: str) -> None:
    error = from_json({"type": type_name, "message": "It broke.", "account": "222222222222"})
    assert (type(error), error.account) == (AppFlowIsvError, "222222222222")


def test_an_event_without_a_message_still_gives_an_error() -> None:
    assert str(from_json({})) == "no message"


def test_an_event_with_a_member_of_a_later_version_still_gives_an_error() -> None:
    error = from_json({"type": "FlowRunFailed", "message": "It broke.", "member_of_a_later_version": 1})
    assert described(error)[:2] == (FlowRunFailed, "It broke.")
