"""What is said to AWS and by AWS, without the secrets that Airflow was told to mask.

Airflow masks where a log is written to its file. Copies that go elsewhere, such as those to the standard output of the
LocalExecutor in Airflow 3.3, have been seen without masks, and exceptions have none at all.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_appflow_isv import _compat

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_LOGGERS = ("auth", "endpoint", "hooks", "httpsession", "parsers", "retryhandler")  # botocore's that log what is sent


# keys of role sessions are told by where they stand, for a trigger can't have Airflow mask them
_OF_SESSIONS = re.compile(
    r"""(<(?:SecretAccessKey|SessionToken)>|x-amz-security-token['"]?[:=] ?b?['"]?)[A-Za-z0-9+/=%_-]+""", re.IGNORECASE
)


class _Redaction(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        text = _OF_SESSIONS.sub(r"\1***", record.getMessage())
        record.msg, record.args = _compat.redact(text), ()
        return True


_REDACTION = _Redaction()


def redact_botocore_logs() -> None:
    """Have botocore's log records, which are of level DEBUG, masked before they go anywhere."""
    for name in _LOGGERS:
        logging.getLogger(f"botocore.{name}").addFilter(_REDACTION)


def redact_refusal(error: ClientError) -> None:
    """Mask what AWS says in a refusal, which may repeat what was sent.

    :param error: changed in place, so that nobody else that gets it shows a secret.
    """
    error.response = cast("Any", _compat.redact(error.response))
    error.args = tuple(_compat.redact(part) for part in error.args)
