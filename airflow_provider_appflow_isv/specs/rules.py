"""What parts of a flow don't go together, said before AppFlow would refuse it.

Facts: AppFlow user guide ("Flow triggers", "Quotas", "Partitioning", "Amazon EventBridge", "Cataloging") and service
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.specs.destinations import EventBridgeDestination
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import AllFields, Field, Made, Mapped, PartitionBy, RawTask
from airflow_provider_appflow_isv.specs.general import destination_facts, source_facts
from airflow_provider_appflow_isv.specs.sources import SalesforceSource
from airflow_provider_appflow_isv.specs.triggers import UNITS, OnEvent, Schedule
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.flow import FlowSpec

_EVENT_ENDINGS = ("ChangeEvent", "__e")


def verify(spec: FlowSpec) -> None:
    """Refuse parts of a flow that don't go together, as far as their values are known.

    :param spec: the flow.
    :raises SpecError: naming one of them.
    """
    if any(is_late(each) for each in (spec.source, spec.destination, spec.fields, spec.filters, spec.trigger)):
        return
    for rule in (_trigger, _event_bus, _catalog, _filters, _selection, _targets, _same_changes, _types, _operators):
        rule(spec)


def _trigger(spec: FlowSpec) -> None:
    source, facts = spec.source, source_facts(spec.source)
    if isinstance(spec.trigger, OnEvent):
        if not facts.events:
            raise SpecError(f"OnEvent is not possible: {facts.title} has no events, only Salesforce has.", "trigger")
        name = getattr(source, "object", None)
        if isinstance(name, str) and not is_late(name) and not name.endswith(_EVENT_ENDINGS):
            raise SpecError(
                f"{name!r} has no events: name a change event such as {name}ChangeEvent, or a platform event such as "
                "Example__e.",
                "source.object",
            )
    if isinstance(spec.trigger, Schedule):
        shortest = spec.trigger.shortest
        if shortest is not None and shortest < UNITS[facts.most_often]:
            raise SpecError(
                f"{spec.trigger.expression!r} is too often for {facts.title}: its schedules count in {facts.most_often}"
                f"{' or longer units' if facts.most_often != 'days' else ''}.",
                "trigger.expression",
            )


def _event_bus(spec: FlowSpec) -> None:
    is_bus = isinstance(spec.destination, EventBridgeDestination)
    if is_bus and not (isinstance(spec.source, SalesforceSource) and isinstance(spec.trigger, OnEvent)):
        raise SpecError("EventBridge takes events of Salesforce only, with the trigger OnEvent().", "destination")


def _catalog(spec: FlowSpec) -> None:
    facts = destination_facts(spec.destination)
    if spec.catalog is not None and not facts.catalogued:
        raise SpecError(f"is for the destination S3 only, not for {facts.title}.", "catalog")


def _filters(spec: FlowSpec) -> None:
    facts = source_facts(spec.source)
    for number, each in enumerate(spec.filters):
        if each.operator in facts.lacks:
            raise SpecError(
                f"{type(each).__name__} is not possible: {facts.title} has no {each.operator}.", f"filters[{number}]"
            )


def _selection(spec: FlowSpec) -> None:
    facts = source_facts(spec.source)
    operations = [each for each in spec.fields if not isinstance(each, PartitionBy)]
    if not operations:
        raise SpecError("says of no field that it is written: add Field(...) or AllFields().", "fields")
    if sum(isinstance(each, AllFields) for each in operations) > 1:
        raise SpecError("has AllFields twice.", "fields")
    takes_all = any(isinstance(each, AllFields | RawTask) for each in operations)
    if "PROJECTION" in facts.lacks and not takes_all:
        raise SpecError(f"must have AllFields(): {facts.title} can't choose fields.", "fields")


def _targets(spec: FlowSpec) -> None:
    """Each of the destination's fields has one origin, and folders are by fields that are there."""
    targets: dict[str, int] = {}
    for number, each in enumerate(spec.fields):
        if not isinstance(each, Mapped) or is_late(each.target):
            continue
        if each.target in targets:
            raise SpecError(
                f"writes {each.target!r}, as fields[{targets[each.target]}] does: give it another name by to=.",
                f"fields[{number}]",
            )
        targets[each.target] = number
    takes_more = any(isinstance(each, AllFields | RawTask) for each in spec.fields)
    for number, each in enumerate(spec.fields):
        if not isinstance(each, PartitionBy):
            continue
        facts = destination_facts(spec.destination)
        if not facts.partitioned:
            raise SpecError(f"is for the destination S3 only, not for {facts.title}.", f"fields[{number}]")
        missing = [name for name in each.names if not is_late(name) and name not in targets]
        if missing and not takes_more and not is_late(each.names):
            raise SpecError(f"names {missing[0]!r}, which no field is written to.", f"fields[{number}].names")


def _same_changes(spec: FlowSpec) -> None:
    """Mask, Truncate and Validate tasks are of the source's field, wherever it goes."""
    first: dict[str, tuple[int, Any]] = {}
    for number, each in enumerate(spec.fields):
        if isinstance(each, Field):
            place, changes = first.setdefault(each.name, (number, each.changes))
            if changes != each.changes:
                raise SpecError(
                    f"takes {each.name!r} in another way than fields[{place}]: masks, lengths and validations hold for "
                    "the source's field wherever it goes, give both the same.",
                    f"fields[{number}]",
                )


def _types(spec: FlowSpec) -> None:
    known, title = source_facts(spec.source).data_types, source_facts(spec.source).title
    if known is None:
        return
    for place, name in _named_types(spec):
        if not is_late(name) and name not in known:
            raise SpecError(f"{name!r} is no data type of {title}. It has {', '.join(sorted(known))}.", place)


def _named_types(spec: FlowSpec) -> Iterator[tuple[str, str]]:
    for number, field in enumerate(spec.fields):
        if isinstance(field, Field) and field.type:
            yield f"fields[{number}].type", field.type
    for number, each in enumerate(spec.filters):
        if each.type:
            yield f"filters[{number}].type", each.type


def _operators(spec: FlowSpec) -> None:
    """Operations that the source's connector doesn't have."""
    facts = source_facts(spec.source)
    for number, each in enumerate(spec.fields):
        for argument, operator in _used(each):
            if operator in facts.lacks:
                raise SpecError(f"is not possible: {facts.title} has no {operator}.", f"fields[{number}]{argument}")


def _used(operation: Any) -> Iterator[tuple[str, str]]:
    if isinstance(operation, Made) and operation.operator != "NO_OP":
        yield "", operation.operator
    if isinstance(operation, Mapped):
        if operation.mask and not is_late(operation.mask):
            yield ".mask", {"a": "MASK_ALL", "f": "MASK_FIRST_N", "l": "MASK_LAST_N"}[operation.mask[0]]
        if operation.validate and not is_late(operation.validate):
            yield from ((".validate", f"VALIDATE_{rule.upper()}") for rule in operation.validate if not is_late(rule))
