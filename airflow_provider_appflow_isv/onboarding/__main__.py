"""``python -m airflow_provider_appflow_isv.onboarding``: print what a tenant must set up, as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from airflow_provider_appflow_isv.onboarding.policies import (
    bucket_policies,
    key_policies,
    permission_policy,
    secret_policies,
    trust_policy,
)
from airflow_provider_appflow_isv.onboarding.steps import STEPS
from airflow_provider_appflow_isv.onboarding.template import template
from airflow_provider_appflow_isv.onboarding.tenant import ASKED, OnboardingError, TenantSetup


def _task_arguments(setup: TenantSetup) -> dict[str, str]:
    return {
        "role_arn": setup.role_arn,
        "external_id": setup.external_id,
        "region_name": setup.known("region"),
    }


_PARTS: dict[str, Callable[[TenantSetup], Any]] = {
    "template": template,
    "trust-policy": trust_policy,
    "permission-policy": permission_policy,
    "bucket-policies": bucket_policies,
    "secret-policies": secret_policies,
    "key-policies": key_policies,
    "task-arguments": _task_arguments,
}
_REPEATED: dict[str, tuple[str, str]] = {  # by member of TenantSetup: option and help
    "flows": ("--flow", "name of a flow, with * and ? as wildcards (default: all)"),
    "profiles": ("--profile", "name of a connector profile, with * and ? as wildcards (default: all)"),
    "buckets": ("--bucket", "bucket that AppFlow writes to"),
    "source_buckets": ("--source-bucket", "bucket that AppFlow reads from"),
    "secrets": ("--secret", "name or ARN of a secret in the tenant's account from which the ISV reads a login"),
    "client_credentials_secrets": (
        "--client-credentials-secret",
        "name or ARN of a secret that AppFlow reads itself (clientCredentialsArn)",
    ),
    "secret_keys": ("--secret-key", "ARN of the customer managed key of such secrets"),
    "kms_keys": ("--kms-key", "ARN of a customer managed key for AppFlow to encrypt with (default: AppFlow's own)"),
    "appflow_roles": ("--appflow-role", "ARN of a role handed to AppFlow: of a Glue Data Catalog, or dataApiRoleArn"),
    "redshift_roles": ("--redshift-role", "ARN of a role handed to Redshift"),
}
_SINGLE: dict[str, tuple[str, str]] = {
    "isv_principal": ("--isv-principal", "the ISV's account id, or the ARN of its role or user"),
    "external_id": ("--external-id", "the tenant's ExternalId (default: a new random one)"),
    "account_id": ("--account-id", "the tenant's account (default: the stack's, in the template only)"),
    "region": ("--region", "Region of flows and secrets (default: the stack's, in the template only)"),
    "role_name": ("--role-name", "name of the role to make (default: appflow-remote-role)"),
}
_FLAGS: dict[str, tuple[str, str]] = {
    "session_tags": ("--session-tags", "let the ISV pass session tags"),
    "source_identity": ("--source-identity", "let the ISV set a source identity"),
}
_LISTS: dict[str, tuple[str, str]] = {
    "steps": ("--steps", "what the DAG does, separated by commas; --print steps lists them"),
    "ask": ("--ask", f"what the tenant fills in, separated by commas: {', '.join(ASKED)}"),
}
_OPTIONS = {name: option for group in (_REPEATED, _SINGLE, _FLAGS, _LISTS) for name, (option, _) in group.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_appflow_isv.onboarding",
        usage="%(prog)s --isv-principal ACCOUNT|ARN --steps STEP,STEP,... [options]",
        description="Print what a tenant must set up before the ISV can run AppFlow in its account, as JSON.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parts = (*_PARTS, "all", "steps")
    parser.add_argument(
        "--print",
        choices=parts,
        default="template",
        dest="part",
        metavar="PART",
        help=f"{', '.join(parts)}; default: %(default)s",
    )
    parser.add_argument("--output", type=Path, default=None, metavar="FILE", help="write to this file, not to stdout")
    for name, (option, text) in {**_SINGLE, **_LISTS}.items():
        parser.add_argument(option, dest=name, help=text, type=_listed if name in _LISTS else str)
    for name, (option, text) in _REPEATED.items():
        parser.add_argument(option, dest=name, action="append", help=f"{text}; can be repeated")
    for name, (option, text) in _FLAGS.items():
        parser.add_argument(option, dest=name, action="store_true", help=text)
    return parser


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one part, or all of them, for one tenant.

    :param arguments: the command line without the program; None takes the process's.
    :return: the exit code, 0; a wrong option ends the process with 2 and names the option.
    """
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    part, output = given.pop("part"), given.pop("output")
    try:
        text = json.dumps(_steps() if part == "steps" else _made(part, given), indent=2) + "\n"
        if output:
            output.write_text(text)
        else:
            sys.stdout.write(text)
    except OnboardingError as error:
        parser.error(f"{_OPTIONS[error.argument]}: {error.problem}")
    except OSError as error:
        parser.error(f"--output: {error}")
    return 0


def _steps() -> dict[str, Any]:
    return {
        name: {"does": step.does, "actions": sorted({action for _, action in step.needs})}
        for name, step in STEPS.items()
    }


def _made(part: str, given: dict[str, Any]) -> Any:
    for name in ("isv_principal", "steps"):
        if name not in given:
            raise OnboardingError(name, "is needed.")
    setup = TenantSetup(**given)
    made = {name: make(setup) for name, make in _PARTS.items() if part in (name, "all")}
    if "external_id" not in given:
        sys.stderr.write(f"Made a new ExternalId. For more of the same tenant: --external-id={setup.external_id}\n")
    return made if part == "all" else made[part]


if __name__ == "__main__":
    sys.exit(main())
