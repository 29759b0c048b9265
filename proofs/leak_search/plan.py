"""What the DAG is to do, and the secrets that are planted for it."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, account_client
from proofs.leak_search.search import Planted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_appflow_isv.local.seed import Tenant
    from airflow_provider_appflow_isv.local.stack import LocalStack

# names that are told in the clear: of an app, a user, an address
_PUBLIC = {
    *("clientId", "client_id", "consumer_key", "username", "SFLoginEmail", "login", "redirectUri", "redirect_uri"),
    *("conn_type", "login_url", "instance_url", "audience", "grant", "refresh_token_rotation", "token_url", "userId"),
}


def awkward(kind: str) -> str:
    """A secret of characters that every notation writes in another way, without any blank.

    :param kind: what it is, to be told from others.
    """
    return f"{kind[:4]}{secrets.token_hex(8)}\"\\/+%&='<é>{secrets.token_hex(8)}"


@cache
def knows(member: str) -> bool:
    """Whether the installed botocore knows a member of some credentials."""
    model = botocore.session.get_session().get_service_model("appflow")
    return any(
        member in shape.members for name in model.shape_names if hasattr(shape := model.shape_for(name), "members")
    )


@dataclass
class Plan:
    """The tasks, and what was planted for them.

    :param stack: the local stack, seeded.
    """

    stack: LocalStack
    planted: list[Planted] = field(default_factory=list)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tenants(self) -> dict[str, Tenant]:
        """The seeded tenants by name."""
        return {tenant.name: tenant for tenant in self.stack.seed().tenants}

    def aws(self, tenant: str = "tenant-a") -> dict[str, Any]:
        """The arguments with which a task acts in a tenant's account."""
        found = self.tenants[tenant]
        return {"aws_conn_id": "isv_aws", "role_arn": found.role_arn, "external_id": found.external_id}

    def plant(self, name: str, members: Any) -> None:
        """Note all that is secret in what is stored.

        :param name: where it is stored.
        :param members: what is stored: an object, or a text.
        """
        if isinstance(members, dict):
            for member, value in members.items():
                if member not in _PUBLIC:
                    self.plant(f"{name} {member}", value)
        else:
            self.planted.append(Planted(name, str(members)))

    def secret(self, name: str, members: Any, *, account: str | None = None) -> str:
        """A secret in an account, tenant-a's by default; returns its name.

        :param name: the secret's, made unique.
        :param members: a JSON object, or a text that is stored as it is.
        :param account: the account, or ``isv``.
        """
        name = f"{name}-{secrets.token_hex(3)}"
        number = ISV_ACCOUNT if account == "isv" else account or self.tenants["tenant-a"].account_id
        text = members if isinstance(members, str) else json.dumps(members)
        client = account_client(self.stack.aws_url, number, "secretsmanager")
        client.create_secret(Name=name, SecretString=text)
        self.plant(name, members)
        return name

    def connection(self, name: str, members: Mapping[str, Any]) -> str:
        """An Airflow connection with the members, the user's in their own places; returns its id."""
        conn_id = f"{name.replace('-', '_')}_{secrets.token_hex(3)}"
        extra = dict(members)
        login, password = extra.pop("username", None), extra.pop("password", None)
        conn_type = extra.pop("conn_type", "generic")
        self.connections[conn_id] = {
            "conn_type": conn_type,
            "login": login,
            "password": password,
            "extra": json.dumps(extra),
        }
        self.plant(conn_id, dict(members))
        return conn_id

    def stored_redshift(self, tenant: Tenant) -> dict[str, str]:
        """User name and password of a tenant's warehouse."""
        client = account_client(self.stack.aws_url, ISV_ACCOUNT, "secretsmanager")
        text = client.get_secret_value(SecretId=tenant.redshift_secret_id)["SecretString"]
        return dict(json.loads(text)["Redshift"])

    def task(self, task_id: str, kind: str, *, ends: str = "success", **members: Any) -> str:
        """A task of the DAG, which has to end so; returns its id.

        :param task_id: made of a text.
        :param kind: ``create``, ``update``, ``start`` or ``calls``, see the DAG.
        :param ends: the state.
        :param members: what else the DAG needs.
        """
        name = task_id.replace(" ", "_").replace(",", "").lower()
        self.tasks.append({"task_id": name, "kind": kind, "ends": ends, **members})
        return name

    def keep_only(self, pattern: str) -> None:
        """Drop the tasks that a regular expression does not match, but for those that come before others."""
        before = {task.get("after") for task in self.tasks if re.search(pattern, task["task_id"])}
        wanted = (task for task in self.tasks if task["task_id"] in before or re.search(pattern, task["task_id"]))
        self.tasks = list(wanted)
