"""Private connections of connector profiles, which AppFlow sets up after CreateConnectorProfile has answered.

Facts: AppFlow user guide, "SAP OData connector": while the endpoint is made, the state is PENDING and no flow can move
data; then AppFlow logs in, and the state becomes CREATED or FAILED; an endpoint that exists already is used again. API
reference, PrivateConnectionProvisioningState. Inferred: the errors of requests that come too early.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.appflow.exceptions import (
    AppFlowError,
    ConnectorAuthenticationException,
    ConnectorServerException,
    ValidationException,
)

PENDING = "PENDING"
CREATED = "CREATED"
FAILED = "FAILED"

_CAUSES: dict[type[AppFlowError], str] = {
    ConnectorAuthenticationException: "CONNECTOR_AUTHENTICATION",
    ConnectorServerException: "CONNECTOR_SERVER",
    ValidationException: "VALIDATION",
}
_NOT_IN_MESSAGES = re.compile(r"[^\s\w/!@#+=.-]", re.ASCII)  # what the model lets a failureMessage not have
_MAX_MESSAGE = 2048


class PrivateConnection:
    """One private connection.

    :param ready_at: when the endpoint is there, in seconds since the epoch by the local AppFlow's clock.
    :param log_in: logs in to the vendor; called once, at the first look after that.
    """

    def __init__(self, ready_at: float, log_in: Callable[[], None]) -> None:
        self._ready_at = ready_at
        self._log_in = log_in
        self._lock = threading.Lock()
        self._status = PENDING
        self._error: AppFlowError | None = None

    def status(self) -> str:
        """Return PENDING, CREATED or FAILED."""
        with self._lock:
            if self._status == PENDING and settings.now() >= self._ready_at:
                try:
                    self._log_in()
                    self._status = CREATED
                except AppFlowError as error:
                    self._status, self._error = FAILED, error
            return self._status

    def describe(self) -> dict[str, str]:
        """Return the PrivateConnectionProvisioningState."""
        state = {"status": self.status()}
        if self._error is not None:
            state["failureMessage"] = _NOT_IN_MESSAGES.sub(" ", self._error.message)[:_MAX_MESSAGE]
            state["failureCause"] = _CAUSES.get(type(self._error), "INTERNAL_SERVER")
        return state

    def check(self, profile_name: str) -> None:
        """Check that the connection can be used.

        :param profile_name: its connector profile, for the message.
        :raises ValidationException: while it is being set up.
        :raises AppFlowError: that which made it fail.
        """
        if self.status() == PENDING:
            raise ValidationException(
                f"The private connection of Connector Profile {profile_name} is PENDING. Wait until "
                "DescribeConnectorProfiles shows it as CREATED."
            )
        if self._error is not None:
            raise type(self._error)(self._error.message)
