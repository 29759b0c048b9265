"""The machinery of the specs: immutable values whose classes only declare their members.

Not :mod:`dataclasses`: those compile several methods for each class, which for the specs' classes together takes longer
than a DAG file may take to import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NoReturn, TypeVar, dataclass_transform

from airflow_provider_appflow_isv.specs.errors import SpecError

Check = Callable[[Any], Any]
_OF_ANY_CLASS = (
    *("__module__", "__qualname__", "__doc__", "__annotations__", "__annotate_func__", "__annotations_cache__"),
    *("__firstlineno__", "__static_attributes__", "is_base"),
)
Self = TypeVar("Self", bound="Value")


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()


class Entries(dict[str, Any]):
    """A mapping that can't be changed."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a spec's mapping can't be changed; replace() makes another spec")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return (Entries, (dict(self),))


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
        self.default = Entries(default) if isinstance(default, dict) else default
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
            raise error.within(self.name) from None
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
    """Base of all parts of a spec: made once, never changed, equal if its class and all its members are.

    A subclass that sets an argument to a value fixes it: it is an argument no more, but part of requests.

    :cvar members: the arguments by name.
    :cvar fixed: what a subclass has fixed, by name.
    :cvar written_as: the class under whose name files have its values: itself, or the one whose arguments it only
        fixes, so that a file says all of it wherever it is read.
    :cvar is_base: whether it only serves as base of other classes (``class Filter(Value, base=True)``).
    """

    members: ClassVar[dict[str, Member]] = {}
    fixed: ClassVar[dict[str, tuple[Member, Any]]] = {}
    written_as: ClassVar[type[Value]]
    is_base: ClassVar[bool] = True

    def __init_subclass__(cls, *, base: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.is_base = base
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Member)}
        more = [name for name in vars(cls) if name not in (*own, *cls.members, *_OF_ANY_CLASS)]
        declared = {name for each in cls.__mro__[1:] for name in (*vars(each), *getattr(each, "__annotations__", ()))}
        for name in more:
            if not (base or name in declared or name.startswith("_") or _is_code(vars(cls)[name])):
                raise SpecError(cls._unknown(name), f"{cls.__name__}.{name}")
        set_to = {name: value for name, value in vars(cls).items() if name in cls.members and name not in own}
        inherited = {name: each for name, each in cls.members.items() if name not in vars(cls)}
        fixed = {name: (cls.members[name], cls.members[name].accepted(value)) for name, value in set_to.items()}
        cls.fixed = {**{name: each for name, each in cls.fixed.items() if name not in own}, **fixed}
        # those that may be given by their place first, those of the bases before a class's own
        places = {name: each for name, each in {**inherited, **own}.items() if not each.kw_only}
        cls.members = {**places, **own, **inherited}
        parent = cls.__bases__[0]
        only_fixes = len(cls.__bases__) == 1 and not (own or more or base)
        cls.written_as = parent.written_as if only_fixes and issubclass(parent, Value) and not parent.is_base else cls

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        if self.is_base:
            names = ", ".join(concrete(type(self)))
            raise TypeError(f"{type(self).__name__} is a base of other classes: use one of {names}")
        given = self._given(args, kwargs)
        for name, (each, value) in self.fixed.items():
            self.__dict__[name] = each.accepted(given[name]) if name in given and is_late(value) else value
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
        for name, value in kwargs.items():
            if name in cls.fixed:
                each, fixed = cls.fixed[name]
                if not is_late(fixed) and each.accepted(value) != fixed:
                    raise SpecError(f"{value!r} is not possible: {cls.__name__} fixes it to {fixed!r}.", name)
            elif name not in cls.members:
                raise SpecError(cls._unknown(name), name)
            if name in given:
                raise TypeError(f"{cls.__name__} got {name} twice")
        return {**given, **kwargs}

    @classmethod
    def _unknown(cls, name: str) -> str:
        if not cls.members:
            return f"{cls.__name__} has no arguments."
        return f"{cls.__name__} has no such argument.{meant(name, cls.members)} It has {', '.join(cls.members)}."

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

    def stated(self) -> Iterator[tuple[Member, Any]]:
        """Yield what requests say: :meth:`given`, what the class has fixed, and what always stands there."""
        for each in (*self.members.values(), *(each for each, _ in self.fixed.values())):
            value = self.__dict__[each.name]
            if each.always or each.default is REQUIRED or value != each.default:
                yield each, value

    def written(self) -> Iterator[tuple[Member, Any]]:
        """Yield what files have of it under the name of ``written_as``: :meth:`given`, and what the class has fixed."""
        for name, each in self.written_as.members.items():
            value = self.__dict__[name]
            if each.default is REQUIRED or value != each.default:
                yield each, value
        for name, (each, _) in self.written_as.fixed.items():
            yield each, self.__dict__[name]

    def replace(self: Self, **changes: Any) -> Self:
        """The same with other members.

        :param changes: members by name.
        :raises SpecError: as on construction.
        """
        return type(self)(**{**{name: self.__dict__[name] for name in (*self.members, *self.fixed)}, **changes})

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


def _is_code(value: Any) -> bool:
    return callable(value) or hasattr(value, "__get__")


def concrete(*kinds: type[Value]) -> dict[str, list[type[Value]]]:
    """The classes by name that are no mere bases: those given and all that derive from them, a user's own too.

    :return: several of one name if they are from different modules; of a class that its module has defined again, the
        latest one.
    """
    found: dict[str, dict[str, type[Value]]] = {}
    todo = list(kinds)
    for kind in todo:
        if not kind.is_base:
            found.setdefault(kind.__name__, {})[kind.__module__] = kind
        todo += kind.__subclasses__()
    return {name: list(same.values()) for name, same in sorted(found.items())}


def meant(name: str, possible: Iterable[str]) -> str:
    """A question for what somebody may have meant by a wrong name, with a blank before it; empty if nothing is like it.

    :param name: what was written.
    :param possible: what may be written.
    """
    from difflib import get_close_matches  # only for messages

    like = get_close_matches(name, list(possible), 1)
    return f" Did you mean {like[0]}?" if like else ""


def is_late(value: Any) -> bool:
    """Whether a value is known only when a task runs: a Jinja template, or the output of another task.

    :param value: any value.
    """
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    return not isinstance(value, Value | type) and callable(getattr(value, "resolve", None))


def late_places(value: Any, place: str = "") -> Iterator[str]:
    """Yield where values are known only when a task runs, e.g. ``fields[2].mask``.

    :param value: a spec, or a part or list of parts of it.
    :param place: where it stands; default nowhere.
    """
    if is_late(value):
        yield place
    elif isinstance(value, Value):
        for name, item in value.__dict__.items():
            yield from late_places(item, f"{place}.{name}" if place else name)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if is_late(name):
                yield f"{place}[{name}]"
            yield from late_places(item, f"{place}[{name}]")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from late_places(item, f"{place}[{number}]")


def has_late(value: Any) -> bool:
    """Whether a value, or anything in it, is known only when a task runs."""
    return any(True for _ in late_places(value))


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _hashable(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(_hashable, value))
    return value if isinstance(value, str) or not is_late(value) else type(value)  # Airflow's outputs have no hash
