"""The processes of a race as the one that starts and kills them sees them."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from proofs.race_worker import Login

IDLE, REDEEMING, SENDING, ANSWERED, STORED = range(5)

Result = tuple[str | None, str | None]  # an access token, or what went wrong


@dataclass(frozen=True)
class Progress:
    """How far a process is, for the one that kills it to see.

    :param phases: shared among the processes.
    :param number: the process's entry.
    """

    phases: Any
    number: int

    def tell(self, phase: int) -> None:
        """Say how far it is."""
        self.phases[self.number] = phase

    @property
    def phase(self) -> int:
        """How far it is."""
        return int(self.phases[self.number])


class Racer:
    """One process, and the line to it.

    :param context: starts processes.
    :param phases: how far each of them is, shared among them.
    :param number: its number.
    :param login: where the token stands.
    """

    def __init__(self, context: Any, phases: Any, number: int, login: Login) -> None:
        from proofs.race_worker import work

        self.line: Connection
        self.line, theirs = context.Pipe()
        self._progress = Progress(phases, number)
        self._progress.tell(IDLE)
        self._process = context.Process(target=work, args=(theirs, self._progress, login), daemon=True)
        self._process.start()
        theirs.close()
        self._is_ready = False

    @property
    def phase(self) -> int:
        """How far it is."""
        return self._progress.phase

    def wait_until_ready(self) -> None:
        """Wait until it takes a call."""
        if not self._is_ready:
            self.line.recv()
            self._is_ready = True

    def kill(self) -> int:
        """Kill it on the spot; returns how far it was."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()
        self.line.close()
        return self.phase


class Plan:
    """Who is killed when in one round: at a moment whoever it hits, or somebody who has come so far.

    :param chance: decides.
    :param start: when the round starts, in seconds since the epoch.
    """

    def __init__(self, chance: random.Random, start: float) -> None:
        self._chance = chance
        self._start = start
        self._left = chance.choice((0, 0, 1, 1, 2, 4))
        self._next()

    def _next(self) -> None:
        self._marked: int | None = None
        self._phase = self._chance.choice((None, None, REDEEMING, SENDING, ANSWERED, STORED))
        self._at = self._start + self._chance.uniform(0, 1.5)

    def victim(self, phases: Mapping[int, int]) -> int | None:
        """The number of the process to kill now; None if none is.

        :param phases: how far each process is that has not ended its round.
        """
        if not self._left:
            return None
        if self._phase is not None and self._marked is None:
            so_far = [number for number, phase in phases.items() if phase == self._phase]
            if not so_far:
                return None
            self._marked = self._chance.choice(so_far)
            self._at = time.time() + self._chance.uniform(0, 0.03)
        if time.time() < self._at or not phases:
            return None
        chosen = self._chance.choice(list(phases)) if self._marked is None else self._marked
        self._left -= 1
        self._next()
        return chosen if chosen in phases else None
