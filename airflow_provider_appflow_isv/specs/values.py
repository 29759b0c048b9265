"""The machinery of the specs: immutable values whose classes only declare their members.

Not :mod:`dataclasses`: those compile several methods for each class, which for the specs' classes together takes longer
than a DAG file may take to import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform

from airflow_provider_appflow_isv.specs.errors import SpecError

Check = Callable[[Any], Any]
Self = TypeVar("Self", bound="Value")


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()


class Member:
    """One argument of a spec's class.

    :param check: takes a value that is known and returns it in its normal form; raises ValueError saying what it must
        be.
    :param default: its value if it is not given; without one it must be.
    :param path: where it stands in AppFlow's request, from what the class stands for, with dots.
    :param always: whether it stands there even if it is the default.
    :param kw_only: False for one that may be given by its place.
    """

    __slots__ = ("always", "check", "default", "kw_only", "name", "path")

    def __init__(self, check: Check, default: Any, path: str | None, *, always: bool, kw_only: bool) -> None:
        self.name = ""
        self.check = check
        self.default = default
        self.path = path
        self.always = always
        self.kw_only = kw_only

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def accepted(self, value: Any) -> Any:
        """Return the value in its normal form; one that is not known yet stays as it is.

        :raises SpecError: naming the argument, for a value that is not possible.
        """
        if value is self.default or is_late(value):
            return value
        try:
            return self.check(value)
        except SpecError as error:
            raise SpecError(error.message, f"{self.name}{error.argument}") from None
        except ValueError as error:
            raise SpecError(f"{value!r} {error}", self.name) from None


def member(
    check: Check,
    *,
    default: Any = REQUIRED,
    path: str | None = None,
    always: bool = False,
    kw_only: bool = True,
) -> Any:
    """Declare an argument; parameters as of :class:`Member`. Typed as anything, so that the annotation counts."""
    return Member(check, default, path, always=always, kw_only=kw_only)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(member,))
class Value:
    """Base of all parts of a spec: made once, never changed, equal if its class and all its members are."""

    members: ClassVar[dict[str, Member]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Member)}
        # what a subclass sets to a value of its own is no argument any more
        inherited = {name: each for name, each in cls.members.items() if getattr(cls, name, None) is each}
        every = {**own, **inherited}
        # those that may be given by their place first, those of the bases before a class's own
        places = {name: each for name, each in {**inherited, **own}.items() if not each.kw_only}
        cls.members = {**places, **every}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = self._given(args, kwargs)
        for name, each in self.members.items():
            value = given.get(name, each.default)
            if value is REQUIRED:
                raise SpecError(f"{type(self).__name__} needs it.", name)
            self.__dict__[name] = each.accepted(value)
        self._verify()

    @classmethod
    def _given(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        places = [name for name, each in cls.members.items() if not each.kw_only]
        if len(args) > len(places):
            raise TypeError(f"{cls.__name__} takes {len(places)} arguments by their place, {len(args)} were given")
        given = dict(zip(places, args, strict=False))
        for name in kwargs:
            if name not in cls.members:
                raise SpecError(f"{cls.__name__} has no such argument. It has {', '.join(cls.members)}.", name)
            if name in given:
                raise TypeError(f"{cls.__name__} got {name} twice")
        return {**given, **kwargs}

    def _verify(self) -> None:
        """Refuse members that do not go together.

        :raises SpecError: naming one of them.
        """

    def given(self) -> Iterator[tuple[Member, Any]]:
        """Yield the members that differ from their defaults, with their values."""
        for name, each in self.members.items():
            value = self.__dict__[name]
            if each.default is REQUIRED or value != each.default:
                yield each, value

    def replace(self: Self, **changes: Any) -> Self:
        """The same with other members.

        :param changes: members by name.
        :raises SpecError: as on construction.
        """
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed; replace({name}=...) makes another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *(_hashable(value) for value in self.__dict__.values())))

    def __repr__(self) -> str:
        shown = [
            repr(value) if not each.kw_only and each.default is REQUIRED else f"{each.name}={value!r}"
            for each, value in self.given()
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def is_late(value: Any) -> bool:
    """Whether a value is known only when a task runs: a Jinja template, or the output of another task.

    :param value: any value.
    """
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    return not isinstance(value, Value) and callable(getattr(value, "resolve", None))


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _hashable(item)) for key, item in value.items()))
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value
