"""The latest decisions of a frame, one line each, without the canaries that were ended as they should be."""

import time

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from reactor.app.top.sheet import Sheet
from reactor.app.top.source import Look
from reactor.app.top.words import Told, number, tamed
from reactor.core.canary import RULE as CANARY

MOST = 5


def latest(look: Look, sheet: Sheet) -> list[Told]:
    """Those that are shown, the last one first: what was only said is shown if nothing else ever happens."""
    dry = look.status.get("dry_run")
    found = [each for each in look.decisions if (dry or not each.get("dry_run")) and not _is_usual(each)]
    return found[: 1 if sheet.is_low else MOST]


def decisions(look: Look, shown: list[Told], sheet: Sheet) -> RenderableType:
    """A table of them."""
    if not shown:
        canaries = any(_is_usual(each) for each in look.decisions)
        return Text(
            "nothing but canaries was ended of late" if canaries else "nothing was ended so far", "dim"
        )
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=False, show_edge=False)
    for ratio in (None, None, 2, 3):
        table.add_column(no_wrap=True, overflow="ellipsis" if sheet.rich else "crop", ratio=ratio)
    for each in shown:
        table.add_row(*_cells(each))
    return table


def clock(at: object) -> str:
    """The time of day of a moment."""
    moment = number(at) or 0.0
    try:
        return time.strftime("%H:%M:%S", time.localtime(moment))
    except (OverflowError, OSError, ValueError):
        return "??:??:??"  # Whatever answers there may say anything.


def _cells(each: Told) -> tuple[Text, ...]:
    done, action = each.get("result") == "done", tamed(each.get("action"))
    return (
        Text(clock(each.get("at")), "dim"),
        Text(action if done else f"{action}: {tamed(each.get('why'))}", "red" if done else "yellow"),
        Text(tamed(each.get("name"))),
        Text(f"{tamed(each.get('rule'))}: {tamed(each.get('reason'))}", "dim"),
    )


def _is_usual(each: Told) -> bool:
    return each.get("rule") == CANARY and each.get("result") == "done"
