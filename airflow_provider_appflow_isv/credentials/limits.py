"""What AppFlow's service model allows of credentials: botocore knows it, and checks neither lengths nor patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError

if TYPE_CHECKING:
    from botocore.model import Shape

    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_SHAPE = "ConnectorProfileCredentials"


def check_limits(hook: AppFlowHook, credentials: Mapping[str, Any]) -> None:
    """Refuse credentials that AppFlow would not take, without repeating any value.

    :param hook: its client has the service model.
    :param credentials: the ``connectorProfileCredentials`` member.
    :raises TenantConfigurationError: naming the members, and what AppFlow's service model allows of them.
    """
    if problems := list(_problems(hook.conn.meta.service_model.shape_for(_SHAPE), credentials, "")):
        raise TenantConfigurationError(
            f"AppFlow does not take these credentials: {'; '.join(problems)}.",
            account=hook.known_account,
            hint="Correct what the connection or secret holds.",
        )


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind: Any = shape
    if shape.type_name == "structure" and isinstance(value, Mapping):
        yield from _structure_problems(kind, value, path)
    elif shape.type_name == "map" and isinstance(value, Mapping):
        yield from _bounds(shape, len(value), "members", path)
        for name, item in value.items():
            yield from _problems(kind.key, name, f"a name in {path}")
            yield from _problems(kind.value, item, f"a value in {path}")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _text_problems(kind, value, path)
    else:
        yield f"{path or _SHAPE} is not a {'text' if shape.type_name == 'string' else shape.type_name}"


def _structure_problems(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"{_below(path, name)} is missing"
    for name, item in value.items():
        if name in shape.members:
            yield from _problems(shape.members[name], item, _below(path, name))
        else:
            yield f"{_below(path, name)} is not known to the botocore that is installed (a newer one may)"


def _text_problems(shape: Any, value: str, path: str) -> Iterator[str]:
    if shape.enum:
        if value not in shape.enum:
            yield f"{path} must be one of {', '.join(shape.enum)}"
        return
    yield from _bounds(shape, len(value), "characters", path)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        yield f"{path} must be like {pattern}{_what_is_wrong(value)}"


def _what_is_wrong(value: str) -> str:
    if not value:
        return " and is empty"
    if re.search(r"[\r\n]", value):
        return " and has a line break in it"
    return " and has white space in it" if re.search(r"\s", value) else ""


def _bounds(shape: Shape, size: int, unit: str, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if size < low or (high is not None and size > high):
        yield f"{path} has {size} {unit}, and may have {f'{low} to' if low else 'up to'} {high}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
