"""``make demo``: load every tenant's Salesforce accounts into its bucket, and show what landed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

from demo.environment import ROOT, airflow_environment, child, end_like_ctrl_c, local_stack, migrate
from demo.progress import Progress

HEADINGS = ("tenant", "account", "execution id", "status", "records", "bytes", "objects")


def main() -> int:
    """Run the demo; 0 if every tenant's data landed."""
    end_like_ctrl_c()
    began = time.monotonic()
    log = ROOT / ".airflow" / "demo.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("")
    with tempfile.TemporaryDirectory(prefix="appflow-demo-") as home:
        print("Starting a local AWS with AppFlow and a local Salesforce", flush=True)
        with local_stack() as stack:
            tenants = json.loads(stack["AIRFLOW_VAR_APPFLOW_TENANTS"])
            print(f"AWS is at {stack['AWS_ENDPOINT_URL']} with {len(tenants)} tenants; making an Airflow in {home}")
            env = airflow_environment(Path(home), stack)
            migrate(env, log)
            progress = Progress(Path(home) / "airflow.db", [tenant["name"] for tenant in tenants])
            print("Running DAG appflow_all_tenants:", flush=True)
            succeeded = run_dag(env, log, progress)
            results = progress.results("load.read_what_landed")
        show(results)
    print(f"\nDone in {time.monotonic() - began:.0f} s; Airflow's log is in {log.relative_to(ROOT)}")
    if not succeeded or len(results) != len(tenants):
        print(f"{len(results)} of {len(tenants)} tenants were loaded; the log tells why.", file=sys.stderr)
        return 1
    return 0


def run_dag(env: dict[str, str], log: Path, progress: Progress) -> bool:
    """Run the DAG in a process of its own, telling how it goes; whether it succeeded."""
    with log.open("a") as output, child(["-m", "demo.run_dag"], env=env, output=output.fileno()) as process:
        while True:
            try:
                process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                progress.show()
            else:
                progress.show()
                return process.returncode == 0


def show(results: list[dict[str, Any]]) -> None:
    """Print a table of the runs and the first rows of each."""
    rows = [
        (
            result["tenant"],
            result["account"],
            result["run"]["execution_id"],
            result["run"]["status"],
            str(result["run"]["records_processed"]),
            str(result["run"]["bytes_written"]),
            " ".join(result["keys"]),
        )
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    print()
    for row in (HEADINGS, tuple("-" * width for width in widths), *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    for result in results:
        print(f"\nFirst rows of {result['tenant']}:")
        for row in result["first_rows"]:
            print(f"  {textwrap.shorten(json.dumps(row, ensure_ascii=False), 160, placeholder=' ...')}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nStopped; everything that was started has ended.")
        sys.exit(130)
