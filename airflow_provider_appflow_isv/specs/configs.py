"""Sources and destinations as AppFlow's requests and answers have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv.specs.ends import End, ErrorHandling, classes, key_of
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.places import copied, plain_of, put, stripped, take

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.specs.values import Value

_FOLDER = "bucketPrefix"
_NESTED: dict[str, type[Value]] = {"errorHandlingConfig": ErrorHandling}


def config_of(end: End) -> dict[str, Any]:
    """Return a source or destination as the request has it, SourceFlowConfig or DestinationFlowConfig."""
    config: dict[str, Any] = {"connectorType": end.type_name}
    for each, value in end.stated():
        if each.path and not each.path.startswith("*."):
            put(config, each.path, plain_of(value))
    config[f"{end.side}ConnectorProperties"] = {end.key: end.own_properties()}
    return config


def end_of(side: str, config: Mapping[str, Any]) -> End | None:
    """Return what a request or an answer describes, as its connector's class; None if that has no room for all of it.

    :param side: ``source`` or ``destination``.
    :param config: SourceFlowConfig or DestinationFlowConfig.
    """
    found = classes(side).get(config["connectorType"])
    try:
        return found(**_members(found, config)) if found else None
    except SpecError:  # AWS has let through what our checks don't, or knows a member that this version doesn't
        return None


def keep_folder(before: Mapping[str, Any], after: dict[str, Any]) -> None:
    """Write an unchanged folder as the flow has it: AppFlow may take one without its last slash for another one.

    :param before: SourceFlowConfig or DestinationFlowConfig, as it is.
    :param after: as it should be; it is changed.
    """
    for name, holder in after.items():
        for key, own in holder.items() if name.endswith("ConnectorProperties") else ():
            folder = ((before.get(name) or {}).get(key) or {}).get(_FOLDER)
            if folder and folder.rstrip("/") == own.get(_FOLDER, ""):
                own[_FOLDER] = folder


def arguments_of(kind: type[Value], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a class, by name, that a mapping of a request or an answer has.

    :param kind: the class.
    :param found: the mapping that it stands for there.
    :raises SpecError: if it has anything else.
    """
    left = copied(found)
    values = {name: take(left, each.path) for name, each in kind.members.items() if each.path}
    refuse_more(left)
    return {name: value for name, value in values.items() if value is not None}


def refuse_more(left: Mapping[str, Any], *known: str) -> None:
    """Refuse members that say something and that nobody has read.

    :param left: the members.
    :param known: names of those that may be there.
    :raises SpecError: naming one of the others.
    """
    for name in sorted({*stripped(left)} - {*known}):
        raise SpecError("is not known to this version.", name)


def _members(kind: type[End], config: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a class, by name, as a config has them.

    :raises SpecError: if it has anything else.
    """
    rest = copied(config)
    own = (rest.pop(f"{kind.side}ConnectorProperties", None) or {}).get(key_of(kind.handles)) or {}
    del rest["connectorType"]
    if "profile" not in kind.members:
        rest.pop("connectorProfileName", None)  # AWS's own samples name one where none is needed
    values: dict[str, Any] = {}
    for each in kind.members.values():
        if each.path:
            value = take(own, each.path[2:]) if each.path.startswith("*.") else take(rest, each.path)
            nested = _NESTED.get(each.path.removeprefix("*."))
            values[each.name] = _read(nested, value) if nested and isinstance(value, Mapping) else value
    refuse_more({**rest, **own})
    return {name: value for name, value in values.items() if value is not None}


def _read(kind: type[Value], found: Mapping[str, Any]) -> Value | None:
    """The value that a mapping stands for; None if it says no more than the defaults."""
    read = kind(**arguments_of(kind, found))
    return read if read != kind() else None
