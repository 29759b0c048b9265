"""The AWS endpoint of the local stack as an ASGI application: moto's WSGI one, and before it what moto can't do.

DescribeFlowExecutionRecords, the call that clients poll, is answered on the event loop by the same AppFlowResponse that
answers it in moto. Only moto's search for the service, its Flask application and a thread are left out, which together
would cost many times what the answer does.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi import build_environ
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_api import recorder

from airflow_provider_appflow_isv.local import control
from airflow_provider_appflow_isv.local.appflow.controls.effects import ConnectionEffect, Drop, Latency
from airflow_provider_appflow_isv.local.appflow.controls.faults import Fault, faults
from airflow_provider_appflow_isv.local.appflow.flows.records import OPERATION
from airflow_provider_appflow_isv.local.appflow.responses import AppFlowResponse, Headers, callers_are_checked
from airflow_provider_appflow_isv.local.appflow.wire.service_model import service_model

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONNECTION = "connection"  # the scope's extension that holds the transport of the client's connection
log = logging.getLogger(__name__)

_WORKERS = 128  # threads for moto; SQS's long polls and faults of moto's other services may keep some for long
_POLLED_PATH = service_model().operation_model(OPERATION).http["requestUri"].encode()
# the part of a signature from which moto's server, too, finds the service
_SIGNED_FOR_APPFLOW = re.compile(rb"AWS4-HMAC-SHA256 Credential=[^/,\s]+/[^/,\s]+/[^/,\s]+/appflow/aws4_request")
_READ_BY_MOTO = frozenset({"content-encoding", "transfer-encoding", "x-amz-target"})


class _FrontRequest(Request):
    from_wsgi_server = True  # the server adds the Date header


class Front:
    """The ASGI application.

    :param moto: moto's WSGI application.
    :param verbose: whether to log each request.
    """

    def __init__(self, moto: WSGIApplication, *, verbose: bool) -> None:
        self._moto = WSGIMiddleware(_with_moto_environ(moto), workers=_WORKERS)  # type: ignore[arg-type]  # a2wsgi's
        # own names of the standard's types
        self._controls = ThreadPoolExecutor(_WORKERS, "local-control")  # of their own, for moves of the clock may wait
        self._verbose = verbose

    def close(self) -> None:
        """Let the threads go; what they still answer is lost."""
        for executor in (self._moto.executor, self._controls):
            executor.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["headers"] = _without_ambiguous_names(scope["headers"])
        if self._verbose:
            send = _logging(scope, send)
        if control.is_meant(scope):
            await self._control(scope, receive, send)
        elif not _is_for_appflow(scope):
            await self._forward(scope, receive, send)
        elif faults.have(ConnectionEffect) or scope["raw_path"] == _POLLED_PATH:
            await self._appflow(scope, receive, send)
        else:
            await self._forward(scope, receive, send)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._moto(scope, receive, send)  # type: ignore[arg-type]  # likewise

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        # not on the loop: moving the clock may set off whatever has come due
        loop = asyncio.get_running_loop()
        await _send(send, *await loop.run_in_executor(self._controls, control.answer, scope, body))

    async def _appflow(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if faults.have(ConnectionEffect):
            response = AppFlowResponse()
            response.setup_class(_FrontRequest(_environ(scope, body)))
            fault = faults.take(ConnectionEffect, response.call)
            if fault is not None and not await _goes_on(fault, scope, receive):
                return
        headers = _headers_of_poll(scope)
        if headers is None:
            await self._forward(scope, _again(body, receive), send)
        else:
            await _send(send, *AppFlowResponse.of_operation(OPERATION, headers, body).call_action())


def _is_for_appflow(scope: Scope) -> bool:
    return any(name == b"authorization" and _SIGNED_FOR_APPFLOW.match(value) for name, value in scope["headers"])


def _headers_of_poll(scope: Scope) -> Headers | None:
    """Return the headers of a call that is answered here, None for one that needs moto itself."""
    if scope["raw_path"] != _POLLED_PATH or scope["method"] != "POST" or scope["query_string"]:
        return None
    if recorder._user_enabled or callers_are_checked():
        return None
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return None if len(headers) != len(scope["headers"]) or not _READ_BY_MOTO.isdisjoint(headers) else headers


async def _goes_on(fault: Fault[ConnectionEffect], scope: Scope, receive: Receive) -> bool:
    """Let a fault happen to a call; say whether the call is to be looked at afterwards."""
    if isinstance(fault.effect, Drop):
        scope["extensions"][CONNECTION].close()
        await _hung_up(receive)
        return False
    gone = asyncio.ensure_future(_hung_up(receive))
    cleared = asyncio.ensure_future(_cleared(fault))
    try:
        if isinstance(fault.effect, Latency):
            await asyncio.wait({gone}, timeout=fault.effect.seconds)
        else:
            await asyncio.wait({gone, cleared}, return_when=asyncio.FIRST_COMPLETED)
        return not gone.done()
    finally:
        gone.cancel()
        cleared.cancel()


async def _cleared(fault: Fault[Any]) -> None:
    loop, cleared = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has stopped since
            loop.call_soon_threadsafe(cleared.set)

    fault.cleared.add_done_callback(tell)
    await cleared.wait()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _read(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a request's body once more."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


async def _send(send: Send, status: int, headers: MutableMapping[str, str], body: str) -> None:
    content = body.encode()
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    pairs.append((b"content-length", b"%d" % len(content)))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})


def _environ(scope: Scope, body: bytes) -> WSGIEnvironment:
    environ: WSGIEnvironment = dict(build_environ(scope, None))  # type: ignore[arg-type]  # likewise; has no body yet
    environ.update(_moto_environ(scope), **{"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return environ


def _with_moto_environ(app: WSGIApplication) -> WSGIApplication:
    """Wrap moto's application for what a2wsgi leaves out of the environ."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        environ.update(_moto_environ(environ["asgi.scope"]))
        return app(environ, start_response)

    return wrapped


def _moto_environ(scope: Scope) -> dict[str, Any]:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    names = [name.decode("latin-1") for name, _ in scope["headers"] if b"_" in name]
    is_chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    # werkzeug asks whether this is there at all: only the server knows the end of such a body
    chunked = {"wsgi.input_terminated": True} if is_chunked else {}
    return {
        **chunked,
        "RAW_URI": f"{path}?{query}" if query else path,  # moto routes by the path as it was sent
        "wsgi.errors": sys.stderr,  # standard output is for the lines to export
        PRESERVED_HEADER_NAMES_ENVIRON_KEY: {environ_key_for_header(name): name for name in names},
    }


def _without_ambiguous_names(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Leave out names with underscores, which WSGI takes for dashes, but not those of S3 metadata, as moto's server."""
    if not any(b"_" in name for name, _ in headers):
        return headers
    dashed = {environ_key_for_header(name.decode("latin-1")) for name, _ in headers if b"_" not in name}
    return [
        (name, value)
        for name, value in headers
        if b"_" not in name
        or (
            should_preserve_original_header_name(name.decode("latin-1"))
            and environ_key_for_header(name.decode("latin-1")) not in dashed
        )
    ]


def _logging(scope: Scope, send: Send) -> Send:
    async def logged(message: Message) -> None:
        if message["type"] == "http.response.start":
            host, _ = scope["client"]
            path = scope["raw_path"].decode(
                "latin-1"
            )  # without the query, in which there may be a signature or a token
            log.info('%s "%s %s" %d', host, scope["method"], path, message["status"])
        await send(message)

    return logged
