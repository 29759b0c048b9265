"""Specs as plain values and as YAML, under the names of the classes: ``{"Between": {"field": ..., "lower": ...}}``.

Where a list or mapping belongs, the text of one, to which Airflow renders a template, counts as it, as for
EmrAddStepsOperator: only DAGs with ``render_template_as_native_obj`` render to lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from airflow_provider_appflow_isv.specs.checks import Map, OneOf, Several
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.fields import Field, FieldOperation
from airflow_provider_appflow_isv.specs.values import Check, Value, concrete, is_late, meant

T = TypeVar("T", bound=Value)


def plain(value: Any) -> Any:
    """Return a member of a spec as JSON values; what is known only later stays as it is."""
    if isinstance(value, Value):
        return {each.name: _unmistakable(each.check, _named(item)) for each, item in value.written()}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def read(kind: type[T], data: Any) -> T:
    """Return the spec that plain values describe.

    :param kind: its class.
    :param data: what :func:`plain` gave, or what somebody wrote in that form.
    :raises SpecError: naming the place of what is wrong.
    """
    found = _literal(data)
    if not isinstance(found, Mapping):
        raise SpecError(_no_mapping(kind, found), kind.__name__)
    return _made(kind, found)


# how numbers and truths look that are the same to YAML and to people: no octal 0123, no base-60 12:30, no "no"
_PLAIN = {"int": r"-?(0|[1-9]\d*)", "float": r"-?\d*\.?\d*(e[-+]?\d+)?", "bool": r"(?i:true|false)"}


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return plain values as YAML, in their order.

    :raises SpecError: if one is the output of a task.
    """
    import yaml

    def dumped(*, unicode: bool) -> str:
        written: str = yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=unicode, width=100)
        return written

    try:
        readable = dumped(unicode=True)
    except yaml.representer.RepresenterError:
        raise SpecError("holds the output of a task, which can't be written to a file.", "FlowSpec") from None
    # some characters, U+0085 among them, PyYAML reads as another than it has written
    return readable if yaml.safe_load(readable) == data else dumped(unicode=False)


def from_yaml(written: str) -> Any:
    """Return the values of a YAML or JSON text.

    :raises SpecError: if it is none, has a name twice, or a word that YAML takes for something else than people do.
    """
    import yaml

    if not isinstance(written, str):
        raise SpecError(f"must be the text of a file, not a {type(written).__name__}: read it first.", "FlowSpec")

    try:
        return json.loads(written, object_pairs_hook=_pairs)  # YAML knows all of JSON but tabs
    except SpecError:
        raise
    except (ValueError, RecursionError):
        pass
    try:
        for node in _nodes(yaml.compose(written, Loader=yaml.SafeLoader)):
            if node.tag.endswith(":map"):
                _pairs([(str(key.value), None) for key, _ in node.value])
            elif _is_surprising(node):
                raise SpecError(
                    f"has {node.value} in line {node.start_mark.line + 1}, which YAML takes for "
                    f"{yaml.safe_load(node.value)!r}: write that, or put it in quotes if it is a text.",
                    "FlowSpec",
                )
        return yaml.safe_load(written)
    except SpecError:
        raise
    except yaml.YAMLError as error:
        raise SpecError(f"is no YAML: {error}", "FlowSpec") from None
    except (ValueError, RecursionError) as error:  # a date such as 2021-02-30, or too many brackets
        raise SpecError(f"can't be read: {error}", "FlowSpec") from None


def _named(value: Any) -> Any:
    """A part of a spec under its class's name; a field that is taken as it is by its own name."""
    written = plain(value)
    if not isinstance(value, Value):
        return written
    if value.written_as is Field and [*written] == ["name"]:
        name = written["name"]
        return {"Field": written} if _is_class(name) or _is_literal(name) else name
    return {value.written_as.__name__: written}


def _unmistakable(check: Check, written: Any) -> Any:
    """A single text that would be read as a list stands in one."""
    return [written] if isinstance(check, Several) and _is_literal(written) else written


def _is_class(name: Any) -> bool:
    return isinstance(name, str) and name in concrete(FieldOperation)


def _made(kind: type[T], data: Mapping[Any, Any]) -> T:
    """A value of a class with its arguments."""
    given = {str(name): value for name, value in data.items()}
    for name, value in given.items():
        if value is None:
            raise SpecError("is empty: give it a value, or leave it out.", name)
    known = {**kind.members, **{name: each for name, (each, _) in kind.fixed.items()}}
    return kind(
        **{name: _read(known[name].check, value, name) if name in known else value for name, value in given.items()}
    )


def _read(check: Check, value: Any, place: str) -> Any:
    """The value of an argument, by what its check takes."""
    if is_late(value) or isinstance(value, Value):
        return value
    if isinstance(check, Several):
        found = _literal(value)
        if isinstance(found, list | tuple):
            return [_read(check.item, item, f"{place}[{number}]") for number, item in enumerate(found)]
        return _read(check.item, value, place)
    if isinstance(check, OneOf):
        return _part(check, _literal(value), place)
    return _literal(value) if isinstance(check, Map) else value


def _part(check: OneOf, value: Any, place: str) -> Any:
    """A part of a spec: a class's name with its arguments, its name only, or its arguments only if there is one class.

    :raises SpecError: if it is nothing of that.
    """
    possible = check.names()
    if isinstance(value, str):
        if value not in possible and check.short is not None:
            return value
        name, arguments = value, None
    elif isinstance(value, Mapping) and len(value) == 1 and (len(possible) > 1 or next(iter(value)) in possible):
        ((name, arguments),) = value.items()
    elif isinstance(value, Mapping) and len(possible) == 1:
        name, arguments = next(iter(possible)), value
    else:
        what = f"{', '.join(map(str, value))}" if isinstance(value, Mapping) else repr(value)
        raise SpecError(
            f"has {what or 'nothing'}, it must have the name of a class with its arguments below it: "
            f"{check.described()}.",
            place,
        )
    kinds = possible.get(str(name), [])
    if not kinds:
        raise SpecError(
            f"{name!r} is not possible here.{meant(str(name), possible)} It must be {check.described()}.", place
        )
    if len(kinds) > 1:
        modules = " and ".join(each.__module__ for each in kinds)
        raise SpecError(f"{name} is the name of classes in {modules}: give one of them another name.", place)
    found = {} if arguments is None else _literal(arguments)
    if not isinstance(found, Mapping):
        raise SpecError(_no_mapping(kinds[0], found), place)
    try:
        return _made(kinds[0], found)
    except SpecError as error:
        raise error.within(place) from None


def _no_mapping(kind: type[Value], found: Any) -> str:
    names = ", ".join(kind.members)
    is_path = isinstance(found, str) and found.endswith((".yaml", ".yml", ".json"))
    hint = " Give the text of the file, not its path." if is_path else ""
    return f"{kind.__name__} must be a mapping of its arguments ({names}), not {type(found).__name__}.{hint}"


def opened(given: Any, rendered: Any) -> Any:
    """Plain values as Airflow has rendered them, with the items of what a template in a list has rendered to.

    :param given: the values with their templates.
    :param rendered: the values that Airflow has made of them.
    """
    if isinstance(given, Mapping) and isinstance(rendered, Mapping):
        return {name: opened(given.get(name), value) for name, value in rendered.items()}
    if not (isinstance(given, list) and isinstance(rendered, list) and len(given) == len(rendered)):
        return rendered
    found: list[Any] = []
    for template, value in zip(given, rendered, strict=True):
        items = _literal(value) if is_late(template) else None
        found += items if isinstance(items, list | tuple) else [opened(template, value)]
    return found


def _is_literal(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(_literal(value), str)


def _literal(value: Any) -> Any:
    """The list or mapping whose text Airflow has rendered, or anything else as it is."""
    if not isinstance(value, str) or is_late(value) or value.strip()[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        pass
    from ast import literal_eval  # for values that aren't JSON only

    try:
        return literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def _pairs(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"has {twice!r} twice in one mapping, of which only one would count.", "FlowSpec")
    return found


def _nodes(root: Any) -> Iterator[Any]:
    """All nodes of a YAML document."""
    todo, seen = [root], set()
    for each in todo:
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each.value, list):
            todo += [part for child in each.value for part in (child if isinstance(child, tuple) else (child,))]


def _is_surprising(node: Any) -> bool:
    """Whether a word that nobody has put in quotes is another number, or a truth, for YAML than for people."""
    kind = node.tag.rpartition(":")[2]
    return kind in _PLAIN and node.style is None and not re.fullmatch(_PLAIN[kind], node.value)
