"""What is told while a stack comes up or goes, and the plain lines of it, for whatever is no terminal.

Names and errors may be strangers' words: they are made fit to be shown here, and in ``terminal``.
"""

import sys
from collections.abc import Iterable
from typing import Protocol, TextIO

import trio

from reactor.core.language.printing import tame

LONGEST = 300
LONG = frozenset({"stopping", "waiting until it is healthy"})
"""What may take long enough to be told in a line of its own."""


class View(Protocol):
    """Who is told what happens."""

    def begin(self, title: str, services: Iterable[tuple[str, str]]) -> None:
        """It begins: each service with what is to become of it, empty for nothing."""
        ...

    def doing(self, service: str, what: str) -> None:
        """Something is being done, or waited for."""
        ...

    def taken(self, service: str) -> None:
        """A container was stopped and removed."""
        ...

    def ready(self, service: str, how: str, took: float) -> None:
        """A service is up."""
        ...

    def failed(self, service: str, why: str, tail: tuple[str, ...]) -> None:
        """A service could not be brought up, or taken away."""
        ...

    def cleared(self, service: str) -> None:
        """What this run made of a service, and did not come up, was taken away."""
        ...

    def note(self, line: str) -> None:
        """Something else that is worth a line."""
        ...

    async def run(self) -> None:
        """Show what goes on, for ever."""
        ...

    def close(self) -> None:
        """Nothing happens any more."""
        ...


class Silent:
    """For whoever reads a document at the end. It keeps what is to become of each service."""

    def __init__(self) -> None:
        self.title = ""
        self.fates: dict[str, str] = {}

    def begin(self, title: str, services: Iterable[tuple[str, str]]) -> None:
        """Remember what becomes of whom."""
        self.title = title
        self.fates.update(services)

    def doing(self, service: str, what: str) -> None:
        """Nothing is shown."""

    def taken(self, service: str) -> None:
        """Nothing is shown."""

    def ready(self, service: str, how: str, took: float) -> None:
        """Nothing is shown."""

    def failed(self, service: str, why: str, tail: tuple[str, ...]) -> None:
        """Nothing is shown."""

    def cleared(self, service: str) -> None:
        """Nothing is shown."""

    def note(self, line: str) -> None:
        """Nothing is shown."""

    async def run(self) -> None:
        """Nothing is shown."""
        await trio.sleep_forever()

    def close(self) -> None:
        """Nothing was shown."""


class Plain(Silent):
    """One line for each thing that happens."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stdout

    def begin(self, title: str, services: Iterable[tuple[str, str]]) -> None:
        """Say what it is, and who stays as he is."""
        services = tuple(services)
        super().begin(title, services)
        self.note(title)
        for name, fate in services:
            if fate.startswith("unchanged"):
                self.note(f"{name}: {fate}")

    def doing(self, service: str, what: str) -> None:
        """Say what takes time."""
        if what in LONG:
            self.note(f"{service}: {what}")

    def taken(self, service: str) -> None:
        """Say that it is gone."""
        self.note(f"{service}: removed")

    def ready(self, service: str, how: str, took: float) -> None:
        """Say how long it took."""
        self.note(f"{service}: {came(self.fates.get(service, ''), how, took)}")

    def failed(self, service: str, why: str, tail: tuple[str, ...]) -> None:
        """Say why, with its last words."""
        self.note(f"{service}: FAILED: {why}")
        for line in tail:
            self.note(f"    {line}")

    def cleared(self, service: str) -> None:
        """Say that nothing of it is left."""
        self.note(f"{service}: what was made of it is taken away again")

    def note(self, line: str) -> None:
        """Print it."""
        print(tame(line, LONGEST), file=self._stream, flush=True)


def came(fate: str, how: str, took: float) -> str:
    """How a service came up, in words."""
    # Whoever has no health check runs as soon as he is started: there is no time worth telling.
    said = f"{how} after {took:.1f} s" if how == "healthy" else how
    return f"{fate}, {said}" if fate else said
