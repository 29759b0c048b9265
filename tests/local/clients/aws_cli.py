"""Runs AWS CLI commands in one process: JSON lists of arguments come in by lines, exit code and output go out."""

from __future__ import annotations

import contextlib
import io
import json
import sys

from awscli.clidriver import create_clidriver

for line in sys.stdin:
    printed = io.StringIO()
    complaints = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
        code = create_clidriver().main(json.loads(line))
    sys.stdout.write(json.dumps([code, printed.getvalue(), complaints.getvalue()]) + "\n")
    sys.stdout.flush()
