"""Tags of flows and registered connectors; connector profiles have none.

Facts: Service Authorization Reference, TagResource ("tag a flow or a connector"); AppFlow API reference (50 tags).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from airflow_provider_appflow_isv.local.appflow.controls.quotas import quotas

from .exceptions import ResourceNotFoundException, ValidationException


class Tagged(Protocol):
    """What has tags."""

    tags: dict[str, str]


class Tagging:
    """The tag operations of one account and Region.

    :param find: returns the flow or connector of an ARN, None if there is none.
    """

    def __init__(self, find: Callable[[str], Tagged | None]) -> None:
        self._find = find
        self._lock = threading.Lock()

    def tag(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer TagResource."""
        with self._lock:
            tagged = self._tagged(params)
            tags = {**tagged.tags, **params["tags"]}
            if len(tags) > quotas.tags:
                raise ValidationException(f"There can be {quotas.tags} tags at most, this would make {len(tags)}.")
            tagged.tags = tags
            return {}

    def untag(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer UntagResource."""
        with self._lock:
            tagged = self._tagged(params)
            tagged.tags = {key: value for key, value in tagged.tags.items() if key not in params["tagKeys"]}
            return {}

    def tags(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer ListTagsForResource."""
        return {"tags": self._tagged(params).tags}

    def _tagged(self, params: dict[str, Any]) -> Tagged:
        tagged = self._find(params["resourceArn"])
        if tagged is None:
            raise ResourceNotFoundException(f"Resource with ARN {params['resourceArn']} does not exist.")
        return tagged
