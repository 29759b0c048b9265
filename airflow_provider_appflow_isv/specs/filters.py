"""The filters: which records a flow takes. Several of them all have to hold.

Facts: AppFlow's bounds of BETWEEN, GREATER_THAN and LESS_THAN are exclusive, points in time are milliseconds since the
epoch, several values of one filter are joined by OR (cdk-appflow, Airflow's amazon provider, AppFlow user guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar

from airflow_provider_appflow_isv.specs.checks import MAX_PROPERTY, milliseconds, moment, several, text
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.values import Value, is_late, member

Scalar = str | bool | int | float | Decimal | date
_TIMES = ("date", "datetime")
_FRACTIONS = ("currency", "decimal", "double", "float", "number", "percent")
_WHOLE = ("int", "integer", "long", "short")
field_check = text(MAX_PROPERTY)
type_check = text(256, r"[\w:.()-]+", says="has no blanks")


def _scalar(value: Any) -> Any:
    if not isinstance(value, Scalar):
        raise ValueError("must be a text, a number, True or False, a date or a datetime")
    if value == "":
        raise ValueError("is empty: AppFlow takes no empty text")
    if isinstance(value, float | Decimal) and not isfinite(value):
        raise ValueError("is no number that can be compared with")
    return moment(value) if isinstance(value, datetime) else value


_scalars = several(_scalar, 1000, least=1)


def _one_or_more(value: Any) -> Any:
    items = _scalars(value)
    return items if len(items) > 1 else items[0]


class Filter(Value):
    """Base of the filters.

    :param field: the source's field.
    :param type: the field's data type, e.g. ``datetime``; default is what the flow's ``fields`` say of the field, else
        what the value is: string, boolean, integer, double, date or datetime. For filters that order, a text of
        ISO 8601 is a point in time.
    """

    operator: ClassVar[str] = ""
    orders: ClassVar[bool] = False

    field: str = member(field_check, kw_only=False)
    type: str | None = member(type_check, default=None)

    @property
    def compared(self) -> tuple[Any, ...]:
        """The values to compare with."""
        raise NotImplementedError

    def type_in(self, declared: Mapping[str, str]) -> str | None:
        """The data type that counts; None while the values are not known.

        :param declared: data types by field, as the flow's fields give them.
        """
        return self.type or declared.get(self.field) or self._type_by_value()

    def _type_by_value(self) -> str | None:
        if any(is_late(value) for value in self.compared):
            return None
        found = {_type_of(value, reads_times=self.orders) for value in self.compared}
        if len(found) == 1:
            return found.pop()
        return next((name for name, kinds in _WIDER if found <= kinds), "string")

    def properties(self, declared: Mapping[str, str]) -> dict[str, str]:
        """The values as taskProperties.

        :param declared: data types by field, as the flow's fields give them.
        :raises SpecError: if a value is none of the data type, or too long.
        """
        data_type = self.type_in(declared)
        written = self._placed([self._written(value, data_type) for value in self.compared])
        for each in written.values():
            if len(each) > MAX_PROPERTY:
                raise SpecError(
                    f"has {len(each)} characters as AppFlow writes it, {MAX_PROPERTY} at most are possible.",
                    next(name for name in ("value", "upper") if name in self.members),
                )
        return {**({"DATA_TYPE": data_type} if data_type else {}), **written}

    def _written(self, value: Any, data_type: str | None) -> Any:
        try:
            return _written(value, data_type)
        except ValueError as error:
            name = next((name for name in ("value", "lower", "upper") if self.__dict__.get(name) == value), "value")
            raise SpecError(f"{value!r} {error}", name) from None

    def _placed(self, written: list[Any]) -> dict[str, Any]:
        raise NotImplementedError


class Comparison(Filter):
    """Base of the filters that compare with one value, or with several of which one has to do.

    :param field: the source's field.
    :param value: a text, a number, True or False, a date or a datetime (UTC without an offset), or a list of them.
    :param type: as of :class:`Filter`.
    """

    value: Scalar | Sequence[Scalar] = member(_one_or_more, kw_only=False)

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
    """The field is not equal to the value."""

    operator = "NOT_EQUAL_TO"


class LessThan(Comparison):
    """The field is less than the value, or before it."""

    operator = "LESS_THAN"
    orders = True


class LessThanOrEqualTo(Comparison):
    """The field is less than the value or equal to it."""

    operator = "LESS_THAN_OR_EQUAL_TO"
    orders = True


class GreaterThan(Comparison):
    """The field is greater than the value, or after it."""

    operator = "GREATER_THAN"
    orders = True


class GreaterThanOrEqualTo(Comparison):
    """The field is greater than the value or equal to it."""

    operator = "GREATER_THAN_OR_EQUAL_TO"
    orders = True


class Contains(Comparison):
    """The field contains the text, or one of them."""

    operator = "CONTAINS"


class Between(Filter):
    """The field lies between two values; neither bound itself is taken.

    :param field: the source's field.
    :param lower: what it must be greater than, or after.
    :param upper: what it must be less than, or before.
    :param type: as of :class:`Filter`.
    """

    operator = "BETWEEN"
    orders = True

    lower: Scalar = member(_scalar, kw_only=False)
    upper: Scalar = member(_scalar, kw_only=False)

    @property
    def compared(self) -> tuple[Any, ...]:
        """The bounds."""
        return (self.lower, self.upper)

    def _verify(self) -> None:
        if not any(map(is_late, self.compared)) and self._position(self.lower) >= self._position(self.upper):
            raise SpecError(f"{self.upper!r} is not above lower, {self.lower!r}: nothing lies between.", "upper")

    def _position(self, value: Any) -> tuple[bool, Any]:
        data_type = self.type_in({})
        if data_type in (*_TIMES, *_WHOLE, *_FRACTIONS):
            return (False, Decimal(str(self._written(value, data_type))))
        return (True, str(value))

    def _placed(self, written: list[Any]) -> dict[str, Any]:
        lower, upper = written
        return {"LOWER_BOUND": lower, "UPPER_BOUND": upper}


FILTERS: tuple[type[Filter], ...] = (
    *(EqualTo, NotEqualTo, LessThan, LessThanOrEqualTo, GreaterThan, GreaterThanOrEqualTo, Contains, Between),
)
_BY_OPERATOR = {each.operator: each for each in FILTERS}
_WIDER = (("double", {"integer", "double"}), ("datetime", {"date", "datetime"}))


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
                "lower": _read(rest.pop("LOWER_BOUND"), data_type),
                "upper": _read(rest.pop("UPPER_BOUND"), data_type),
            }
        else:
            texts = rest.pop("VALUES").split(",") if "VALUES" in rest else [rest.pop("VALUE")]
            values = {"value": [_read(each, data_type) for each in texts]}
        found = kind(field=field, **values)
        wanted = {"DATA_TYPE": "string", **properties}
        if found.properties(declared) != wanted:
            found = found.replace(type=wanted["DATA_TYPE"])
        return None if rest or found.properties(declared) != wanted else found
    except (KeyError, ValueError, OverflowError):
        return None


def _type_of(value: Any, *, reads_times: bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "double"
    if isinstance(value, date):
        return "datetime" if isinstance(value, datetime) else "date"
    if reads_times and "-" in value[1:]:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return "string"
        return "datetime" if ":" in value or "T" in value else "date"
    return "string"


def _written(value: Any, data_type: str | None) -> Any:
    """A value as the text that AppFlow reads."""
    if is_late(value) or data_type is None:
        return value
    name = data_type.lower()
    if name in _TIMES:
        if isinstance(value, date):
            return str(milliseconds(value))
        text_of = str(value)
        return text_of if text_of.lstrip("-").isdecimal() and len(text_of) > 8 else str(milliseconds(moment(text_of)))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        raise ValueError(f"is a point in time, the data type is {data_type}")
    if name in (*_WHOLE, *_FRACTIONS):
        try:
            Decimal(str(value))
        except ArithmeticError:
            raise ValueError(f"is no {data_type}") from None
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _read(text_of: str, data_type: str | None) -> Any:
    """A text of AppFlow's as the value that is written so."""
    name = (data_type or "").lower()
    if name in _TIMES:
        found = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text_of))
        return found.date() if name == "date" and milliseconds(found.date()) == int(text_of) else found
    if name == "boolean":
        return {"true": True, "false": False}.get(text_of, text_of)
    number: type[int] | type[float] | None = int if name in _WHOLE else float if name in _FRACTIONS else None
    if number is not None and str(number(text_of)) == text_of:
        return number(text_of)
    return text_of
