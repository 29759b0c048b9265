"""A trigger that holds a text, for the controls of the search."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent


class Echo(BaseTrigger):
    """Logs a text and waits for ever.

    :param text: the text.
    """

    def __init__(self, text: str = "", **kwargs: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # untyped in Airflow
        self.text = text

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class path and the text."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"text": self.text}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Log, and wait."""
        self.log.info("%s", self.text)
        await asyncio.Event().wait()
        yield TriggerEvent(self.text)  # type: ignore[no-untyped-call]  # as above
