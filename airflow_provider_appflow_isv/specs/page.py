"""The page of connectors, from their classes: ``python -m airflow_provider_appflow_isv.specs.page FILE`` writes it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_provider_appflow_isv.specs.ends import ErrorHandling, classes
from airflow_provider_appflow_isv.specs.filters import FILTERS
from airflow_provider_appflow_isv.specs.general import (
    DESTINATION_TYPES,
    SOURCE_TYPES,
    ConnectorDestination,
    ConnectorSource,
    destination_facts,
    source_facts,
)
from airflow_provider_appflow_isv.specs.values import REQUIRED, Value

_INTRO = """# Connectors

This page is made from the classes by `python -m airflow_provider_appflow_isv.specs.page docs/connectors.md`; how flows
are said with them is told in [flows.md](flows.md). All classes can be imported from
`airflow_provider_appflow_isv.specs`, take their arguments by name, and stand in YAML files under their own names.
Sources and destinations also take `api_version`, the version of the connector's API; default is AppFlow's choice.

What a connector can is from AppFlow's service model, the shortest schedules are from its user guide ("Quotas").
"""
_PARAMETER = re.compile(r":param (\w+): (.*?)(?=\n:|\n\n|\Z)", re.DOTALL)
_ROLE = re.compile(r":\w+:`~?([^`]+)`")
_OPERATIONS = ("INSERT", "UPSERT", "UPDATE", "DELETE")
_EVERY = {"minutes": "every minute", "hours": "every hour", "days": "every day"}


def page() -> str:
    """The page, in Markdown."""
    lines = [_INTRO, "## Sources\n"]
    lines += ["| connector | class | filters | shortest schedule | events |", "|---|---|---|---|---|"]
    lines += sorted(map(_source_row, SOURCE_TYPES), key=str.lower)
    lines += [
        "\n## Destinations\n",
        "| connector | class | writes | folders by field, catalogue |",
        "|---|---|---|---|",
    ]
    lines += sorted(map(_destination_row, DESTINATION_TYPES), key=str.lower)
    lines.append("\n## Arguments")
    own = [kind for side in ("source", "destination") for kind in classes(side).values()]
    for kind in (
        *sorted(own, key=lambda each: each.__name__.lower()),
        ConnectorSource,
        ConnectorDestination,
        ErrorHandling,
    ):
        lines += _arguments(kind)
    return "\n".join(lines) + "\n"


def _source_row(connector_type: str) -> str:
    kind = classes("source").get(connector_type)
    # nothing is asked of a connector without a class but its type
    facts = kind.facts if kind else source_facts(ConnectorSource(connector_type, {"object": "any"}, profile="any"))  # type: ignore[attr-defined]  # sources have facts
    filters = [each.__name__ for each in FILTERS if each.operator not in facts.lacks]
    shown = "all" if len(filters) == len(FILTERS) else ", ".join(f"`{name}`" for name in filters) or "none"
    return _row(
        facts.title, _class(kind, connector_type), shown, _EVERY[facts.most_often], "yes" if facts.events else ""
    )


def _destination_row(connector_type: str) -> str:
    kind = classes("destination").get(connector_type)
    facts = (
        kind.facts  # type: ignore[attr-defined]  # destinations have facts
        if kind
        else destination_facts(ConnectorDestination(connector_type, {"object": "any"}, profile="any"))
    )
    operation = kind.members.get("operation") if kind else None
    possible = [each for each in _OPERATIONS if _takes(operation, each)] if operation else ["INSERT"]
    return _row(facts.title, _class(kind, connector_type), ", ".join(possible), "yes" if facts.partitioned else "")


def _takes(operation: Any, name: str) -> bool:
    try:
        operation.check(name)
    except ValueError:
        return False
    return True


def _class(kind: type[Value] | None, connector_type: str) -> str:
    return f"`{kind.__name__}`" if kind else f'by its type, `"{connector_type}"`'


def _arguments(kind: type[Value]) -> Iterator[str]:
    summary = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    yield f"\n### {kind.__name__}\n"
    yield _markdown(summary)
    yield "\n| argument | default | meaning |\n|---|---|---|"
    meanings = _meanings(kind)
    for name, each in kind.members.items():
        if name != "api_version":
            default = "required" if each.default is REQUIRED else _default(each.default)
            yield _row(f"`{name}`", default, meanings[name])


def _default(value: Any) -> str:
    return "" if value in (None, (), {}) else f"`{value!r}`"


def _meanings(kind: type[Value]) -> dict[str, str]:
    """What the docstrings of a class and its bases say of the arguments."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= {name: _markdown(text) for name, text in _PARAMETER.findall(inspect.cleandoc(base.__doc__ or ""))}
    return found


def _markdown(text: str) -> str:
    return _ROLE.sub(r"`\1`", " ".join(text.split()).replace("``", "`"))


def _row(*cells: str) -> str:
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python -m {__spec__.name} FILE")
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
