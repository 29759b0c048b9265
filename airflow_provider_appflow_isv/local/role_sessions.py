"""What moto does not keep of a role session: its managed session policies, tags and source identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from moto.sts.models import AssumedRole


@dataclass(frozen=True)
class SessionAttributes:
    """What was passed to AssumeRole or inherited from the calling session.

    :param policy_arns: managed session policies; default none.
    :param tags: session tags; default none.
    :param transitive: keys of the tags that pass on to the next session of a role chain; default none.
    :param source_identity: default None; it passes on along a role chain.
    """

    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None

    def inherited_tags(self) -> dict[str, str]:
        """Return the tags that a session gets that this one opens."""
        return {key: self.tags[key] for key in self.transitive}


_NOTHING = SessionAttributes()
_attributes: WeakKeyDictionary[AssumedRole, SessionAttributes] = WeakKeyDictionary()  # forgotten when moto forgets


def remember(session: AssumedRole, attributes: SessionAttributes) -> None:
    """Keep the attributes of a role session for as long as moto keeps the session."""
    _attributes[session] = attributes


def attributes_of(session: AssumedRole | None) -> SessionAttributes:
    """Return a role session's attributes; none for a session that was not opened by AssumeRole, or for None."""
    return _attributes.get(session, _NOTHING) if session is not None else _NOTHING
