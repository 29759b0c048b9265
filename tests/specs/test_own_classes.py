"""Classes of a user's own, derived from those of the specs."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_appflow_isv.specs import (
    CustomSource,
    Field,
    FlowSpec,
    S3Destination,
    SalesforceSource,
    SpecError,
)
from airflow_provider_appflow_isv.specs.checks import choice
from airflow_provider_appflow_isv.specs.values import member
from tests.specs.examples import flow, written


class Hidden(Field):
    """A field that nobody is to read."""

    mask = "all"


class Regional(SalesforceSource):
    """An end with an argument of its own."""

    region: str = member(choice("emea", "apac"))
    api_version = "v58.0"


def per_tenant(tenant: str) -> FlowSpec:
    """A flow whose source is a class that is made for each tenant."""

    class TenantSource(SalesforceSource):
        profile = f"{tenant}-salesforce"

    return flow(source=TenantSource(object="Account"))


def test_a_class_that_only_fixes_arguments_is_written_as_the_one_that_has_them() -> None:
    specs = {tenant: per_tenant(tenant) for tenant in ("tenant-a", "tenant-b")}
    for tenant, spec in specs.items():
        source = {"SalesforceSource": {"profile": f"{tenant}-salesforce", "object": "Account"}}
        assert spec.to_dict()["source"] == source
        assert FlowSpec.from_dict(spec.to_dict()).create_request() == spec.create_request()


def test_a_field_of_an_own_class_keeps_its_mask_in_a_file() -> None:
    spec = flow(fields=["Id", Hidden("Phone")])
    assert spec.to_dict()["fields"] == ["Id", {"Field": {"name": "Phone", "mask": "all"}}]
    assert FlowSpec.from_yaml(spec.to_yaml()).create_request() == spec.create_request()


def test_an_own_class_is_read_by_its_name() -> None:
    read = FlowSpec.from_dict(written(fields=["Id", {"Hidden": {"name": "Phone"}}]))
    assert read == flow(fields=["Id", Hidden("Phone")])


def test_a_class_with_an_argument_of_its_own_is_written_by_its_name() -> None:
    spec = flow(source=Regional(profile="p", object="Account", region="emea"))
    assert spec.to_dict()["source"]["Regional"] == {
        "profile": "p",
        "object": "Account",
        "region": "emea",
        "api_version": "v58.0",
    }
    assert FlowSpec.from_dict(spec.to_dict()) == spec


def test_a_file_that_says_another_value_than_the_class_fixes_is_refused() -> None:
    source = {"Regional": {"profile": "p", "object": "Account", "region": "emea", "api_version": "v1"}}
    with pytest.raises(SpecError, match=r"Regional fixes it to 'v58\.0'") as refused:
        FlowSpec.from_dict(written(source=source))
    assert refused.value.argument == "source.api_version"


def test_a_fixed_template_is_rendered() -> None:
    late = type("Late", (S3Destination,), {"prefix": "{{ ds }}"})
    data = flow(destination=late(bucket="landing")).to_dict()
    assert data["destination"] == {"S3Destination": {"bucket": "landing", "prefix": "{{ ds }}"}}


def test_a_fixed_template_of_a_class_with_more_than_that_takes_what_it_was_rendered_to() -> None:
    late = type("LateRegional", (Regional,), {"region": "{{ params.region }}", "title": property(str)})
    data = flow(source=late(profile="p", object="Account")).to_dict()
    data["source"]["LateRegional"]["region"] = "apac"
    read = FlowSpec.from_dict(data)
    assert read.is_rendered
    assert read.replace(description="a").source.region == "apac"  # type: ignore[attr-defined]  # of the class above


@pytest.mark.parametrize(
    ("base", "name", "like"),
    [(S3Destination, "fromat", "format"), (Field, "masked", "mask"), (CustomSource, "labels", "label")],
)
def test_a_misspelt_argument_in_a_class_is_refused(base: type[Any], name: str, like: str) -> None:
    with pytest.raises(SpecError, match=f"Did you mean {like}") as refused:
        type("Own", (base,), {name: "PARQUET"})
    assert refused.value.argument == f"Own.{name}"


def test_a_class_may_have_methods_and_private_names() -> None:
    own = type("Own", (Field,), {"described": lambda self: self.name, "_note": "for people"})
    assert own("A").described() == "A"


def test_a_class_whose_fixed_argument_is_wrong_is_refused() -> None:
    with pytest.raises(SpecError, match="data_transfer_type"):
        type("WrongSource", (CustomSource,), {"data_transfer_type": "sometimes"})
