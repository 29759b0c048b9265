"""AppFlow's botocore model as JSON Schema, and as a source of requests that it allows and that it forbids."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from hypothesis import strategies as st

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"  # how the model writes what is beyond U+FFFF
_VENDORS_OWN = ("Value",)  # supportedValues are the vendor's own words: picklists have values with blanks in them
_MOST = 2  # items of a generated list or map
_JSON_TYPES = {"string": "string", "boolean": "boolean", "integer": "integer", "long": "integer"}
_WRONG_TYPE: dict[str, list[Any]] = {
    "structure": [[], "text", 7],
    "map": [[], "text", 7],
    "list": [{}, "text", 7],
    "string": [7, {}, [], True],
    "boolean": ["true", 1, {}],
    "timestamp": [{}, [], True, "yesterday"],
}
_NOT_A_NUMBER: list[Any] = ["7", {}, [], True]


def schema(shape: Shape) -> dict[str, Any]:
    """Return the JSON Schema of what may stand in a response: nothing that the model does not know, no nulls."""
    metadata = shape.metadata
    if isinstance(shape, StructureShape):
        return {
            "type": "object",
            "properties": {name: schema(member) for name, member in shape.members.items()},
            "required": shape.required_members,
            "additionalProperties": False,
        }
    if isinstance(shape, ListShape):
        return {"type": "array", "items": schema(shape.member), **_limits(metadata, "minItems", "maxItems")}
    if isinstance(shape, MapShape):
        return {
            "type": "object",
            "propertyNames": schema(shape.key),
            "additionalProperties": schema(shape.value),
            **_limits(metadata, "minProperties", "maxProperties"),
        }
    if isinstance(shape, StringShape) and shape.enum:
        return {"enum": list(shape.enum)}
    described: dict[str, Any] = {"type": _JSON_TYPES.get(shape.type_name, "number")}
    if shape.type_name == "string":
        described |= _limits(metadata, "minLength", "maxLength")
        if "pattern" in metadata and shape.name not in _VENDORS_OWN:
            described["pattern"] = f"^(?:{_pattern(shape)})$"
    else:
        described |= _limits(metadata, "minimum", "maximum")
    return described


def allowed(shape: Shape) -> st.SearchStrategy[Any]:
    """Return values that the model allows."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(shape, StructureShape):
        optional = [name for name in shape.members if name not in shape.required_members]
        chosen = st.lists(st.sampled_from(optional), max_size=_MOST, unique=True) if optional else st.just([])
        return chosen.flatmap(lambda names: _members(shape, [*shape.required_members, *names]))
    if isinstance(shape, ListShape):
        return st.lists(allowed(shape.member), min_size=low or 0, max_size=max(low or 0, _MOST))
    if isinstance(shape, MapShape):
        return st.dictionaries(allowed(shape.key), allowed(shape.value), min_size=low or 0, max_size=_MOST)
    if isinstance(shape, StringShape):
        return _strings(shape)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "timestamp":
        return st.integers(0, 4_000_000_000) | st.floats(0, 4e9, allow_nan=False)
    if shape.type_name == "double":
        return st.floats(allow_nan=False, allow_infinity=False)
    return st.integers(low if low is not None else 0, high if high is not None else 2**31 - 1)


def forbidden(shape: Shape) -> st.SearchStrategy[Any]:
    """Return values that break one rule of the model."""
    wrong: list[st.SearchStrategy[Any]] = [st.sampled_from(_WRONG_TYPE.get(shape.type_name, _NOT_A_NUMBER))]
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(shape, StructureShape):
        if shape.required_members:
            wrong.append(st.sampled_from(shape.required_members).flatmap(partial(_without, shape)))
        if shape.members:
            wrong.append(st.sampled_from(list(shape.members)).flatmap(partial(_with_forbidden, shape)))
    elif isinstance(shape, ListShape):
        wrong.append(st.lists(forbidden(shape.member), min_size=1, max_size=1))
        if high is not None:
            wrong.append(allowed(shape.member).map(lambda item: [item] * (high + 1)))
    elif isinstance(shape, MapShape):
        wrong.append(st.dictionaries(allowed(shape.key), forbidden(shape.value), min_size=1, max_size=1))
    elif isinstance(shape, StringShape):
        wrong += _wrong_strings(shape)
    elif low is not None or high is not None:
        wrong += [st.just(low - 1)] if low is not None else []
        wrong += [st.just(high + 1)] if high is not None else []
    return st.one_of(wrong)


def _members(shape: StructureShape, names: list[str]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({name: allowed(shape.members[name]) for name in names})


def _without(shape: StructureShape, name: str) -> st.SearchStrategy[Any]:
    return _members(shape, [each for each in shape.required_members if each != name])


def _with_forbidden(shape: StructureShape, name: str) -> st.SearchStrategy[Any]:
    others = _members(shape, [each for each in shape.required_members if each != name])
    return st.builds(lambda members, bad: {**members, name: bad}, others, forbidden(shape.members[name]))


def _strings(shape: StringShape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(list(shape.enum))
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 64)
    if "pattern" not in shape.metadata:
        return st.text(min_size=low, max_size=min(high, 64))
    pattern = re.compile(_pattern(shape), re.ASCII)
    if r"\u" in pattern.pattern:  # a class of nearly all letters, which from_regex takes seconds for
        found = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), min_size=low, max_size=20)
    else:
        found = st.from_regex(pattern, fullmatch=True).map(lambda text: text + "0" * (low - len(text)))
    return found.filter(lambda text: len(text) <= high and pattern.fullmatch(text) is not None)


def _wrong_strings(shape: StringShape) -> list[st.SearchStrategy[Any]]:
    if shape.enum:
        return [st.text(max_size=20).filter(lambda text: text not in shape.enum)]
    wrong: list[st.SearchStrategy[Any]] = []
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if high is not None:
        wrong.append(st.just("a" * (high + 1)))
    if low:
        wrong.append(st.just("a" * (low - 1)))
    if "pattern" in shape.metadata:
        pattern = re.compile(_pattern(shape), re.ASCII)
        samples = ["", " ", "\n", "\t x", "ä:(*)"]
        if any(not pattern.fullmatch(sample) for sample in samples):
            wrong.append(st.sampled_from([sample for sample in samples if not pattern.fullmatch(sample)]))
    return wrong


def _pattern(shape: Shape) -> str:
    return str(shape.metadata["pattern"]).replace(_SURROGATES, r"\U00010000-\U0010FFFF")


def _limits(metadata: dict[str, Any], least: str, most: str) -> dict[str, Any]:
    limits = {least: metadata.get("min"), most: metadata.get("max")}
    return {name: value for name, value in limits.items() if value is not None}
