"""The part of the command line that is about stacks. Only the parser is here, as in ``options``."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Commands = Any
"""The sub-parsers of argparse, whose type has no public name."""

EPILOG = """\
exit codes: 0 all is as in the file · 1 it is not: something could not be brought up or taken away, or differs
2 a mistake in the file or the command line, something that is missing (an image, a folder), a name or a port
that is taken, or no engine that answers: nothing was changed
"""
STACK = """\
A stack is a few containers from one file in Compose syntax: tasks, and the sidecars that live for them, with
limits, in order, each time the same. A monitor that runs governs them as any others.
"""
VERBS = {
    "up": (
        "bring it up: make what is missing or has changed, leave alone what is as in the file",
        "Run again it changes nothing. No image is pulled, and no data is ever removed.",
    ),
    "down": (
        "stop and remove its containers, the last one first; data is kept",
        "Each is given its grace to end. Data folders stay where they are.",
    ),
    "status": ("say what runs of it, and what is not as in the file", "Changes nothing."),
}


def add_stack(commands: Commands, add_engine: Callable[[argparse.ArgumentParser], Any]) -> None:
    """Add ``reactor stack`` with its verbs."""
    stack = commands.add_parser(
        "stack",
        help="a development stack from one file: tasks and sidecars, the same each time",
        description=STACK,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = stack.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (text, more) in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}. {more}",
            epilog=EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _flags(verb, orphans=name != "status")
        add_engine(verb)


def _flags(verb: argparse.ArgumentParser, *, orphans: bool) -> None:
    verb.add_argument("file", metavar="FILE", type=Path, help="the stack's file, such as stack.yaml")
    if orphans:
        verb.add_argument(
            "--remove-orphans",
            action="store_true",
            help="remove the stack's containers, too, whose service is not in the file any more",
        )
    verb.add_argument("--config", metavar="FILE", type=Path, help="the configuration of the monitor")
    verb.add_argument(
        "--data-root",
        metavar="DIR",
        type=Path,
        help="the folder below which data lies (default: as in the configuration)",
    )
    verb.add_argument("--json", action="store_true", help="one JSON document on stdout, and nothing else")
