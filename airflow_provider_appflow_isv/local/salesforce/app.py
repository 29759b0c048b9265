"""The WSGI app of the local Salesforce: the login host at the root, each org's My Domain below ``/orgs/NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, g, jsonify
from werkzeug.exceptions import HTTPException

from airflow_provider_appflow_isv.local.salesforce import oauth
from airflow_provider_appflow_isv.local.salesforce.cometd import blueprint as cometd
from airflow_provider_appflow_isv.local.salesforce.errors import ApiError, OAuthError
from airflow_provider_appflow_isv.local.salesforce.rest import blueprint as rest
from airflow_provider_appflow_isv.local.salesforce.rest_collections import blueprint as rest_collections
from airflow_provider_appflow_isv.local.salesforce.rest_writes import blueprint as rest_writes

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.orgs import Orgs

_ORG_PATH = "/orgs/<org_name>"


def _choose_org(_endpoint: str | None, values: dict[str, str] | None) -> None:
    g.org = None
    name = (values or {}).pop("org_name", None)
    if name is not None:
        g.org = oauth.orgs().get(name)
        if g.org is None:
            raise ApiError("NOT_FOUND", f"there is no org {name!r} here", 404)


def _oauth_error(error: OAuthError) -> Response:
    response = jsonify({"error": error.error, "error_description": error.description})
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    return response


def _api_error(error: ApiError) -> Response:
    response = jsonify([error.body()])
    response.status_code = error.status
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code == 405:
        code, message = "METHOD_NOT_ALLOWED", "HTTP Method not allowed."
    elif error.code == 404:
        code, message = "NOT_FOUND", "The requested resource does not exist"
    else:
        code, message = "UNKNOWN_EXCEPTION", error.description or error.name
    return _api_error(ApiError(code, message, error.code or 500))


def create_app(orgs: Orgs) -> Flask:
    """Make the WSGI app.

    :param orgs: the orgs to serve; may grow and change while it runs.
    :return: the app.
    """
    app = Flask(__name__)
    app.extensions["salesforce_orgs"] = orgs
    app.json.sort_keys = False  # type: ignore[attr-defined]  # set on Flask's default provider, not on its base class
    app.url_map.strict_slashes = False
    app.url_value_preprocessor(_choose_org)
    app.register_blueprint(oauth.blueprint)
    app.register_blueprint(oauth.blueprint, name="org_oauth", url_prefix=_ORG_PATH)
    for part in (rest, rest_writes, rest_collections, cometd):
        app.register_blueprint(part, url_prefix=_ORG_PATH)
    app.register_error_handler(OAuthError, _oauth_error)
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(HTTPException, _http_error)
    return app
