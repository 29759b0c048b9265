"""A vendor that repeats in its errors what it was sent, or says nothing of use."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from tests.local.appflow.conftest import message_of

PLANTED = "planted-secret"
ODD_ANSWERS = {"/text": "no JSON", "/list": "[]", "/text-error": '{"error": "odd"}', "/empty": "{}"}
CLIENT = {"clientId": "example-client", "clientSecret": f"{PLANTED}-client"}


@Request.application
def parrot(request: Request) -> Response:
    for path, answer in ODD_ANSWERS.items():
        if request.path.startswith(f"{path}/"):
            return Response(answer, 418)
    sent = request.get_data(as_text=True)  # first, as the form's reader leaves nothing
    said = f"cannot accept {request.headers.get('Authorization')} {dict(request.form)} {sent}"
    if request.path.endswith("/oauth_token.do"):
        return Response(json.dumps({"error": "invalid_grant", "error_description": said}), 400)
    return Response(json.dumps({"error": {"message": said, "detail": None}}), 401)


@pytest.fixture(scope="module")
def vendor_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, parrot, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("secret", ["a+b/c&d=é", "50%/off"])
def test_secrets_that_the_vendor_repeats_as_they_were_sent_in_the_form_are_hidden(
    appflow: Any, vendor_url: str, secret: str
) -> None:
    credentials = {"oAuth2Credentials": {**CLIENT, "refreshToken": secret}}
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        create_profile(appflow, vendor_url, credentials)
    message = message_of(refusal)
    assert "refresh_token" in message
    for written in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
        assert written not in message


def create_profile(appflow: Any, url: str, credentials: dict[str, Any]) -> None:
    appflow.create_connector_profile(
        connectorProfileName="tickets",
        connectorType="Servicenow",
        connectionMode="Public",
        connectorProfileConfig={
            "connectorProfileProperties": {"ServiceNow": {"instanceUrl": url}},
            "connectorProfileCredentials": {"ServiceNow": credentials},
        },
    )


@pytest.mark.parametrize(
    ("credentials", "shown"),
    [
        ({"username": "loader", "password": PLANTED}, "cannot accept Basic ***"),
        ({"oAuth2Credentials": {"accessToken": PLANTED}}, "cannot accept Bearer ***"),
        ({"oAuth2Credentials": {**CLIENT, "refreshToken": PLANTED}}, "'client_secret': '***'"),
        ({"oAuth2Credentials": {**CLIENT, "oAuthRequest": {"authCode": PLANTED}}}, "'code': '***'"),
    ],
)
def test_secrets_that_the_vendor_repeats_are_hidden(
    appflow: Any, vendor_url: str, credentials: dict[str, Any], shown: str
) -> None:
    with pytest.raises(appflow.exceptions.ConnectorAuthenticationException) as refusal:
        create_profile(appflow, vendor_url, credentials)
    message = message_of(refusal)
    assert shown in message
    assert PLANTED not in message
    assert "bG9hZGVyOnBs" not in message  # Base64 of the user name with the password


@pytest.mark.parametrize("path", ODD_ANSWERS)
def test_an_error_without_words_is_told_by_its_status(appflow: Any, vendor_url: str, path: str) -> None:
    with pytest.raises(appflow.exceptions.ConnectorServerException, match="ServiceNow Status Code 418: I'M A TEAPOT"):
        create_profile(appflow, vendor_url + path, {"username": "loader", "password": PLANTED})
