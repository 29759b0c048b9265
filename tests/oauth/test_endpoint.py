from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from airflow_provider_appflow_isv.exceptions import OAuthConfigurationError, OAuthTokenError, OAuthUnavailable
from airflow_provider_appflow_isv.oauth.endpoint import post_form
from tests.oauth.endpoints import (
    GRANTED,
    Endpoint,
    Exchange,
    answering,
    breaking_off,
    dripping_body,
    dripping_headers,
    endpoint,
    granting,
    hanging,
    in_turn,
    leaving,
)

SECRET = 'planted "s3cret"/+=%'
FORM = {"grant_type": "refresh_token", "client_id": "app", "client_secret": SECRET, "refresh_token": "planted-refresh"}
PATH = "/services/oauth2/token"


def ask(host: Endpoint | str, **more: Any) -> dict[str, Any]:
    url = host if isinstance(host, str) else host.url
    return post_form(f"{url}{PATH}", FORM, **{"grant": "refresh_token", **more})


def test_the_form_is_posted_and_the_answer_returned() -> None:
    with endpoint(granting) as host:
        assert ask(host) == GRANTED
    assert host.forms == [FORM]


def test_client_id_and_secret_can_go_into_a_basic_header() -> None:
    with endpoint(granting) as host:
        post_form(host.url, {"grant_type": "client_credentials"}, grant="client_credentials", basic=("app:1", SECRET))
    encoded = base64.b64encode(f"app%3A1:{quote_plus(SECRET)}".encode()).decode()
    assert host.headers[0]["Authorization"] == f"Basic {encoded}"


def test_a_netrc_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(netrc))
    with endpoint(granting) as host:
        ask(host)
    assert "Authorization" not in host.headers[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_nothing_reaches_the_second_host(status: int) -> None:
    with endpoint(granting) as elsewhere:
        redirect = answering(b"", status, Location=f"http://user:planted-password@localhost:{elsewhere.server_port}/x")
        with (
            endpoint(redirect) as host,
            pytest.raises(
                OAuthConfigurationError, match=rf"HTTP {status}, a redirect to 'localhost'; nothing was sent"
            ) as caught,
        ):
            ask(host, retries=2, replayable=True)
    assert (len(host.forms), elsewhere.forms) == (1, [])
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("location", ["", "http://[", "/relative"])
def test_a_redirect_to_no_other_host_is_an_error_too(location: str) -> None:
    with endpoint(answering(b"", 307, Location=location)) as host, pytest.raises(OAuthConfigurationError, match="307"):
        ask(host)


@pytest.mark.parametrize("reply", [dripping_body, dripping_headers, hanging])
def test_a_host_that_never_comes_to_an_end_is_left_at_the_deadline(reply: Callable[[Exchange], None]) -> None:
    with endpoint(reply) as host, pytest.raises(OAuthUnavailable, match=r"may have served .*within 0\.5 s") as caught:
        ask(host, total_seconds=0.5)
    assert caught.value.code == "outcome_unknown"


@pytest.mark.parametrize("reply", [leaving, breaking_off])
def test_an_answer_that_is_lost_on_its_way_leaves_the_outcome_open(reply: Callable[[Exchange], None]) -> None:
    with endpoint(reply) as host, pytest.raises(OAuthUnavailable, match="may have served the request") as caught:
        ask(host, retries=2)
    assert (caught.value.code, len(host.forms)) == ("outcome_unknown", 1)


@pytest.mark.parametrize("reply", [leaving, breaking_off, dripping_body])
def test_what_a_host_said_before_it_broke_off_is_in_no_error(reply: Callable[[Exchange], None]) -> None:
    with endpoint(reply) as host, pytest.raises(OAuthUnavailable) as caught:
        ask(host, total_seconds=0.5)
    error = caught.value
    assert "pla" not in f"{error!r}{error}{error.__cause__!r}{error.__context__!r}"


def test_an_answer_that_is_huge_is_refused_before_its_end() -> None:
    def huge(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.end_headers()
        while not exchange.server.closing.is_set():
            exchange.wfile.write(b" " * 1024)

    with (
        endpoint(huge) as host,
        pytest.raises(OAuthConfigurationError, match="HTTP 200 and more than 64 KiB") as caught,
    ):
        ask(host)
    assert caught.value.code == "outcome_unknown"


def test_an_answer_of_64_kib_is_read() -> None:
    filler = "x" * (64 * 1024 - len(json.dumps({**GRANTED, "filler": ""})))
    with endpoint(answering({**GRANTED, "filler": filler})) as host:
        assert ask(host)["filler"] == filler


@pytest.mark.parametrize(
    "body", [b"<html>Maintenance</html>", b"[]", b'"text"', b"", b"\xff", b"[" * 60_000, b"\x1f\x8b"]
)
@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (200, OAuthConfigurationError, "outcome_unknown"),
        (404, OAuthConfigurationError, None),
        (429, OAuthUnavailable, None),
        (502, OAuthUnavailable, "outcome_unknown"),
    ],
)
def test_an_answer_that_is_no_json_object_is_an_error(
    body: bytes, status: int, kind: type[OAuthTokenError], code: str | None
) -> None:
    with endpoint(answering(body, status)) as host, pytest.raises(kind, match=f"HTTP {status} and no JSON") as caught:
        ask(host)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert "Maintenance" not in str(caught.value)


def test_a_host_that_nobody_listens_at_was_not_reached() -> None:
    with pytest.raises(OAuthUnavailable, match=r"127\.0\.0\.1:9 could not be asked.*Check login_url") as caught:
        ask("http://127.0.0.1:9", retries=1)
    assert caught.value.code == "unreachable"


def test_a_host_that_does_not_speak_tls_was_not_reached() -> None:
    with endpoint(granting) as host, pytest.raises(OAuthUnavailable, match=r"could not be asked.*SSLError") as caught:
        ask(host.url.replace("http:", "https:"))
    assert (caught.value.code, host.forms) == ("unreachable", [])


def test_a_host_that_only_lets_the_connection_hang_was_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(OAuthUnavailable) as caught:
        ask(f"https://127.0.0.1:{listening.getsockname()[1]}", total_seconds=0.3)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize("first", [answering({"error": "server_error"}, 503), answering(b"", 502), leaving])
def test_trouble_that_passes_is_waited_out_if_the_request_may_be_repeated(first: Callable[[Exchange], None]) -> None:
    with endpoint(in_turn(first, granting)) as host:
        assert ask(host, retries=1, replayable=True) == GRANTED
    assert host.forms == [FORM, FORM]


@pytest.mark.parametrize("first", [answering({"error": "server_error"}, 503), answering(b"", 502), leaving])
def test_what_may_not_be_repeated_is_sent_once(first: Callable[[Exchange], None]) -> None:
    with endpoint(in_turn(first, granting)) as host, pytest.raises(OAuthUnavailable):
        ask(host, retries=3)
    assert host.forms == [FORM]


def test_nothing_is_sent_after_the_deadline() -> None:
    with endpoint(answering({"error": "server_error"}, 503)) as host:
        with pytest.raises(OAuthUnavailable):
            ask(host, retries=3, replayable=True, total_seconds=0.2)
        seen = len(host.forms)
        for thread in threading.enumerate():
            if thread.name == "oauth-request":
                thread.join(30)
    assert len(host.forms) == seen


@pytest.mark.parametrize(
    "quoted",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        "planted-refresh",
        "planted-elsewhere",
    ],
)
def test_an_error_that_quotes_a_secret_is_shown_without_it(quoted: str) -> None:
    answer = {"error": f"bad {quoted}", "error_description": "x" * 250 + quoted}
    with (
        endpoint(answering(answer, 400)) as host,
        pytest.raises(OAuthConfigurationError, match=r"bad \*\*\*") as caught,
    ):
        ask(host, scrub=["planted-elsewhere"])
    assert quoted[:6] not in str(caught.value)
    assert quoted not in str(caught.value.code)


def test_what_a_host_says_is_one_line_and_short() -> None:
    answer = {"error": "no\nlog\r\ninjection\x1b[31m", "error_description": "long " * 100}
    with endpoint(answering(answer, 400)) as host, pytest.raises(OAuthConfigurationError) as caught:
        ask(host)
    assert caught.value.code == "no log injection [31m"
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_is_one_whatever_its_status(status: int) -> None:
    with (
        endpoint(answering({"error": "invalid_client", "error_description": "client secret invalid"}, status)) as host,
        pytest.raises(
            OAuthConfigurationError, match=r"with invalid_client: client secret invalid\. Check the consumer"
        ),
    ):
        ask(host)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"error": "unknown_error"}),
        (500, {"error": "invalid_grant"}),
        (502, {"message": "Bad Gateway"}),
        (503, {"message": "Service Unavailable"}),
        (503, {"error": {"code": 503}}),
        (503, {"error": "server_error"}),
        (504, {"message": "Endpoint request timed out"}),
        (504, {"error": "service_unavailable"}),
        (524, {}),
        (400, {"error": "server_error"}),
        (200, {"error": "unknown_error"}),
        (400, GRANTED),
        (500, GRANTED),
    ],
)
def test_whoever_may_have_served_the_request_leaves_the_outcome_open(status: int, body: dict[str, Any]) -> None:
    with (
        endpoint(answering(body, status)) as host,
        pytest.raises(OAuthUnavailable, match=f"may have served the request .*HTTP {status} and") as caught,
    ):
        ask(host)
    assert caught.value.code == "outcome_unknown"
    assert str(body.get("error", "")) in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (503, "service_unavailable"),
        (503, "temporarily_unavailable"),
        (503, "system_down"),
        (503, "rate_limit_exceeded"),
        (429, "rate_limit_exceeded"),
        (400, "invalid_grant"),
        (200, "invalid_grant"),
    ],
)
def test_who_says_that_the_request_was_not_served_is_believed(status: int, error: str) -> None:
    with endpoint(answering({"error": error}, status)) as host, pytest.raises(OAuthTokenError) as caught:
        ask(host)
    assert caught.value.code == error


def test_where_no_harm_is_done_by_asking_again_the_hosts_own_error_is_told() -> None:
    with endpoint(answering({"error": "unknown_error"}, 500)) as host, pytest.raises(OAuthUnavailable) as caught:
        ask(host, replayable=True)
    assert caught.value.code == "unknown_error"


@pytest.mark.parametrize("body", [{}, {"access_token": None}, {"access_token": ["text"]}, {"error": None}])
@pytest.mark.parametrize(("replayable", "code"), [(False, "outcome_unknown"), (True, None)])
def test_an_answer_without_a_token_is_an_error_that_may_have_spent_one(
    body: dict[str, Any], replayable: bool, code: str | None
) -> None:
    with (
        endpoint(answering(body)) as host,
        pytest.raises(OAuthConfigurationError, match="answered without access_token") as caught,
    ):
        ask(host, replayable=replayable)
    assert caught.value.code == code


@pytest.mark.parametrize("error", [None, "", False, "odd"])
def test_a_token_is_taken_whatever_stands_beside_it(error: Any) -> None:
    with endpoint(answering({**GRANTED, "error": error})) as host:
        assert ask(host)["access_token"] == GRANTED["access_token"]


@pytest.mark.parametrize(("status", "code"), [(303, "outcome_unknown"), (302, None), (307, None)])
def test_only_the_redirect_after_a_request_that_was_served_leaves_the_outcome_open(
    status: int, code: str | None
) -> None:
    with endpoint(answering(b"", status)) as host, pytest.raises(OAuthConfigurationError) as caught:
        ask(host)
    assert caught.value.code == code


def test_a_process_that_stood_still_beyond_its_deadline_sends_nothing() -> None:
    times = iter([0.0])
    with endpoint(granting) as host:
        with pytest.raises(OAuthUnavailable, match="could not be asked") as caught:
            ask(host, monotonic=lambda: next(times, 40.0))
        assert (caught.value.code, host.forms) == ("unreachable", [])


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_what_is_for_this_machine_goes_through_no_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(granting) as proxy, endpoint(granting) as host:
        monkeypatch.setenv(name, proxy.url)
        assert ask(host) == GRANTED
    assert (len(host.forms), proxy.headers) == (1, [])


def test_what_is_for_another_machine_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(granting) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask("http://login.example") == GRANTED
    assert len(proxy.forms) == 1


def test_a_revocation_is_answered_by_its_status_alone() -> None:
    with endpoint(answering(b"")) as host:
        assert ask(host, grant="revocation") == {}
