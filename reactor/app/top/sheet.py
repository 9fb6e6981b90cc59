"""What a frame is drawn on, and the signs that can be drawn there: a few cells wide, with colour or without.

No colour says anything that a sign or a word does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rich.text import Text

from reactor.app.top.words import UNKNOWN, Told, number, part, percent

LOW = 18
"""Below this height nothing is left empty, and of decisions only the last is shown."""
BAR = 12
TICK = 0.8
"""Where on a bar the rule acts."""
LEAST_SPAN = 0.4
"""A line of blocks is as high as this part of its largest value, at least."""
BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", "_.-=+*#@"

SIGNS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
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
"""For each status a sign, one in ASCII, and a colour."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """How large a frame may be, and whether it may be more than ASCII. ``lost`` is why it is an old one,
    ``keys`` tells that somebody can press them."""

    width: int
    height: int
    rich: bool = True
    lost: str = ""
    keys: bool = True

    @property
    def is_low(self) -> bool:
        """Whether each line counts."""
        return self.height < LOW

    def line(self, *parts: tuple[str, str]) -> Text:
        """One line of texts with their styles, as much of it as there is room for."""
        line = Text(no_wrap=True, overflow="ellipsis" if self.rich else "crop")
        for text, style in parts:
            line.append(self.fit(text), style)
        return line

    def fit(self, text: str) -> str:
        """Our own words with signs that can be drawn. Strangers' are theirs: a terminal shows what it can."""
        return text if self.rich else text.translate(_PLAIN)


_PLAIN = str.maketrans({"—": "-", "…": "...", "↓": "v", "↑": "^", "▏": "_"})


def sign(row: Told, sheet: Sheet) -> Text:
    """How a container stands."""
    drawn, plain, style = SIGNS.get(str(row.get("status")), ("?", "?", ""))
    return Text(drawn if sheet.rich else plain, style)


def bar(row: Told, sheet: Sheet) -> Text:
    """How far a container has come towards its nearest bound."""
    near = part(row, "nearest")
    share = number(near.get("share"))
    if share is None:
        return Text(" " * BAR + f"{sheet.fit(UNKNOWN):>6}", "dim")
    done, tick = min(BAR, round(share * TICK * BAR)), round(TICK * BAR)
    full, empty, mark = ("━", "╌", "┃") if sheet.rich else ("=", "-", "|")
    style = "dim" if near.get("dry_run") else "red" if share >= 1 else "yellow" if share >= TICK else "cyan"
    text = Text()
    for place in range(BAR + 1):
        char = mark if place == tick else full if place - (place > tick) < done else empty
        text.append(char, "bold" if place == tick else style if char == full else "dim")
    return text.append(f"{percent(share):>6}", "bold" if share >= TICK and not near.get("dry_run") else "")


def spark(points: Any, width: int, blocks: str = BLOCKS) -> Text:
    """The last points as a line of blocks, for their shape: what hardly changes is a line in the middle.

    Where nothing is known there is a gap.
    """
    shown = [number(each) for each in points[-width:]] if isinstance(points, list) else []
    known = [value for value in shown if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = max(high - low, high * LEAST_SPAN) or 1.0
    foot = max(0.0, (low + high - span) / 2)
    text = "".join(" " if each is None else _block((each - foot) / span, blocks) for each in shown)
    return Text(f"{text:>{width}}", "dim cyan")


def _block(share: float, blocks: str) -> str:
    return blocks[max(0, min(len(blocks) - 1, int(share * len(blocks))))]
