"""The table of connectors against AppFlow's service model, as the botocore that is installed knows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from airflow_provider_appflow_isv.credentials.connectors import (
    CODE_MEMBERS,
    CONNECTORS,
    WITHOUT_PROFILE,
    Connector,
    connector,
    connector_of,
)
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

MODEL: Any = botocore.session.get_session().get_service_model("appflow")
CREDENTIALS = MODEL.shape_for("ConnectorProfileCredentials")
PROPERTIES = MODEL.shape_for("ConnectorProfileProperties")
NEWER = {"oAuthRequest.codeVerifier", "privateKey"}  # than the oldest botocore that is supported
ALL = pytest.mark.parametrize("each", CONNECTORS.values(), ids=lambda each: each.connector_type)


def paths(shape: Any, start: str = "") -> Iterator[str]:
    """The members of a structure that are none themselves."""
    for name, member in shape.members.items():
        if member.type_name == "structure":
            yield from paths(member, f"{start}{name}.")
        else:
            yield f"{start}{name}"


def told(connector: Connector) -> set[str]:
    """All members that the table has of a connector."""
    found: set[str] = set()
    for form in connector.forms.values():
        found |= set(form.fixed)
        for name in (*form.required, *form.optional):
            place = f"{form.within}." if form.within else ""
            found.add(f"{place}{'oAuthRequest.' if name in CODE_MEMBERS else ''}{name}")
    return found


def is_newer(path: str) -> bool:
    return any(path.endswith(name) for name in NEWER)


def test_every_type_of_the_model_is_told() -> None:
    assert sorted([*CONNECTORS, *WITHOUT_PROFILE]) == sorted(MODEL.shape_for("ConnectorType").enum)


def test_every_member_of_the_model_is_told() -> None:
    assert {each.member for each in CONNECTORS.values()} == set(CREDENTIALS.members) == set(PROPERTIES.members)


@ALL
def test_no_member_of_a_connector_is_missing_or_misspelt(each: Connector) -> None:
    known = set(paths(CREDENTIALS.members[each.member]))
    assert known - told(each) == set()
    assert {path for path in told(each) - known if not is_newer(path)} == set()


@ALL
def test_every_form_has_what_the_model_requires(each: Connector) -> None:
    shape = CREDENTIALS.members[each.member]
    for form in each.forms.values():
        place = shape.members[form.within] if form.within else shape
        newer = {"password"} if "privateKey" in form.required else set()  # the older model lets none go without
        assert set(place.required_members) - newer <= set(form.required)
        assert set(shape.required_members) - newer <= {*form.fixed, *form.required}


@ALL
def test_fixed_values_are_of_the_model(each: Connector) -> None:
    shape = CREDENTIALS.members[each.member]
    for form in each.forms.values():
        for name, value in form.fixed.items():
            assert value in shape.members[name].enum


@ALL
def test_the_properties_that_the_model_requires_are_told(each: Connector) -> None:
    shape = PROPERTIES.members[each.member]
    assert set(shape.required_members) <= set(each.needs) <= set(shape.members)


def test_a_code_is_told_as_the_model_has_it() -> None:
    assert set(MODEL.shape_for("ConnectorOAuthRequest").members) - set(CODE_MEMBERS) == set()


@pytest.mark.parametrize("name", WITHOUT_PROFILE)
def test_a_connector_without_profiles_is_refused(name: str) -> None:
    with pytest.raises(TenantConfigurationError, match=f"connector_type {name} has no connector profiles"):
        connector(name)


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TenantConfigurationError, match=r"connector_type 'ServiceNow' is not known.*Servicenow"):
        connector("ServiceNow")


@pytest.mark.parametrize("members", [{}, {"Slack": {}, "Veeva": {}}, {"Servicenow": {}}, {"Slack": {}, "More": 1}])
def test_members_that_are_not_one_connectors_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(TenantConfigurationError, match=r"must hold the member of one connector.*ServiceNow"):
        connector_of(members, what="connector_profile_properties")


def test_members_tell_their_connector() -> None:
    assert connector_of({"ServiceNow": {}}, what="connector_profile_properties").connector_type == "Servicenow"
