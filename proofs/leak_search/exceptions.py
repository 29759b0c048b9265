"""What an exception or an object says of itself, written down for the search."""

from __future__ import annotations

import os
import pickle
import re
import traceback
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

_numbers = count()


def write_down(name: str, told: Any) -> None:
    """Write all texts of an object, or of an exception and those that it came from, into a file of its own.

    :param name: what it is.
    :param told: the object.
    """
    folder = Path(os.environ["LEAK_SEARCH_EXCEPTIONS"])
    path = folder / f"{re.sub(r'[^a-zA-Z0-9]+', '-', name)}-{os.getpid()}-{next(_numbers)}"
    errors = list(_chain(told, set())) if isinstance(told, BaseException) else []
    texts = [text for each in errors or [told] for text in _texts(each)]
    if isinstance(told, BaseException):
        texts += traceback.format_exception(told)
    path.write_text("\n".join(texts), errors="backslashreplace")


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    # what is suppressed is shown by nobody
    context = None if error.__suppress_context__ else error.__context__
    for each in (error.__cause__, context, *getattr(error, "exceptions", ())):
        yield from _chain(each, seen)


def _texts(told: Any) -> Iterator[str]:
    yield from (type(told).__name__, repr(told), str(told), f"{told}")
    if isinstance(told, BaseException):
        yield from (repr(told.args), repr(getattr(told, "__notes__", [])), repr(vars(told)))
        try:
            yield repr(pickle.dumps(told))
        except Exception as error:  # not all of them can be pickled, and Airflow does not need that
            yield repr(error)
