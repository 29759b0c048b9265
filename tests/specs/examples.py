"""A plain flow that the tests change in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_appflow_isv.specs import Field, FlowSpec, S3Destination, SalesforceSource

# how something wrong is built, the argument that the error names, a piece of the message
Row = tuple[Callable[[], Any], str, str]
SOURCE = SalesforceSource(profile="tenant-a-salesforce", object="Account")
DESTINATION = S3Destination(bucket="tenant-a-landing")


def flow(**changes: Any) -> FlowSpec:
    """A flow of Salesforce to S3, with other arguments."""
    plain: dict[str, Any] = {"name": "accounts", "source": SOURCE, "destination": DESTINATION, "fields": [Field("Id")]}
    return FlowSpec(**{**plain, **changes})


def written(**changes: Any) -> dict[str, Any]:
    """The same as somebody writes it in a file."""
    plain: dict[str, Any] = {
        "name": "accounts",
        "source": {"SalesforceSource": {"profile": "tenant-a-salesforce", "object": "Account"}},
        "destination": {"S3Destination": {"bucket": "tenant-a-landing"}},
        "fields": ["Id"],
    }
    return {**plain, **changes}


def loosely(kind: Any) -> Any:
    """A class whose arguments mypy doesn't look at: files and templates have no types."""
    return kind
