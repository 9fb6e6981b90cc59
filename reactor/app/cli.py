"""From the command line to the command, and from what came of it to the exit code.

Each command imports what it needs when it runs, so that ``--help`` stays quick.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType

from reactor.app.complaint import Complaint
from reactor.app.options import parser

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "run": ("running", "run"),
        "check": ("checking", "check"),
        "fmt": ("formatting", "fmt"),
        "schema": ("schema", "schema"),
        "alerts": ("alerting", "alerts"),
        "test": ("ruletesting", "test"),
        "record": ("recording", "record"),
        "replay": ("replaying", "replay"),
        "explain": ("explain", "explain"),
        "status": ("ordering", "status"),
        "health": ("pulse", "health"),
        "reload": ("ordering", "reload"),
        "ack": ("ordering", "acknowledge"),
        "kill": ("killing", "kill"),
        "extend": ("ordering", "extend"),
        "hold": ("brakes", "hold"),
        "resume": ("brakes", "resume"),
        "silence": ("brakes", "silence"),
        "sidecars": ("sidecars.command", "sidecars"),
        "history": ("history", "history"),
        "show": ("show", "show"),
        "stack": ("stack.command", "stack"),
        "top": ("top.command", "top"),
        "data": ("data.command", "data"),
        "doctor": ("doctor", "doctor"),
        "demo": ("demo.command", "demo"),
    }
)
"""Where each command is carried out: a module beside this one, and its function."""

UNREAD = 141
"""The exit code where nobody reads on: that of a program which SIGPIPE ended."""


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
    except BrokenPipeError:
        return _unread()


def _unread() -> int:
    """Whoever read the output has seen enough, as ``head`` has; what is still buffered goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREAD


def _command(options: argparse.Namespace) -> int:
    module, function = COMMANDS[options.command]
    command: Callable[[argparse.Namespace], int] = getattr(import_module(f"reactor.app.{module}"), function)
    code = command(options)
    # Now, and not when the interpreter ends: there nobody could deal with a reader that is gone.
    sys.stdout.flush()
    return code
