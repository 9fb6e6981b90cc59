"""One frame of ``reactor top``: a head, the containers, the latest decisions, for any width and height.

Only how a frame is put together is here; its parts are in the modules beside this one. Nothing that comes
from a monitor is ever markup.
"""

from rich.console import Group, RenderableType
from rich.text import Text

from reactor.app.top.containers import NARROW, containers
from reactor.app.top.decisions import clock, decisions, latest
from reactor.app.top.sheet import SIGNS, Sheet
from reactor.app.top.source import Look
from reactor.app.top.view import View
from reactor.app.top.words import LONGEST, cores, count, number, part, size, span, tamed
from reactor.core.language.printing import tame

__all__ = ["Sheet", "frame"]


def frame(look: Look, view: View, sheet: Sheet) -> RenderableType:
    """The whole frame; the containers have all the room that is left."""
    shown = latest(look, sheet)
    between = [] if sheet.is_low else [Text("")]
    below = [*between, decisions(look, shown, sheet), *([_foot(view, sheet)] if sheet.keys else [])]
    lines = 2 + 2 * len(between) + 1 + max(1, len(shown)) + sheet.keys
    table = containers(look, view, sheet, max(1, sheet.height - lines))
    return Group(_head(look, sheet), _counts(look, view, sheet), *between, table, *below)


def _head(look: Look, sheet: Sheet) -> Text:
    status = look.status
    name = [("reactor ", "bold"), (tamed(status.get("engine")), "cyan")]
    if sheet.lost:
        old = f"  reconnecting…, as of {clock(status.get('now'))}: {tame(sheet.lost, LONGEST)}"
        return sheet.line(*name, (old, "bold yellow"))
    ready = status.get("ready") is True
    said = ("  ready", "green") if ready else (f"  NOT READY: {tamed(status.get('not_ready'))}", "bold red")
    cost, remark = part(status, "cost"), tamed(status.get("remark"))
    return sheet.line(
        *name,
        said,
        ("  dry run" if status.get("dry_run") else "", "bold yellow"),
        ("  HELD" if status.get("held") else "", "bold yellow"),
        ("  JOURNAL FAILS" if part(status, "journal").get("healthy") is False else "", "bold red"),
        (f"  up {span(status.get('uptime'))}", "dim"),
        (f"  rules {tamed(part(status, 'rules').get('loaded'))}", "dim"),
        (f"  {cores(cost.get('cores'))} cores  {size(cost.get('memory'))}", "dim"),
        (f"  {remark}" if remark else "", "yellow"),
    )


def _counts(look: Look, view: View, sheet: Sheet) -> Text:
    counts = part(look.containers, "counts")
    total = sum(int(number(each) or 0) for each in counts.values())
    # What somebody types comes first: where there is little room he must see it.
    sought = f"filter: {tame(view.text, LONGEST)}{'▏' if view.typing else ''}   "
    known = [
        (f"   {count(counts[each])} {each}", style)
        for each, (_, _, style) in SIGNS.items()
        if counts.get(each)
    ]
    return sheet.line(
        (sought if view.text or view.typing else "", "bold cyan"), (f"{total} containers", "bold"), *known
    )


def _foot(view: View, sheet: Sheet) -> Text:
    if view.typing:
        return sheet.line(("enter: done  esc: none", "dim"))
    wide, narrow = "q quit  / filter  sort: d n p m c a s  j k scroll", "q  / filter  sort dnpmcas  jk scroll"
    return sheet.line((wide if sheet.width >= NARROW else narrow, "dim"))
