"""Serves applications on loopback in threads of this process: WSGI by werkzeug, ASGI by uvicorn."""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from werkzeug.serving import WSGIRequestHandler, make_server

from airflow_provider_appflow_isv.local.front import CONNECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import WSGIApplication

    from airflow_provider_appflow_isv.local.front import Application

_BACKLOG = 2048  # connections that come at once, before they are taken
_STOP_POLL = 0.05  # seconds between looks at whether to stop
_KEEP_ALIVE = 120  # seconds that an idle connection is kept; clients' pools keep theirs for less
_GRACE = 5  # seconds for calls in other threads to end when the server stops


def listen(host: str, port: int) -> socket.socket:
    """Bind a port.

    :param host: address to listen on.
    :param port: the port; 0 takes a free one.
    :raises OSError: naming the port, if it can't be used.
    """
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        raise OSError(
            error.errno, f"port {port} on {host} can't be used ({error.strerror}); choose another port"
        ) from error


@contextmanager
def wsgi_served(listener: socket.socket, app: WSGIApplication, *, verbose: bool) -> Iterator[None]:
    """Serve an application while the context lasts, then close the port and all connections to it.

    :param listener: the bound socket.
    :param app: the application.
    :param verbose: whether to log each request to standard error.
    """
    host, port = listener.getsockname()
    connections: set[socket.socket] = set()

    class Handler(WSGIRequestHandler):
        def setup(self) -> None:
            super().setup()
            connections.add(self.connection)

        def finish(self) -> None:
            connections.discard(self.connection)
            super().finish()

        def log_request(self, *args: Any, **kwargs: Any) -> None:
            if verbose:
                # without the query, in which there may be a token; nothing else reads the path once it is answered
                self.path = getattr(self, "path", "").partition("?")[0]
                super().log_request(*args, **kwargs)

    server = make_server(host, port, app, threaded=True, request_handler=Handler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(_STOP_POLL,), name=_name(port), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for connection in list(connections):
            # Clients keep connections open; without this their threads would go on answering.
            _hang_up(connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster


class _Protocol(HttpToolsProtocol):
    """Gives the application the connection of each request, so that it can close it without an answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False  # the application logs

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self.transport}  # type: ignore[dict-item]  # not one that ASGI defines


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # calls that wait for something end by it
        await super().shutdown(sockets)


@contextmanager
def asgi_served(listener: socket.socket, app: Application) -> Iterator[None]:
    """Serve an application while the context lasts, then close the port and all connections to it.

    :param listener: the bound socket.
    :param app: the application.
    :raises RuntimeError: if the server doesn't start.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)
    _, port = listener.getsockname()
    thread = threading.Thread(
        target=lambda: uvloop.run(server.serve(sockets=[listener])), name=_name(port), daemon=True
    )
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError(f"the server on port {port} did not start; standard error says why")
            time.sleep(0.001)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _name(port: int) -> str:
    return f"local-stack-{port}"


@contextmanager
def logged(logger: logging.Logger) -> Iterator[None]:
    """Let a logger's messages through from INFO on while the context lasts; to standard error if nobody takes them.

    :param logger: the logger.
    """
    level, handler = logger.level, logging.StreamHandler(sys.stderr)
    alone = not logger.hasHandlers()
    logger.setLevel(logging.INFO)
    if alone:
        logger.addHandler(handler)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
