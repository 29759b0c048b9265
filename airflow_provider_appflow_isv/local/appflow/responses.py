"""Requests in, answers out: parsing, validation, injected faults, and which backend method answers what."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import camelcase_to_underscores
from werkzeug.exceptions import Forbidden, HTTPException

from airflow_provider_appflow_isv.local.trust import caller

from . import catalog
from .exceptions import UnsupportedOperationException, ValidationException
from .models import AppFlowBackend, appflow_backends
from .service_model import error_status
from .settings import settings
from .validation import validate

_COMMON_STATUS = {  # errors that any AWS service may answer with (AppFlow API reference, "Common Errors")
    "ExpiredTokenException": 403,
    "UnrecognizedClientException": 403,
    "InvalidClientTokenId": 403,
    "ServiceUnavailable": 503,
    "InternalFailure": 500,
}


class AppFlowResponse(BaseResponse):
    """One method for each operation, found by moto by its name."""

    def __init__(self) -> None:
        super().__init__(service_name="appflow")

    @property
    def backend(self) -> AppFlowBackend:
        return appflow_backends[self.current_account][self.region]

    def call_action(self) -> Any:
        operation = self._get_action()
        fault = settings.take_fault(operation) if operation else None
        if fault is not None:
            return self._fault(*fault)
        if operation and not hasattr(type(self), camelcase_to_underscores(operation)):
            return self.serialized(
                ActionResult(UnsupportedOperationException(f"The local AppFlow does not have {operation} yet."))
            )
        return super().call_action()

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
        return ActionResult(self.backend.flows.delete(self._params()))

    def start_flow(self) -> ActionResult:
        return ActionResult(self.backend.start_flow(self._params()))

    def stop_flow(self) -> ActionResult:
        return ActionResult(self.backend.flows.stop(self._params()["flowName"]))

    def cancel_flow_executions(self) -> ActionResult:
        return ActionResult(self.backend.flows.cancel(self._params()))

    def describe_flow_execution_records(self) -> ActionResult:
        return ActionResult(self.backend.flows.records(self._params()))

    def describe_connectors(self) -> ActionResult:
        return ActionResult(self.backend.describe_connectors(self._params()))

    def describe_connector(self) -> ActionResult:
        params = self._params()
        described = catalog.describe(params["connectorType"], params.get("connectorLabel"))
        return ActionResult({"connectorConfiguration": described})

    def list_connectors(self) -> ActionResult:
        return ActionResult(self.backend.list_connectors(self._params()))

    def list_connector_entities(self) -> ActionResult:
        return ActionResult(self.backend.profiles.list_entities(self._params()))

    def describe_connector_entity(self) -> ActionResult:
        return ActionResult(self.backend.profiles.describe_entity(self._params()))

    def tag_resource(self) -> ActionResult:
        return ActionResult(self.backend.flows.tag(self._params()))

    def untag_resource(self) -> ActionResult:
        return ActionResult(self.backend.flows.untag(self._params()))

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult(self.backend.flows.tags(self._params()))

    def _params(self) -> dict[str, Any]:
        """The request's members, checked against the model."""
        try:
            params = json.loads(self.body) if self.body else {}
        except ValueError:
            params = None
        if not isinstance(params, dict):
            raise ValidationException("The request body is not a JSON object.")
        if "resourceArn" in self.uri_match:
            params["resourceArn"] = self.uri_match["resourceArn"]
            if self.method == "DELETE":
                params["tagKeys"] = self.querystring.get("tagKeys")
        return validate(self._get_action(), params)

    def _caller_arn(self) -> str:
        arn, _ = caller(self.current_account, self.get_access_key(), self.region)
        return arn

    def _fault(self, code: str, message: str) -> tuple[int, dict[str, Any], str]:
        status = error_status(code) or _COMMON_STATUS.get(code, 400)
        headers = {**self.response_headers, "x-amzn-errortype": code, "Content-Type": "application/json"}
        return status, headers, json.dumps({"message": message})

    def _determine_resource(self) -> str:
        """The flow's ARN, for moto's IAM checks."""
        try:
            name = json.loads(self.body)["flowName"]
        except (ValueError, KeyError, TypeError):
            return "*"
        return f"arn:{self.partition}:appflow:{self.region}:{self.current_account}:flow/{name}"

    def _authenticate_and_authorize_normal_action(self, resource: str = "*") -> None:
        """moto refuses in IAM's XML, which no client of a JSON service can read."""
        try:
            super()._authenticate_and_authorize_normal_action(resource)
        except HTTPException:
            message = (
                f"User: {self._caller_arn()} is not authorized to perform: appflow:{self._get_action()} "
                f"on resource: {resource}"
            )
            self.response_headers["x-amzn-errortype"] = "AccessDeniedException"
            raise Forbidden(json.dumps({"message": message})) from None
