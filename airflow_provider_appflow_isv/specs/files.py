"""Specs as plain values and as YAML, under the names of the classes: ``{"Between": {"field": ..., "lower": ...}}``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import Field
from airflow_provider_appflow_isv.specs.values import Value

T = TypeVar("T", bound=Value)


def plain(value: Any) -> Any:
    """Return a member of a spec as JSON values; what is known only later stays as it is."""
    if isinstance(value, Value):
        return {each.name: _named(item) for each, item in value.given()}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def read(kind: type[T], data: Any) -> T:
    """Return the spec that plain values describe.

    :param kind: its class.
    :param data: what :func:`plain` gave, or what somebody wrote in that form.
    :raises SpecError: naming the place of what is wrong.
    """
    if not isinstance(data, Mapping):
        raise SpecError(f"must be a mapping of its arguments, not {type(data).__name__}.", kind.__name__)
    try:
        return kind(**{str(name): _read(item, str(name)) for name, item in data.items()})
    except TypeError as error:
        raise SpecError(str(error), kind.__name__) from None


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return plain values as YAML, in their order."""
    import yaml

    written: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True, width=100)
    return written


def from_yaml(written: str) -> Any:
    """Return the values of a YAML text.

    :raises SpecError: if it is none.
    """
    import yaml

    try:
        return yaml.safe_load(written)
    except yaml.YAMLError as error:
        raise SpecError(f"is no YAML: {error}", "FlowSpec") from None
    except (ValueError, RecursionError) as error:  # a date such as 2021-02-30, or too many brackets
        raise SpecError(f"can't be read: {error}", "FlowSpec") from None


def _named(value: Any) -> Any:
    """A part of a spec under its class's name; a field that is taken as it is by its own name."""
    if isinstance(value, Field) and [each.name for each, _ in value.given()] == ["name"]:
        return value.name
    if isinstance(value, Value):
        return {type(value).__name__: plain(value)}
    return plain(value)


def _read(value: Any, place: str) -> Any:
    """A value of a file: a part of a spec if it is a mapping of one class's name to its arguments."""
    if isinstance(value, list | tuple):
        return [_read(item, f"{place}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, arguments),) = value.items()
        kind = _classes().get(name)
        if kind is not None:
            try:
                return read(kind, {} if arguments is None else arguments)
            except SpecError as error:
                raise error.within(place) from None
    return value


_KNOWN: dict[str, type[Value]] = {}


def _classes() -> dict[str, type[Value]]:
    """Classes by name, a user's own ones too."""
    todo = list(Value.__subclasses__())
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        _KNOWN.setdefault(kind.__name__, kind)
    return _KNOWN
