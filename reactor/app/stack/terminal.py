"""A stack on a terminal while it comes up or goes: one line for each service, in its place.

Whatever is no terminal gets plain lines, from ``views``.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import trio
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from reactor.app.stack.views import LONGEST, Plain, Silent, View, came
from reactor.core.language.printing import tame

EVERY = 0.1
"""Seconds between two pictures."""
SPINNER, ASCII_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


@dataclass(slots=True)
class _Row:
    sign: str
    words: str
    style: str = ""
    since: float | None = None


class Shown(Silent):
    """One line for each service, in its place on a terminal."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._rich = console.encoding.lower().startswith("utf")
        self._rows: dict[str, _Row] = {}
        self._notes: list[Text] = []
        self._turn = 0
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    def begin(self, title: str, services: Iterable[tuple[str, str]]) -> None:
        """Draw everybody."""
        services = tuple(services)
        super().begin(title, services)
        for name, fate in services:
            kept = fate.startswith("unchanged")
            self._rows[name] = _Row("=", fate, "green") if kept else _Row(" ", "waits for its turn", "dim")
        self._live.start()
        self._draw()

    def doing(self, service: str, what: str) -> None:
        """Show it with the time that it takes."""
        self._put(service, _Row("", what, "yellow", trio.current_time()))

    def taken(self, service: str) -> None:
        """Show that it is gone."""
        self._put(service, _Row("-", "removed", "dim"))

    def ready(self, service: str, how: str, took: float) -> None:
        """Show how long it took."""
        self._put(service, _Row("+", came(self.fates.get(service, ""), how, took), "green"))

    def failed(self, service: str, why: str, tail: tuple[str, ...]) -> None:
        """Show why, with its last words."""
        self._put(service, _Row("!", "failed", "bold red"))
        # Below there is room for all of it, on as many lines as it takes.
        self._notes.append(Text(f"{service}: {tame(why, LONGEST)}", "red"))
        for line in tail:
            self._notes.append(Text(f"    {tame(line, LONGEST)}", "dim"))
        self._draw()

    def cleared(self, service: str) -> None:
        """Show that nothing of it is left."""
        self._put(service, _Row("!", "failed; what was made of it is taken away again", "bold red"))

    def note(self, line: str) -> None:
        """Show it below."""
        self._notes.append(Text(tame(line, LONGEST)))
        self._draw()

    async def run(self) -> None:
        """Turn the wheels."""
        while True:
            await trio.sleep(EVERY)
            self._turn += 1
            if any(row.since is not None for row in self._rows.values()):
                self._draw()

    def close(self) -> None:
        """Leave the last picture on the screen."""
        for row in self._rows.values():
            row.since = None
        self._draw()
        if self._live.is_started:
            self._live.stop()

    def _put(self, service: str, row: _Row) -> None:
        self._rows[service] = row
        self._draw()

    def _draw(self) -> None:
        if self._live.is_started:
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> Group:
        width = max((len(name) for name in self._rows), default=0)
        return Group(
            Text(tame(self.title, LONGEST), "bold"),
            *(self._line(name, row, width) for name, row in self._rows.items()),
            *self._notes,
        )

    def _line(self, name: str, row: _Row, width: int) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis" if self._rich else "crop")
        line.append(f"  {self._sign(row)} ", row.style)
        line.append(f"{tame(name, LONGEST):<{width}}  ", "bold")
        line.append(tame(row.words, LONGEST), row.style)
        if row.since is not None:
            line.append(f"  {max(0.0, trio.current_time() - row.since):.1f} s", "dim")
        return line

    def _sign(self, row: _Row) -> str:
        wheel = SPINNER if self._rich else ASCII_SPINNER
        if row.since is not None:
            return wheel[self._turn % len(wheel)]
        signs = {"=": "●", "+": "✓", "-": "○", "!": "✗", "": "…"} if self._rich else {"": "~"}
        return signs.get(row.sign, row.sign)


def view_for(*, as_json: bool) -> View:
    """Who is told: nobody, a terminal, or whatever reads lines."""
    if as_json:
        return Silent()
    if sys.stdout.isatty():
        return Shown(Console(highlight=False, markup=False, emoji=False))
    return Plain()
