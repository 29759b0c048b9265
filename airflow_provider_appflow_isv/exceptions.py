"""What can go wrong, typed: each error says where, what AWS or the SaaS said, and what to do next.

All of them survive pickling and :meth:`AppFlowIsvError.to_json`, the form in which a trigger hands one to its task.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_appflow_isv._compat import AirflowException

_MEMBERS = ("account", "flow_name", "execution_id", "code", "hint")


class AppFlowIsvError(AirflowException):
    """Base of this provider's errors.

    :param message: what went wrong, in one sentence.
    :param account: AWS account id in which it happened, if known.
    :param flow_name: the flow concerned, if any.
    :param execution_id: the flow run concerned, if any.
    :param code: error code of AWS or OAuth, or the execution status, if there is one.
    :param hint: what the reader can do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        account: str | None = None,
        flow_name: str | None = None,
        execution_id: str | None = None,
        code: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.account = account
        self.flow_name = flow_name
        self.execution_id = execution_id
        self.code = code
        self.hint = hint

    def _members(self) -> dict[str, str | None]:
        return {name: getattr(self, name) for name in _MEMBERS}

    def __str__(self) -> str:
        labels = (("account", self.account), ("flow", self.flow_name), ("run", self.execution_id))
        where = ", ".join(f"{label} {value}" for label, value in labels if value)
        return f"{self.message}{f' ({where})' if where else ''}{f' {self.hint}' if self.hint else ''}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self).__name__, self.message, self._members())

    def to_json(self) -> dict[str, Any]:
        """The error as JSON values, for a trigger event."""
        return {"type": type(self).__name__, "message": self.message, **self._members()}


class TenantConfigurationError(AppFlowIsvError, ValueError):
    """An argument, connection or secret is missing, malformed or contradicts another."""


class AssumeRoleError(AppFlowIsvError):
    """The tenant's role could not be assumed."""


class AppFlowRequestError(AppFlowIsvError):
    """AWS refused a request; ``code`` is AWS's error code."""


class ConnectorAuthenticationError(AppFlowRequestError):
    """AppFlow refused a request because the SaaS refused the connector profile's credentials."""


class FlowRunError(AppFlowIsvError):
    """A flow run did not end as wanted."""


class FlowRunFailed(FlowRunError):
    """The run ended in a status other than Successful; ``code`` is that status."""


class FlowRunAuthenticationFailed(FlowRunFailed):
    """The run failed because the SaaS refused the connector profile's credentials."""


class FlowRunTimeout(FlowRunError):
    """The run had not ended at the deadline."""


class FlowRunNotFound(FlowRunError):
    """The run did not show up in the flow's execution records."""


class FlowRunEmpty(FlowRunError):
    """The run processed no record although some were expected."""


class FlowRunIncomplete(FlowRunError):
    """The destination refused more records than allowed."""


class OAuthTokenError(AppFlowIsvError):
    """A token endpoint gave no usable token; ``code`` is its ``error``, if it answered."""


class OAuthUnavailable(OAuthTokenError):
    """The token endpoint, or the store of the login, can't serve now: try again later."""


class OAuthConfigurationError(OAuthTokenError):
    """App, user or org is not set up for this grant: somebody has to change the configuration."""


class OAuthConsentRequired(OAuthTokenError):
    """The grant is gone: a user of the org has to consent again."""


def _subclasses(cls: type[AppFlowIsvError]) -> dict[str, type[AppFlowIsvError]]:
    found = {cls.__name__: cls}
    for child in cls.__subclasses__():
        found |= _subclasses(child)
    return found


def _rebuild(type_name: str, message: str, members: dict[str, str | None]) -> AppFlowIsvError:
    return _subclasses(AppFlowIsvError).get(type_name, AppFlowIsvError)(message, **members)


def from_json(data: dict[str, Any]) -> AppFlowIsvError:
    """The error that :meth:`AppFlowIsvError.to_json` described.

    An unknown type becomes the base error; members that this version doesn't know are left out.
    """
    members = {name: data.get(name) for name in _MEMBERS}
    return _rebuild(str(data.get("type", "")), str(data.get("message", "no message")), members)
