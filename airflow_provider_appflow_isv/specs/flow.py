"""A flow as a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow_provider_appflow_isv.specs import files
from airflow_provider_appflow_isv.specs.changes import Difference, differences
from airflow_provider_appflow_isv.specs.checks import mapping, one_of, several, text
from airflow_provider_appflow_isv.specs.completion import completed
from airflow_provider_appflow_isv.specs.configs import arguments_of, config_of, keep_folder, refuse_more
from airflow_provider_appflow_isv.specs.ends import Destination, Source
from airflow_provider_appflow_isv.specs.errors import SpecError, found_in
from airflow_provider_appflow_isv.specs.fields import Field, FieldOperation
from airflow_provider_appflow_isv.specs.filters import Filter
from airflow_provider_appflow_isv.specs.general import destination_of, source_of
from airflow_provider_appflow_isv.specs.normal import TIMES, only_destination, parts_of, point_in_time, schedule_of
from airflow_provider_appflow_isv.specs.places import plain_of
from airflow_provider_appflow_isv.specs.reading import raw_tasks, read_tasks
from airflow_provider_appflow_isv.specs.rules import verify
from airflow_provider_appflow_isv.specs.task_forms import task_forms
from airflow_provider_appflow_isv.specs.tasks import declared_types, tasks_of, types_are_known
from airflow_provider_appflow_isv.specs.triggers import OnDemand, OnEvent, Schedule, Trigger
from airflow_provider_appflow_isv.specs.values import Value, has_late, is_late, late_places, member


class GlueCatalog(Value):
    """Tables in a Glue catalogue for what the flow writes to S3.

    :param role_arn: role that AppFlow registers them with.
    :param database: the catalogue's database; it must exist.
    :param table_prefix: how the tables' names begin.
    """

    role_arn: str = member(text(512, r"arn:aws:iam:.*:[0-9]+:.*", says="must be the ARN of a role"), path="roleArn")
    database: str = member(text(255), path="databaseName")
    table_prefix: str = member(text(128), path="tablePrefix")


class FlowSpec(Value):
    """A flow: what it reads, what becomes of it, where it goes, and when. ::

        FlowSpec(
            name="Salesforce2s3",
            source=SalesforceSource(profile="SalesForceAPI", object="Account"),
            destination=S3Destination(bucket="appflow-sfdata", format="JSON"),
            fields=["Id", "Name", Field("CreatedDate", type="datetime")],
            filters=[Between("CreatedDate", "2021-01-01T13:00Z", "2021-01-31T13:00Z")],
        )

    Two are equal if they ask AppFlow for the same flow. Values may be Jinja templates or outputs of tasks: they are
    checked when they are known.

    :param name: the flow's name, unique in account and region.
    :param source: where it reads, e.g. ``SalesforceSource(profile="acme", object="Account")``.
    :param destination: where it writes, e.g. ``S3Destination(bucket="acme-landing")``.
    :param fields: what becomes of the fields: names, :class:`Field`, :class:`AllFields`, :class:`Concat`, ...
    :param filters: which records it takes; they all have to hold. Default every record.
    :param trigger: :class:`OnDemand` (default), :class:`Schedule` or :class:`OnEvent`.
    :param description: letters, digits, blanks and any of ``_!@#-.?,``; default none, or the one that the flow has.
    :param kms_arn: key for AppFlow to encrypt with; default AppFlow's own. It can't be changed later.
    :param tags: tags of the flow; others that it has stay. Default none.
    :param catalog: tables in a Glue catalogue; default none.
    :raises SpecError: naming the argument that is wrong, or does not go with another.
    """

    name: str = member(
        text(256, r"[a-zA-Z0-9][\w!@#.-]+", least=2, says="begins with a letter or digit and has those and _!@#.- only")
    )
    source: Source = member(one_of(Source))
    destination: Destination = member(one_of(Destination))
    fields: Sequence[FieldOperation | str] = member(several(one_of(FieldOperation, short=Field), 1000))
    filters: Sequence[Filter] = member(several(one_of(Filter), 1000), default=())
    trigger: Trigger = member(one_of(OnDemand, Schedule, OnEvent), default=OnDemand())
    description: str | None = member(
        text(2048, r"[\w!@#\-.?,\s]*", says="has letters, digits, blanks and any of _!@#-.?, only"), default=None
    )
    kms_arn: str | None = member(
        text(2048, r"arn:aws:kms:.*:[0-9]+:.*", least=20, says="must be the ARN of a KMS key"), default=None
    )
    tags: Mapping[str, str] = member(
        mapping(
            text(128, r"(?!aws:)[a-zA-Z+-=._:/]+", says="has characters that AppFlow's tags don't"),
            text(256, r"[\s\w+-=\.:/@]*", least=0, says="has characters that AppFlow's tags don't"),
            50,
        ),
        default={},
    )
    catalog: GlueCatalog | None = member(one_of(GlueCatalog), default=None)

    def _verify(self) -> None:
        verify(self)
        if self.is_rendered:
            self._tasks()

    @property
    def is_rendered(self) -> bool:
        """Whether all values are known: no template and no output of a task is left."""
        return not has_late(self)

    def create_request(self, *, now: datetime | None = None) -> dict[str, Any]:
        """Members of CreateFlow.

        :param now: the present; default the machine's clock. A schedule whose start has passed starts at its next time.
        :raises SpecError: while a value is a template.
        """
        request = self._definition()
        if isinstance(self.trigger, Schedule):
            self._begin(request, now or datetime.now(UTC))
        more = {"kmsArn": self.kms_arn, "tags": dict(self.tags)}
        return {**request, **{name: value for name, value in more.items() if value}}

    def update_request(self, found: Mapping[str, Any], *, now: datetime | None = None) -> dict[str, Any]:
        """Members of UpdateFlow, which replaces the flow's definition, but for its key and tags.

        :param found: DescribeFlow's answer. What the spec doesn't say stays as the flow has it.
        :param now: the present; default the machine's clock.
        :raises SpecError: while a value is a template.
        """
        request = completed(self._definition(), found, now=now)
        for before, end in zip(_ends(found), _ends(request), strict=True):
            keep_folder(before, end)
        return {name: value for name, value in request.items() if name != "kmsArn"}

    def differences(self, found: Mapping[str, Any], *, now: datetime | None = None) -> list[Difference]:
        """What an update would change of a flow; nothing if it is as the spec says.

        :param found: DescribeFlow's answer.
        :param now: the present; default the machine's clock.
        """
        return differences({**self._definition(), "kmsArn": self.kms_arn}, found, now=now)

    @classmethod
    def from_describe(cls, found: Mapping[str, Any]) -> FlowSpec:
        """The spec of a flow that exists. What no class of the specs says is kept by :class:`RawTask` and
        :class:`ConnectorSource`.

        :param found: DescribeFlow's answer, or the members of CreateFlow.
        :raises SpecError: naming what no spec can say, so that it would be lost.
        """
        config = {name: each for name, each in found["sourceFlowConfig"].items() if name != _PULL}
        with found_in("sourceFlowConfig"):
            source = source_of(config)
        destination_config = only_destination(found)
        with found_in("destinationFlowConfigList[0]"):
            destination = destination_of(destination_config)
        fields, filters = read_tasks(source, found["tasks"])
        whole: dict[str, Any] = {
            "name": found["flowName"],
            "source": source,
            "destination": destination,
            "trigger": _trigger_of(found),
            "description": found.get("description") or None,
            "kms_arn": found.get("kmsArn") or None,
            # CloudFormation's own ones can't be set by anybody else
            "tags": {name: each for name, each in (found.get("tags") or {}).items() if not name.startswith("aws:")},
            "catalog": _catalog_of(found),
        }
        try:
            return cls(**whole, fields=fields, filters=filters)
        except SpecError:  # AWS has let through what our rules don't
            return cls(**whole, fields=raw_tasks(source, found["tasks"]))

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON values (templates stay as they are), for XComs, files and templating."""
        data: dict[str, Any] = files.plain(self)
        if self.filters and not is_late(self.filters):
            declared = declared_types(self.source, self.fields)
            if types_are_known(self.source, self.fields):
                explicit = [each if is_late(each) else each.explicit(declared) for each in self.filters]
                data["filters"] = files.plain(explicit)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FlowSpec:
        """The spec that :meth:`to_dict` gave, or that somebody wrote in that form.

        :raises SpecError: naming the place of what is wrong.
        """
        return files.read(cls, data)

    def to_yaml(self) -> str:
        """The spec as YAML."""
        return files.to_yaml(self.to_dict())

    @classmethod
    def from_yaml(cls, written: str) -> FlowSpec:
        """The spec of a YAML (or JSON) text.

        :raises SpecError: naming the place of what is wrong.
        """
        return cls.from_dict(files.from_yaml(written))

    def _tasks(self) -> list[dict[str, Any]]:
        return tasks_of(self.source, self.fields, self.filters)  # type: ignore[arg-type]  # names have become Fields

    def _definition(self) -> dict[str, Any]:
        for place in late_places(self):
            raise SpecError("is a template or the output of a task: it can be sent once it is rendered.", place)
        source = config_of(self.source)
        trigger: dict[str, Any] = {"triggerType": self.trigger.trigger_type}
        if isinstance(self.trigger, Schedule):
            trigger["triggerProperties"] = {"Scheduled": plain_of(self.trigger)}
            if self.trigger.timestamp_field:
                source[_PULL] = {_TIMESTAMP: self.trigger.timestamp_field}
        optional = {
            "description": self.description,
            "metadataCatalogConfig": {"glueDataCatalog": plain_of(self.catalog)} if self.catalog else None,
        }
        return {
            "flowName": self.name,
            "triggerConfig": trigger,
            "sourceFlowConfig": source,
            "destinationFlowConfigList": [config_of(self.destination)],
            "tasks": self._tasks(),
            **{name: value for name, value in optional.items() if value},
        }

    def _begin(self, request: dict[str, Any], now: datetime) -> None:
        """Let the schedule start ahead: AppFlow takes no time that has passed."""
        try:
            start = self.trigger.next_start(now)  # type: ignore[attr-defined]  # it is a Schedule
        except SpecError as error:
            raise error.within("trigger") from None
        scheduled = request["triggerConfig"]["triggerProperties"]["Scheduled"]
        scheduled.pop("scheduleStartTime", None)
        if start is not None:
            scheduled["scheduleStartTime"] = start

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FlowSpec):
            return NotImplemented
        if not (self.is_rendered and other.is_rendered):
            return self.to_dict() == other.to_dict()
        return bool(self._normal() == other._normal())

    def __hash__(self) -> int:
        return hash(self.name if isinstance(self.name, str) else "")  # Airflow's outputs of tasks have no hash

    def _normal(self) -> Any:
        definition = {**self._definition(), "kmsArn": self.kms_arn}
        tasks = Counter(each.by_default for each in task_forms(self.source.type_name, definition["tasks"]))
        return self.name, parts_of(definition), tasks, dict(self.tags)


_PULL, _TIMESTAMP = "incrementalPullConfig", "datetimeTypeFieldName"
_GLUE = "glueDataCatalog"
_TRIGGERS: dict[str, type[Trigger]] = {each.trigger_type: each for each in (OnDemand, OnEvent, Schedule)}


def _ends(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [definition["sourceFlowConfig"], *definition["destinationFlowConfigList"]]


def _catalog_of(found: Mapping[str, Any]) -> GlueCatalog | None:
    configs = found.get("metadataCatalogConfig") or {}
    with found_in("metadataCatalogConfig"):
        refuse_more(configs, _GLUE)
    with found_in(f"metadataCatalogConfig.{_GLUE}"):
        return GlueCatalog(**arguments_of(GlueCatalog, configs[_GLUE])) if configs.get(_GLUE) else None


def _trigger_of(found: Mapping[str, Any]) -> Trigger:
    trigger = found["triggerConfig"]
    pull = found["sourceFlowConfig"].get(_PULL) or {}
    with found_in(f"sourceFlowConfig.{_PULL}"):
        refuse_more(pull, _TIMESTAMP)
    with found_in("triggerConfig.triggerProperties"):
        refuse_more(trigger.get("triggerProperties") or {}, Schedule.trigger_type)
    with found_in("triggerConfig"):
        if trigger["triggerType"] not in _TRIGGERS:
            raise SpecError(f"{trigger['triggerType']!r} is not known to this version.", "triggerType")
    if trigger["triggerType"] != Schedule.trigger_type:
        return _TRIGGERS[trigger["triggerType"]]()
    with found_in(f"triggerConfig.triggerProperties.{Schedule.trigger_type}"):
        given = arguments_of(Schedule, schedule_of(found) or {})
    times = {
        name: point_in_time(given[name])
        for name, each in Schedule.members.items()
        if each.path in TIMES and name in given
    }
    more = {"timestamp_field": pull.get(_TIMESTAMP)}
    if given.get("pull") != "Incremental":
        more = {"first_execution_from": None}
    with found_in("trigger"):
        return Schedule(**{**given, **times, **more})
