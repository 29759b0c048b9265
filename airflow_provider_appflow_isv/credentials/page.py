"""The page of tables on credentials: ``python -m airflow_provider_appflow_isv.credentials.page FILE`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from airflow_provider_appflow_isv.credentials.base import sources_for
from airflow_provider_appflow_isv.credentials.connectors import CONNECTORS, Connector, Form
from airflow_provider_appflow_isv.oauth.errors import ERRORS
from airflow_provider_appflow_isv.stores.members import NAMES

_INTRO = """# Credentials: the tables

This page is made from the code by `python -m airflow_provider_appflow_isv.credentials.page
docs/credential-tables.md`; what to choose, and what is stored where, is told in [credentials.md](credentials.md).
"""
_SOURCES = """## What each connector takes

Sources are classes of `airflow_provider_appflow_isv.credentials`; members are AppFlow's, those in brackets optional.
"""
_NAMES = """## Names of members in secrets and connections

The first one that is found counts; a member that is written back keeps its name.
"""
_ERRORS = """## Errors of token endpoints

The first row that fits counts. An `OAuthUnavailable` may be tried again, an `OAuthConfigurationError` needs somebody to
change something, an `OAuthConsentRequired` a user of the org who consents again.
"""
_OF_OURS = ("token_replaces", "token_redeemed", "token_version", "token_spends")


def page() -> str:
    """The page, in Markdown."""
    lines = [_INTRO, _SOURCES, "| connector | sources | members |", "|---|---|---|"]
    lines += [
        _connector_row(each) for each in sorted(CONNECTORS.values(), key=lambda each: each.connector_type.lower())
    ]
    lines += [f"\n{_NAMES}", "| member | names |", "|---|---|"]
    lines += [_row(f"`{member}`", _code(names)) for member, names in NAMES.items() if member not in _OF_OURS]
    lines += [f"\n{_ERRORS}", "| `error` | grants, words | exception | next step |", "|---|---|---|---|"]
    for row in ERRORS:
        only = [*row.grants, *([f'"{row.said}"'] if row.said else [])]
        lines.append(_row(_code(row.codes), ", ".join(only) or "all", f"`{row.kind.__name__}`", row.hint))
    return "\n".join(lines) + "\n"


def _connector_row(connector: Connector) -> str:
    forms = "; ".join(_members(form) for form in connector.forms.values())
    return _row(f"`{connector.connector_type}`", _code(sources_for(connector)), forms)


def _members(form: Form) -> str:
    return ", ".join(_names(form)) or "none"


def _names(form: Form) -> Iterator[str]:
    yield from (f"`{name}`" for name in form.required)
    yield from (f"(`{name}`)" for name in form.optional)


def _code(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(*cells: str) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m {__spec__.name} FILE")
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
