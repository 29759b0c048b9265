"""AWS's refusals in words that say where they happened and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, SSLError
from botocore.exceptions import ConnectionError as NoConnectionError

from airflow_provider_appflow_isv.exceptions import AppFlowIsvError, AppFlowRequestError

# code -> (text that the message must contain, hint); the first match counts
_HINTS: tuple[tuple[str, str, str], ...] = (
    (
        "ResourceNotFoundException",
        "onnector profile",
        "Create it with AppFlowCreateConnectorProfileOperator, or check its name, the region and the account.",
    ),
    (
        "ResourceNotFoundException",
        "",
        "Check the name, the region and the account; AppFlowCreateFlowOperator creates a flow.",
    ),
    (
        "ConnectorAuthenticationException",
        "",
        "The SaaS refused the credential: refresh it with AppFlowUpdateConnectorProfileOperator.",
    ),
    (
        "ConnectorServerException",
        "",
        "The SaaS could not be reached or did not know what was asked for: check instance URL, object and field names.",
    ),
    (
        "ConflictException",
        "lready exists",
        "Set if_exists to 'update' or 'skip', or choose another name.",
    ),
    (
        "ConflictException",
        "",
        "Something else works on it; look at the flow in the AppFlow console, then retry.",
    ),
    (
        "ValidationException",
        "",
        "Correct the argument that the message names; it is checked again on the next try.",
    ),
    ("UnsupportedOperationException", "", "An on-demand flow can't be stopped; cancel its runs instead."),
    ("ServiceQuotaExceededException", "", "Delete what is no longer used or ask AWS to raise the quota."),
    ("AccessDenied", "", "Allow the action in the policy of the role or user that makes the call."),
    (
        "Throttling",
        "",
        "AWS limits the request rate of that account; retry later or run fewer tasks at once.",
    ),
    (
        "TooManyRequests",
        "",
        "AWS limits the request rate of that account; retry later or run fewer tasks at once.",
    ),
    ("NoSuchBucket", "", "Check the bucket's name and the account that owns it."),
    (
        "NoCredentials",
        "",
        "Give the Airflow connection credentials, or run where AWS credentials are provided.",
    ),
    ("NoRegion", "", "Set region_name on the task or in the Airflow connection."),
    ("ExpiredToken", "", "The session ended during the call; retry."),
)

_TRANSIENT_CODES = ("Throttling", "TooManyRequests", "RequestLimitExceeded", "SlowDown")


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's error code, or the class of an error that happened before AWS answered."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") or "Unknown"
    return type(error).__name__


def is_transient(error: BaseException | None) -> bool:
    """Whether the same request may well succeed later: throttled, AWS's own trouble, or no connection.

    An error of ours is as transient as the one that it was made from.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error_code(error).startswith(_TRANSIENT_CODES)
    if isinstance(error, AppFlowIsvError):
        return is_transient(error.__cause__)
    # a certificate that is not trusted stays so
    return isinstance(error, HTTPClientError | NoConnectionError) and not isinstance(error, SSLError)


def request_error(
    error: ClientError | BotoCoreError,
    *,
    operation: str,
    account: str | None = None,
    flow_name: str | None = None,
    subject: str | None = None,
) -> AppFlowRequestError:
    """The typed error for a refused request.

    :param operation: name of the API operation, e.g. ``StartFlow``.
    :param account: AWS account id that the call was made in.
    :param flow_name: flow that it concerned.
    :param subject: what else it concerned, e.g. ``connector profile tenant-a``.
    """
    code = error_code(error)
    said = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    about = f" of {subject}" if subject else ""
    hint = next((h for prefix, text, h in _HINTS if code.startswith(prefix) and text in said), None)
    return AppFlowRequestError(
        f"{operation}{about} was refused with {code}: {said.rstrip('.')}.",
        account=account,
        flow_name=flow_name,
        code=code,
        hint=hint,
    )


@contextmanager
def explained(
    operation: str, *, account: str | None = None, flow_name: str | None = None, subject: str | None = None
) -> Iterator[None]:
    """Turn a refusal inside the block into :class:`AppFlowRequestError`; parameters as of :func:`request_error`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise request_error(
            error, operation=operation, account=account, flow_name=flow_name, subject=subject
        ) from error
