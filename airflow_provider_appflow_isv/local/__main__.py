"""``python -m airflow_provider_appflow_isv.local``: serve the local AWS and Salesforce until told to stop."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys

_EXTRA_MODULES = frozenset(
    {
        "a2wsgi",
        "croniter",
        "duckdb",
        "flask",
        "flask_cors",
        "httptools",
        "moto",
        "pyarrow",
        "uvicorn",
        "uvloop",
        "werkzeug",
    }
)
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return port


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m airflow_provider_appflow_isv.local", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to serve on (default: %(default)s)")
    parser.add_argument("--aws-port", type=_port, default=4566, help="port of the AWS endpoint (default: %(default)s)")
    parser.add_argument("--saas-port", type=_port, default=4567, help="port of Salesforce (default: %(default)s)")
    parser.add_argument("--seed", action="store_true", help="make an ISV account and four tenants")
    parser.add_argument("--verbose", action="store_true", help="log each request to standard error")
    return parser.parse_args(arguments)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the variables to export and ``ready``, and wait for SIGINT or SIGTERM.

    :param arguments: the command line without the program; None takes the process's.
    :return: the exit code: 0 when told to stop, 1 when it can't start.
    """
    options = _parse(arguments)
    # Blocked before any thread starts, so that no signal is lost or ends the process half way through a start.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        from airflow_provider_appflow_isv.local.stack import LocalStack
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA_MODULES:
            raise
        sys.stderr.write(
            f"The local stack needs the module {error.name!r}: pip install 'airflow-provider-appflow-isv[local]'\n"
        )
        return 1
    try:
        with LocalStack(options.host, options.aws_port, options.saas_port, verbose=options.verbose) as stack:
            if options.seed:
                stack.seed()
            for name, value in stack.environment().items():
                _say(f"export {name}={shlex.quote(value)}")
            _say("ready")
            signal.sigwait(_STOP_SIGNALS)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
