"""What all stores have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Stored:
    """The members of a login as they stood in a store; the repr names the members and shows no value.

    :param members: values by canonical name, see :data:`~airflow_provider_appflow_isv.stores.members.NAMES`.
    :param source: where they stood, for messages: ``secret tenant-a`` or ``connection salesforce_default``.
    :param version: the secret's version id; None for a store without versions.
    :param created: when that version was made; None for a store without versions.
    """

    members: Mapping[str, str]
    source: str
    version: str | None = None
    created: datetime | None = None

    def __repr__(self) -> str:
        return f"Stored({self.source}, version={self.version}, members: {', '.join(sorted(self.members))})"


class Store(Protocol):
    """A place where the members of a login stand."""

    @property
    def source(self) -> str:
        """Where they stand, for messages."""

    @property
    def writable(self) -> bool:
        """Whether a new refresh token can be written back."""

    def read(self) -> Stored:
        """Read the members; their secrets are masked in logs from here on.

        :raises TenantConfigurationError: the store is not there or holds something else.
        """
