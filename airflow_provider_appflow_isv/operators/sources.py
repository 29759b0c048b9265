"""An operator's argument that is a credential source: checked when the DAG is parsed, rendered on a copy."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.operators.base import AppFlowBaseOperator
from airflow_provider_appflow_isv.specs.values import is_late

if TYPE_CHECKING:
    from airflow_provider_appflow_isv._compat import Context
    from airflow_provider_appflow_isv.credentials import CredentialSource


class SourceTakingOperator(AppFlowBaseOperator):
    """Base of what takes a credential source, in the attribute that ``source_argument`` names."""

    source_argument: ClassVar[str] = "credentials"

    _members: Sequence[tuple[str, ...]] = ()

    @classmethod
    def partial(cls, **kwargs: Any) -> Any:
        """As of Airflow; refuses at once what it would store with the DAG, or not wait for.

        :param kwargs: as for Airflow.
        :raises TenantConfigurationError: the source is none, is wrong, or has the output of another task in it.
        """
        name = cls.source_argument
        source = kwargs.get(name)
        if source is not None and not is_late(source):
            _check_is_one(name, source)
            source.check()
            for path, value in _members_of(source):
                if is_late(value) and not isinstance(value, str):
                    raise TenantConfigurationError(
                        f"{'.'.join((name, *path))} is the output of another task, for which Airflow does not have "
                        "mapped tasks wait.",
                        hint='Give it as a template, "{{ ti.xcom_pull(...) }}", and say the order (task >> mapped); '
                        "or map over it.",
                    )
        return super().partial(**kwargs)

    def take_source(self, source: Any) -> None:
        """Remember which members a source was given, and wait for the tasks whose outputs they are.

        :param source: the source; None for none.
        """
        from airflow_provider_appflow_isv._compat import XComArg

        members = list(_members_of(source))
        self._members = [path for path, value in members if value is not None]
        XComArg.apply_upstream_relationship(self, [value for _, value in members])

    def check_arguments(self) -> None:
        """As of the base; that the source is one, and is right as far as it is known, too."""
        super().check_arguments()
        name = self.source_argument
        source = getattr(self, name)
        if source is None:
            return
        _check_is_one(name, source)
        self._refuse_empty_members(source)
        self.check_source(source)

    def check_source(self, source: CredentialSource) -> None:
        """Refuse a source that is wrong as far as it can be told: here, whatever the connector is.

        :param source: the source.
        """
        source.check()

    def _refuse_empty_members(self, source: CredentialSource) -> None:
        found = dict(_members_of(source))
        for path in self._members:
            if found.get(path) in (None, "", "None"):
                raise TenantConfigurationError(
                    f"{'.'.join((self.source_argument, *path))} has rendered to nothing: other credentials would be "
                    "used than meant.",
                    hint="Check the template or the mapped value that it comes from.",
                )

    def _do_render_template_fields(
        self, parent: Any, template_fields: Any, context: Context, jinja_env: Any, seen_oids: set[int], **kwargs: Any
    ) -> None:
        # the one method that Airflow calls of mapped tasks too; other runs share the source that is in the DAG
        if parent is self:
            shared = getattr(self, self.source_argument)
            own = own_copy(shared)
            if id(shared) in seen_oids:  # made of the outputs of tasks, which must not be taken for templates
                seen_oids.add(id(own))
            setattr(self, self.source_argument, own)
        super()._do_render_template_fields(parent, template_fields, context, jinja_env, seen_oids, **kwargs)


def _check_is_one(name: str, source: Any) -> None:
    if not hasattr(source, "check_for"):
        # not quoted: it may be a secret
        raise TenantConfigurationError(
            f"{name} must be a credential source: values given here would show in Airflow's UI and database.",
            hint="Use SalesforceCredentials(secret_id=...) or another class of "
            "airflow_provider_appflow_isv.credentials.",
        )


def _members_of(source: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a source, and the sources in it, have to be rendered, by the path to it."""
    for name in getattr(source, "template_fields", ()):
        value = getattr(source, name)
        yield (name,), value
        if not is_late(value):
            yield from (((name, *path), inner) for path, inner in _members_of(value))


def own_copy(source: Any) -> Any:
    """A copy of a source, and of the sources in it, to be rendered in place: tasks of other tenants share the original.

    :param source: the source; anything without ``template_fields`` is returned as it is.
    """
    fields = getattr(source, "template_fields", None)
    if fields is None or isinstance(source, type):
        return source
    made = copy.copy(source)
    for name in fields:
        value = getattr(made, name)
        if (own := own_copy(value)) is not value:
            object.__setattr__(made, name, own)  # sources may be frozen
    return made
