"""What all parts of an org's data API have in common: version, session and usage of each request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g, request

from airflow_provider_appflow_isv.local.salesforce.errors import ApiError
from airflow_provider_appflow_isv.local.salesforce.oauth import live_session
from airflow_provider_appflow_isv.local.salesforce.objects import find_object
from airflow_provider_appflow_isv.local.salesforce.org import Org

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce.schema import SObject

OLDEST_VERSION, NEWEST_VERSION = 50, 68


def not_found() -> ApiError:
    """Return the error of a path that leads nowhere."""
    return ApiError("NOT_FOUND", "The requested resource does not exist", 404)


def current_org() -> Org:
    """Return the org that is asked."""
    assert isinstance(g.org, Org)  # the data API is only served below an org
    return g.org


def sobject_named(name: str) -> SObject:
    """Return the object that a path names.

    :param name: its name, in any case.
    :raises ApiError: ``NOT_FOUND`` if there is none.
    """
    sobject = find_object(name)
    if sobject is None:
        raise not_found()
    return sobject


def _check_session() -> None:
    if request.endpoint == "rest.versions":
        return
    org = current_org()
    g.session = live_session(org)
    if g.session is None:
        raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
    org.count_api_request()


def _check_version(_endpoint: str | None, values: dict[str, str] | None) -> None:
    version = (values or {}).pop("version", None)
    if version is None:
        return
    known = re.fullmatch(r"v(\d{2})\.0", version, re.ASCII)
    if known is None or not OLDEST_VERSION <= int(known[1]) <= NEWEST_VERSION:
        raise not_found()
    g.data_url = f"/services/data/{version}"


def _tell_usage(response: Response) -> Response:
    if g.org is not None:
        usage = f"api-usage={g.org.api_requests_used}/{g.org.daily_api_requests}"
        response.headers["Sforce-Limit-Info"] = usage
    return response


def make_blueprint(name: str) -> Blueprint:
    """Make a part of the data API: its requests need a live session, are counted, and know ``g.data_url``.

    :param name: the part's name.
    :return: the blueprint.
    """
    blueprint = Blueprint(name, __name__)
    blueprint.before_request(_check_session)
    blueprint.url_value_preprocessor(_check_version)
    blueprint.after_request(_tell_usage)
    return blueprint
