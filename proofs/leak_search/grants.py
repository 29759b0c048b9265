"""Salesforce: every grant, from secret and connection, in success and in every failure."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from proofs.leak_search.plan import Plan, awkward
from proofs.leak_search.trouble import SLOW, TROUBLES

if TYPE_CHECKING:
    from airflow_provider_appflow_isv.local.oauth_faults import Endpoint
    from airflow_provider_appflow_isv.local.salesforce import Org

GRANTS = ("password", "client_credentials", "jwt_bearer", "refresh_token", "rotating", "authorization_code")
REDIRECT = "https://isv.example.com/callback"
_USER = "loader@tenant.example"
_ALLOWED = {"allowed_hosts": ["127.0.0.1"]}  # where the local org is
_OFTEN = 10  # requests: more than any retry makes


@dataclass(frozen=True)
class Login:
    """A login to an org of its own.

    :param org: the org.
    :param grant: how.
    :param members: what a secret holds.
    """

    org: Org
    grant: str
    members: dict[str, str]

    def source(self, **place: Any) -> dict[str, Any]:
        """The credential source for it."""
        arguments = {"login_url": self.org.my_domain_url, "grant": self.hooks_grant, **_ALLOWED, **place}
        return {"class": "SalesforceCredentials", "arguments": arguments}

    @property
    def hooks_grant(self) -> str:
        """What OAuth calls the grant."""
        return "refresh_token" if self.grant == "rotating" else self.grant

    @property
    def properties(self) -> dict[str, Any]:
        """The connector profile's properties."""
        return {"Salesforce": {"instanceUrl": self.org.my_domain_url}}


def login(plan: Plan, grant: str) -> Login:
    """A new org with a user and an app, and what lets one in by a grant."""
    org = plan.stack.orgs.create(f"leak-{secrets.token_hex(4)}", accounts=2)
    user = org.add_user(_USER, password=awkward("password"))
    app = org.add_connected_app(
        client_secret=awkward("client"),
        run_as=_USER if grant == "client_credentials" else None,
        rotate_refresh_tokens=grant in ("rotating", "authorization_code"),
    )
    members = {"clientId": app.client_id, "clientSecret": app.client_secret}
    if grant == "password":
        members |= {"username": _USER, "password": user.password, "securityToken": user.security_token}
    elif grant == "jwt_bearer":
        app.certificate, private_key = _key_pair()
        app.permitted_users, app.approved = "admin_approved", {_USER}
        members |= {"username": _USER, "privateKey": private_key, "audience": plan.stack.orgs.login_url}
    elif grant in ("refresh_token", "rotating"):
        members["refreshToken"] = org.issue_refresh_token(app.client_id, _USER)
        members["refreshTokenRotation"] = "true" if grant == "rotating" else "false"
    elif grant == "authorization_code":
        members |= code(org, app.client_id)
    return Login(org, grant, members)


@cache
def _key_pair() -> tuple[str, str]:
    """Public and private key, PEM; one for all, since Airflow's masks get slow by the many lines of many keys."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def code(org: Org, client_id: str, *, pkce: bool = True) -> dict[str, str]:
    """A consent, with PKCE unless told otherwise, as the members of a secret."""
    if not pkce:
        return {"code": org.issue_authorization_code(client_id, _USER, REDIRECT), "redirectUri": REDIRECT}
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    issued = org.issue_authorization_code(client_id, _USER, REDIRECT, challenge)
    return {"code": issued, "codeVerifier": verifier, "redirectUri": REDIRECT}


def plan_grants(plan: Plan) -> None:
    """Add the tasks of all grants."""
    for grant in GRANTS:
        _operators(plan, grant)
        plan.task(f"hook calls {grant}", "calls", calls=_good_calls(plan, grant))
        calls = [_call(plan, login(plan, grant), name, spoil=name) for name in TROUBLES]
        plan.task(f"troubled calls {grant}", "calls", ends="failed", calls=calls)
        plan.task(f"wrong calls {grant}", "calls", ends="failed", calls=_wrong_calls(plan, grant))
    slow = login(plan, "client_credentials")
    slow.org.fail_next_token_requests(_OFTEN, SLOW)
    plan.task("slow call", "calls", ends="failed", calls=[_call(plan, slow, "slow")])


def _operators(plan: Plan, grant: str) -> None:
    good = login(plan, grant)
    source = good.source(secret_id=plan.secret(f"salesforce-{grant}", good.members))
    profile = {"connector_profile_name": f"salesforce-{grant}", "connector_profile_properties": good.properties}
    shared = {**profile, **plan.aws()}
    made = plan.task(f"create {grant}", "create", arguments={**shared, "connector_type": "Salesforce"}, source=source)
    plan.task(f"update {grant}", "update", after=made, arguments={**shared, "verify_entity": "Account"}, source=source)
    refused = login(plan, grant)
    refused.org.fail_next_token_requests(_OFTEN, TROUBLES["repeats in raw"])
    spoilt = refused.source(secret_id=plan.secret(f"refused-{grant}", refused.members))
    named = {**shared, "connector_profile_properties": refused.properties}
    plan.task(f"update {grant} refused", "update", ends="failed", after=made, arguments=named, source=spoilt)
    quoted = login(plan, grant)
    tenant = "tenant-c"  # whose AppFlow quotes what it refuses
    secret_id = plan.secret(f"quoted-{grant}", quoted.members, account=plan.tenants[tenant].account_id)
    arguments = {**profile, **plan.aws(tenant), "connector_profile_properties": quoted.properties}
    plan.task(
        f"create {grant} quoted",
        "create",
        ends="failed",
        arguments={**arguments, "connector_type": "Salesforce"},
        source=quoted.source(secret_id=secret_id),
    )
    if grant in ("rotating", "authorization_code"):
        return
    stored = login(plan, grant)
    conn_id = plan.connection(f"salesforce-{grant}", {**stored.members, "conn_type": "salesforce"})
    plan.task(
        f"create {grant} by connection",
        "create",
        arguments={
            **shared,
            "connector_profile_name": f"by-connection-{grant}",
            "connector_profile_properties": stored.properties,
            "connector_type": "Salesforce",
        },
        source=stored.source(salesforce_conn_id=conn_id),
    )


def _good_calls(plan: Plan, grant: str) -> list[dict[str, Any]]:
    good = login(plan, grant)
    steps = ["get_token", "revoke"] if grant == "password" else ["get_token", "introspect", "revoke"]
    calls = [_call(plan, good, "good", steps=steps)]
    if grant == "authorization_code":
        consent = login(plan, "rotating")
        conn_id = plan.connection("consent", code(consent.org, consent.members["clientId"]))
        calls.append(_call(plan, consent, "consent", steps=["exchange_code", "get_token"], consent=conn_id))
    return calls


def _wrong_calls(plan: Plan, grant: str) -> list[dict[str, Any]]:
    """What is wrong with the secret itself, or with what the org knows."""
    calls = []
    for member in login(plan, grant).members:
        if member in ("clientId", "username", "refreshTokenRotation", "audience", "redirectUri"):
            continue
        wrong = login(plan, grant)
        calls.append(_call(plan, wrong, f"wrong {member}", changes={member: awkward("wrong")}))
        listed = login(plan, grant)
        calls.append(_call(plan, listed, f"{member} in a list", changes={member: [listed.members[member]]}))
    asked_of: tuple[Endpoint, ...] = ("introspect", "revoke")
    for name in asked_of:
        asked = login(plan, grant)
        asked.org.fail_next_token_requests(_OFTEN, TROUBLES["repeats in raw"], endpoint=name)
        calls.append(_call(plan, asked, f"{name} repeats", steps=["get_token", name]))
    locked = login(plan, grant)
    locked.org.active = False
    calls.append(_call(plan, locked, "locked org"))
    if "privateKey" in locked.members:
        cut = login(plan, grant)
        text = cut.members["privateKey"]
        calls.append(_call(plan, cut, "cut key", changes={"privateKey": text[: len(text) // 2]}))
        calls.append(_call(plan, cut, "key of other text", changes={"privateKey": text.replace("PRIVATE", "SECRET")}))
    if grant == "rotating":
        spent = login(plan, grant)
        spent.org.sessions.rotate(spent.members["refreshToken"])
        calls.append(_call(plan, spent, "spent"))
    if grant == "authorization_code":
        twice = login(plan, "rotating")
        conn_id = plan.connection("used-code", code(twice.org, twice.members["clientId"]))
        calls.append(_call(plan, twice, "code twice", steps=["exchange_code", "exchange_code"], consent=conn_id))
        repeated = login(plan, "rotating")
        repeated.org.fail_next_token_requests(_OFTEN, TROUBLES["repeats in raw"])
        conn_id = plan.connection("repeated-code", code(repeated.org, repeated.members["clientId"]))
        calls.append(_call(plan, repeated, "code repeated", steps=["exchange_code"], consent=conn_id))
    malformed = '{"clientSecret": "' + awkward("malformed") + '", "password": '
    hook = {"secret_id": plan.secret("malformed", malformed)}
    return [*calls, {"name": "malformed", "hook": hook, "aws": plan.aws(), "steps": ["get_token"]}]


def _call(
    plan: Plan,
    by: Login,
    name: str,
    *,
    spoil: str | None = None,
    steps: list[str] | None = None,
    consent: str | None = None,
    changes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    if spoil:
        by.org.fail_next_token_requests(_OFTEN, TROUBLES[spoil])
    secret_id = plan.secret(f"{by.grant}-{name.replace(' ', '-')}", {**by.members, **(changes or {})})
    return {
        "name": name,
        "hook": {
            "secret_id": secret_id,
            "login_url": by.org.my_domain_url,
            "instance_url": by.org.my_domain_url,
            "organization_id": by.org.org_id,
            "grant": by.hooks_grant,
            **_ALLOWED,
        },
        "aws": plan.aws(),
        "steps": steps or ["get_token"],
        "consent": consent,
    }
