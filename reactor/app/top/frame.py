"""One frame of ``reactor top``: a head, the containers, the latest decisions, for any width.

Whatever comes from the monitor may be a stranger's words: it is made fit for a terminal here and is never
markup. No colour says anything that a sign or a word does not.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reactor.app.top.source import Look
from reactor.app.top.view import View
from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes, say_duration

NARROW, MIDDLE, WIDE = 64, 96, 126
"""From these widths on more is shown."""
BAR = 12
TICK = 0.8
"""Where on a bar the rule acts."""
DECISIONS = 5
_LONGEST = 120
_UNKNOWN = "—"
_BLOCKS, _ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.-=+*#@"

Told = Mapping[str, Any]

_SIGNS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "stuck": ("■", "#", "bold red"),
        "ending": ("✕", "x", "bold red"),
        "breaching": ("◆", "!", "bold red"),
        "held": ("‖", "=", "yellow"),
        "unknown": ("?", "?", "yellow"),
        "near": ("▲", "^", "yellow"),
        "ok": ("●", "o", "green"),
        "skipped": ("⊘", "-", "dim"),
        "protected": ("◇", "P", "dim"),
        "watched": ("○", ".", "dim"),
    }
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """How large a frame may be, and whether it may be more than ASCII. ``lost`` is why it is an old one,
    ``keys`` tells that somebody can press them."""

    width: int
    height: int
    rich: bool = True
    lost: str = ""
    keys: bool = True


def frame(look: Look, view: View, sheet: Sheet) -> RenderableType:
    """The whole frame."""
    decisions = [each for each in look.decisions if not each.get("dry_run") or look.status.get("dry_run")]
    latest = decisions[: DECISIONS if sheet.height >= 24 else 2]
    room = max(1, sheet.height - len(latest) - 7)
    return Group(
        _head(look, sheet),
        _counts(look, view),
        Text(""),
        _table(look, view, sheet, room),
        Text(""),
        _decisions(latest),
        _foot(view, sheet),
    )


def _head(look: Look, sheet: Sheet) -> Text:
    status = look.status
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append("reactor ", "bold").append(_tamed(status.get("engine")), "cyan")
    if sheet.lost:
        at = time.strftime("%H:%M:%S", time.localtime(_number(status.get("now")) or 0))
        return text.append(f"  reconnecting…, as of {at}: {tame(sheet.lost, _LONGEST)}", "bold yellow")
    ready = status.get("ready") is True
    text.append(
        "  ready" if ready else f"  NOT READY: {_tamed(status.get('not_ready'))}",
        "green" if ready else "bold red",
    )
    for word, is_on in (("dry run", status.get("dry_run")), ("HELD", status.get("held"))):
        text.append(f"  {word}" if is_on else "", "bold yellow")
    journal, cost = _part(status, "journal"), _part(status, "cost")
    if journal.get("healthy") is False:
        text.append("  JOURNAL FAILS", "bold red")
    text.append(f"  up {_span(status.get('uptime'))}", "dim")
    text.append(f"  rules {_tamed(_part(status, 'rules').get('loaded'))}", "dim")
    text.append(f"  {_cores(cost.get('cores'))} cores  {_bytes(cost.get('memory'))}", "dim")
    remark = _tamed(status.get("remark"))
    return text.append(f"  {remark}" if remark else "", "yellow")


def _counts(look: Look, view: View) -> Text:
    text = Text(no_wrap=True, overflow="ellipsis")
    counts = _part(look.containers, "counts")
    text.append(f"{sum(int(_number(each) or 0) for each in counts.values())} containers", "bold")
    for status, (_, _, style) in _SIGNS.items():
        if counts.get(status):
            text.append(f"   {_count(counts[status])} {status}", style)
    if view.text or view.typing:
        text.append(f"   filter: {tame(view.text, _LONGEST)}{'▏' if view.typing else ''}", "bold cyan")
    return text


Cell = Callable[[Told], Text]


def _table(look: Look, view: View, sheet: Sheet, room: int) -> RenderableType:
    told = look.containers.get("containers")
    rows = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    if not rows:
        return Text("nothing is like that" if view.text else "no container runs on this engine", "dim")
    first = min(view.first, max(0, len(rows) - room))
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
    columns = list(_columns(look, sheet))
    for title, sort, right, _ in columns:
        mark = _mark(view, sort, sheet)
        fixed = title not in {"container", "by"}
        table.add_column(
            title + mark,
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=None if fixed else (2 if title == "container" else 3),
        )
    for row in rows[first : first + room]:
        dim = "dim" if row.get("status") in {"watched", "skipped", "protected"} else ""
        table.add_row(*(cell(row) for *_, cell in columns), style=dim)
    return table


def _mark(view: View, sort: str, sheet: Sheet) -> str:
    """The sign of the column that is sorted by. The nearest are first unless it is turned round."""
    if view.sort.removeprefix("-") != sort:
        return ""
    falls = view.sort == "distance" or (view.sort.startswith("-") and sort != "distance")
    return (" ↓" if falls else " ↑") if sheet.rich else (" v" if falls else " ^")


def _columns(look: Look, sheet: Sheet) -> Iterable[tuple[str, str, bool, Cell]]:
    lines = _part(_part(look.containers, "history"), "lines")
    blocks = _BLOCKS if sheet.rich else _ASCII_BLOCKS

    def line(field: str) -> Cell:
        return lambda row: spark(_part(lines, str(row.get("id"))).get(field), 10, blocks)

    yield "", "status", False, lambda row: _sign(row, sheet)
    yield "container", "name", False, lambda row: Text(_tamed(row.get("name")))
    yield "nearest limit", "distance", False, lambda row: _bar(row, sheet)
    if sheet.width >= NARROW:
        yield "by", "", False, lambda row: Text(_by(row), "dim")
    if sheet.width >= MIDDLE:
        yield "pids", "pids", True, lambda row: Text(_count(row.get("pids")))
    if sheet.width >= WIDE:
        yield "", "", False, line("pids")
    if sheet.width >= MIDDLE:
        yield "memory", "memory", True, lambda row: Text(_bytes(row.get("memory")))
    if sheet.width >= WIDE:
        yield "", "", False, line("memory")
        yield "cpu", "cpu", True, lambda row: Text(_cores(row.get("cpu")))
    if sheet.width >= MIDDLE:
        yield "age", "age", True, lambda row: Text(_span(row.get("age")))


def _sign(row: Told, sheet: Sheet) -> Text:
    sign, plain, style = _SIGNS.get(str(row.get("status")), ("?", "?", ""))
    return Text(sign if sheet.rich else plain, style)


def _bar(row: Told, sheet: Sheet) -> Text:
    near = _part(row, "nearest")
    share = _number(near.get("share"))
    if share is None:
        return Text(" " * BAR + f"{_UNKNOWN:>6}", "dim")
    done = min(BAR, round(share * TICK * BAR))
    tick = round(TICK * BAR)
    full, empty, mark = ("━", "╌", "┃") if sheet.rich else ("=", "-", "|")
    style = "dim" if near.get("dry_run") else "red" if share >= 1 else "yellow" if share >= TICK else "cyan"
    text = Text()
    for place in range(BAR + 1):
        char = mark if place == tick else full if place - (place > tick) < done else empty
        text.append(char, "bold" if place == tick else style if char == full else "dim")
    return text.append(f"{_percent(share):>6}", "bold" if share >= TICK and not near.get("dry_run") else "")


def _by(row: Told) -> str:
    near = _part(row, "nearest")
    doing = {
        "ending": "being ended",
        "stuck": "cannot be ended",
        "unknown": "no readings",
        "held": "held back",
    }
    said = doing.get(str(row.get("status")), "")
    if near:
        of = f"{_tamed(near.get('field'))} {_amounts(near)}"
        said = ", ".join(part for part in (said, of, _tamed(near.get("rule"))) if part)
    return said or ("" if row.get("status") == "ok" else _tamed(row.get("status")))


def _decisions(decisions: list[Told]) -> RenderableType:
    if not decisions:
        return Text("nothing was ended so far", "dim")
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), show_header=False, show_edge=False)
    for ratio in (None, None, 2, 3):
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=ratio)
    for each in decisions:
        done = each.get("result") == "done"
        word = (
            _tamed(each.get("action")) if done else f"{_tamed(each.get('action'))}: {_tamed(each.get('why'))}"
        )
        at = time.strftime("%H:%M:%S", time.localtime(_number(each.get("at")) or 0))
        table.add_row(
            Text(at, "dim"),
            Text(word, "red" if done else "yellow"),
            Text(_tamed(each.get("name"))),
            Text(f"{_tamed(each.get('rule'))}: {_tamed(each.get('reason'))}", "dim"),
        )
    return table


def _foot(view: View, sheet: Sheet) -> Text:
    if not sheet.keys:
        return Text("")
    keys = "enter: done  esc: none" if view.typing else "q quit  / filter  sort: d n p m c a s  j k scroll"
    return Text(keys, "dim", no_wrap=True, overflow="ellipsis")


def spark(points: Any, width: int, blocks: str = _BLOCKS) -> Text:
    """The last points as a line of blocks; where nothing is known there is a gap. Its foot is zero."""
    shown = list(points)[-width:] if isinstance(points, list) else []
    known = [value for each in shown if (value := _number(each)) is not None]
    most = max(known, default=0) or 1
    text = "".join(_block(_number(each), most, blocks) for each in shown)
    return Text(f"{text:>{width}}", "cyan")


def _block(value: float | None, most: float, blocks: str) -> str:
    if value is None:
        return " "
    return blocks[max(0, min(len(blocks) - 1, round(value / most * (len(blocks) - 1))))]


def _part(told: Told, name: str) -> Told:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _tamed(value: Any) -> str:
    return "" if value is None else tame(str(value), _LONGEST)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _amounts(near: Told) -> str:
    """How much of how much; a unit that both have is said once."""
    value, bound = _amount(near, "value"), _amount(near, "bound")
    number, _, unit = value.partition(" ")
    return f"{number} of {bound}" if unit and bound.endswith(f" {unit}") else f"{value} of {bound}"


def _amount(near: Told, name: str) -> str:
    match near.get("unit"):
        case "bytes":
            return _bytes(near.get(name))
        case "seconds":
            return _span(near.get(name))
        case _:
            return _count(near.get(name))


def _count(value: Any) -> str:
    number = _number(value)
    return _UNKNOWN if number is None else f"{number:,.0f}" if number.is_integer() else f"{number:.4g}"


def _bytes(value: Any) -> str:
    number = _number(value)
    return _UNKNOWN if number is None else say_bytes(round(number))


def _cores(value: Any) -> str:
    number = _number(value)
    return _UNKNOWN if number is None else f"{number:.2f}"


def _span(value: Any) -> str:
    number = _number(value)
    return _UNKNOWN if number is None else say_duration(round(number))


def _percent(share: float) -> str:
    # What is not quite there is not there.
    return ">999%" if share > 9.99 else f"{math.floor(share * 100 + 1e-9)}%"
