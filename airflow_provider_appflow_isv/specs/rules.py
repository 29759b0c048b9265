"""What parts of a flow don't go together, said before AppFlow would refuse it.

Facts: AppFlow user guide ("Flow triggers", "Quotas", "Partitioning", "Amazon EventBridge", "Cataloging") and service
model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_appflow_isv.specs.destinations import SalesforceDestination
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import (
    MASKS,
    VALIDATIONS,
    AllFields,
    Field,
    Made,
    Mapped,
    PartitionBy,
    RawTask,
)
from airflow_provider_appflow_isv.specs.filters import FILTERS, Filter
from airflow_provider_appflow_isv.specs.general import ConnectorSource, destination_facts, source_facts
from airflow_provider_appflow_isv.specs.sources import SalesforceSource
from airflow_provider_appflow_isv.specs.tasks import declared_types, types_are_known
from airflow_provider_appflow_isv.specs.triggers import UNITS, OnEvent, Schedule
from airflow_provider_appflow_isv.specs.values import has_late, is_late, meant

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.flow import FlowSpec

T = TypeVar("T")
_EVENT_ENDINGS = ("ChangeEvent", "__e")


def verify(spec: FlowSpec) -> None:
    """Refuse parts of a flow that don't go together, as far as their values are known.

    :param spec: the flow.
    :raises SpecError: naming one of them.
    """
    for rule, needs in _RULES:
        if not any(_is_late_part(getattr(spec, name)) for name in needs):
            rule(spec)


def _is_late_part(value: Any) -> bool:
    """Whether nothing is known of a part: it is a template, or an end whose connector one will say."""
    return is_late(value) or is_late(getattr(value, "type_name", None))


def _known(parts: Any, kind: type[T]) -> Iterator[tuple[int, T]]:
    """The parts of a class in a list, with their places; what is known only later is none."""
    return ((number, each) for number, each in enumerate(parts) if isinstance(each, kind))


def _trigger(spec: FlowSpec) -> None:
    facts, name = source_facts(spec.source), _object_of(spec.source)
    if isinstance(spec.trigger, OnEvent):
        if not facts.events:
            raise SpecError(f"OnEvent is not possible: {facts.title} has no events, only Salesforce has.", "trigger")
        if name is not None and not name.endswith(_EVENT_ENDINGS):
            raise SpecError(
                f"{name!r} has no events: name a change event such as {name}ChangeEvent, or a platform event such as "
                "Example__e.",
                "source.object",
            )
    elif facts.events and name is not None and name.endswith(_EVENT_ENDINGS):
        raise SpecError(
            f"{type(spec.trigger).__name__} is not possible: {name!r} has events only, take OnEvent().", "trigger"
        )
    if isinstance(spec.trigger, Schedule):
        shortest = spec.trigger.shortest
        if shortest is not None and shortest < UNITS[facts.most_often]:
            raise SpecError(
                f"{spec.trigger.expression!r} is too often for {facts.title}: its schedules count in {facts.most_often}"
                f"{' or longer units' if facts.most_often != 'days' else ''}.",
                "trigger.expression",
            )


def _object_of(source: Any) -> str | None:
    """The name of what is read, if it is known."""
    name = getattr(source, "object", None)
    if isinstance(source, ConnectorSource) and not is_late(source.properties):
        name = source.properties.get("object")
    return name if isinstance(name, str) and not is_late(name) else None


def _event_bus(spec: FlowSpec) -> None:
    is_bus, source = spec.destination.type_name == "EventBridge", spec.source.type_name
    if is_bus and not ((source == "Salesforce" or is_late(source)) and isinstance(spec.trigger, OnEvent)):
        raise SpecError("EventBridge takes events of Salesforce only, with the trigger OnEvent().", "destination")


def _catalog(spec: FlowSpec) -> None:
    facts = destination_facts(spec.destination)
    if spec.catalog is not None and not facts.catalogued:
        raise SpecError(f"is for the destination S3 only, not for {facts.title}.", "catalog")


def _new_fields(spec: FlowSpec) -> None:
    takes_new = isinstance(spec.source, SalesforceSource) and spec.source.enable_dynamic_field_update is True
    if takes_new and spec.destination.type_name != "S3":
        raise SpecError("is possible for the destination S3 only.", "source.enable_dynamic_field_update")


def _filters(spec: FlowSpec) -> None:
    facts = source_facts(spec.source)
    for number, each in _known(spec.filters, Filter):
        if each.operator in facts.lacks:
            possible = [one.__name__ for one in FILTERS if one.operator not in facts.lacks]
            raise SpecError(
                f"{type(each).__name__} is not possible: {facts.title} has no {each.operator}, only "
                f"{', '.join(possible) or 'flows without filters'}.",
                f"filters[{number}]",
            )


def _ambiguous(spec: FlowSpec) -> None:
    """Texts of which only the person knows whether they are days, moments, numbers or texts."""
    if not types_are_known(spec.source, spec.fields):
        return
    declared = declared_types(spec.source, spec.fields)
    for number, each in _known(spec.filters, Filter):
        if not is_late(each.field) and not is_late(each.type) and each.is_ambiguous(declared):
            raise SpecError(
                f"{each.compared[0]!r} is a text, and {each.field} may be anything: say what it is, e.g. "
                'type="datetime" (as Salesforce\'s CreatedDate), type="date" or type="double".',
                f"filters[{number}].type",
            )


def _lost_types(spec: FlowSpec) -> None:
    """Dates and decimals whose data type nobody can tell any more once templates are rendered."""
    are_known = types_are_known(spec.source, spec.fields)
    declared = declared_types(spec.source, spec.fields)
    for number, each in _known(spec.filters, Filter):
        if each.needs_type(declared, are_known=are_known):
            raise SpecError(
                "is needed: beside a template, or while source, fields or the filter's field is one, a date or Decimal "
                'becomes a text. Say what the field is, e.g. type="date", type="datetime" or type="double".',
                f"filters[{number}].type",
            )


def _selection(spec: FlowSpec) -> None:
    facts = source_facts(spec.source)
    if sum(1 for _ in _known(spec.fields, AllFields)) > 1:
        raise SpecError("has AllFields twice.", "fields")
    if any(map(is_late, spec.fields)):
        return
    if all(isinstance(each, PartitionBy) for each in spec.fields):
        raise SpecError("says of no field that it is written: add Field(...) or AllFields().", "fields")
    if "PROJECTION" in facts.lacks and not _takes_more(spec):
        raise SpecError(f"must have AllFields(): {facts.title} can't choose fields.", "fields")


def _takes_more(spec: FlowSpec) -> bool:
    """Whether fields are written beyond those that are mapped one by one, or may be."""
    return any(is_late(each) or isinstance(each, AllFields | RawTask) for each in spec.fields)


def _targets(spec: FlowSpec) -> dict[str, int]:
    """The destination's fields, as far as they are known, with the places of the operations that write them."""
    return {each.target: number for number, each in _known(spec.fields, Mapped) if not is_late(each.target)}


def _one_origin(spec: FlowSpec) -> None:
    targets: dict[str, int] = {}
    for number, each in _known(spec.fields, Mapped):
        if is_late(each.target):
            continue
        if each.target in targets:
            raise SpecError(
                f"writes {each.target!r}, as fields[{targets[each.target]}] does: give it another name by to=.",
                f"fields[{number}]",
            )
        targets[each.target] = number


def _folders(spec: FlowSpec) -> None:
    facts, targets = destination_facts(spec.destination), _targets(spec)
    places = [number for number, _ in _known(spec.fields, PartitionBy)]
    if places and not facts.partitioned:
        raise SpecError(f"is for the destination S3 only, not for {facts.title}.", f"fields[{places[0]}]")
    if len(places) > 1:
        raise SpecError("is a second PartitionBy: name all folders in one.", f"fields[{places[1]}]")
    for number, each in _known(spec.fields, PartitionBy):
        for name in () if is_late(each.names) else each.names:
            if not is_late(name) and name not in targets and not _may_write(spec, name):
                raise SpecError(f"names {name!r}, which no field is written to.", f"fields[{number}].names")


def _keys(spec: FlowSpec) -> None:
    """What records of the destination are found by has to be written."""
    targets = {each.casefold() for each in _targets(spec)}
    operation = getattr(spec.destination, "operation", None)
    names = getattr(spec.destination, "id_fields", ()) if operation == "UPSERT" else ()
    place = "destination.id_fields"
    if isinstance(spec.destination, SalesforceDestination) and operation in ("UPDATE", "DELETE"):
        names, place = ("Id",), "fields"  # AppFlow user guide, "Salesforce": these go by the record's id only
    for name in () if is_late(names) else names:
        if not is_late(name) and name.casefold() not in targets and not _may_write(spec, name):
            raise SpecError(f"{operation} finds records by {name!r}, but no field is written to it.", place)


def _may_write(spec: FlowSpec, name: str) -> bool:
    """Whether a field may be written that no operation names."""
    if any(is_late(each) or isinstance(each, RawTask) for each in spec.fields):
        return True
    if any(is_late(each.target) for _, each in _known(spec.fields, Mapped)):
        return True
    apart = {each.name for _, each in _known(spec.fields, Field) if not is_late(each.name)}
    excluded = (each.exclude for _, each in _known(spec.fields, AllFields))
    return any(is_late(names) or name not in {*names, *apart} for names in excluded)


def _same_changes(spec: FlowSpec) -> None:
    """Mask, Truncate and Validate tasks are of the source's field, wherever it goes."""
    first: dict[str, tuple[int, Any]] = {}
    for number, each in _known(spec.fields, Field):
        if not is_late(each.name) and not has_late(each.changes):
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
            raise SpecError(
                f"{name!r} is no data type of {title}.{meant(name, known)} It has {', '.join(sorted(known))}.", place
            )


def _named_types(spec: FlowSpec) -> Iterator[tuple[str, str]]:
    for number, field in [] if is_late(spec.fields) else _known(spec.fields, Field):
        if field.type is not None:
            yield f"fields[{number}].type", field.type
    for number, each in [] if is_late(spec.filters) else _known(spec.filters, Filter):
        if each.type is not None:
            yield f"filters[{number}].type", each.type


def _operators(spec: FlowSpec) -> None:
    """Operations that the source's connector doesn't have."""
    facts = source_facts(spec.source)
    for number, each in _known(spec.fields, Mapped):
        for argument, operator in _used(each):
            if operator in facts.lacks:
                raise SpecError(f"is not possible: {facts.title} has no {operator}.", f"fields[{number}]{argument}")


def _used(operation: Mapped) -> Iterator[tuple[str, str]]:
    if isinstance(operation, Made) and operation.operator != "NO_OP":
        yield "", operation.operator
    if operation.mask is not None and not is_late(operation.mask):
        yield ".mask", MASKS[operation.mask[0]]
    if not is_late(operation.validate):
        yield from ((".validate", VALIDATIONS[rule]) for rule in operation.validate if not is_late(rule))


_RULES: tuple[tuple[Callable[[FlowSpec], None], tuple[str, ...]], ...] = (
    (_trigger, ("source", "trigger")),
    (_event_bus, ("source", "destination", "trigger")),
    (_catalog, ("destination",)),
    (_new_fields, ("source", "destination")),
    (_filters, ("source", "filters")),
    (_ambiguous, ("source", "fields", "filters")),
    (_lost_types, ("filters",)),
    (_selection, ("source", "fields")),
    (_one_origin, ("fields",)),
    (_folders, ("destination", "fields")),
    (_keys, ("destination", "fields")),
    (_same_changes, ("fields",)),
    (_types, ("source",)),
    (_operators, ("source", "fields")),
)
