"""``reactor history``: what was decided, what came of it, and how runs ended, a line each.

Only the command and the form of its lines belong here.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from reactor.app.complaint import OK
from reactor.app.journals import complaints, find_journal
from reactor.core.decisions import Why
from reactor.core.language.printing import tame
from reactor.core.language.units import say_duration
from reactor.core.notes import Basis, Cause
from reactor.journal.history import ORDER, Line, read_history

_HEAD = ("TIME", "CONTAINER", "BY", "ACTION", "RESULT", "EXIT", "CERTIFICATE")
_LONGEST = 30
_LATEST = 253_402_300_799.0


def history(options: argparse.Namespace) -> int:
    """Carry out ``reactor history``; the newest line comes last."""
    with complaints():
        lines = read_history(
            find_journal(options.journal),
            since=_moment(options.since),
            container=options.container,
            limit=options.limit,
        )
    if options.json:
        told = [{**asdict(line), "time": written(line.at)} for line in lines]
        json.dump({"lines": told}, sys.stdout, indent=2)
        print()
    elif lines:
        print("\n".join(page(lines)))
    else:
        print("nothing is on record for that", file=sys.stderr)
    return OK


def _moment(since: float | datetime | None) -> float | None:
    if isinstance(since, datetime):
        return since.timestamp()
    return None if since is None else time.time() - since


def written(moment: float, digits: str = "seconds") -> str:
    """A moment of the wall clock, in UTC."""
    if not 0 <= moment <= _LATEST:
        return "unknown"
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec=digits).replace("+00:00", "Z")


def page(lines: Sequence[Line]) -> Iterator[str]:
    """The lines as a table."""
    rows = [_HEAD, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(line: Line) -> tuple[str, ...]:
    if line.kind == ORDER:
        return _order(line)
    name = tame(line.name or line.container[:12], _LONGEST)
    code = "" if line.exit_code is None else str(line.exit_code)
    if not line.certificate:
        how = f"({line.cause or 'unknown'}{'?' if line.basis == Basis.INTENT else ''})"
        return written(line.at), name, how, "-", "ended", code, ""
    what = tame(line.rule, _LONGEST)
    return written(line.at), name, what, tame(line.action, 8), result(line), code, line.certificate


def _order(line: Line) -> tuple[str, ...]:
    """Who ordered what, for how long, and why; the reason may be as long as a line has room."""
    name = tame(line.name or line.container[:12] or "-", _LONGEST)
    rule = f"{line.rule}: " if line.rule else ""
    if line.over:
        told = "over" if line.who else "over: its time was up"
    elif line.lasts is None:
        told = "until it is lifted" if line.action in {"hold", "silence", "pause"} else "done"
    else:
        told = say_duration(round(line.lasts)) if line.lasts else "taken back"
    told = f"{told}: {rule}{line.reason}" if rule or line.reason else told
    return (
        written(line.at),
        name,
        tame(line.who or "-", _LONGEST),
        tame(line.action, 9),
        tame(told, 60),
        "",
        "",
    )


def result(line: Line) -> str:
    """What came of a decision, in one or two words."""
    if line.dry_run:
        return "dry run"
    if line.why == Why.ALREADY_OVER and line.cause == Cause.REACTOR:
        # By an earlier monitor, which was killed before it could write that down.
        return f"{line.result}, {'likely ours' if line.basis == Basis.INTENT else 'ours'}"
    return tame(f"{line.result}, {line.why}" if line.why else line.result, 20)
