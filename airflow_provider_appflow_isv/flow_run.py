"""A flow run as AppFlow's execution records tell it, and the one table of what its status means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from airflow_provider_appflow_isv.exceptions import (
    FlowRunAuthenticationFailed,
    FlowRunEmpty,
    FlowRunFailed,
    FlowRunIncomplete,
)


class RunState(Enum):
    """What an execution status means to somebody who waits."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


_STATES = {
    "InProgress": RunState.PENDING,
    "CancelStarted": RunState.PENDING,
    "Successful": RunState.SUCCEEDED,
    "Error": RunState.FAILED,
    "Canceled": RunState.FAILED,
}

ON_EMPTY = ("succeed", "skip", "fail")


@dataclass(frozen=True, kw_only=True)
class FlowRun:
    """One run of a flow.

    :param flow_name: name of the flow.
    :param flow_arn: ARN of the flow, if known.
    :param execution_id: AppFlow's id of the run; None where StartFlow only activated the flow.
    :param status: AppFlow's execution status (or the flow status after an activation).
    :param records_processed: records read.
    :param bytes_processed: bytes read.
    :param bytes_written: bytes written to the destination.
    :param put_failures: records that the destination refused.
    :param started_at: start of the run.
    :param ended_at: time of the last update of a run that has ended, else None.
    :param data_pull_start: start of the window of an incremental run.
    :param data_pull_end: end of the window of an incremental run.
    :param message: what AppFlow said about a failure.
    """

    flow_name: str
    flow_arn: str | None = None
    execution_id: str | None = None
    status: str = "InProgress"
    records_processed: int | None = None
    bytes_processed: int | None = None
    bytes_written: int | None = None
    put_failures: int | None = None
    started_at: str | None = None
    ended_at: str | None = None
    data_pull_start: str | None = None
    data_pull_end: str | None = None
    message: str | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, flow_name: str, flow_arn: str | None = None) -> FlowRun:
        """The run that an item of DescribeFlowExecutionRecords tells of."""
        result = record.get("executionResult") or {}
        error = result.get("errorInfo") or {}
        status = record.get("executionStatus", "absent")
        ended = _STATES.get(status) is not RunState.PENDING
        return cls(
            flow_name=flow_name,
            flow_arn=flow_arn,
            execution_id=record.get("executionId"),
            status=status,
            records_processed=result.get("recordsProcessed"),
            bytes_processed=result.get("bytesProcessed"),
            bytes_written=result.get("bytesWritten"),
            put_failures=error.get("putFailuresCount", 0) if ended else None,
            started_at=_iso(record.get("startedAt")),
            ended_at=_iso(record.get("lastUpdatedAt")) if ended else None,
            data_pull_start=_iso(record.get("dataPullStartTime")),
            data_pull_end=_iso(record.get("dataPullEndTime")),
            message=error.get("executionMessage"),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FlowRun:
        """The run that :meth:`to_json` wrote; members that this version doesn't know are left out."""
        return cls(**{name: value for name, value in data.items() if name in cls.__dataclass_fields__})

    @property
    def state(self) -> RunState:
        """Pending, succeeded or failed; a status that AppFlow does not document is a failure."""
        return _STATES.get(self.status, RunState.FAILED)

    @property
    def failed_authentication(self) -> bool:
        """Whether it failed because the SaaS refused the credentials, by what AppFlow said."""
        said = (self.message or "").lower()
        return (
            self.status == "Error"
            and any(word in said for word in _AUTHENTICATION)
            and not any(word in said for word in _REFUSED_BY_AWS)
        )

    @property
    def is_in_progress(self) -> bool:
        """Whether it goes on and could be cancelled: not once it is being cancelled."""
        return self.status == "InProgress"

    @property
    def account(self) -> str | None:
        """AWS account id of the flow, from its ARN."""
        return self.flow_arn.split(":")[4] if self.flow_arn else None

    @property
    def started(self) -> datetime | None:
        """Start of the run, if known."""
        return datetime.fromisoformat(self.started_at) if self.started_at else None

    @property
    def seconds(self) -> float | None:
        """How long the run took, in seconds, if it has ended."""
        if not (self.started and self.ended_at):
            return None
        return (datetime.fromisoformat(self.ended_at) - self.started).total_seconds()

    def to_json(self) -> dict[str, Any]:
        """All members, JSON values only; a trigger's event."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def to_xcom(self) -> dict[str, Any]:
        """What a task returns: :meth:`to_json` without the failure's message."""
        return {name: value for name, value in self.to_json().items() if name != "message"}

    def __str__(self) -> str:
        took = f" after {self.seconds:.1f} s" if self.seconds is not None else ""
        where = f" in account {self.account}" if self.account else ""
        return f"run {self.execution_id} of flow {self.flow_name}{where}: {self.status}{took}"


def check_success(run: FlowRun, *, max_put_failures: int | None = None) -> None:
    """Raise unless the run ended well.

    :param run: a run that has ended.
    :param max_put_failures: how many records the destination may have refused; None allows any number.
    :raises FlowRunAuthenticationFailed: the SaaS refused the credentials of the flow's connector profile.
    :raises FlowRunFailed: the run ended in Error, Canceled or a status that AppFlow does not document.
    :raises FlowRunIncomplete: more records were refused than allowed.
    """
    where = {"account": run.account, "flow_name": run.flow_name, "execution_id": run.execution_id}
    if run.state is not RunState.SUCCEEDED:
        said = (run.message or "AppFlow gave no message").rstrip(".")
        kind = FlowRunAuthenticationFailed if run.failed_authentication else FlowRunFailed
        raise kind(f"The flow run ended with status {run.status}: {said}.", code=run.status, hint=_hint(run), **where)
    if max_put_failures is not None and (run.put_failures or 0) > max_put_failures:
        raise FlowRunIncomplete(
            f"The destination refused {run.put_failures} records, {max_put_failures} are allowed: "
            f"{(run.message or 'AppFlow gave no message').rstrip('.')}.",
            hint="See the flow's error bucket, or raise max_put_failures.",
            **where,
        )


def check_not_empty(run: FlowRun) -> None:
    """Raise :class:`FlowRunEmpty` if the run processed no record."""
    if not run.records_processed:
        raise FlowRunEmpty(
            "The flow run processed no records.",
            account=run.account,
            flow_name=run.flow_name,
            execution_id=run.execution_id,
            hint="Check the flow's filters and the org's data, or set on_empty to 'succeed' or 'skip'.",
        )


# a refusal of the SaaS: as AppFlow, Salesforce, token endpoints (RFC 6749, section 5.2), Redshift and Snowflake say it
_AUTHENTICATION = (
    "authenticating to connector",
    "authentication error",
    "authentication failed",
    "authentication failure",
    "status code 401",
    "status code: 401",
    "invalid_session_id",
    "session expired or invalid",
    "invalid_grant",
    "invalid_client",
    "invalid_token",
    "expired access/refresh token",
    "incorrect username or password",
    "jwt token is invalid",
)
# a refusal of AWS, such as that of a bucket or a key, which no new credential of the SaaS mends
_REFUSED_BY_AWS = ("access denied", "accessdenied", "not authorized to perform", "service: amazon", "service: aws")

REFRESH = (
    "Refresh the credential with AppFlowUpdateConnectorProfileOperator before the run, or let on_auth_failure of "
    "AppFlowStartFlowOperator do so."
)

_HINTS = (
    (
        ("clientcredentialsarn",),
        "Let AppFlow read that secret: client_credentials_secret of AppFlowCreateConnectorProfileOperator does so.",
    ),
    (
        ("bucket", "access denied", "s3:putobject"),
        "Let AppFlow write to the bucket: run AppFlowGrantBucketAccessOperator in the bucket's account.",
    ),
    (
        ("no such column", "invalid_field", "invalid_type", "not_found", "not supported", "field"),
        "Compare the flow's object and field names with the org (DescribeConnectorEntity) and update the flow.",
    ),
)


def _hint(run: FlowRun) -> str:
    if run.status == "Canceled":
        return "Somebody cancelled it; clear the task to run the flow again."
    if run.status not in _STATES:
        return "This provider does not know that status; look at the run in the AppFlow console."
    if run.failed_authentication:
        return REFRESH
    said = (run.message or "").lower()
    for words, hint in _HINTS:
        if any(word in said for word in words):
            return hint
    return "Look at the run history of the flow in the AppFlow console of that account."


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
