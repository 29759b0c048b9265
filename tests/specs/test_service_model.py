"""What the specs know of AppFlow is what botocore's service model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from airflow_provider_appflow_isv.specs import (
    ErrorHandling,
    FlowSpec,
    GlueCatalog,
    RawTask,
    Schedule,
    SpecError,
)
from airflow_provider_appflow_isv.specs.checks import Map, Several
from airflow_provider_appflow_isv.specs.ends import classes, key_of
from airflow_provider_appflow_isv.specs.fields import TASK_TYPES
from airflow_provider_appflow_isv.specs.filters import FILTERS
from airflow_provider_appflow_isv.specs.general import DESTINATION_TYPES, SOURCE_TYPES, ConnectorSource, source_facts

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.ends import End
    from airflow_provider_appflow_isv.specs.values import Check, Member, Value

MODEL: ServiceModel = botocore.session.get_session().get_service_model("appflow")
REQUEST = MODEL.operation_model("CreateFlow").input_shape
CONFIGS = {"source": "SourceFlowConfig", "destination": "DestinationFlowConfig"}
ENDS = {**classes("source"), **{f"{name} ": kind for name, kind in classes("destination").items()}}


def structure(name: str) -> StructureShape:
    found = MODEL.shape_for(name)
    assert isinstance(found, StructureShape)
    return found


def shape_at(shape: Shape, path: str) -> Shape:
    """The shape of what stands at a path with dots."""
    for step in path.split("."):
        assert isinstance(shape, StructureShape), path
        shape = shape.members[step]
    return shape


def shapes_of(kind: type[Value], root: Shape, own: str) -> list[tuple[str, Member, Shape]]:
    return [
        (each.name, each, shape_at(root, each.path.replace("*", own, 1)))
        for each in kind.members.values()
        if each.path and each.name != "on_error"
    ]


def end_members() -> list[Any]:
    found = []
    for side, config in CONFIGS.items():
        for kind in classes(side).values():
            own = f"{side}ConnectorProperties.{key_of(kind.handles)}"
            found += [
                pytest.param(each, shape, id=f"{kind.__name__}-{name}")
                for name, each, shape in shapes_of(kind, structure(config), own)
            ]
    return found


def other_members() -> list[Any]:
    roots: dict[type[Value], str] = {
        ErrorHandling: "ErrorHandlingConfig",
        GlueCatalog: "GlueDataCatalogConfig",
        Schedule: "ScheduledTriggerProperties",
    }
    return [
        pytest.param(each, shape, id=f"{kind.__name__}-{name}")
        for kind, root in roots.items()
        for name, each, shape in shapes_of(kind, structure(root), "")
    ]


def takes(check: Check, value: Any) -> bool:
    try:
        check(value)
    except (ValueError, SpecError):
        return False
    return True


def longest(shape: Shape, size: int) -> str:
    """A text of a length that the pattern of a shape has nothing against."""
    pattern = shape.metadata.get("pattern", "")
    begin = pattern.split(".*")[0] if pattern.startswith("arn:") else ""
    begin = f"{begin}x:123456789012:" if begin else begin
    begin = "upsolver-appflow" if "upsolver" in pattern else begin
    return begin + "a" * (size - len(begin))


@pytest.mark.parametrize(("each", "shape"), [*end_members(), *other_members()])
def test_a_member_is_as_long_as_in_the_model(each: Member, shape: Shape) -> None:
    check: Check = each.check
    most: Any = shape.metadata.get("max")
    if isinstance(check, Several) and isinstance(shape, ListShape):
        check, shape = check.item, shape.member
        most = shape.metadata.get("max")
    if isinstance(check, Map):
        assert isinstance(shape, MapShape)
        assert takes(check, {f"a{n}": "b" for n in range(most)})
        assert not takes(check, {f"a{n}": "b" for n in range(most + 1)})
        check, shape = check.item, shape.value
        most = shape.metadata["max"]
    if isinstance(shape, StringShape) and shape.enum:
        possible = [name for name in shape.enum if takes(check, name)]
        assert possible
        assert not takes(check, "anything else")
        if each.name != "operation":
            assert possible == list(shape.enum)
    elif shape.type_name in ("integer", "long") and most is not None:
        least = shape.metadata.get("min", 0)
        assert takes(check, most)
        assert takes(check, least)
        assert not takes(check, most + 1)
        assert not takes(check, least - 1)
    elif isinstance(shape, StringShape) and most is not None and each.path != "scheduleExpression":
        assert takes(check, longest(shape, most))
        assert not takes(check, longest(shape, most + 1))
        if shape.metadata.get("pattern", "").replace("^", "").startswith((r"\S", "[", "arn")):
            assert not takes(check, "not possible: (a b)\n")


@pytest.mark.parametrize("kind", ENDS.values(), ids=lambda kind: kind.__name__)
def test_a_class_has_an_argument_for_every_member_and_needs_what_appflow_needs(kind: type[End]) -> None:
    own = shape_at(structure(CONFIGS[kind.side]), f"{kind.side}ConnectorProperties.{key_of(kind.handles)}")
    assert isinstance(own, StructureShape)
    paths = {(each.path or "").removeprefix("*.").split(".")[0] for each in kind.members.values()}
    assert set(own.members) <= paths
    always = {each.path[2:].split(".")[0] for each in kind.members.values() if _is_always_there(each)}  # type: ignore[index]  # those have a path
    assert set(own.required_members) <= always


def _is_always_there(each: Member) -> bool:
    return bool(each.path and each.path.startswith("*.")) and (each.always or repr(each.default) == "required")


def test_every_connector_of_the_api_can_be_reached() -> None:
    connectors = MODEL.shape_for("ConnectorType")
    assert isinstance(connectors, StringShape)
    assert {*SOURCE_TYPES, *DESTINATION_TYPES} == set(connectors.enum)
    assert {key_of(name) for name in SOURCE_TYPES} == set(structure("SourceConnectorProperties").members)
    assert {key_of(name) for name in DESTINATION_TYPES} == set(structure("DestinationConnectorProperties").members)


@pytest.mark.parametrize("connector_type", SOURCE_TYPES)
def test_a_source_lacks_the_operators_that_its_connector_lacks(connector_type: str) -> None:
    operators = structure("ConnectorOperator").members
    own = operators[key_of(connector_type)]
    every = operators["Salesforce"]
    assert isinstance(own, StringShape)
    assert isinstance(every, StringShape)
    kind = classes("source").get(connector_type)
    source = kind.__new__(kind) if kind else ConnectorSource(connector_type, {"object": "o"}, profile="p")
    assert source_facts(source).lacks == set(every.enum) - set(own.enum)  # type: ignore[arg-type]  # it is a source


def test_there_is_a_filter_for_every_comparison_and_a_name_for_every_kind_of_task() -> None:
    every = structure("ConnectorOperator").members["Salesforce"]
    tasks = MODEL.shape_for("TaskType")
    assert isinstance(every, StringShape)
    assert isinstance(tasks, StringShape)
    assert {each.operator for each in FILTERS} < set(every.enum)
    assert set(TASK_TYPES) == set(tasks.enum)
    assert takes(RawTask.members["task_type"].check, tasks.enum[0])


@pytest.mark.parametrize(
    ("name", "path"), [("name", "flowName"), ("description", "description"), ("kms_arn", "kmsArn"), ("tags", "tags")]
)
def test_a_flows_own_texts_are_as_long_as_in_the_model(name: str, path: str) -> None:
    assert isinstance(REQUEST, StructureShape)
    shape, check = REQUEST.members[path], FlowSpec.members[name].check
    if isinstance(shape, MapShape):
        assert takes(check, {"a" * shape.key.metadata["max"]: "a" * shape.value.metadata["max"]})
        assert not takes(check, {"a" * (shape.key.metadata["max"] + 1): "a"})
        assert not takes(check, {"a": "a" * (shape.value.metadata["max"] + 1)})
        return
    assert takes(check, longest(shape, shape.metadata["max"]))
    assert not takes(check, longest(shape, shape.metadata["max"] + 1))
