"""Run the DAG for all tenants in this process, with Airflow's own ``dag.test()``; exit code 0 if it succeeded."""

from __future__ import annotations

import sys

from demo.environment import ROOT


def main() -> int:
    """Run it."""
    sys.path.insert(0, str(ROOT / "dags"))
    from appflow_all_tenants import all_tenants

    return 0 if all_tenants.test().state == "success" else 1


if __name__ == "__main__":
    sys.exit(main())
