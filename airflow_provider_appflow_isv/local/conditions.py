"""Condition operators, wildcards and policy variables of IAM policies.

Facts: IAM user guide, "IAM JSON policy elements: Condition operators", "Set operators for multivalued context keys"
and "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

Context = Mapping[str, str | Sequence[str]]
"""Condition keys of a request: a text for a single-valued key, a sequence of texts for a multivalued one."""

_MANY, _ONE = "\ud800", "\ud801"  # stand for * and ? once variables are filled in; lone surrogates are in no policy
_WILDCARDS = str.maketrans({"*": _MANY, "?": _ONE})
_NO_WILDCARDS = str.maketrans({_MANY: "*", _ONE: "?"})
_VARIABLE = re.compile(r"\$\{\s*([^{},]*?)\s*(?:,\s*'([^{}]*)'\s*)?\}")
_ARN_PARTS = 6


class Spelled(str):
    """A value of a condition key that a policy may write in other ways too: an operator tries all of them."""

    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: str, *others: str) -> Spelled:
        """Return a value with the other ways of writing it."""
        spelled = cls(value)
        spelled.others = others
        return spelled


class NotUnderstoodError(ValueError):
    """A part of a policy that cannot be evaluated, so that it must not grant anything."""


@dataclass(frozen=True)
class RequestContext:
    """Condition keys of one request, found whatever their case.

    :param values: the keys and their values.
    :param variables: whether ``${..}`` in policies is filled in, which policies of version 2012-10-17 ask for.
    """

    values: Mapping[str, str | Sequence[str]]
    variables: bool = True

    @classmethod
    def of(cls, context: Context, *, variables: bool) -> RequestContext:
        """Take a request's condition keys."""
        return cls({key.lower(): value for key, value in context.items()}, variables)

    def all(self, key: str) -> Sequence[str]:
        """Return a key's values, none if the request does not have the key."""
        value = self.values.get(key.lower(), ())
        return (value,) if isinstance(value, str) else value

    def fill(self, pattern: str) -> str | None:
        """Return a pattern with its variables filled in and its wildcards marked, None if a variable has no value.

        What a variable brings in is literal, also where it holds a wildcard's character.
        """
        if not self.variables:
            return pattern.translate(_WILDCARDS)
        filled, end = "", 0
        for variable in _VARIABLE.finditer(pattern):
            value = self._variable(variable[1], variable[2])
            if value is None:
                return None
            filled += pattern[end : variable.start()].translate(_WILDCARDS) + value
            end = variable.end()
        return filled + pattern[end:].translate(_WILDCARDS)

    def _variable(self, name: str, default: str | None) -> str | None:
        if name in ("*", "?", "$"):
            return name
        value = self.values.get(name.lower())
        return value if isinstance(value, str) else default  # a multivalued key cannot be a variable


def text_matches(pattern: str, value: str, context: RequestContext) -> bool:
    """Say whether a value matches a pattern: ``*`` any run of characters, ``?`` one, ``${key}`` a variable."""
    filled = context.fill(pattern)
    return filled is not None and _glob(filled, value)


def conditions_met(conditions: Any, context: RequestContext) -> bool:
    """Say whether all conditions of a statement hold.

    :param conditions: the statement's Condition element.
    :param context: the request's condition keys.
    :return: False if one does not hold, else True.
    :raises NotUnderstoodError: if one cannot be evaluated and all others hold.
    """
    unknown = None
    for name, key, expected in _flattened(conditions):
        try:
            if not _condition_holds(name, expected, context.all(key), context):
                return False
        except NotUnderstoodError as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return True


def _flattened(conditions: Any) -> Iterator[tuple[str, str, list[str]]]:
    if not isinstance(conditions, Mapping):
        raise NotUnderstoodError("Condition: not an object.")
    for name, expectations in conditions.items():
        if not isinstance(expectations, Mapping):
            raise NotUnderstoodError(f"Condition: {name} is not an object.")
        for key, expected in expectations.items():
            yield name, key, [str(each) for each in as_list(expected)]


def as_list(value: Any) -> Sequence[Any]:
    """Return a policy's value as a list: it is written as one value or as a list of them."""
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


def _condition_holds(name: str, expected: list[str], actual: Sequence[str], context: RequestContext) -> bool:
    quantifier, _, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if name == "Null":
        return any(each.lower() == str(not actual).lower() for each in expected)
    operator = _OPERATORS.get(base)
    if operator is None or quantifier not in ("", "ForAnyValue", "ForAllValues"):
        raise NotUnderstoodError(f"Condition: the operator {name} is not known.")
    if not actual:
        if base != rest or quantifier == "ForAllValues":
            return True
        return operator.negated and not quantifier
    verdicts = [operator.accepts(expected, value, context) for value in actual]
    if not quantifier and len(verdicts) > 1:
        raise NotUnderstoodError(f"Condition: {name} needs ForAnyValue or ForAllValues for a key with several values.")
    return any(verdicts) if quantifier == "ForAnyValue" else all(verdicts)


@dataclass(frozen=True)
class _Operator:
    matches: Callable[[str, str], bool]
    negated: bool = False
    has_variables: bool = False

    def accepts(self, expected: list[str], actual: str, context: RequestContext) -> bool:
        spellings = (actual, *actual.others) if isinstance(actual, Spelled) else (actual,)
        patterns = list(self._filled(expected, context))
        try:
            return any(self.matches(each, spelt) for each in patterns for spelt in spellings) is not self.negated
        except (ValueError, InvalidOperation, OverflowError):
            raise NotUnderstoodError(f"Condition: {actual!r} cannot be compared with {expected}.") from None

    def _filled(self, expected: list[str], context: RequestContext) -> Iterator[str]:
        for each in expected:
            filled = context.fill(each) if self.has_variables else each
            if filled is not None:  # a variable without a value is equal to nothing and like nothing
                yield filled


@lru_cache(maxsize=1024)
def _expression(filled: str) -> re.Pattern[str]:
    return re.compile(re.escape(filled).replace(_MANY, ".*").replace(_ONE, "."), re.DOTALL)


def _glob(filled: str, value: str) -> bool:
    return _expression(filled).fullmatch(value) is not None


def _equal(filled: str, actual: str) -> bool:
    return filled.translate(_NO_WILDCARDS) == actual


def _equal_ignoring_case(filled: str, actual: str) -> bool:
    return _equal(filled.lower(), actual.lower())


def _arn_like(filled: str, arn: str) -> bool:
    """Part by part, so that a wildcard never reaches over a colon (IAM user guide, "ARN condition operators")."""
    patterns, parts = filled.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    return len(patterns) == len(parts) == _ARN_PARTS and all(map(_glob, patterns, parts))


def _in_network(expected: str, actual: str) -> bool:
    return ip_address(actual) in ip_network(expected, strict=False)


def _moment(text: str) -> float:
    """Seconds since the epoch of a date in ISO 8601 or in such seconds."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text_operators() -> dict[str, _Operator]:
    matchers = {
        ("StringEquals", "StringNotEquals"): _equal,
        ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"): _equal_ignoring_case,
        ("StringLike", "StringNotLike"): _glob,
        ("ArnEquals", "ArnNotEquals"): _arn_like,  # the same as ArnLike and ArnNotLike, says the IAM user guide
        ("ArnLike", "ArnNotLike"): _arn_like,
    }
    operators = {"Bool": _Operator(_equal_ignoring_case, has_variables=True)}
    for (positive, negative), matches in matchers.items():
        operators[positive] = _Operator(matches, has_variables=True)
        operators[negative] = _Operator(matches, negated=True, has_variables=True)
    return operators


def _ordered_operators(kind: str, read: Callable[[str], Any]) -> dict[str, _Operator]:
    return {
        f"{kind}Equals": _Operator(lambda expected, actual: bool(read(actual) == read(expected))),
        f"{kind}NotEquals": _Operator(lambda expected, actual: bool(read(actual) == read(expected)), negated=True),
        f"{kind}LessThan": _Operator(lambda expected, actual: bool(read(actual) < read(expected))),
        f"{kind}LessThanEquals": _Operator(lambda expected, actual: bool(read(actual) <= read(expected))),
        f"{kind}GreaterThan": _Operator(lambda expected, actual: bool(read(actual) > read(expected))),
        f"{kind}GreaterThanEquals": _Operator(lambda expected, actual: bool(read(actual) >= read(expected))),
    }


_OPERATORS: dict[str, _Operator] = {
    **_text_operators(),
    **_ordered_operators("Numeric", Decimal),
    **_ordered_operators("Date", _moment),
    "BinaryEquals": _Operator(str.__eq__),  # both sides are base64
    "IpAddress": _Operator(_in_network),
    "NotIpAddress": _Operator(_in_network, negated=True),
}
