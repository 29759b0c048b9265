"""What all operators and sensors share: the AWS arguments, their checks, and the hook that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_appflow_isv._compat import BaseOperator
from airflow_provider_appflow_isv.exceptions import TenantConfigurationError
from airflow_provider_appflow_isv.tenant_role import SHARED_ARGUMENTS, TenantRole

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

_FLOW_NAME = re.compile(r"[a-zA-Z0-9][\w!@#.-]{1,255}", re.ASCII)
_CONNECTOR_PROFILE_NAME = re.compile(r"[\w/!@#+=.-]{1,256}", re.ASCII)

# where and with what rights a call is made: one of these that was given and came to nothing must not be left out
_WHERE = ("aws_conn_id", "region_name", "role_arn", "external_id", "assume_role_kwargs")


class AppFlowBaseOperator(BaseOperator):
    """Base of the operators and sensors; all of these arguments are templated and can be mapped.

    :param aws_conn_id: Airflow connection of type ``aws``; default ``aws_default``. One that does not exist is an
        error; None means the credentials that boto3 finds on the worker.
    :param region_name: AWS region; default is the connection's.
    :param verify: whether to verify TLS certificates, or the path of a CA bundle; default is the connection's.
    :param botocore_config: members of :class:`botocore.config.Config`; default is the connection's.
    :param role_arn: ARN of the role to assume in the tenant's account, after whatever role the connection assumes;
        None stays in the connection's account.
    :param external_id: ExternalId that the role's trust policy demands.
    :param assume_role_kwargs: further members of sts:AssumeRole: RoleSessionName, PolicyArns, Policy,
        DurationSeconds, Tags, TransitiveTagKeys, SourceIdentity, ProvidedContexts.
    :raises TenantConfigurationError: an argument is wrong; when the DAG is parsed, unless it is a template.
    """

    template_fields: Sequence[str] = SHARED_ARGUMENTS
    ui_color = "#f3e8ff"

    def __init__(
        self,
        *,
        aws_conn_id: str | None = "aws_default",
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        role_arn: str | None = None,
        external_id: str | None = None,
        assume_role_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config
        self.role_arn = role_arn
        self.external_id = external_id
        self.assume_role_kwargs = assume_role_kwargs
        self._named = self.given(*_WHERE)

    def check_arguments(self) -> None:
        """Refuse arguments that are wrong, as far as they are known: when the DAG is parsed, and again when rendered.

        :raises TenantConfigurationError: naming the argument.
        """
        self.refuse_nothing(self._named, "the call would be made elsewhere than meant")
        role = (self.role_arn, self.external_id, self.assume_role_kwargs)
        if is_literal(role):
            TenantRole.from_arguments(*role)

    def refuse_nothing(self, names: Iterable[str], consequence: str) -> None:
        """Refuse arguments that were given and have come to nothing.

        :param names: the arguments that were given.
        :param consequence: what would happen if they were taken as not given.
        """
        for name in names:
            if getattr(self, name) in (None, "", "None"):
                raise TenantConfigurationError(
                    f"{name} has rendered to nothing: {consequence}.",
                    hint="Check the template or the mapped value that it comes from.",
                )

    def given(self, *names: str) -> list[str]:
        """Those of the arguments that are not None."""
        return [name for name in names if getattr(self, name) is not None]

    @property
    def shared_arguments(self) -> dict[str, Any]:
        """The AWS arguments as they stand, for a hook or a trigger."""
        return {name: getattr(self, name) for name in SHARED_ARGUMENTS}

    def make_hook(self) -> AppFlowHook:
        """A hook for the account that the task's arguments, which are checked anew, name."""
        self.check_arguments()
        from airflow_provider_appflow_isv.hooks.appflow import AppFlowHook

        return AppFlowHook(**self.shared_arguments)


def is_literal(value: Any) -> bool:
    """Whether a value is known when the DAG is parsed: no template and no output of another task in it."""
    if isinstance(value, str):
        return "{{" not in value and "{%" not in value
    if isinstance(value, Mapping):
        return all(is_literal(item) for item in (*value.keys(), *value.values()))
    if isinstance(value, list | tuple | set):
        return all(is_literal(item) for item in value)
    return value is None or isinstance(value, bool | int | float)


def check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuse an argument that is none of the choices; one that is not known yet passes.

    :raises TenantConfigurationError: naming the argument and the choices.
    """
    if is_literal(value) and value not in choices:
        raise TenantConfigurationError(
            f"{name} {value!r} is not known.", hint=f"Possible are {', '.join(map(str, choices))}."
        )


def check_flow_name(name: Any) -> None:
    """Refuse a name that AppFlow's service model does not allow for a flow; one that is not known yet passes."""
    if is_literal(name) and not (isinstance(name, str) and _FLOW_NAME.fullmatch(name)):
        raise TenantConfigurationError(
            f"flow_name {name!r} is not a name that AppFlow takes.",
            hint="It begins with a letter or digit and has 2 to 256 letters, digits and any of _!@#.-",
        )


def check_connector_profile_name(name: Any) -> None:
    """Refuse a name that AppFlow's service model does not allow for a connector profile; templates pass."""
    if is_literal(name) and not (isinstance(name, str) and _CONNECTOR_PROFILE_NAME.fullmatch(name)):
        raise TenantConfigurationError(
            f"connector_profile_name {name!r} is not a name that AppFlow takes.",
            hint="It may have 1 to 256 letters, digits and any of _/!@#+=.-",
        )


def check_text(name: str, value: Any) -> None:
    """Refuse an argument that is not a text, or is an empty one; one that is not known yet passes."""
    if is_literal(value) and not (isinstance(value, str) and value.strip()):
        raise TenantConfigurationError(f"{name} is {value!r}.", hint="Give a text that is not empty.")


def check_texts(name: str, value: Any) -> None:
    """As :func:`check_text`, of one text or a list of them."""
    for text in as_list(value):
        check_text(name, text)


def as_list(value: Any) -> list[Any]:
    """The items of a list or tuple; anything else is the one item, such as the text that a template renders to."""
    return list(value) if isinstance(value, list | tuple) else [value]


def check_positive(name: str, seconds: Any) -> None:
    """Refuse a number of seconds that is not one, or not positive."""
    if is_literal(seconds) and not (isinstance(seconds, int | float) and seconds > 0):
        raise TenantConfigurationError(f"{name} is {seconds!r}, it must be a positive number of seconds.")
