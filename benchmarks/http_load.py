"""Puts load on an HTTP server: so many connections, each of which sends the same request again and again."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_OK = re.compile(rb"HTTP/1\.[01] 200 ")


@dataclass
class Load:
    """What came of it.

    :param seconds: how long it took.
    :param latencies: seconds of each answered request, including a new connection where the server closes them.
    :param errors: requests that got no answer or another status than 200.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the seconds within which a share (0 to 1) of the requests was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


class _Client:
    """One connection; opens a new one when the server closes it."""

    def __init__(self, host: str, port: int, request: bytes, load: Load) -> None:
        self._address = host, port
        self._request = request
        self._load = load
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open the connection unless it is open."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        return self._streams

    async def send(self) -> None:
        """Send one request after the other."""
        while True:
            begun = time.perf_counter()
            try:
                ok = await self._send_one()
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                ok = False
            if ok:
                self._load.latencies.append(time.perf_counter() - begun)
            else:
                self._load.errors += 1

    async def _send_one(self) -> bool:
        reader, writer = await self.connect()
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        if _CLOSE.search(head):
            self.close()
        return _OK.match(head) is not None

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def put_load(host: str, port: int, request: bytes, connections: int, seconds: float) -> Load:
    """Send requests for some time.

    :param host: the server's address.
    :param port: the server's port.
    :param request: the request, head and body.
    :param connections: how many connections are open at once; each waits for an answer before it sends again.
    :param seconds: for how long.
    :return: what came of it.
    :raises OSError: if the connections can't be opened.
    """
    load = Load()
    clients = [_Client(host, port, request, load) for _ in range(connections)]
    for client in clients:
        await client.connect()
    begun = time.perf_counter()
    tasks = [asyncio.create_task(client.send()) for client in clients]
    await asyncio.wait(tasks, timeout=seconds)
    load.seconds = time.perf_counter() - begun
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for client in clients:
        client.close()
    return load
