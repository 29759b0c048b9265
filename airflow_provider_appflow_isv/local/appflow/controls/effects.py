"""What an injected fault does: to a call, to the list of records, or to a run.

The members of the classes are what ``POST /local/faults`` takes beside ``effect``, the class's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, TypeVar

from airflow_provider_appflow_isv.local.appflow.controls import checks
from airflow_provider_appflow_isv.local.appflow.controls.checks import Check, checked


@dataclass(frozen=True)
class Effect:
    """Base of all effects.

    ``narrowed_by`` names what the effect can be limited to, beside an account: the operation, the flow.
    ``lingers`` is True if what was hit stays hit until the fault is cleared.
    """

    narrowed_by: ClassVar[frozenset[str]] = frozenset({"flow"})
    lingers: ClassVar[bool] = False
    member_checks: ClassVar[Mapping[str, Check[Any]]] = {}

    def __post_init__(self) -> None:
        for name, check in self.member_checks.items():
            object.__setattr__(self, name, checked(name, check, getattr(self, name)))

    def describe(self) -> dict[str, Any]:
        """Return the effect's name and members, as JSON has them."""
        return {"effect": type(self).__name__, **asdict(self)}


E = TypeVar("E", bound=Effect)


@dataclass(frozen=True)
class CallEffect(Effect):
    """Base of what hits a call before anything else is looked at."""

    narrowed_by = frozenset({"operation", "flow"})


@dataclass(frozen=True)
class Error(CallEffect):
    """The call is answered with an error.

    :param code: error code, of letters only, e.g. ``ThrottlingException`` or ``ServiceUnavailable``; AppFlow's model
        and list of common errors have the status to it, any other code is a 400.
    :param message: message of the error.
    """

    code: str
    message: str = "Injected fault."
    member_checks = {"code": checks.code, "message": checks.text}  # noqa: RUF012  # annotated in the base


@dataclass(frozen=True)
class RateLimit(CallEffect):
    """Calls beyond a rate are answered with ThrottlingException (429): a token bucket per account and operation.

    It fills by the local AppFlow's clock and stays until it is cleared.

    :param rate: calls a second.
    :param burst: calls that may come at once.
    """

    rate: float
    burst: int
    member_checks = {"rate": checks.per_second, "burst": checks.whole_number(1)}  # noqa: RUF012  # annotated in the base


@dataclass(frozen=True)
class ConnectionEffect(CallEffect):
    """Base of what happens to a call's connection; only the server of the local stack can do this."""


@dataclass(frozen=True)
class Latency(ConnectionEffect):
    """The call is looked at so many seconds later, in real time."""

    seconds: float
    member_checks = {"seconds": checks.seconds}  # noqa: RUF012  # annotated in the base


@dataclass(frozen=True)
class Timeout(ConnectionEffect):
    """No answer until the client hangs up; once the fault is cleared, the call is looked at after all."""

    lingers = True


@dataclass(frozen=True)
class Drop(ConnectionEffect):
    """The connection is closed without an answer, before the call has done anything."""


@dataclass(frozen=True)
class EmptyRecords(Effect):
    """DescribeFlowExecutionRecords answers with no record and no further page."""


@dataclass(frozen=True)
class LaterPage(Effect):
    """A walk through DescribeFlowExecutionRecords finds the newest run on a later page only.

    The pages before have older runs, or none: AWS promises neither that pages are full nor that the first one has what
    is newest.

    :param page: number of the page, 2 or more.
    """

    page: int = 2
    member_checks = {"page": checks.whole_number(2)}  # noqa: RUF012  # annotated in the base


@dataclass(frozen=True)
class RunEffect(Effect):
    """Base of what hits a run; it is decided when the run starts."""


@dataclass(frozen=True)
class StuckInProgress(RunEffect):
    """The run moves its data but stays InProgress. Cancelling it works."""

    lingers = True


@dataclass(frozen=True)
class StuckInCancelStarted(RunEffect):
    """A cancel of the run begins but never ends."""

    lingers = True


@dataclass(frozen=True)
class RunFails(RunEffect):
    """The run ends in Error without moving data.

    :param message: its executionMessage.
    """

    message: str
    member_checks = {"message": checks.text}  # noqa: RUF012  # annotated in the base


@dataclass(frozen=True)
class TokenRevoked(RunEffect):
    """The run's access token is revoked before or between the pages of the source.

    A page of Salesforce is 2,000 records, one of ServiceNow 1,000. A run that can get a new token goes on with it. One
    whose source has no token to revoke (S3, custom connectors, ServiceNow with user name and password) ends in Error.

    :param after_page: number of the last page that can still be read; 0 for none.
    """

    after_page: int = 1
    member_checks = {"after_page": checks.whole_number(0)}  # noqa: RUF012  # annotated in the base


KINDS: dict[str, type[Effect]] = {
    kind.__name__: kind
    for kind in (
        Error,
        RateLimit,
        Latency,
        Timeout,
        Drop,
        EmptyRecords,
        LaterPage,
        StuckInProgress,
        StuckInCancelStarted,
        RunFails,
        TokenRevoked,
    )
}


def parse_effect(name: object, members: dict[str, Any], kinds: Mapping[str, type[E]]) -> E:
    """Make an effect from JSON.

    :param name: the class's name.
    :param members: taken out of here if they are the effect's.
    :param kinds: the classes that it may be, by name.
    :raises ValueError: naming the member that is wrong or missing.
    """
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"effect: must be one of {', '.join(kinds)}, not {name!r}")
    missing = [each.name for each in fields(kind) if each.default is MISSING and each.name not in members]
    if missing:
        raise ValueError(f"{missing[0]}: {name} needs it")
    return kind(**{each.name: members.pop(each.name) for each in fields(kind) if each.name in members})
