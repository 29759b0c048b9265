"""Some lines that an alarm or a request to end doesn't break off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = ("SIGALRM", "SIGTERM")  # Airflow's execution_timeout raises on the one, its supervisor sends the other


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put SIGALRM and SIGTERM off until the block has ended; then whoever handles them gets them.

    A token that was sent and whose answer is not stored is a lost grant. Outside of the main thread, where no signal
    is handled, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    handlers = {number: handler for number in numbers if (handler := signal.getsignal(number)) is not None}
    try:
        for number in handlers:
            signal.signal(number, lambda caught, _: came.append(caught))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(came):
            signal.raise_signal(number)
