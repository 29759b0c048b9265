"""Mappings within mappings, by places with dots: how members of the specs stand in AppFlow's requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_appflow_isv.specs.values import Value


def plain_of(value: Any) -> Any:
    """Return a member's value as the request has it."""
    if isinstance(value, Value):
        found: dict[str, Any] = {}
        for each, item in value.stated():
            if each.path:
                put(found, each.path, plain_of(item))
        return found
    return copied(value)


def put(found: dict[str, Any], path: str, value: Any) -> None:
    """Set what stands at a path with dots, with all mappings on the way."""
    *way, last = path.split(".")
    for step in way:
        found = found.setdefault(step, {})
    found[last] = value


def take(found: dict[str, Any], path: str) -> Any:
    """Remove and return what stands at a path with dots; None if nothing does."""
    *way, last = path.split(".")
    for step in way:
        inner = found.get(step)
        if not isinstance(inner, dict):
            return None
        found = inner
    return found.pop(last, None)


def copied(value: Any) -> Any:
    """A copy that shares no mapping or list."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


def stripped(value: Any) -> Any:
    """The same without members that are empty or None."""
    if isinstance(value, Mapping):
        kept = {key: stripped(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [])}
    return value
