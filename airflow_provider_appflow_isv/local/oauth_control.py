"""The trouble planned for OAuth endpoints, over HTTP: ``/local/oauth-faults`` (see ``local.control``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import checked
from airflow_provider_appflow_isv.local.appflow.controls.effects import parse_effect
from airflow_provider_appflow_isv.local.appflow.controls.settings import settings
from airflow_provider_appflow_isv.local.oauth_faults import KINDS, OAuthFaults

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.salesforce import Orgs
    from airflow_provider_appflow_isv.local.servicenow import Instances


class _Vendor(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def oauth_faults(self) -> OAuthFaults: ...


_vendors: dict[str, Callable[[], dict[str, _Vendor]]] = {}  # of the running stack: by member, by name


@contextmanager
def controlled(orgs: Orgs, instances: Instances) -> Iterator[None]:
    """Let the OAuth endpoints of orgs and instances be controlled over HTTP while the context lasts.

    :param orgs: the local Salesforce's.
    :param instances: the local ServiceNow's.
    """
    _vendors["org"] = lambda: {org.name: org for org in orgs}
    _vendors["instance"] = lambda: {instance.name: instance for instance in instances}
    try:
        yield
    finally:
        _vendors.clear()


def planned() -> list[dict[str, Any]]:
    """Return what is still to come as JSON has it; ``request`` counts the endpoint's requests from now on."""
    return [
        {member: name, "endpoint": endpoint, "request": number, **effect.describe()}
        for member, found in _vendors.items()
        for name, vendor in found().items()
        for endpoint, planned in vendor.oauth_faults.planned.items()
        for number, effect in enumerate(planned.left(), start=1)
        if effect is not None
    ]


def plan_json(members: Mapping[str, Any]) -> None:
    """Plan trouble that is given as JSON.

    :param members: ``org`` or ``instance``, ``effect``, its members, and ``endpoint``, ``times`` and ``after``.
    :raises ValueError: naming the member that is wrong, missing or unknown.
    """
    rest = dict(members)
    vendor = _vendor(rest)
    effect = parse_effect(rest.pop("effect", None), rest, KINDS)
    times = checked("times", checks.whole_number(1), rest.pop("times", 1))
    after = checked("after", checks.whole_number(0), rest.pop("after", 0))
    endpoint = checked("endpoint", checks.one_of(*vendor.oauth_faults.planned), rest.pop("endpoint", "token"))
    if rest:
        raise ValueError(f"{min(rest)}: {type(effect).__name__} has no such member")
    vendor.oauth_faults.plan(times, effect, after, endpoint)


def _vendor(members: dict[str, Any]) -> _Vendor:
    given = [member for member in _vendors if member in members]
    if len(given) != 1:
        raise ValueError("org: give the name of a Salesforce org, or as instance that of a ServiceNow instance")
    (member,) = given
    found, name = _vendors[member](), members.pop(member)
    if not isinstance(name, str) or name not in found:
        raise ValueError(f"{member}: must be one of {', '.join(found)}, not {name!r}")
    return found[name]


def clear() -> None:
    """Take all of it back."""
    for found in _vendors.values():
        for vendor in found().values():
            vendor.oauth_faults.clear()


settings.on_reset(clear)
