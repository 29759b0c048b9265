"""Requests in, answers out: parsing, validation, injected faults, and which backend method answers what."""

from __future__ import annotations

import json
import os
import uuid
from functools import cache
from typing import Any, NoReturn
from urllib.parse import unquote

from moto import settings as moto_settings
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores
from moto.iam.models import mark_account_as_visited
from moto.utilities.utils import get_partition
from werkzeug.exceptions import Forbidden, HTTPException

from airflow_provider_appflow_isv.local import identity
from airflow_provider_appflow_isv.local.appflow.controls.effects import CallEffect, Error
from airflow_provider_appflow_isv.local.appflow.controls.faults import Call, faults
from airflow_provider_appflow_isv.local.appflow.wire.access_keys import account_of_key
from airflow_provider_appflow_isv.local.appflow.wire.service_model import error_status, service_model
from airflow_provider_appflow_isv.local.appflow.wire.validation import validate

from .exceptions import ResourceNotFoundException, UnsupportedOperationException, ValidationException
from .models import AppFlowBackend, appflow_backends
from .wire import permissions

_COMMON_STATUS = {  # errors that any AWS service may answer with (AppFlow API reference, "Common Errors")
    "ExpiredTokenException": 403,
    "UnrecognizedClientException": 403,
    "InvalidClientTokenId": 403,
    "ServiceUnavailable": 503,
    "InternalFailure": 500,
}


class Headers(dict[str, str]):
    """Headers of a request by their names in lower case; asked for by any spelling, as moto does."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def callers_are_checked() -> bool:
    """Say whether a caller's permissions count: in moto's mode for it, or in the local stack's."""
    return float("inf") != moto_settings.INITIAL_NO_AUTH_ACTION_COUNT or identity.is_enforced()


@cache
def _method_names() -> dict[str, str]:
    return {operation: camelcase_to_underscores(operation) for operation in service_model().operation_names}


class AppFlowResponse(BaseResponse):
    """One method for each operation, found by moto by its name."""

    use_raw_body = True  # moto fails at a body that is no UTF-8

    def __init__(self) -> None:
        super().__init__(service_name="appflow")
        self._action: str | None = None

    @classmethod
    def of_operation(cls, operation: str, headers: Headers, body: bytes) -> AppFlowResponse:
        """Make what moto makes of a request, without the reading that serves other services and protocols.

        :param operation: what the request's path says; it has no query.
        :param headers: the request's headers, without ``x-amz-target`` and encodings of the body.
        :param body: the request's body.
        """
        response = cls()
        response._action, response.method = operation, "POST"
        response.headers, response.body = headers, body
        response.querystring, response.uri_match = {}, {}
        response.response_headers = {"server": "amazon.com"}
        response.region = response.get_region_from_url(response, f"http://{headers.get('host', '')}")
        response.partition = get_partition(response.region)
        response.access_key, response.current_account = response.get_access_key(), response.get_current_account()
        mark_account_as_visited(response.current_account, response.access_key, "appflow", response.region)
        return response

    @property
    def backend(self) -> AppFlowBackend:
        backends = appflow_backends[self.current_account]
        if self.region not in backends:
            raise ValidationException(
                f"Amazon AppFlow is not available in {self.region}. It is in: {', '.join(sorted(backends.regions))}."
            )
        return backends[self.region]

    @property
    def call(self) -> Call:
        """What the request is, for faults that hit only some."""
        params = self._unchecked_params() or {}
        name = params.get("flowName", params.get("resourceArn"))
        flow = name.removeprefix(f"{self._arn_prefix}:flow/") if isinstance(name, str) else None
        return Call(self.current_account, self._get_action(), flow)

    def get_current_account(self) -> str:
        """As moto finds it, but without asking every account at each request of a known key."""
        if "MOTO_ACCOUNT_ID" in os.environ or "x-moto-account-id" in self.headers:
            return super().get_current_account()
        return account_of_key(self.get_access_key())

    def _get_action(self) -> str:
        """As moto finds it, but once for a request."""
        if self._action is None:
            self._action = super()._get_action()
        if self._action is None and self.method == "DELETE":  # moto finds it only with the tagKeys that it needs
            self._action, self.uri_match = "UntagResource", {"resourceArn": unquote(self.path.removeprefix("/tags/"))}
        return self._action

    def call_action(self) -> Any:
        """What moto does with a request, in a tenth of the time: it looks the method up among all of the class."""
        operation = self._get_action()
        error = faults.error_of(self.call) if operation and faults.have(CallEffect) else None
        status, headers, body = self._answer(operation) if error is None else self._fault(error)
        return status, {**headers, "x-amzn-requestid": str(uuid.uuid4())}, body

    def _answer(self, operation: str) -> Any:
        method = getattr(self, _method_names().get(operation, ""), None)
        try:
            if method is None:
                raise UnsupportedOperationException(f"The local AppFlow does not have {operation}.")
            if callers_are_checked():
                self._authenticate_and_authorize_normal_action(self._determine_resource())
            result = method()
        except ServiceException as error:
            return self.serialized(ActionResult(error))
        except Forbidden as refusal:
            return refusal.code, self.response_headers, refusal.description
        return (200, self.response_headers, result) if isinstance(result, str) else self.serialized(result)

    def create_connector_profile(self) -> ActionResult:
        return ActionResult(self.backend.create_connector_profile(self._params()))

    def update_connector_profile(self) -> ActionResult:
        return ActionResult(self.backend.update_connector_profile(self._params()))

    def delete_connector_profile(self) -> ActionResult:
        return ActionResult(self.backend.delete_connector_profile(self._params()))

    def describe_connector_profiles(self) -> ActionResult:
        return ActionResult(self.backend.profiles.describe(self._params()))

    def create_flow(self) -> ActionResult:
        return ActionResult(self.backend.create_flow(self._params(), self._caller_arn()))

    def update_flow(self) -> ActionResult:
        return ActionResult(self.backend.update_flow(self._params(), self._caller_arn()))

    def describe_flow(self) -> ActionResult:
        return ActionResult(self.backend.flows.get(self._params()["flowName"]).describe())

    def list_flows(self) -> ActionResult:
        return ActionResult(self.backend.flows.list_flows(self._params()))

    def delete_flow(self) -> ActionResult:
        return ActionResult(self.backend.delete_flow(self._params()))

    def start_flow(self) -> ActionResult:
        return ActionResult(self.backend.start_flow(self._params()))

    def stop_flow(self) -> ActionResult:
        return ActionResult(self.backend.flows.stop(self._params()["flowName"]))

    def cancel_flow_executions(self) -> ActionResult:
        return ActionResult(self.backend.flows.cancel(self._params()))

    def describe_flow_execution_records(self) -> str:
        """The call that clients poll: moto's way from here to JSON would take longer than all the rest."""
        self.response_headers["Content-Type"] = "application/json"
        return json.dumps(self.backend.flows.records(self._params()))

    def describe_connectors(self) -> ActionResult:
        return ActionResult(self.backend.describe_connectors(self._params()))

    def describe_connector(self) -> ActionResult:
        return ActionResult(self.backend.describe_connector(self._params()))

    def register_connector(self) -> ActionResult:
        return ActionResult(self.backend.register_connector(self._params(), self._caller_arn()))

    def update_connector_registration(self) -> ActionResult:
        return ActionResult(self.backend.update_connector_registration(self._params()))

    def unregister_connector(self) -> ActionResult:
        return ActionResult(self.backend.unregister_connector(self._params()))

    def list_connectors(self) -> ActionResult:
        return ActionResult(self.backend.connectors.list_connectors(self._params()))

    def list_connector_entities(self) -> ActionResult:
        return ActionResult(self.backend.entities.list_entities(self._params()))

    def describe_connector_entity(self) -> ActionResult:
        return ActionResult(self.backend.entities.describe_entity(self._params()))

    def reset_connector_metadata_cache(self) -> ActionResult:
        return ActionResult(self.backend.entities.reset_cache(self._params()))

    def tag_resource(self) -> ActionResult:
        return ActionResult(self.backend.tagging.tag(self._params()))

    def untag_resource(self) -> ActionResult:
        return ActionResult(self.backend.tagging.untag(self._params()))

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult(self.backend.tagging.tags(self._params()))

    def _params(self) -> dict[str, Any]:
        """The request's members, checked against the model."""
        params = self._unchecked_params()
        if params is None:
            raise ValidationException("The request body is not a JSON object.")
        return validate(self._get_action(), params)

    def _unchecked_params(self) -> dict[str, Any] | None:
        try:
            body = self.body.decode() if isinstance(self.body, bytes) else self.body
            params = json.loads(body) if body else {}
        except (ValueError, RecursionError):  # the latter for too many brackets
            return None
        if not isinstance(params, dict):
            return None
        if "resourceArn" in self.uri_match:
            params["resourceArn"] = self.uri_match["resourceArn"]
            if self.method == "DELETE":
                params["tagKeys"] = self.querystring.get("tagKeys")
        return params

    def _caller(self) -> identity.Caller:
        return identity.caller_of(self)

    def _caller_arn(self) -> str:
        return self._caller().arn

    def _fault(self, error: Error) -> tuple[int, dict[str, Any], str]:
        status = error_status(error.code) or _COMMON_STATUS.get(error.code, 400)
        headers = {**self.response_headers, "x-amzn-errortype": error.code, "Content-Type": "application/json"}
        return status, headers, json.dumps({"message": error.message})

    @property
    def _arn_prefix(self) -> str:
        return f"arn:{self.partition}:appflow:{self.region}:{self.current_account}"

    def _determine_resource(self) -> str:
        """What is acted on, for moto's IAM checks."""
        params = self._unchecked_params() or {}
        return permissions.permissions(self._get_action(), params, self._arn_prefix)[0].resource

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        """moto refuses in IAM's XML, which no client of a JSON service can read."""
        action = self._get_action()
        try:
            super()._authenticate_and_authorize_normal_action(resource)
            if identity.is_enforced():
                params = self._unchecked_params() or {}
                permissions.check(self._caller(), action, params, self._arn_prefix, self._tags_of)
        except HTTPException:
            refused = f"appflow:{action} on resource: {resource}"
            self._forbid("AccessDeniedException", f"User: {self._caller_arn()} is not authorized to perform: {refused}")
        except identity.NotAuthorizedError as error:
            self._forbid("AccessDeniedException", str(error))
        except identity.UnknownKeyError as error:
            self._forbid("UnrecognizedClientException", str(error))

    def _tags_of(self, arn: str) -> dict[str, str]:
        try:
            tags: dict[str, str] = self.backend.tagging.tags({"resourceArn": arn})["tags"]
        except ResourceNotFoundException:
            return {}
        return tags

    def _forbid(self, code: str, message: str) -> NoReturn:
        self.response_headers["x-amzn-errortype"] = code
        raise Forbidden(json.dumps({"message": message})) from None
