"""Filter tasks: their values, and how they hold for records of sources that cannot filter.

Stated publicly: values of one filter are joined by OR, filters by AND; BETWEEN is exclusive (cdk-appflow, Airflow's
amazon provider, AppFlow user guide). Inferred: NOT_EQUAL_TO refuses every one of its values. In memory the filters
choose what Salesforce chooses, but for letter case: Salesforce compares texts without regard to it, AppFlow itself is
taken to compare them as they are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .data_types import Kind, Value, kind_of, parse, read

if TYPE_CHECKING:
    from .job import Record

Test = Callable[["Record"], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL_TO": operator.le,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL_TO": operator.ge,
}


@dataclass(frozen=True)
class Filter:
    """One Filter task other than the projection."""

    field: str
    operator: str
    properties: Mapping[str, str]

    @property
    def kind(self) -> Kind:
        """How values compare, by DATA_TYPE; text without one."""
        return kind_of(self.properties.get("DATA_TYPE", "string"))

    def values(self) -> list[Value]:
        """Return LOWER_BOUND and UPPER_BOUND of BETWEEN, else VALUE, or VALUES, separated by commas.

        :raises ValueError: naming what is missing or is not of the filter's DATA_TYPE.
        """
        if self.operator == "BETWEEN":
            return [
                self._value("LOWER_BOUND", self._text("LOWER_BOUND")),
                self._value("UPPER_BOUND", self._text("UPPER_BOUND")),
            ]
        if "VALUES" in self.properties:
            return [self._value("VALUES", text.strip()) for text in self.properties["VALUES"].split(",")]
        return [self._value("VALUE", self._text("VALUE"))]

    def _text(self, key: str) -> str:
        try:
            return self.properties[key]
        except KeyError:
            raise ValueError(f"the filter {self.operator} on {self.field} has no {key}") from None

    def _value(self, key: str, text: str) -> Value:
        try:
            return parse(self.kind, text)
        except ValueError:
            hint = " (milliseconds since the epoch)" if self.kind in ("date", "datetime") else ""
            data_type = self.properties["DATA_TYPE"]
            raise ValueError(
                f"{key} of the filter {self.operator} on {self.field} is no {data_type}{hint}: {text}"
            ) from None


def matcher(filters: Sequence[Filter]) -> Test:
    """Return what says of a record whether all filters hold for it.

    Null, and a value that is none of the filter's data type, is neither equal to, nor between, nor more or less than
    anything; so it passes NOT_EQUAL_TO only.

    :param filters: the flow's filters; none keep every record.
    """
    tests = [_test(each) for each in filters]
    return lambda record: all(test(record) for test in tests)


def _test(filter_: Filter) -> Test:
    field, kind = filter_.field, filter_.kind
    wanted: list[Any] = [value if value != "" else None for value in filter_.values()]  # empty text is null
    if filter_.operator == "EQUAL_TO":
        return lambda record: read(kind, record.get(field)) in wanted
    if filter_.operator == "NOT_EQUAL_TO":
        return lambda record: read(kind, record.get(field)) not in wanted
    holds = _comparison(filter_.operator, wanted)

    def test(record: Record) -> bool:
        value = read(kind, record.get(field))
        return value is not None and holds(value)

    return test


def _comparison(name: str, wanted: list[Any]) -> Callable[[Any], bool]:
    present = [each for each in wanted if each is not None]
    if name == "BETWEEN":
        low, high = present
        return lambda value: bool(low < value < high)
    if name == "CONTAINS":
        return lambda value: any(str(each) in str(value) for each in present)
    compare = _ORDERS[name]
    return lambda value: any(compare(value, each) for each in present)
