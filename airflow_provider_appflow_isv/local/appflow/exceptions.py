"""AppFlow's typed errors; status and wire shape come from the botocore model by the error's code."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AppFlowError(ServiceException):
    """Base of all errors that the local AppFlow answers with."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class ValidationException(AppFlowError):
    code = "ValidationException"


class UnsupportedOperationException(AppFlowError):
    code = "UnsupportedOperationException"


class ConnectorServerException(AppFlowError):
    code = "ConnectorServerException"


class ConnectorAuthenticationException(AppFlowError):
    code = "ConnectorAuthenticationException"


class AccessDeniedException(AppFlowError):
    code = "AccessDeniedException"


class ResourceNotFoundException(AppFlowError):
    code = "ResourceNotFoundException"


class ConflictException(AppFlowError):
    code = "ConflictException"


class ServiceQuotaExceededException(AppFlowError):
    code = "ServiceQuotaExceededException"
