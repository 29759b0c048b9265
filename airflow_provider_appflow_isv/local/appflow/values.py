"""Values of records as text."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def to_json(value: Any) -> str:
    """Return compact JSON with numbers spelt as the source spelt them (the json module knows no Decimal)."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(str(name))}:{to_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def text_of(value: Any) -> str | None:
    """Return a value as a file without types has it: text, compound values as JSON, None staying None."""
    return value if value is None or isinstance(value, str) else to_json(value)
