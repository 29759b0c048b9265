"""What tests and demos can change about the local AppFlow: its clock, the length of runs, and how soon things show."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Literal, TypeVar, get_args, overload

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import checked

T = TypeVar("T")
_YEAR_10000 = 253402300800.0  # its begin, in seconds since the epoch
RecordOrder = Literal["newest", "oldest", "shuffled"]
TaskOrder = Literal["kept", "shuffled"]


class Setting(Generic[T]):
    """One value of :class:`Settings`, checked whenever it is set.

    :param default: what it is until it is set, and after a reset.
    :param check: returns a value of the right type for what was given; raises ValueError saying what it must be.
    """

    def __init__(self, default: T, check: checks.Check[T]) -> None:
        self.default = default
        self._check = check

    def __set_name__(self, owner: type[Settings], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type[Settings]) -> Setting[T]: ...

    @overload
    def __get__(self, instance: Settings, owner: type[Settings]) -> T: ...

    def __get__(self, instance: Settings | None, owner: type[Settings]) -> T | Setting[T]:
        if instance is None:
            return self
        value: T = instance.changed.get(self.name, self.default)
        return value

    def __set__(self, instance: Settings, value: T) -> None:
        instance.update({self.name: value})

    def checked(self, value: object) -> T:
        """Return the value to keep.

        :raises ValueError: naming the setting, if the value is not one that it can have.
        """
        return checked(self.name, self._check, value)


_record_order: checks.Check[RecordOrder] = checks.one_of(*get_args(RecordOrder))
_task_order: checks.Check[TaskOrder] = checks.one_of(*get_args(TaskOrder))


class Settings:
    """Controls of the local AppFlow, shared by all accounts and Regions of the process. Thread-safe.

    AppFlow promises none of what the defaults give: its runs take time, its answers are eventually consistent.

    ``run_seconds`` (seconds, default 0): a run stays InProgress at least so long.
    ``hidden_polls`` (default 0): a new run is missing from the first so many DescribeFlowExecutionRecords answers that
    would show it; a run keeps the number that was set when it started.
    ``hidden_seconds`` (seconds, default 0): a run is missing from DescribeFlowExecutionRecords so long from its start.
    ``record_order`` (default "newest"): order of the records, as AppFlow documents none: by the runs' start, or
    "shuffled", another order in each walk but the same one on all its pages.
    ``update_delay_seconds`` (seconds, default 0): an UpdateFlow shows, and runs use it, only so long after.
    ``private_connection_seconds`` (seconds, default 0): the private connection of a connector profile with the
    connectionMode Private is PENDING so long; on AWS it takes minutes.
    ``task_order`` (default "kept"): order of a flow's tasks in DescribeFlow's answer, or "shuffled", another one than
    was sent. Runs go by the order that was sent.
    ``filled_defaults`` (default False): DescribeFlow's answer also shows members that nobody has sent, with AppFlow's
    defaults. Runs go by what was sent.

    All seconds are by the local AppFlow's clock.
    """

    run_seconds = Setting(0.0, checks.seconds)
    hidden_polls = Setting(0, checks.whole_number(0))
    hidden_seconds = Setting(0.0, checks.seconds)
    record_order: Setting[RecordOrder] = Setting("newest", _record_order)
    update_delay_seconds = Setting(0.0, checks.seconds)
    private_connection_seconds = Setting(0.0, checks.seconds)
    task_order: Setting[TaskOrder] = Setting("kept", _task_order)
    filled_defaults = Setting(False, checks.flag)  # a setting's default

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._change_listeners: list[Callable[[], None]] = []
        self._reset_listeners: list[Callable[[], None]] = []
        self._set_defaults()

    def _set_defaults(self) -> None:
        self.changed: dict[str, Any] = {}
        self._offsets = [(-math.inf, 0.0)]  # since when, in real time, the clock is how far ahead
        self._holders = 0
        self._generation = object()

    def reset(self) -> None:
        """Go back to the defaults: settings, clock, faults, held runs, all of it."""
        with self._lock:
            self._set_defaults()
        for listener in list(self._reset_listeners):
            listener()
        self.tell()

    def values(self) -> dict[str, Any]:
        """Return all settings by name."""
        return {name: getattr(self, name) for name in _names()}

    def update(self, values: Mapping[str, object]) -> None:
        """Change some settings, or none of them if one is wrong.

        :param values: settings by name.
        :raises ValueError: naming the setting that is unknown or has a wrong value.
        """
        names = _names()
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise ValueError(f"{unknown[0]}: there is no such setting; there are {', '.join(names)}")
        accepted = {name: getattr(type(self), name).checked(value) for name, value in values.items()}
        with self._lock:
            self.changed = {**self.changed, **accepted}
        self.tell()

    def now(self) -> float:
        """Return the local AppFlow's time, in seconds since the epoch."""
        return time.time() + self._offsets[-1][1]

    def time_of(self, real_seconds: float) -> float:
        """Return the local AppFlow's time of a moment that something else on this machine has stamped, as moto does.

        :param real_seconds: the moment by the machine's own clock, in seconds since the epoch.
        :return: what the local AppFlow's clock showed then, in seconds since the epoch.
        """
        return real_seconds + next(offset for since, offset in reversed(self._offsets) if since <= real_seconds)

    def move(self, value: object) -> float:
        """A number of seconds by which the clock can be moved."""
        step = checks.finite(value)
        if not 0 <= self.now() + step < _YEAR_10000:
            raise ValueError("must leave the clock within the years 1970 to 9999")
        return step

    def advance_clock(self, seconds: float) -> None:
        """Move the local AppFlow's clock forward: client tokens expire, schedules come due and waiting runs end sooner.

        :param seconds: by how much; below 0 is backward.
        :raises ValueError: if it is no number, or leads out of the years 1970 to 9999.
        """
        step = checked("seconds", self.move, seconds)
        with self._lock:
            self._offsets.append((time.time(), self._offsets[-1][1] + step))
        self.tell()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every run InProgress until the block ends. Cancelling a held run works."""
        with self._lock:
            self._holders += 1
            generation = self._generation
        try:
            yield
        finally:
            with self._lock:
                if generation is self._generation:  # a reset inside the block has already let go
                    self._holders -= 1
            self.tell()

    @property
    def is_holding(self) -> bool:
        """True while a ``held()`` block is open."""
        return self._holders > 0

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change that may let a run end."""
        with self._lock:
            self._change_listeners.append(listener)

    def on_reset(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` in every reset."""
        with self._lock:
            self._reset_listeners.append(listener)

    def tell(self) -> None:
        """Call the listeners of changes."""
        for listener in list(self._change_listeners):
            listener()


def _names() -> list[str]:
    return [name for name, value in vars(Settings).items() if isinstance(value, Setting)]


settings = Settings()
