"""The flow of the AWS blog post for ISVs: Id, Name and CreatedDate of the accounts created in January, to a bucket."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from airflow_provider_appflow_isv.specs import Between, Field, FlowSpec, S3Destination, SalesforceSource
from tests.local.appflow import test_blog

FLOW: dict[str, Any] = dict(test_blog.FLOW)


def blog_flow() -> FlowSpec:
    return FlowSpec(
        name="Salesforce2s3",
        description="Pull Data From Salesforce to Amazon s3",
        source=SalesforceSource(profile="SalesForceAPI", object="Account"),
        destination=S3Destination(bucket="appflow-sfdata", format="JSON"),
        fields=["Id", "Name", Field("CreatedDate", type="datetime")],
        filters=[Between("CreatedDate", "2021-01-01T13:00Z", "2021-01-31T13:00Z")],
    )


def said(task: dict[str, Any]) -> tuple[Any, ...]:
    """What a task of the blog says: type, fields, operator, and the values that it compares with."""
    operator = (task.get("connectorOperator") or {}).get("Salesforce")
    values = {name: each for name, each in task["taskProperties"].items() if not name.endswith("DATA_TYPE")}
    return task["taskType"], task["sourceFields"], None if operator == "NO_OP" else operator, values


def test_the_spec_is_shorter_than_twelve_lines() -> None:
    (statement,) = ast.parse(inspect.getsource(blog_flow)).body[0].body  # type: ignore[attr-defined]  # it is a function
    assert statement.end_lineno - statement.lineno + 1 < 12


def test_the_spec_gives_the_blogs_tasks() -> None:
    tasks = blog_flow().create_request()["tasks"]
    assert [said(each) for each in tasks] == [said(each) for each in FLOW["tasks"]]
    maps = [each["destinationField"] for each in tasks if each["taskType"] == "Map"]
    assert maps == ["Id", "Name", "CreatedDate"]


def test_the_spec_gives_the_rest_of_the_blogs_request() -> None:
    request = blog_flow().create_request()
    (destination,) = FLOW["destinationFlowConfigList"]
    without_profile = {name: each for name, each in destination.items() if name != "connectorProfileName"}
    assert request == {**FLOW, "destinationFlowConfigList": [without_profile], "tasks": request["tasks"]}


def test_neither_differs_from_the_other() -> None:
    assert blog_flow().differences(FLOW) == []
    assert FlowSpec.from_describe(FLOW).differences(blog_flow().create_request()) == []
    assert FlowSpec.from_describe(FLOW) == blog_flow()


def test_the_spec_of_the_class_documentation_is_this_one() -> None:
    assert 'fields=["Id", "Name", Field("CreatedDate", type="datetime")]' in (FlowSpec.__doc__ or "")
