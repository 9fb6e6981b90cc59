"""From the command line to the command, and from what came of it to the exit code.

Each command imports what it needs when it runs, so that ``--help`` stays quick.
"""

import argparse
import sys
from collections.abc import Sequence

from reactor.app.complaint import Complaint
from reactor.app.options import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        return _command(options)
    except Complaint as complaint:
        for line in complaint.lines:
            print(line, file=sys.stderr)
        return complaint.code
    except KeyboardInterrupt:
        return 130


def _command(options: argparse.Namespace) -> int:
    match options.command:
        case "run":
            from reactor.app.running import run  # noqa: PLC0415 - heavy

            return run(options)
        case "check":
            from reactor.app.checking import check  # noqa: PLC0415 - heavy

            return check(options)
        case "schema":
            from reactor.app.schema import schema  # noqa: PLC0415 - heavy

            return schema()
        case "fmt":
            from reactor.app.formatting import fmt  # noqa: PLC0415 - heavy

            return fmt(options)
        case _:
            from reactor.app.demo import demo  # noqa: PLC0415 - heavy

            return demo(options)
