"""Values of records as text."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from airflow_provider_appflow_isv.local.appflow.runs.outcome import RunFailedError

_HALF_PAIR = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> str:
    """Return compact JSON with numbers spelt as the source spelt them (the json module knows no Decimal).

    Half of a surrogate pair, which JSON can name but UTF-8 has no bytes for, stays escaped.
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(str(name))}:{to_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return _HALF_PAIR.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(value, ensure_ascii=False))


def text_of(value: Any) -> str | None:
    """Return a value as a file without types has it: text, compound values as JSON, None staying None."""
    return value if value is None or isinstance(value, str) else to_json(value)


def unicode_text(text: str | None, field: str) -> str | None:
    """Return a text as it is.

    :param text: the text, or None.
    :param field: whose value it is.
    :raises RunFailedError: naming the field, if the text has half of a surrogate pair, which only JSON can name.
    """
    if text is not None and _HALF_PAIR.search(text):
        raise RunFailedError(
            f"The field {to_json(field)} has a text with half of a surrogate pair, {to_json(text)[:100]}, which is no "
            "Unicode: mend it in the source, or let the flow write JSON."
        )
    return text
