"""One SIGHUP for all: the signal is taken once, and each monitor reads its rules again in a task of its own.

Here is also which rules are in force in this process: an engine that was away meanwhile begins by them.
"""

import signal

import trio

from reactor.app.reloading import Reloader
from reactor.core.rules import RuleSet


class Hangups:
    """Hears of the signal, and has those read that follow. ``rules`` are those in force."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._count = 0
        self._bell = trio.Event()

    async def listen(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take the signal, for ever."""
        with trio.open_signal_receiver(signal.SIGHUP) as signals:
            task_status.started()
            async for _ in signals:
                self.ring()

    def ring(self) -> None:
        """Have all who follow read their rules again."""
        self._count += 1
        self._bell.set()
        self._bell = trio.Event()

    def put_in_force(self, rules: RuleSet) -> None:
        """Whoever begins from now on begins by these."""
        self.rules = rules

    async def follow(
        self, reloader: Reloader, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Read again at each signal, for ever. Those that come while it is read are one more."""
        heard = self._count
        task_status.started()
        while True:
            while heard == self._count:
                await self._bell.wait()
            heard = self._count
            await reloader.reload()
