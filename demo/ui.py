"""``make airflow``: Airflow's own UI with the example DAGs against the local stack, until Ctrl-C."""

from __future__ import annotations

import os
import sys

from demo.environment import ROOT, airflow_environment, child, end_like_ctrl_c, local_stack, migrate


def main() -> int:
    """Serve until Ctrl-C."""
    end_like_ctrl_c()
    home = ROOT / ".airflow" / "ui"
    home.mkdir(parents=True, exist_ok=True)
    port = os.environ.get("PORT", "8080")
    with local_stack() as stack:
        env = airflow_environment(home, stack) | {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": port,
            "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": port,
            "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        }
        migrate(env, home / "migrate.log")
        print(f"Airflow will be at http://127.0.0.1:{port} in half a minute; AWS is at {stack['AWS_ENDPOINT_URL']}.")
        print("Trigger appflow_all_tenants there. Ctrl-C ends everything.", flush=True)
        with child(["-m", "airflow", "standalone"], env=env) as process:
            return process.wait()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
