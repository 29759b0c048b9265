"""Checks a request against the botocore model, as AppFlow does before it looks at anything else.

All violations stand in one ValidationException, worded in AWS's usual form. The values of a connector profile's
configuration and of members that the model marks sensitive are never repeated, others are cut. Inferred: text that
UTF-8 can't encode (half of a surrogate pair) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.utils import parse_timestamp

from airflow_provider_appflow_isv.local.appflow.exceptions import ValidationException
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model

_SECRET_MEMBER = "connectorProfileConfig"  # noqa: S105  # a member's name; the model marks only some of it sensitive
_LONGEST_SHOWN = 100
_ASTRAL = r"\uD800\uDC00-\uDBFF\uDFFF"  # the model writes UTF-16 pairs, Python wants code points
_TYPE_NAMES = {"list": "a list", "map": "a map", "structure": "a structure", "timestamp": "a timestamp"}
_NUMBERS = ("integer", "long", "double")


def validate(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Check the parameters of one operation.

    :param operation: e.g. ``CreateFlow``.
    :param params: the request's members as parsed JSON.
    :return: the parameters that the model knows, nulls left out.
    :raises ValidationException: naming every violation, with its path in the request.
    """
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None  # every operation of AppFlow has input
    violations = list(_violations(shape, params, path="", secret=False))
    if violations:
        plural = "s" if len(violations) > 1 else ""
        raise ValidationException(f"{len(violations)} validation error{plural} detected: " + "; ".join(violations))
    known: dict[str, Any] = _known(shape, params)
    return known


def _violations(shape: Shape, value: Any, path: str, secret: bool) -> Iterator[str]:
    secret = secret or bool(shape.metadata.get("sensitive"))
    if not _has_type(shape, value):
        expected = _TYPE_NAMES.get(shape.type_name, f"of type {shape.type_name}")
        yield _violation(value, path, f"Member must be {expected}", secret)
    elif isinstance(shape, StructureShape):
        yield from _structure_violations(shape, value, path, secret)
    elif isinstance(shape, ListShape):
        yield from _bounds(shape, len(value), "length", value, path, secret)
        for number, item in enumerate(value, start=1):
            yield from _violations(shape.member, item, f"{path}.{number}.member", secret)
    elif isinstance(shape, MapShape):
        yield from _bounds(shape, len(value), "length", value, path, secret)
        for key, item in value.items():
            yield from _violations(shape.key, key, f"{path}.key", secret)
            where = f"{path}.{'***' if secret else _shown(key)}.member"
            yield from _violations(shape.value, item, where, secret)
    elif isinstance(shape, StringShape):
        yield from _string_violations(shape, value, path, secret)
    elif shape.type_name in _NUMBERS:
        yield from _bounds(shape, value, "value", value, path, secret)


def _structure_violations(shape: StructureShape, value: Any, path: str, secret: bool) -> Iterator[str]:
    for name, member in shape.members.items():
        where = f"{path}.{name}" if path else name
        item = value.get(name)
        if item is not None:
            yield from _violations(member, item, where, secret or name == _SECRET_MEMBER)
        elif name in shape.required_members:
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"


def _string_violations(shape: StringShape, value: str, path: str, secret: bool) -> Iterator[str]:
    if not _is_encodable(value):
        yield _violation(value, path, "Member must be a text that UTF-8 can encode", secret)
        return
    if shape.enum:
        if value not in shape.enum:
            allowed = ", ".join(shape.enum)
            yield _violation(value, path, f"Member must satisfy enum value set: [{allowed}]", secret)
        return
    yield from _bounds(shape, len(value), "length", value, path, secret)
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}", secret)


def _bounds(shape: Shape, size: float, what: str, value: Any, path: str, secret: bool) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield _violation(value, path, f"Member must have {what} greater than or equal to {low}", secret)
    if high is not None and size > high:
        yield _violation(value, path, f"Member must have {what} less than or equal to {high}", secret)


def _violation(value: Any, path: str, constraint: str, secret: bool) -> str:
    shown = _shown(value) if isinstance(value, str | int | float) and not secret else "***"
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: object) -> str:
    text = str(value).encode(errors="replace").decode()
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_type(shape: Shape, value: Any) -> bool:
    kind = shape.type_name
    if kind in ("structure", "map"):
        return isinstance(value, dict)
    if kind == "list":
        return isinstance(value, list)
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "timestamp":
        return _is_timestamp(value)
    allowed = (int, float) if kind == "double" else (int,)
    return isinstance(value, allowed) and not isinstance(value, bool)


def _is_timestamp(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str | datetime):
        return False
    try:
        parse_timestamp(value)  # type: ignore[arg-type]  # the stub leaves out numbers
    except (ValueError, OverflowError):
        return False
    return True


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(_ASTRAL, r"\U00010000-\U0010FFFF"), re.ASCII)


def _known(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _known(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_known(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _known(shape.value, item) for key, item in value.items()}
    return value
