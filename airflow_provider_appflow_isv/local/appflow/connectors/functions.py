"""The Lambda function of a custom connector: provided in Python, or known to moto.

Facts: AppFlow API reference, RegisterConnector (errors); README of the AppFlow Custom Connector SDK: the function's
resource policy must let appflow.amazonaws.com invoke it.
"""

from __future__ import annotations

import re
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import lambda_backends

from airflow_provider_appflow_isv.local.appflow.connectors.custom_connectors import provide, provided
from airflow_provider_appflow_isv.local.appflow.exceptions import (
    AccessDeniedException,
    ResourceNotFoundException,
    ValidationException,
)
from airflow_provider_appflow_isv.local.services import APPFLOW, refusal, service_context

_LAMBDA_ARN = re.compile(r"arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:[\w-]+(:[\w$-]+)?", re.ASCII)


def configuration_of(lambda_arn: str, account_id: str) -> dict[str, Any]:
    """Return what a connector tells about itself.

    :param lambda_arn: its function.
    :param account_id: the account that registers it.
    :return: ConnectorConfiguration; empty for a function that moto knows, since the local stack cannot run it.
    :raises ValidationException: if the ARN is none of a Lambda function.
    :raises ResourceNotFoundException: if there is no such function.
    :raises AccessDeniedException: if AppFlow may not invoke it.
    """
    stand_in = provided(lambda_arn)
    if stand_in is not None:
        return dict(stand_in.configuration)
    parts = _LAMBDA_ARN.fullmatch(lambda_arn)
    if parts is None:
        raise ValidationException(f"lambdaArn: {lambda_arn} is not the ARN of a Lambda function.")
    function = _function(lambda_arn, parts[1], parts[2])
    statements = {"Version": "2012-10-17", "Statement": function.policy.statements}
    context = service_context(APPFLOW, region=parts[1], resource_account=parts[2], source_account=account_id)
    refused = refusal(statements, APPFLOW, "lambda:InvokeFunction", lambda_arn, context)
    if refused is not None:
        raise AccessDeniedException(
            f"Amazon AppFlow is not authorized to invoke {lambda_arn}: its policy {refused} Add a permission for the "
            "principal appflow.amazonaws.com to the function."
        )
    return {}


def _function(lambda_arn: str, region_name: str, owner: str) -> Any:
    try:
        return lambda_backends[owner][region_name].get_function(lambda_arn)
    except (LambdaClientError, KeyError):  # a KeyError for a Region that there is not
        raise ResourceNotFoundException(
            f"Function not found: {lambda_arn}. Create it, or let Python code stand in for it with "
            f"{provide.__module__}.{provide.__name__}()."
        ) from None
