"""The part of the command line that is about data folders. Nothing is carried out, nothing heavy imported."""

import argparse
from pathlib import Path
from typing import Any

from reactor.core.language.units import read_duration

Commands = Any
"""The sub-parsers of argparse, whose type has no public name."""
Group = Any
"""A group of flags, likewise."""
LIST, PRUNE = "list", "prune"
DESCRIPTION = """\
Data folders lie below one root, which the configuration names ('data: {root: PATH}'); they stay when their
containers go. 'list' shows them. 'prune' removes whole folders of tasks that were not changed for a while,
and only with --yes: without it, it says what would go. What any container binds stays, even if the container
does not run.
"""
EPILOG = """\
exit codes: 0 all went well · 1 something that was to go is still there, or a folder that was named is not ·
2 a mistake in the command line or the configuration, a root that cannot be used, or an engine that cannot
be asked: then nothing was removed
"""


def add_data(commands: Commands) -> argparse.ArgumentParser:
    """Add the command; returned is its parser, for the flags that name an engine."""
    data: argparse.ArgumentParser = commands.add_parser(
        "data",
        help="the data folders of tasks: list them, remove old ones",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data.add_argument("what", choices=(LIST, PRUNE), nargs="?", default=LIST, help="default: list")
    data.add_argument("--config", metavar="FILE", type=Path, help="the configuration, which names the root")
    data.add_argument(
        "--root", metavar="PATH", type=Path, help="the root, in the place of the configuration's"
    )
    data.add_argument("--json", action="store_true", help="one JSON document on stdout, and nothing else")
    _add_prune(data.add_argument_group("prune"))
    return data


def _add_prune(prune: Group) -> None:
    """What says which folders go."""
    prune.add_argument(
        "--older-than",
        metavar="AGE",
        type=_age,
        help="only what was not changed, nor wanted by a task, for so long, such as 30d; always needed",
    )
    prune.add_argument(
        "--task", metavar="ID", action="append", default=[], help="only this task's; may be repeated"
    )
    prune.add_argument(
        "--shared",
        metavar="NAME",
        action="append",
        default=[],
        help="this shared folder; shared ones go only when they are named; may be repeated",
    )
    prune.add_argument(
        "--despite",
        metavar="CONTAINER",
        action="append",
        default=[],
        help="go on although this container (its name, or full id) has the whole root mounted, or all of the "
        "disk; what it has mounted of single folders counts all the same; may be repeated",
    )
    prune.add_argument("--yes", action="store_true", help="remove them; without it, only say what would go")


def _age(text: str) -> float:
    seconds = read_duration(text)
    if seconds is None or seconds <= 0:
        raise argparse.ArgumentTypeError("a duration is needed, such as 30d or 12h")
    return seconds
