"""Puts connections into Airflow's database: JSON on standard input, arguments of Connection by connection id."""

from __future__ import annotations

import json
import sys

from airflow.models import Connection
from airflow.utils.session import create_session


def main() -> None:
    """Read and store them."""
    with create_session() as session:
        for conn_id, members in json.load(sys.stdin).items():
            session.add(Connection(conn_id=conn_id, **members))


if __name__ == "__main__":
    main()
