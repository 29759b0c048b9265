"""All orgs of the local Salesforce, behind one login host."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from airflow_provider_appflow_isv.local.salesforce.org import Org

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Orgs:
    """All orgs of the local Salesforce.

    :param login_url: base URL of the login host, without a slash at the end.
    :param clock: gives the time in seconds since the epoch; a test may set its own.
    :param record_clock: gives the time that records and their events are stamped with; default None, the clock's.
    """

    def __init__(
        self,
        login_url: str,
        clock: Callable[[], float] = time.time,
        record_clock: Callable[[], float] | None = None,
    ) -> None:
        self.login_url = login_url
        self.clock = clock
        self.record_clock = record_clock or (lambda: self.clock())
        self._orgs: dict[str, Org] = {}

    def create(
        self, name: str, *, accounts: int = 25, contacts: int | None = None, opportunities: int | None = None
    ) -> Org:
        """Add an org.

        :param name: the name in its URL.
        :param accounts: how many accounts it has.
        :param contacts: how many contacts; None makes two for each account.
        :param opportunities: how many opportunities; None makes one for each account.
        :return: the org.
        :raises ValueError: if there is an org of that name.
        """
        if name in self._orgs:
            raise ValueError(f"name: there is an org {name!r} already; choose another name")
        org = Org(
            name,
            f"{self.login_url}/orgs/{name}",
            accounts=accounts,
            contacts=2 * accounts if contacts is None else contacts,
            opportunities=accounts if opportunities is None else opportunities,
            clock=lambda: self.clock(),
            record_clock=self.record_clock,
        )
        self._orgs[name] = org
        return org

    def get(self, name: str) -> Org | None:
        """Return the org of that name, or None.

        :param name: the name in its URL.
        """
        return self._orgs.get(name)

    def remove(self, name: str) -> None:
        """Take an org away; does nothing if there is none of that name.

        :param name: the name in its URL.
        """
        org = self._orgs.pop(name, None)
        if org is not None:
            org.close()

    def close(self) -> None:
        """End all long polls, so that a server that stops needn't wait for them."""
        for org in self:
            org.close()

    def __getitem__(self, name: str) -> Org:
        return self._orgs[name]

    def __iter__(self) -> Iterator[Org]:
        return iter(list(self._orgs.values()))

    def __len__(self) -> int:
        return len(self._orgs)
