"""The filters: which records a flow takes. Several of them all have to hold.

Facts: AppFlow's bounds of BETWEEN, GREATER_THAN and LESS_THAN are exclusive, points in time are milliseconds since the
epoch, several values of one filter are joined by OR (cdk-appflow, Airflow's amazon provider, AppFlow user guide).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar

from airflow_provider_appflow_isv.specs import data_types
from airflow_provider_appflow_isv.specs.checks import MAX_PROPERTY, moment, several, text
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import Value, is_late, member

Scalar = str | bool | int | float | Decimal | date
_IN_ORDER = (*data_types.TIMES, *data_types.WHOLE, *data_types.FRACTIONS)
field_check = text(MAX_PROPERTY)
type_check = text(256, r"[\w:.()-]+", says="has no blanks")


def _scalar(value: Any) -> Any:
    if not isinstance(value, Scalar):
        raise ValueError("must be a text, a number, True or False, a date or a datetime")
    if isinstance(value, str) and not re.fullmatch(r".+", value):
        raise ValueError("is not possible: AppFlow takes no empty text and no line breaks")
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise ValueError("is no number that can be compared with")
    return moment(value) if isinstance(value, datetime) else value


def _ordered(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("has nothing below or above it")
    return _scalar(value)


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return _scalar(value)


class Filter(Value, ABC, base=True):
    """Base of the filters.

    :param field: the source's field.
    :param type: the field's data type, e.g. ``datetime``; default is what the flow's ``fields`` say of the field, else
        what its source says of a field that all objects have, such as CreatedDate, else what the value is: string,
        boolean, integer, double, date or datetime. For filters that order, a text of ISO 8601 with a time is a point
        in time; other texts need a type, e.g. ``date``.
    """

    operator: ClassVar[str] = ""
    orders: ClassVar[bool] = False

    field: str = member(field_check, kw_only=False)
    type: str | None = member(type_check, default=None)

    @property
    @abstractmethod
    def compared(self) -> tuple[Any, ...]:
        """The values to compare with."""

    def type_in(self, declared: Mapping[str, str]) -> str | None:
        """The data type that counts; None while the values are not known.

        :param declared: data types by field, as the flow's fields give them.
        """
        return self._given_type(declared) or self._type_by_value()

    def is_ambiguous(self, declared: Mapping[str, str]) -> bool:
        """Whether the value's data type is anybody's guess: texts that order may be numbers, days or moments.

        :param declared: data types by field, as the flow's fields give them.
        """
        if not self.orders or not all(isinstance(each, str) and not is_late(each) for each in self.compared):
            return False
        return not self._given_type(declared) and self._type_by_value() in ("string", "date")

    def needs_type(self, declared: Mapping[str, str], *, are_known: bool) -> bool:
        """Whether its data type would get lost: Airflow renders plain values, in which dates and decimals are texts.

        :param declared: data types by field, as far as the flow says them now.
        :param are_known: whether nothing that is known later can say another one.
        """
        times = datetime if self.orders else ()  # where order counts, the text of a time is a time
        is_lost = any(isinstance(each, date | Decimal) and not isinstance(each, times) for each in self.compared)
        are_known = are_known and not any(map(is_late, (self.field, *self.compared)))
        return is_lost and not are_known and not self._given_type(declared)

    def explicit(self, declared: Mapping[str, str]) -> Filter:
        """The same with its data type where a file's values don't show it: dates and decimals become texts there.

        :param declared: data types by field, as the flow's fields give them.
        """
        shows_type = not any(isinstance(each, date | Decimal) for each in self.compared)
        if self.type is not None or shows_type or is_late(self.field):
            return self
        return self.replace(type=self.type_in(declared))

    def _given_type(self, declared: Mapping[str, str]) -> str | None:
        return self.type or (None if is_late(self.field) else declared.get(self.field))

    def _type_by_value(self) -> str | None:
        if any(is_late(value) for value in self.compared):
            return None
        return data_types.type_of(self.compared, reads_times=self.orders)

    def properties(self, declared: Mapping[str, str]) -> dict[str, str]:
        """The values as taskProperties.

        :param declared: data types by field, as the flow's fields give them.
        :raises SpecError: if a value is none of the data type, or too long.
        """
        data_type = self.type_in(declared)
        written = self._placed([self._written(value, data_type) for value in self.compared])
        for name, each in written.items():
            if len(each) > MAX_PROPERTY:
                raise SpecError(
                    f"has {len(each)} characters as AppFlow writes it, {MAX_PROPERTY} at most are possible.",
                    {"LOWER_BOUND": "lower", "UPPER_BOUND": "upper"}.get(name, "value"),
                )
        return {**({"DATA_TYPE": data_type} if data_type else {}), **written}

    def _written(self, value: Any, data_type: str | None) -> Any:
        try:
            return data_types.written(value, data_type)
        except ValueError as error:
            name = next((name for name in ("value", "lower", "upper") if self.__dict__.get(name) == value), "value")
            raise SpecError(f"{value!r} {error}", name) from None

    @abstractmethod
    def _placed(self, written: list[Any]) -> dict[str, Any]:
        """The written values by the names of their taskProperties."""


class Comparison(Filter, base=True):
    """Base of the filters that compare with one value, or with several of which one has to do.

    :param field: the source's field.
    :param value: a text, a number, True or False, a date or a datetime (UTC without an offset), or a list of them.
    :param type: as of :class:`Filter`.
    """

    value: Scalar | Sequence[Scalar] = member(several(_scalar, 1000, least=1, single=True), kw_only=False)

    @property
    def compared(self) -> tuple[Any, ...]:
        """The values to compare with."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def _placed(self, written: list[Any]) -> dict[str, Any]:
        if len(written) == 1:
            return {"VALUE": written[0]}
        if any("," in each for each in written):
            raise SpecError("has a comma in one of several values, which AppFlow separates by commas.", "value")
        return {"VALUES": ",".join(written)}


class EqualTo(Comparison):
    """The field is equal to the value, or to one of them."""

    operator = "EQUAL_TO"


class NotEqualTo(Comparison):
    """The field is not equal to the value.

    :param field: the source's field.
    :param value: as of :class:`Comparison`, but one only: of several values of a filter one has to do.
    :param type: as of :class:`Filter`.
    """

    operator = "NOT_EQUAL_TO"

    def _verify(self) -> None:
        if len(self.compared) > 1:
            raise SpecError(
                "must be one: of several, any record differs from some. Write a NotEqualTo for each.", "value"
            )


class Ordering(Comparison, base=True):
    """Base of the filters that compare by order; parameters as of :class:`Comparison`, but neither True nor False."""

    orders = True

    value: Scalar | Sequence[Scalar] = member(several(_ordered, 1000, least=1, single=True), kw_only=False)


class LessThan(Ordering):
    """The field is less than the value, or before it."""

    operator = "LESS_THAN"


class LessThanOrEqualTo(Ordering):
    """The field is less than the value or equal to it."""

    operator = "LESS_THAN_OR_EQUAL_TO"


class GreaterThan(Ordering):
    """The field is greater than the value, or after it."""

    operator = "GREATER_THAN"


class GreaterThanOrEqualTo(Ordering):
    """The field is greater than the value or equal to it."""

    operator = "GREATER_THAN_OR_EQUAL_TO"


class Contains(Comparison):
    """The field contains the text, or one of them."""

    operator = "CONTAINS"

    value: str | Sequence[str] = member(several(_text, 1000, least=1, single=True), kw_only=False)


class Between(Filter):
    """The field lies between two values; neither bound itself is taken.

    :param field: the source's field.
    :param lower: what it must be greater than, or after.
    :param upper: what it must be less than, or before.
    :param type: as of :class:`Filter`.
    """

    operator = "BETWEEN"
    orders = True

    lower: Scalar = member(_ordered, kw_only=False)
    upper: Scalar = member(_ordered, kw_only=False)

    @property
    def compared(self) -> tuple[Any, ...]:
        """The bounds."""
        return (self.lower, self.upper)

    def _verify(self) -> None:
        self._refuse_empty(self.type_in({}))

    def properties(self, declared: Mapping[str, str]) -> dict[str, str]:
        """The bounds as taskProperties; parameters as of :meth:`Filter.properties`."""
        self._refuse_empty(self.type_in(declared))
        return super().properties(declared)

    def _refuse_empty(self, data_type: str | None) -> None:
        if any(map(is_late, self.compared)) or is_late(data_type):
            return
        if self.lower == self.upper or (
            (data_type or "").lower() in _IN_ORDER
            and Decimal(self._written(self.lower, data_type)) >= Decimal(self._written(self.upper, data_type))
        ):
            raise SpecError(f"{self.upper!r} is not above lower, {self.lower!r}: nothing lies between.", "upper")

    def _placed(self, written: list[Any]) -> dict[str, Any]:
        lower, upper = written
        return {"LOWER_BOUND": lower, "UPPER_BOUND": upper}


FILTERS: tuple[type[Filter], ...] = (
    *(EqualTo, NotEqualTo, LessThan, LessThanOrEqualTo, GreaterThan, GreaterThanOrEqualTo, Contains, Between),
)
_BY_OPERATOR = {each.operator: each for each in FILTERS}


def filter_of(
    field: str, operator: str | None, properties: Mapping[str, str], declared: Mapping[str, str]
) -> Filter | None:
    """The filter that a Filter task describes; None if no class says the same.

    :param field: its source field.
    :param operator: its operator.
    :param properties: its taskProperties.
    :param declared: data types by field, as the flow's fields give them.
    """
    kind = _BY_OPERATOR.get(operator or "")
    data_type = properties.get("DATA_TYPE")
    rest = {name: value for name, value in properties.items() if name != "DATA_TYPE"}
    if kind is None:
        return None
    try:
        if kind is Between:
            values: dict[str, Any] = {
                "lower": data_types.read(rest.pop("LOWER_BOUND"), data_type),
                "upper": data_types.read(rest.pop("UPPER_BOUND"), data_type),
            }
        else:
            texts = rest.pop("VALUES").split(",") if "VALUES" in rest else [rest.pop("VALUE")]
            values = {"value": [data_types.read(each, data_type) for each in texts]}
        found = kind(field=field, **values)
        wanted = {"DATA_TYPE": "string", **properties}
        if found.is_ambiguous(declared) or found.properties(declared) != wanted:
            found = found.replace(type=wanted["DATA_TYPE"])
        return None if rest or found.properties(declared) != wanted else found
    except (KeyError, ValueError, OverflowError):
        return None
