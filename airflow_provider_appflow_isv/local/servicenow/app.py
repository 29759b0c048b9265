"""The WSGI app of the local ServiceNow: each instance below ``/instances/NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, g, jsonify
from werkzeug.exceptions import HTTPException

from airflow_provider_appflow_isv.local.servicenow import oauth, table_api
from airflow_provider_appflow_isv.local.servicenow.errors import ApiError, OAuthError
from airflow_provider_appflow_isv.local.servicenow.instance import Instances

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_INSTANCE_PATH = "/instances/<instance_name>"
_RETRY_AFTER = "1"  # seconds


def _choose_instance(_endpoint: str | None, values: MutableMapping[str, str] | None) -> None:
    name = (values or {}).pop("instance_name", None)
    if name is None:
        return
    instances = current_app.extensions["servicenow_instances"]
    assert isinstance(instances, Instances)  # tells the type checker what create_app put there
    g.instance = instances.get(name)
    if g.instance is None:
        raise ApiError("Instance not found", f"there is no instance {name!r} here", 404)


def _api_error(error: ApiError) -> Response:
    response = jsonify({"error": {"message": error.message, "detail": error.detail}, "status": "failure"})
    response.status_code = error.status
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'BASIC realm="Service-now"'
    if error.status == 429:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _oauth_error(error: OAuthError) -> Response:
    response = jsonify({"error_description": error.description, "error": error.error})
    response.status_code = error.status
    return response


def _http_error(error: HTTPException) -> Response:
    if error.code == 404:
        return _api_error(ApiError("Requested URI does not represent any resource", None, 400))
    if error.code == 405:
        return _api_error(ApiError("Method not supported", "the local ServiceNow is read only over HTTP", 405))
    return _api_error(ApiError(error.name, error.description, error.code or 500))


def create_app(instances: Instances) -> Flask:
    """Make the WSGI app.

    :param instances: the instances to serve; may grow and change while it runs.
    :return: the app.
    """
    app = Flask(__name__)
    app.extensions["servicenow_instances"] = instances
    app.json.sort_keys = False  # type: ignore[attr-defined]  # set on Flask's default provider, not on its base class
    app.url_map.strict_slashes = False
    app.url_value_preprocessor(_choose_instance)
    app.register_blueprint(oauth.blueprint, url_prefix=_INSTANCE_PATH)
    app.register_blueprint(table_api.blueprint, url_prefix=f"{_INSTANCE_PATH}/api/now")
    app.register_blueprint(table_api.blueprint, name="table_api_v2", url_prefix=f"{_INSTANCE_PATH}/api/now/v2")
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(OAuthError, _oauth_error)
    app.register_error_handler(HTTPException, _http_error)
    return app
