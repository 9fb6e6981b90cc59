"""From the command line to the command: what a user's mistake looks like, and which exit code it has.

Each command imports what it needs when it runs, so that ``--help`` stays quick. A mistake
of the user's is a sentence on stderr, with a place and a remedy, and never a traceback.
"""

import argparse
import sys
from collections.abc import Sequence

from reactor.app.options import parser

OK, FOUND, USAGE = 0, 1, 2


class Complaint(Exception):
    """Something that the user can mend; the lines say what and how."""

    def __init__(self, *lines: str, code: int = USAGE) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.code = code


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
        case _:
            from reactor.app.demo import demo  # noqa: PLC0415 - heavy

            return demo(options)
