"""The two ways in which ServiceNow says no: an error of the REST API and one of the token endpoint."""

from __future__ import annotations


class ApiError(Exception):
    """An answer of the REST API other than success.

    :param message: the error's ``message``, e.g. ``No Record found``.
    :param detail: the ``detail`` beside it; None is null.
    :param status: the HTTP status.
    """

    def __init__(self, message: str, detail: str | None, status: int) -> None:
        super().__init__(f"{status}: {message}" if detail is None else f"{status}: {message}: {detail}")
        self.message = message
        self.detail = detail
        self.status = status


class OAuthError(Exception):
    """An answer of the token endpoint other than success.

    :param error: the code, e.g. ``server_error``.
    :param description: the ``error_description``.
    :param status: the HTTP status.
    """

    def __init__(self, error: str, description: str, status: int) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
