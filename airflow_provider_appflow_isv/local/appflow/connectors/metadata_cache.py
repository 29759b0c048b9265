"""What AppFlow remembers of vendors' entities, to ask vendors less often.

Facts: AppFlow API reference, ResetConnectorMetadataCache: what ListConnectorEntities and DescribeConnectorEntity found
is kept, and forgotten once every hour. Inferred: the hour is counted from when a thing was found; names and details of
another API version are other things; without an API version, things are those of the connector's default one, so that a
reset of any version forgets them, too; a profile's update and deletion forget what was found through it.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from airflow_provider_appflow_isv.local.appflow.controls.settings import settings

T = TypeVar("T")

LIFE_SECONDS = 3600.0


@dataclass(frozen=True)
class Lookup:
    """One thing that was asked of a vendor.

    :param profile_name: the connector profile.
    :param api_version: the request's apiVersion, None without.
    :param path: parent of the entities that were listed, None at the top and for an entity's details.
    :param entity_name: the entity whose details were asked for, None for a list of entities.
    """

    profile_name: str
    api_version: str | None = None
    path: str | None = None
    entity_name: str | None = None


class MetadataCache:
    """Answers of the vendors of one account and Region, kept for an hour by the local AppFlow's clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Lookup, tuple[float, object]] = {}

    def get(self, lookup: Lookup, find: Callable[[], T]) -> T:
        """Return what is kept of a thing, or find it and keep it. Nothing is kept if ``find`` raises.

        :param lookup: the thing.
        :param find: asks the vendor.
        """
        with self._lock:
            found_at, kept = self._kept.get(lookup, (0.0, None))
        if settings.now() < found_at + LIFE_SECONDS:
            return copy.deepcopy(kept)  # type: ignore[return-value]  # what an earlier call with the same lookup found
        asked_at = settings.now()
        found = find()
        with self._lock:
            self._kept[lookup] = (asked_at, copy.deepcopy(found))
        return found

    def reset(self, lookup: Lookup) -> None:
        """Forget one thing.

        :param lookup: the thing; without an ``api_version``, it is forgotten in all API versions.
        """
        with self._lock:
            self._kept = {each: kept for each, kept in self._kept.items() if not _names(lookup, each)}

    def forget_profile(self, profile_name: str) -> None:
        """Forget all that was found through a connector profile.

        :param profile_name: the profile.
        """
        with self._lock:
            self._kept = {lookup: kept for lookup, kept in self._kept.items() if lookup.profile_name != profile_name}


def _names(lookup: Lookup, kept: Lookup) -> bool:
    of_version = lookup.api_version is None or kept.api_version in (None, lookup.api_version)
    return of_version and replace(kept, api_version=None) == replace(lookup, api_version=None)
