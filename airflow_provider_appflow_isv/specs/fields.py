"""What becomes of a record's fields on their way to the destination."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from airflow_provider_appflow_isv.specs.checks import MAX_PROPERTY, choice, mapping, several, text, whole
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.filters import field_check, type_check
from airflow_provider_appflow_isv.specs.values import Value, has_late, is_late, member

VALIDATIONS = {
    "non_null": "VALIDATE_NON_NULL",
    "non_zero": "VALIDATE_NON_ZERO",
    "non_negative": "VALIDATE_NON_NEGATIVE",
    "numeric": "VALIDATE_NUMERIC",
}
MASKS = {"a": "MASK_ALL", "f": "MASK_FIRST_N", "l": "MASK_LAST_N"}  # by the first letter of a mask
ACTIONS = ("DropRecord", "DropDataset")
_MASK = re.compile(r"all|(?:first|last)([1-9]\d{0,8})", re.ASCII)
MAX_DESTINATION_FIELD = 256
_destination_field = text(MAX_DESTINATION_FIELD)
_property = text(MAX_PROPERTY)
TASK_TYPES = (
    *("Arithmetic", "Filter", "Map", "Map_all", "Mask", "Merge", "Passthrough", "Truncate", "Validate", "Partition"),
)


def _mask(value: Any) -> str:
    if not isinstance(value, str) or not _MASK.fullmatch(value):
        raise ValueError("is no mask, write all, or first4 or last4 with any number")
    return value


def _operand(value: Any) -> Any:
    name = field_check(value)
    if "," in name:
        raise ValueError("has a comma, by which AppFlow separates the two fields")
    return name


def _refuse_twice(argument: str, names: Any) -> None:
    known = [each for each in names if not is_late(each)] if isinstance(names, tuple) else []
    for name in known:
        if known.count(name) > 1:
            raise SpecError(f"names {name!r} twice.", argument)


class FieldOperation(Value, base=True):
    """Base of what may stand in a flow's ``fields``."""


class Mapped(FieldOperation, ABC, base=True):
    """Base of the operations that give the destination one field.

    :param to: the destination's field.
    :param mask: ``all``, or ``first4`` or ``last4`` with any number: which characters are masked; default none.
    :param mask_character: what masks each of them; default ``*``.
    :param truncate: how many characters are kept; default all.
    :param validate: what must hold of it: ``non_null``, ``non_zero``, ``non_negative``, ``numeric``, or a list of them.
    :param on_invalid: what happens otherwise: ``DropRecord`` (default), or ``DropDataset``, which ends the run.
    """

    mask: str | None = member(_mask, default=None)
    mask_character: str = member(text(1), default="*")
    truncate: int | None = member(whole(1, 10**9), default=None)
    validate: str | Sequence[str] = member(several(choice(*VALIDATIONS), len(VALIDATIONS)), default=())
    on_invalid: str = member(choice(*ACTIONS), default="DropRecord")

    def _verify(self) -> None:
        if self.mask is None and self.mask_character != "*":
            raise SpecError("is of use with mask only.", "mask_character")
        if self.validate == () and self.on_invalid != "DropRecord":
            raise SpecError("is of use with validate only.", "on_invalid")
        _refuse_twice("validate", self.validate)

    @property
    def changes(self) -> tuple[Any, ...]:
        """What is done to the value before it is mapped."""
        return (self.mask, self.mask_character, self.truncate, self.validate, self.on_invalid)

    @property
    @abstractmethod
    def target(self) -> str:
        """The destination's field."""


class Field(Mapped):
    """One field of the source, taken as it is or changed.

    Masks, lengths and validations are of the source's field: if it is mapped twice, both have the same.

    :param name: the source's field.
    :param to: the destination's field; default the same name.
    :param type: the field's data type in the source, e.g. ``datetime``; default AppFlow's knowledge of it.
    :param to_type: the data type in the destination; default the same.

    The other parameters are those of :class:`Mapped`.
    """

    name: str = member(field_check, kw_only=False)
    to: str | None = member(_destination_field, default=None)
    type: str | None = member(type_check, default=None)
    to_type: str | None = member(type_check, default=None)

    def _verify(self) -> None:
        super()._verify()
        if self.to is None and not is_late(self.name) and len(self.name) > MAX_DESTINATION_FIELD:
            raise SpecError(
                f"has {len(self.name)} characters, a destination's field has {MAX_DESTINATION_FIELD} at most: give it "
                "another name there by to=.",
                "name",
            )

    @property
    def target(self) -> str:
        """The destination's field."""
        return self.name if self.to is None else self.to


class AllFields(FieldOperation):
    """All fields of the source under their own names, but for those that other operations of the flow map.

    :param exclude: fields that are left out; default none.
    """

    exclude: Sequence[str] = member(several(field_check, 1000), default=(), kw_only=False)


class Made(Mapped, base=True):
    """Base of the operations that make a field of several."""

    task_type: ClassVar[str] = ""
    operator: ClassVar[str] = "NO_OP"

    to: str = member(_destination_field)

    @property
    @abstractmethod
    def sources(self) -> tuple[str, ...]:
        """The fields that it is made of."""

    @property
    def target(self) -> str:
        """The destination's field."""
        return self.to

    @abstractmethod
    def properties(self) -> dict[str, Any]:
        """Its taskProperties."""


class Concat(Made):
    """Several fields as one text.

    :param names: the source's fields, two at least.
    :param to: the destination's field.
    :param format: how they are put together, ``${FirstName}`` standing for a field, e.g.
        ``"${LastName}, ${FirstName}"``.

    The other parameters are those of :class:`Mapped`.
    """

    task_type = "Merge"

    names: Sequence[str] = member(several(field_check, 100, least=2), kw_only=False)
    format: str = member(_property)

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that it is made of."""
        return tuple(self.names)

    def properties(self) -> dict[str, Any]:
        """Its taskProperties."""
        return {"CONCAT_FORMAT": self.format}

    def _verify(self) -> None:
        super()._verify()
        if is_late(self.format) or has_late(self.names):
            return
        shown = re.findall(r"\$\{([^{}]+)\}", self.format)
        if not shown:
            raise SpecError(f"shows no field: write them as ${{{self.names[0]}}}.", "format")
        for name in shown:
            if name not in self.names:
                raise SpecError(f"names the field {name}, which is none of names.", "format")


class Calculation(Made, base=True):
    """Base of the arithmetic operations."""

    task_type = "Arithmetic"

    left: str = member(_operand, kw_only=False)
    right: str = member(_operand, kw_only=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """The fields that it is made of."""
        return (self.left, self.right)

    def properties(self) -> dict[str, Any]:
        """Its taskProperties."""
        return {"MATH_OPERATION_FIELDS_ORDER": f"{self.left},{self.right}"}


class Add(Calculation):
    """The sum of two fields.

    :param left: the source's first field.
    :param right: the second.
    :param to: the destination's field.

    The other parameters are those of :class:`Mapped`.
    """

    operator = "ADDITION"


class Subtract(Calculation):
    """The first of two fields less the second; parameters as of :class:`Add`."""

    operator = "SUBTRACTION"


class Multiply(Calculation):
    """The product of two fields; parameters as of :class:`Add`."""

    operator = "MULTIPLICATION"


class Divide(Calculation):
    """The first of two fields divided by the second; parameters as of :class:`Add`."""

    operator = "DIVISION"


class PartitionBy(FieldOperation):
    """Folders by the values of the destination's fields, S3 only.

    :param names: 1 to 10 fields of the destination, the outermost folder first.
    """

    names: str | Sequence[str] = member(several(_destination_field, 10, least=1), kw_only=False)

    def _verify(self) -> None:
        _refuse_twice("names", self.names)


class RawTask(FieldOperation):
    """One task as AppFlow's request has it, for what no other operation says.

    :param task_type: AppFlow's taskType, e.g. ``Passthrough``.
    :param source_fields: the source's fields; default none.
    :param operator: the operator of the source's connector; default none.
    :param to: the destinationField; default none.
    :param properties: the taskProperties; default none.
    """

    task_type: str = member(choice(*TASK_TYPES), kw_only=False)
    source_fields: Sequence[str] = member(several(text(MAX_PROPERTY, r".*", least=0), 1000), default=(), kw_only=False)
    operator: str | None = member(text(64), default=None)
    to: str | None = member(text(256, r".*", least=0), default=None)
    properties: Mapping[str, str] = member(mapping(text(64), _property, 20), default={})


CALCULATIONS: dict[str, type[Calculation]] = {each.operator: each for each in (Add, Subtract, Multiply, Divide)}
