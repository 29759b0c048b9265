"""What AWS was asked for, as moto's recorder saw it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests


@dataclass(frozen=True)
class Recording:
    """Requests to the local AWS.

    :param aws_url: its base URL.
    """

    aws_url: str

    def start(self) -> None:
        """Begin with none."""
        self._recorder("reset-recording")
        self._recorder("start-recording")

    def stop(self) -> None:
        """Record no more."""
        self._recorder("stop-recording")

    def assumed_roles(self) -> list[dict[str, str]]:
        """The members of each sts:AssumeRole."""
        forms = [dict(parse_qsl(_body(entry))) for entry in self.entries()]
        return [form for form in forms if form.get("Action") == "AssumeRole"]

    def appflow(self, operation: str) -> list[dict[str, Any]]:
        """The members of each request of an AppFlow operation, e.g. ``StartFlow``."""
        return [json.loads(_body(entry)) for entry in self.entries() if urlsplit(entry["url"]).path == _path(operation)]

    def entries(self) -> list[dict[str, Any]]:
        """All requests: method, URL, headers and body."""
        return [json.loads(line) for line in self._recorder("download-recording", "GET").splitlines()]

    def _recorder(self, action: str, method: str = "POST") -> str:
        response = requests.request(method, f"{self.aws_url}/moto-api/recorder/{action}", timeout=30)
        response.raise_for_status()
        return response.text


def _path(operation: str) -> str:
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in operation)
    return f"/{words.removeprefix('-')}"


def _body(entry: dict[str, Any]) -> str:
    return base64.b64decode(entry["body"]).decode() if entry["body_encoded"] else str(entry["body"])
