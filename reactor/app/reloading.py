"""Reading the rules again while the monitor runs: all or nothing.

Here new files become rules in force, or a list of mistakes while the old ones stay. Who asks
for it (a signal, the control socket, a file that changed) is decided in ``controlling``.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

import trio

from reactor.app.monitor import Monitor
from reactor.app.proofs import proven
from reactor.app.reading import Reading, ReadingHangs
from reactor.core.rules import RuleSet
from reactor.ruleset import BadRules

log = logging.getLogger("reactor.app")

_LONGEST = 300


class Reloads(Protocol):
    """Whoever has rules read again."""

    async def reload(self) -> tuple[str, ...]:
        """Read the files again; returns the mistakes."""
        ...


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Why rules cannot be used, a sentence for each."""

    errors: tuple[str, ...]

    def say(self) -> None:
        """Put them into the log."""
        log.error(
            "the rules cannot be used: those before stay in force", extra={"mistakes": len(self.errors)}
        )
        for error in self.errors:
            log.error("a mistake in the rules", extra={"mistake": error})


async def read_by(reading: Reading, load: Callable[[], RuleSet]) -> RuleSet | Mistakes:
    """What ``load`` gives, which blocks and raises BadRules; it never fails otherwise."""
    try:
        return await reading.run(load)
    except BadRules as bad:
        return Mistakes(tuple(map(str, bad.errors)))
    except ReadingHangs as hangs:
        return Mistakes((f"the rules cannot be read: {hangs}",))
    except Exception as error:  # noqa: BLE001  # Whatever a file does to its reader, the monitor goes on.
        return Mistakes((f"the rules cannot be read: {type(error).__name__}: {error}"[:_LONGEST],))


class Reloader:
    """Loads by ``load``, which blocks and raises BadRules: one at a time, by ``reading``.

    ``known`` gives the proofs of the rules that are, or were last, in force. ``around`` is entered for as
    long as it takes. ``in_force`` is told of rules that are from now on.
    """

    def __init__(
        self,
        load: Callable[[], RuleSet],
        monitor: Monitor,
        known: Callable[[], frozenset[str]],
        reading: Reading | None = None,
        around: Callable[[], AbstractContextManager[None]] = nullcontext,
        in_force: Callable[[RuleSet], None] = lambda _: None,
    ) -> None:
        self._load = load
        self._in_force = in_force
        self._around = around
        self._monitor = monitor
        self._known = known
        self._turn = trio.Lock()
        self._reading = reading or Reading()

    @property
    def busy_for(self) -> float | None:
        """For how many seconds the files have been read by now; None while nobody reads them."""
        return self._reading.busy_for

    async def reload(self) -> tuple[str, ...]:
        """Read the files again; returns the mistakes. Nothing changes unless there are none."""
        async with self._turn:
            with self._around():
                return await self._reloaded()

    async def _reloaded(self) -> tuple[str, ...]:
        read = await read_by(self._reading, self._load)
        if isinstance(read, Mistakes):
            self._monitor.reload_failed(read.errors)
            read.say()
            return read.errors
        self._put_in_force(read)
        return ()

    def _put_in_force(self, rules: RuleSet) -> None:
        setup = self._monitor.setup
        known = proven(rules, setup, self._known())
        self._monitor.reload(replace(setup, rules=rules, proven=known))
        self._in_force(rules)
        fields = {"rules": len(rules.rules), "rules_version": rules.version}
        log.info("the rules were read again and are in force", extra=fields)
