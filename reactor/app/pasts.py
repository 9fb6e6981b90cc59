"""The part of the command line that looks back: history and show.

Only the parser is here, as in ``options``; nothing is carried out.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reactor.core.language.units import read_duration

Commands = Any
"""The sub-parsers of argparse, whose type has no public name."""
MOST = 1_000_000
EPILOG = """\
The journal is only read: a monitor that writes it goes on, and none need run.
"""


def add_past(commands: Commands) -> None:
    """Add the commands."""
    history = _past(commands, "history", "what was decided and what came of it, and how runs ended")
    history.add_argument(
        "--since",
        metavar="WHEN",
        type=_since,
        help="only what is not older: so long ago (2h, 1d), or a moment (2026-11-21T07:30:00Z)",
    )
    history.add_argument(
        "--container",
        metavar="NAME_OR_ID",
        default="",
        help="only this one: a name, or the beginning of an id",
    )
    history.add_argument(
        "--limit",
        metavar="N",
        type=_limit,
        default=50,
        help="at most so many lines, the latest (default: 50)",
    )
    show = _past(
        commands, "show", "the certificate of one decision: who, why, on what evidence, what was done"
    )
    show.add_argument(
        "id", metavar="ID", help="a decision's id, or the beginning of one; of a container the last decision"
    )


def _past(commands: Commands, name: str, help_text: str) -> argparse.ArgumentParser:
    past: argparse.ArgumentParser = commands.add_parser(
        name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.", epilog=EPILOG
    )
    past.add_argument(
        "--journal",
        metavar="FILE",
        type=Path,
        help="the journal (default: the only one below /var/lib/reactor, or your state folder; "
        "$REACTOR_JOURNAL names it, too)",
    )
    past.add_argument("--json", action="store_true", help="the answer as JSON on stdout")
    return past


def _limit(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST:
        return int(text)
    raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST} is needed")


def _since(text: str) -> float | datetime:
    """So many seconds ago, or a moment; one without a zone is in UTC, as all that is shown."""
    seconds = read_duration(text)
    if seconds is not None:
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "a duration is needed, such as 2h or 30m, or a moment such as 2026-11-21T07:30:00Z"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
