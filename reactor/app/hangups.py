"""One SIGHUP for all: the signal is taken once, and each monitor reads its rules again in a task of its own.

Here is also by which rules a monitor begins: those that were read for all last, or put in force on its engine
alone since. They are read here, too: an engine that is away has nobody to read them, and perhaps all are.
"""

import logging
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import trio

from reactor.app.reading import Reading
from reactor.app.reloading import Mistakes, Reloads, read_by
from reactor.core.rules import RuleSet

log = logging.getLogger("reactor.app")


@dataclass(frozen=True, slots=True)
class Beginning:
    """By which rules a monitor begins; ``heard`` is how often all had been told to read by then."""

    rules: RuleSet
    heard: int


class Hangups:
    """Hears of the signal, and has those read that follow. ``rules`` are those for all."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.followers = 0
        self._own: dict[str, RuleSet] = {}
        self._heard = 0
        self._bell = trio.Event()

    async def listen(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take the signal, for ever."""
        with trio.open_signal_receiver(signal.SIGHUP) as signals:
            task_status.started()
            async for _ in signals:
                self.ring()

    def ring(self) -> None:
        """Have all who follow read their rules again."""
        self._heard += 1
        self._bell.set()
        self._bell = trio.Event()

    async def reload(self) -> tuple[str, ...]:
        """The same, for whoever has seen that files have changed; the mistakes are said by those who read."""
        self.ring()
        return ()

    def begin(self, name: str) -> Beginning:
        """By what the monitor of this engine is to begin now."""
        return Beginning(self._own.get(name, self.rules), self._heard)

    def put_in_force(self, name: str, rules: RuleSet) -> None:
        """This engine has these now, and begins again by them: nobody else was told to."""
        self._own[name] = rules

    def put_for_all(self, rules: RuleSet) -> None:
        """Whoever begins from now on begins by these."""
        self.rules = rules
        self._own.clear()

    async def follow(
        self,
        reloader: Reloads,
        heard: int | None = None,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Read again at each signal, for ever. Those that come while it is read are one more; so are those
        that came after ``heard``."""
        heard = self._heard if heard is None else heard
        task_status.started()
        self.followers += 1
        try:
            while True:
                while heard == self._heard:
                    await self._bell.wait()
                heard = self._heard
                await reloader.reload()
        finally:
            self.followers -= 1


class ReadForAll:
    """Reads the rules by which engines begin that are away now. Whoever reads for his own engine says what is
    wrong with them; where nobody does, it is said here."""

    def __init__(
        self,
        hangups: Hangups,
        load: Callable[[], RuleSet],
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
        reading: Reading | None = None,
    ) -> None:
        self._hangups = hangups
        self._load = load
        self._around = around
        self._reading = reading or Reading()

    async def reload(self) -> tuple[str, ...]:
        """Read the files again; returns the mistakes. Nothing changes unless there are none."""
        with self._around():
            read = await read_by(self._reading, self._load)
        # One of those who follow is who has this done.
        alone = self._hangups.followers <= 1
        if isinstance(read, Mistakes):
            if alone:
                read.say()
            return read.errors
        self._hangups.put_for_all(read)
        if alone:
            log.info("the rules were read again, for engines that are away", extra={"rules": len(read.rules)})
        return ()
