"""Token endpoints on loopback that answer as told, byte for byte, and remember what reached them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

GRANTED = {"access_token": "planted-access-token", "instance_url": "https://a.my.salesforce.com"}


class Endpoint(ThreadingHTTPServer):
    """A host on loopback.

    :param reply: writes the answer to a request.
    """

    daemon_threads = True

    def __init__(self, reply: Callable[[Exchange], None]) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.reply = reply
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.forms: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers who left: that is what they are to do."""


class Exchange(BaseHTTPRequestHandler):
    """One request and the means to answer it."""

    server: Endpoint

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        if len(body) < length:
            return  # the caller has left: there is no request to serve
        self.server.forms.append({name: values[0] for name, values in parse_qs(body).items()})
        self.server.headers.append(dict(self.headers))
        self.close_connection = True
        self.server.reply(self)

    def answer(self, body: Any, status: int = 200, **headers: str) -> None:
        """Send a whole answer; what is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def drip(self, content: bytes) -> None:
        """Send the content again and again, a byte at a time, until the host closes or the caller has left."""
        while True:
            for byte in content:
                self.wfile.write(bytes([byte]))
                if self.server.closing.wait(0.02):
                    return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base names it so
        """Keep quiet."""


@contextmanager
def endpoint(reply: Callable[[Exchange], None]) -> Iterator[Endpoint]:
    """An endpoint that serves while the block runs."""
    server = Endpoint(reply)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answering(body: Any, status: int = 200, **headers: str) -> Callable[[Exchange], None]:
    """A reply that is the same each time."""
    return lambda exchange: exchange.answer(body, status, **headers)


def in_turn(*replies: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """One reply after the other, one for each request."""
    left = iter(replies)
    return lambda exchange: next(left)(exchange)


def granting(exchange: Exchange) -> None:
    """Grant an access token."""
    exchange.answer(GRANTED)


def hanging(exchange: Exchange) -> None:
    """Say nothing at all until the host closes."""
    exchange.server.closing.wait()


def dripping_body(exchange: Exchange) -> None:
    """Never come to the end of the body, and never pause for long."""
    exchange.send_response(200)
    exchange.end_headers()
    exchange.drip(b" ")


def dripping_headers(exchange: Exchange) -> None:
    """Never come to the end of the headers, and never pause for long."""
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\n")
    exchange.drip(b"X-Filler: x\r\n")


def leaving(exchange: Exchange) -> None:
    """Close the connection instead of answering."""


def breaking_off(exchange: Exchange) -> None:
    """Close the connection in the middle of the answer."""
    exchange.send_response(200)
    exchange.send_header("Content-Length", "1000")
    exchange.end_headers()
    exchange.wfile.write(b'{"access_token": "pla')
