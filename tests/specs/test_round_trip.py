"""A spec, its request and its files say the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_appflow_isv.specs import ConnectorDestination, ConnectorSource, FlowSpec
from airflow_provider_appflow_isv.specs.general import DESTINATION_TYPES, SOURCE_TYPES
from tests.specs.strategies import flows

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import End

KMS_ARN = "arn:aws:kms:us-east-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"
# each source with S3, each destination with the source that can be everything
PAIRS = [*((source, "S3") for source in SOURCE_TYPES), *(("Salesforce", each) for each in DESTINATION_TYPES)]
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(("source", "destination"), PAIRS)
@quick
@given(data=st.data())
def test_a_request_says_all_of_the_spec(source: str, destination: str, data: st.DataObject) -> None:
    spec = data.draw(flows(source, destination, KMS_ARN))
    request = spec.create_request()
    read = FlowSpec.from_describe(request)
    assert spec.differences(request) == []
    assert read == spec
    assert hash(read) == hash(spec)
    assert read.create_request() == request


@pytest.mark.parametrize(("source", "destination"), PAIRS)
@quick
@given(data=st.data())
def test_what_was_read_from_a_request_is_read_the_same_again(
    source: str, destination: str, data: st.DataObject
) -> None:
    """Its to_dict() is the canonical form of a spec: nothing in it that AppFlow would not tell."""
    read = FlowSpec.from_describe(data.draw(flows(source, destination, KMS_ARN)).create_request())
    assert FlowSpec.from_describe(read.create_request()).to_dict() == read.to_dict()


@pytest.mark.parametrize(("source", "destination"), PAIRS)
@quick
@given(data=st.data())
def test_a_file_says_all_of_the_spec(source: str, destination: str, data: st.DataObject) -> None:
    spec = data.draw(flows(source, destination, KMS_ARN))
    plain = spec.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    for read in (FlowSpec.from_dict(plain), FlowSpec.from_yaml(spec.to_yaml()), FlowSpec.from_yaml(json.dumps(plain))):
        assert read == spec
        assert read.create_request() == spec.create_request()
        assert read.to_dict() == plain
    assert yaml.safe_load(spec.to_yaml()) == plain


@pytest.mark.parametrize(("source", "destination"), PAIRS)
@quick
@given(data=st.data())
def test_classes_and_plain_members_ask_for_the_same(source: str, destination: str, data: st.DataObject) -> None:
    spec = data.draw(flows(source, destination, KMS_ARN))
    general = spec.replace(
        source=ConnectorSource(source, spec.source.own_properties(), **_common(spec.source)),
        destination=ConnectorDestination(destination, spec.destination.own_properties(), **_common(spec.destination)),
    )
    assert general == spec
    assert general.differences(spec.create_request()) == []
    assert FlowSpec.from_yaml(general.to_yaml()) == spec


def _common(end: End) -> dict[str, Any]:
    return {"profile": getattr(end, "profile", None), "api_version": end.api_version}


@quick
@given(data=st.data())
def test_specs_are_equal_if_their_requests_are(data: st.DataObject) -> None:
    one, other = (data.draw(flows("Salesforce", "S3")).replace(name="flow") for _ in range(2))
    assert (one == other) == (one.differences(other.create_request()) == [] and one.tags == other.tags)
    assert one != one.replace(name="another")
