"""The two ways in which Salesforce says no: an OAuth error and a REST API error."""

from __future__ import annotations

from airflow_provider_appflow_isv.local.oauth_errors import documented


class OAuthError(Exception):
    """An answer of the OAuth endpoints other than success ("OAuth 2.0 Authorization Errors", Salesforce Help).

    :param error: the code, e.g. ``invalid_grant``.
    :param description: the ``error_description``; default None, the code's own.
    """

    def __init__(self, error: str, description: str | None = None) -> None:
        known = documented(error)
        self.error = error
        self.description = description or known.description
        self.status = known.status
        super().__init__(f"{error}: {self.description}")


class ApiError(Exception):
    """An answer of the data API other than success.

    :param code: the ``errorCode``, e.g. ``MALFORMED_QUERY``.
    :param message: the text beside it.
    :param status: the HTTP status.
    :param fields: the fields that a write was refused for; None if the error isn't about a record, default.
    """

    def __init__(self, code: str, message: str, status: int = 400, *, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def body(self) -> dict[str, object]:
        """Return the error as an element of the answer to a request that failed."""
        body: dict[str, object] = {"errorCode": self.code, "message": self.message}
        return body if self.fields is None else {**body, "fields": list(self.fields)}

    def result(self) -> dict[str, object]:
        """Return the error as an element of ``errors`` in the result of one record."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}
