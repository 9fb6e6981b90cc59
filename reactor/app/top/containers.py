"""The containers of a frame as a table: the narrower it is, the fewer columns; the nearest limit stays."""

from collections.abc import Callable, Iterable
from itertools import islice

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from reactor.app.top.sheet import ASCII_BLOCKS, BLOCKS, Sheet, bar, sign, spark
from reactor.app.top.source import Look
from reactor.app.top.view import View
from reactor.app.top.words import Told, amounts, cores, count, part, size, span, tamed

NARROW, MIDDLE, WIDE = 64, 96, 126
"""From these widths on more is shown."""
SPARK = 10

Cell = Callable[[Told], Text]
Column = tuple[str, str, bool, Cell]
"""A head, what is sorted by it, whether it stands on the right, and what is in it."""

_DOING = {
    "ending": "being ended",
    "stuck": "cannot be ended",
    "unknown": "no readings",
    "held": "held back",
}


def rows_of(look: Look) -> list[Told]:
    """The containers that were told of."""
    told = look.containers.get("containers")
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def containers(look: Look, view: View, sheet: Sheet, room: int) -> RenderableType:
    """A table of so many rows at most."""
    rows = rows_of(look)
    if not rows:
        return Text("nothing is like that" if view.text else "no container runs on this engine", "dim")
    first = min(view.first, max(0, len(rows) - room))
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
    columns = list(_columns(look, sheet))
    for title, sort, right, _ in columns:
        table.add_column(
            title + _mark(view, sort, sheet),
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis" if sheet.rich else "crop",
            ratio={"container": 2, "by": 3}.get(title),
        )
    for row in islice(rows, first, first + room):
        dim = "dim" if row.get("status") in {"watched", "skipped", "protected"} else ""
        table.add_row(*(cell(row) for *_, cell in columns), style=dim)
    return table


def _mark(view: View, sort: str, sheet: Sheet) -> str:
    """The sign of the column that is sorted by. The nearest are first unless it is turned round."""
    if view.sort.removeprefix("-") != sort:
        return ""
    falls = view.sort == "distance" or (view.sort.startswith("-") and sort != "distance")
    return sheet.fit(" ↓" if falls else " ↑")


def _columns(look: Look, sheet: Sheet) -> Iterable[Column]:
    lines = part(part(look.containers, "history"), "lines")

    def said(say: Callable[[Told], str], style: str = "") -> Cell:
        return lambda row: Text(sheet.fit(say(row)), style)

    def line(field: str) -> Cell:
        blocks = BLOCKS if sheet.rich else ASCII_BLOCKS
        return lambda row: spark(part(lines, str(row.get("id"))).get(field), SPARK, blocks)

    yield "", "status", False, lambda row: sign(row, sheet)
    yield "container", "name", False, lambda row: Text(tamed(row.get("name")))
    yield "nearest limit", "distance", False, lambda row: bar(row, sheet)
    if sheet.width >= NARROW:
        yield "by", "", False, said(_by, "dim")
    if sheet.width >= MIDDLE:
        yield "pids", "pids", True, said(lambda row: count(row.get("pids")))
    if sheet.width >= WIDE:
        yield "", "", False, line("pids")
    if sheet.width >= MIDDLE:
        yield "memory", "memory", True, said(lambda row: size(row.get("memory")))
    if sheet.width >= WIDE:
        yield "", "", False, line("memory")
        yield "cpu", "cpu", True, said(lambda row: cores(row.get("cpu")))
    if sheet.width >= MIDDLE:
        yield "age", "age", True, said(lambda row: span(row.get("age")))


def _by(row: Told) -> str:
    near = part(row, "nearest")
    said = _DOING.get(str(row.get("status")), "")
    if near:
        of = f"{tamed(near.get('field'))} {amounts(near)}"
        said = ", ".join(each for each in (said, of, tamed(near.get("rule"))) if each)
    return said or ("" if row.get("status") == "ok" else tamed(row.get("status")))
