"""Where a secret could be left behind by a DAG run, none is; the search is tried on what is bound to be there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import pytest
from moto.sts.models import sts_backends

from airflow_provider_appflow_isv.local.seed import ISV_ACCOUNT, account_client
from proofs.leak_search.search import DATABASE, Places, Planted, Search, columns_of, files_of, where
from tests.integration.conftest import WRONG_PASSWORD, DagRun

if TYPE_CHECKING:
    from tests.accounts import TenantAccount

KINDS = [
    *("client secrets", "passwords", "private keys", "access tokens", "refresh tokens", "assertions", "AWS keys"),
    *("ServiceNow passwords", "Redshift passwords"),
]
RUNS = ["all_tenants", "some_refused", "isv_account"]


def places_of(run: DagRun) -> Places:
    """All that the run left behind: what it printed, each column of the metadata database, and each file."""
    files = {f"file {name}": content for name, content in files_of(run.home).items()}
    columns = {name: b"\n".join(values) for name, values in columns_of(run.home / DATABASE).items()}
    return {"printed": run.output.encode(), **columns, **files}


@pytest.fixture(scope="module", params=RUNS)
def places(request: pytest.FixtureRequest) -> Places:
    return places_of(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def secrets(
    all_tenants: DagRun, some_refused: DagRun, isv_account: DagRun, tenants: dict[str, TenantAccount]
) -> dict[str, list[str]]:
    """Every secret of the stack, by kind."""
    texts = {name: tenant.secret() for name, tenant in tenants.items()}
    users = [user for tenant in tenants.values() for user in tenant.org.users.values()]
    app, isv = tenants["tenant-a"], tenants["tenant-a"].stack.seed()
    role_sessions = [role for tenant in tenants.values() for role in sts_backends[tenant.account]["aws"].assumed_roles]
    return {
        "client secrets": [secret["clientSecret"] for secret in texts.values() if "clientSecret" in secret],
        "passwords": [
            texts["tenant-a"]["SFPassword+SeurityToken"],
            WRONG_PASSWORD,
            *(part for user in users for part in (user.password, user.security_token)),
        ],
        "private keys": [line for line in texts["tenant-c"]["privateKey"].splitlines() if not line.startswith("--")],
        "access tokens": [*all_tenants.tokens, *some_refused.tokens, *isv_account.tokens],
        "refresh tokens": [app.org.issue_refresh_token(texts["tenant-a"]["clientId"], app.username)],
        "assertions": ["eyJhbGciOiJSUzI1NiI"],  # how every RS256 assertion begins
        "AWS keys": [
            isv.secret_access_key,
            *(part for role in role_sessions for part in (role.secret_access_key, role.session_token)),
        ],
        "ServiceNow passwords": [_password(tenant, "servicenow", "ServiceNow") for tenant in tenants.values()],
        "Redshift passwords": [_password(tenant, "redshift", "Redshift") for tenant in tenants.values()],
    }


def _password(tenant: TenantAccount, kind: str, connector: str) -> str:
    """What the ISV's Secrets Manager has for a tenant's connector profile."""
    manager = account_client(tenant.stack.aws_url, ISV_ACCOUNT, "secretsmanager")
    text = manager.get_secret_value(SecretId=f"appflow/{tenant.tenant.name}/{kind}")["SecretString"]
    return str(json.loads(text)[connector]["password"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_dag_run_leaves_no_secret_behind(kind: str, secrets: dict[str, list[str]], places: Places) -> None:
    assert secrets[kind]
    assert all(len(secret) > 8 for secret in secrets[kind])
    assert Search(Planted(kind, secret) for secret in secrets[kind]).hits(places) == []


@pytest.mark.parametrize(
    "place", ["printed", "xcom.value", "rendered_task_instance_fields.rendered_fields", "file airflow.db"]
)
def test_the_search_finds_what_is_there(place: str, places: Places) -> None:
    assert place in where("222222222222", places)


def test_the_search_finds_a_secret_that_is_printed(all_tenants: DagRun, tenants: dict[str, TenantAccount]) -> None:
    line = tenants["tenant-c"].secret()["privateKey"].splitlines()[1]
    for secret in (*all_tenants.tokens, line):
        leaky = replace(all_tenants, output=f"posting assertion={quote_plus(secret)}")
        assert where(secret, places_of(leaky)) == ["printed"]


def test_every_tenant_got_a_token_to_search_for(all_tenants: DagRun, some_refused: DagRun, isv_account: DagRun) -> None:
    assert [len(run.tokens) for run in (all_tenants, some_refused, isv_account)] == [4, 2, 4]
