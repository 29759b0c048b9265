"""Sources and destinations in general: what their classes declare, and the registry of them.

A connector is one small class: its members say what may be given and where it stands in AppFlow's request, the class
variables what AppFlow lets it do. :mod:`configs` does the rest for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from airflow_provider_appflow_isv.specs.checks import NO_SPACE, choice, flag, mapping, one_of, several, text
from airflow_provider_appflow_isv.specs.errors import SpecError
from airflow_provider_appflow_isv.specs.places import plain_of, put
from airflow_provider_appflow_isv.specs.values import Value, member

profile_check = text(256, r"[\w/!@#+=.-]+", says="may have letters, digits and any of _/!@#+=.-")


def profile_name(**more: Any) -> Any:
    """The member that names the connector profile to go through."""
    return member(profile_check, path="connectorProfileName", **more)


def object_name(path: str = "object") -> Any:
    """The member that names what is read or written."""
    return prop(path, text(512, NO_SPACE))


def prop(path: str, check: Any, **more: Any) -> Any:
    """A member that stands among the connector's own properties.

    :param path: its place there, with dots.
    :param check: as of :func:`~airflow_provider_appflow_isv.specs.values.member`, and so are the others.
    """
    return member(check, path=f"*.{path}", **more)


def _no_leading_slash(value: str) -> str:
    if value.startswith("/"):
        raise ValueError("must not begin with a slash: AppFlow would look for a folder without a name")
    return value.rstrip("/") or value


def bucket_name(path: str = "bucketName") -> Any:
    """The member that names a bucket."""
    return prop(path, bucket_check)


def folder(path: str = "bucketPrefix", **more: Any) -> Any:
    """The member that names a folder in a bucket. A slash at its end means nothing."""
    return prop(path, prefix_check, **more)


def connector_label() -> Any:
    """The member that names a custom connector; it stands in no request, the profile is of that connector."""
    return member(text(256, r"[a-zA-Z0-9][\w!@#.-]+", says="has letters, digits and any of _!@#.-"), default=None)


def custom_properties() -> Any:
    """The member for what a custom connector asks for beyond the rest."""
    names = text(128, r"\w+", says="has letters, digits and _ only")
    return prop("customProperties", mapping(names, text(2048, NO_SPACE), 50), default={})


bucket_check = text(63, r"[a-z0-9][a-z0-9.-]*[a-z0-9]", least=3, says="has small letters, digits, dots and dashes only")
_prefix_text = text(512)


def prefix_check(value: Any) -> str:
    """A folder in a bucket."""
    return _no_leading_slash(_prefix_text(value))


class ErrorHandling(Value):
    """What becomes of records that the destination refuses.

    :param bucket: where they are kept; default nowhere.
    :param prefix: folder there.
    :param fail_on_first: whether the first one ends the run; default False, every record is tried.
    """

    bucket: str | None = member(bucket_check, default=None, path="bucketName")
    prefix: str | None = member(prefix_check, default=None, path="bucketPrefix")
    fail_on_first: bool = member(flag, default=False, path="failOnFirstDestinationError")

    def _verify(self) -> None:
        if self.prefix is not None and self.bucket is None:
            raise SpecError("is a folder in bucket, which is not given.", "prefix")


def write_operation(*possible: str) -> Any:
    """The member that says what to do with records, INSERT if it is left out.

    :param possible: the operations that the destination has.
    """
    return prop("writeOperationType", choice(*possible), default="INSERT")


def id_field_names() -> Any:
    """The member that names the destination's fields that tell records apart."""
    return prop("idFieldNames", several(text(128, NO_SPACE), 50), default=())


def error_handling() -> Any:
    """The member that says what becomes of records that the destination refuses."""
    return prop("errorHandlingConfig", one_of(ErrorHandling), default=None)


class End(Value, base=True):
    """Base of sources and destinations.

    :param api_version: version of the connector's API; default is AppFlow's choice.
    """

    side: ClassVar[str]
    handles: ClassVar[str] = ""  # connector type

    api_version: str | None = member(text(256, NO_SPACE), default=None, path="apiVersion")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.handles:
            # a user's subclass for one label of a custom connector doesn't take the place of the class for all of them
            _REGISTRY[cls.side].setdefault(cls.handles, cls)

    @property
    def type_name(self) -> str:
        """The connector's type in requests."""
        return self.handles

    @property
    def key(self) -> str:
        """The connector's name in requests where it stands as a key."""
        return key_of(self.type_name)

    def own_properties(self) -> dict[str, Any]:
        """The connector's own properties, as far as the request needs them."""
        found: dict[str, Any] = {}
        for each, value in self.stated():
            if each.path and each.path.startswith("*."):
                put(found, each.path[2:], plain_of(value))
        return found


# where a connector's key in requests is not its type (service model)
_KEYS = {"Googleanalytics": "GoogleAnalytics", "Infornexus": "InforNexus", "Servicenow": "ServiceNow"}
_REGISTRY: dict[str, dict[str, type[End]]] = {"source": {}, "destination": {}}


class SourceFacts(NamedTuple):
    """What AppFlow lets a source do.

    :param title: the connector's name for people.
    :param lacks: operators that its member of ConnectorOperator doesn't have.
    :param events: whether it has change events.
    :param most_often: its shortest schedule: ``minutes``, ``hours`` or ``days``.
    :param data_types: names of its field types; None where nobody lists them.
    :param field_types: data types of the fields that all of its objects have.
    """

    title: str
    lacks: frozenset[str] = frozenset()
    events: bool = False
    most_often: str = "minutes"
    data_types: frozenset[str] | None = None
    field_types: Mapping[str, str] = MappingProxyType({})


class DestinationFacts(NamedTuple):
    """What AppFlow lets a destination do.

    :param title: the connector's name for people.
    :param catalogued: whether what it writes can be registered in a Glue catalogue.
    :param partitioned: whether it knows folders by field.
    """

    title: str
    catalogued: bool = False
    partitioned: bool = False


class Source(End, base=True):
    """Where a flow reads."""

    side = "source"
    facts: ClassVar[SourceFacts]


class Destination(End, base=True):
    """Where a flow writes."""

    side = "destination"
    facts: ClassVar[DestinationFacts]

    def _verify(self) -> None:
        members = self.__dict__
        if members.get("operation") == "UPSERT" and members["id_fields"] == ():
            raise SpecError("must name the fields that tell records apart for the operation UPSERT.", "id_fields")


def key_of(connector_type: str) -> str:
    """A connector type's name in requests where it stands as a key."""
    return _KEYS.get(connector_type, connector_type)


def classes(side: str) -> dict[str, type[End]]:
    """The classes of sources or destinations by connector type.

    :param side: ``source`` or ``destination``.
    """
    return dict(_REGISTRY[side])
