"""``reactor sidecars``: what tasks have beside them, how it stands with it, and what failed.

Only the command belongs here: what it asks for, and what is printed of the answer.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reactor.app.asking import ask
from reactor.app.complaint import FOUND, OK
from reactor.core.language.printing import tame
from reactor.core.language.units import say_duration

_HEAD = ("TASK", "TEMPLATE", "STATE", "FOR", "CONTAINER", "WHAT IS THE MATTER")
_NAME, _LONGEST = 40, 300
_BAD = frozenset({"failed", "ignored"})


def sidecars(options: argparse.Namespace) -> int:
    """Carry out ``reactor sidecars``: exit code 1 if one of them failed."""
    told = ask(options, "GET", "/v1/sidecars")
    if options.json:
        json.dump(told, sys.stdout, indent=2)
        print()
    else:
        for line in page(told["tasks"]):
            print(line)
    each = (one for task in told["tasks"] for one in task["sidecars"])
    return FOUND if any(one["state"] in _BAD for one in each) else OK


def page(tasks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The tasks as a table."""
    rows = [cells for task in tasks for cells in _rows(task)]
    if not rows:
        yield "no task has sidecars that were made here"
        return
    widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(len(_HEAD))]
    for row in (_HEAD, *rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _rows(task: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    name = tame(str(task["task"]), _NAME) + (" (held)" if task["held"] else "")
    if task["error"]:
        yield name, "", "", "", "", tame(str(task["error"]), _LONGEST)
    for one in task["sidecars"]:
        matter = str(one["error"]) or ("made from an earlier text" if one["stale"] else "")
        tried = f"{one['tries']} times: " if one["tries"] > 1 else ""
        yield (
            name,
            tame(str(one["template"]), _NAME),
            str(one["state"]),
            say_duration(round(one["since_seconds"])),
            str(one["container"])[:12] or "-",
            tame(tried + matter if matter else "", _LONGEST),
        )
