"""AWS's refusals in words that say where they happened and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    ParamValidationError,
    SSLError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from airflow_provider_appflow_isv.exceptions import (
    AppFlowIsvError,
    AppFlowRequestError,
    ConnectorAuthenticationError,
)
from airflow_provider_appflow_isv.hooks.redaction import redact_refusal

CONNECTOR_AUTHENTICATION = "ConnectorAuthenticationException"
FIRST_HOP = "Opening the Airflow connection's AWS session"

_RATE = "AWS limits the request rate of that account; retry later or run fewer tasks at once."
_BUCKET = "The bucket is in another account than the one named here, or the role may not read or set its policy."
_ABSENT = "Check the secret's name, the region, and in whose account it is stored."
_KEY = "Enable the KMS key of the secret, and allow the caller kms:Decrypt and kms:GenerateDataKey."

# beginnings of error codes, what operation and message must contain, hint; the first match counts
_HINTS: tuple[tuple[str, str, str, str], ...] = (
    ("ValidationError", "", "", "Correct the argument that the message names."),
    ("InvalidClientTokenId", "", "", "Check the access key in the Airflow connection, or the worker's own."),
    ("SignatureDoesNotMatch", "", "", "Check the secret access key in the Airflow connection, or the worker's own."),
    ("MalformedPolicyDocument", "", "", "Correct assume_role_kwargs['Policy']."),
    ("PackedPolicyTooLarge", "", "", "Shorten the policies and tags in assume_role_kwargs."),
    ("ResponseParserError", "", "", "Something else than AWS answered, such as a proxy; check the worker's network."),
    ("ResourceNotFoundException", "Secret", "", _ABSENT),
    ("ResourceNotFoundException", "ResourcePolicy", "", _ABSENT),
    (
        "ResourceNotFoundException",
        "Delete",
        "",
        "Check the name, the region and the account, or set if_missing='skip'.",
    ),
    (
        "ResourceNotFoundException",
        "",
        "connector profile",
        "Create it with AppFlowCreateConnectorProfileOperator, or check its name, the region and the account.",
    ),
    (
        "ResourceNotFoundException",
        "",
        "",
        "Check the name, the region and the account; AppFlowCreateFlowOperator creates a flow.",
    ),
    (
        "InvalidRequestException",
        "",
        "marked",
        "Take the secret back with RestoreSecret, or name another one.",
    ),
    ("DecryptionFailure", "", "", _KEY),
    ("EncryptionFailure", "", "", _KEY),
    ("LimitExceededException", "", "label", "Take labels that nobody needs any more off the secret's versions."),
    (
        "LimitExceededException",
        "PutSecretValue",
        "",
        "AWS deletes no version that is younger than a day: wait up to a day, and refresh less often.",
    ),
    (
        CONNECTOR_AUTHENTICATION,
        "ConnectorProfile",
        "",
        "The SaaS refused these credentials: check what connection or secret hold, and that the org lets AppFlow in.",
    ),
    (
        CONNECTOR_AUTHENTICATION,
        "",
        "",
        "The SaaS refused the credential: refresh it with AppFlowUpdateConnectorProfileOperator.",
    ),
    (
        "ConnectorServerException",
        "",
        "",
        "The SaaS could not be reached or did not know what was asked for: check instance URL, object and field names.",
    ),
    (
        "ConflictException",
        "DeleteFlow",
        "active",
        "Stop it first with AppFlowStopFlowOperator, or set force=True.",
    ),
    (
        "ConflictException",
        "DeleteConnectorProfile",
        "flows",
        "Delete those flows first with AppFlowDeleteFlowOperator, or set force=True, which leaves them unable to run.",
    ),
    ("ConflictException", "", "already exists", "Set if_exists to 'update' or 'skip', or choose another name."),
    ("ConflictException", "", "", "Something else works on it; look at the flow in the AppFlow console, then retry."),
    (
        "ValidationException",
        "",
        "",
        "Correct the argument that the message names; it is checked again on the next try.",
    ),
    ("ParamValidationError", "", "", "Correct the member that the message names."),
    (
        "UnsupportedOperationException",
        "",
        "",
        "An on-demand flow can't be stopped; cancel its runs with AppFlowCancelFlowRunsOperator.",
    ),
    ("ServiceQuotaExceededException", "", "", "Delete what is no longer used or ask AWS to raise the quota."),
    ("AccessDenied", "BucketPolicy", "", _BUCKET),
    ("AccessDenied", FIRST_HOP, "", "Check the role in the Airflow connection and who may assume it."),
    ("AccessDenied", "", "", "Allow the action in the policy of the role or user that makes the call."),
    ("Throttling", "", "", _RATE),
    ("TooManyRequests", "", "", _RATE),
    ("NoSuchBucket", "", "", "Check the bucket's name and the account that owns it."),
    ("NoCredentials", "", "", "Give the Airflow connection credentials, or run where AWS credentials are provided."),
    ("NoRegion", "", "", "Set region_name on the task or in the Airflow connection."),
    ("ExpiredToken", "", "", "The session ended during the call; retry."),
    ("EndpointConnectionError", "", "", "Check region_name and the worker's network."),
    ("ConnectTimeoutError", "", "", "Check region_name and the worker's network."),
)

Refusal = ClientError | BotoCoreError | ResponseParserError
# what a request may end in; the last is an answer that is none of AWS's, such as a proxy's page
REFUSALS = (ClientError, BotoCoreError, ResponseParserError)

_TRANSIENT_CODES = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown")


def error_code(error: Refusal) -> str:
    """AWS's error code, or the class of an error that happened before AWS answered."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") or "Unknown"
    return type(error).__name__


def is_transient(error: BaseException | None, *, must_connect: bool = False) -> bool:
    """Whether the same request may well succeed later: throttled, AWS's own trouble, or no connection.

    An error of ours is as transient as the one that it was made from.

    :param error: what the request ended in.
    :param must_connect: an address with nothing behind it, such as a region that doesn't exist, counts as an error that
        stays.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error_code(error).startswith(_TRANSIENT_CODES)
    if isinstance(error, AppFlowIsvError):
        return is_transient(error.__cause__, must_connect=must_connect)
    # a certificate that is not trusted stays so
    staying = (SSLError, EndpointConnectionError) if must_connect else SSLError
    passing = (HTTPClientError, NoConnectionError, ResponseParserError)
    return isinstance(error, passing) and not isinstance(error, staying)


def hint_for(error: Refusal, operation: str) -> str | None:
    """What to do about a refusal; None if there is nothing general to say.

    :param operation: what was asked, e.g. ``StartFlow``.
    """
    code, said = error_code(error), str(error).lower()
    hints = (h for prefix, asked, text, h in _HINTS if code.startswith(prefix) and asked in operation and text in said)
    return next(hints, None)


def request_error(
    error: Refusal,
    *,
    operation: str,
    account: str | None = None,
    flow_name: str | None = None,
    execution_id: str | None = None,
    subject: str | None = None,
) -> AppFlowRequestError:
    """The typed error for a refused request.

    :param operation: name of the API operation, e.g. ``StartFlow``.
    :param account: AWS account id that the call was made in.
    :param flow_name: flow that it concerned.
    :param execution_id: flow run that it concerned.
    :param subject: what else it concerned, e.g. ``connector profile tenant-a``.
    :return: a :class:`ConnectorAuthenticationError` if the SaaS refused the credentials.
    """
    code = error_code(error)
    if isinstance(error, ClientError):
        redact_refusal(error)
    said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    if isinstance(error, ParamValidationError):
        said = re.sub(r"value: .*, type: ", "type: ", said)
    about = f" of {subject}" if subject else ""
    kind = ConnectorAuthenticationError if code == CONNECTOR_AUTHENTICATION else AppFlowRequestError
    return kind(
        f"{operation}{about} failed with {code}: {said.rstrip('.')}.",
        account=account,
        flow_name=flow_name,
        execution_id=execution_id,
        code=code,
        hint=hint_for(error, operation),
    )


@contextmanager
def explained(
    operation: str, *, account: str | None = None, flow_name: str | None = None, subject: str | None = None
) -> Iterator[None]:
    """Turn a refusal inside the block into :class:`AppFlowRequestError`; parameters as of :func:`request_error`."""
    try:
        yield
    except REFUSALS as error:
        # botocore quotes the value that it refuses, which may be a secret
        cause = None if isinstance(error, ParamValidationError) else error
        raise request_error(
            error, operation=operation, account=account, flow_name=flow_name, subject=subject
        ) from cause
