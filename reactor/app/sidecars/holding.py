"""Holding mains and letting them go on: never behind those who make, since each is a call or two.

Whom we paused is written down before, and forgotten only when it is certain that it goes on. Making and
removing is in ``working``.
"""

import logging
from collections.abc import Iterable

import trio

from reactor.app.sidecars.book import Book
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.seeing import NotNow, Sight
from reactor.core.container import Run, State
from reactor.core.decisions import Decision, Outcome, Result
from reactor.core.held_mains import HELD_WITHIN
from reactor.core.ports import EngineError
from reactor.core.provision_steps import Hold, Release
from reactor.core.provisions import Task
from reactor.core.state import Entry
from reactor.journal.journal import Journal

log = logging.getLogger("reactor.sidecars")

EACH_WITHIN = 3.0
"""Seconds for each of the last releases: all together have not much more."""
NAMED = 50
"""How many mains are named in one line."""


class Holding:
    """Pauses mains, and lets them go on."""

    def __init__(self, hands: Hands, journal: Journal, sight: Sight, book: Book) -> None:
        self._hands = hands
        self._journal = journal
        self._sight = sight
        self._book = book
        self._moving: set[Run] = set()

    def is_free(self, run: Run) -> bool:
        """Whether nobody pauses it, or lets it go on, at this moment."""
        return run not in self._moving

    async def move(self, task: Task, steps: Iterable[Hold | Release]) -> None:
        """Do these, all at once: one container that does not answer keeps nobody else paused."""
        steps = [step for step in steps if self.is_free(step.run)]
        self._moving |= {step.run for step in steps}
        try:
            # Structural: whoever makes something for this task waits until its mains are held.
            async with trio.open_nursery() as nursery:
                for step in steps:
                    nursery.start_soon(self._move, task, step)
        finally:
            self._moving -= {step.run for step in steps}

    async def _move(self, task: Task, step: Hold | Release) -> None:
        name, about, began = task.name, step.run.id, trio.current_time()
        try:
            if isinstance(step, Hold):
                await self._hold(task, step.run)
            else:
                await self._release(name, step.run, step.why)
            self._book.well(name, began, about)
        except NotNow:
            self._book.not_now(name, trio.current_time(), about)
        except EngineError as error:
            self._book.trouble(name, str(error), trio.current_time(), about)
        except Exception as error:  # A sidecar ends no monitor, whatever is wrong with it.
            log.exception("a defect: a main could not be held, or let go on", extra={"task": name})
            self._book.trouble(name, f"a defect: {type(error).__name__}", trio.current_time(), about)

    # Holding

    async def _hold(self, task: Task, run: Run) -> None:
        """Pause a main. It is written down first: whoever comes after us has to know that it was us."""
        main = next((each for each in task.mains if each.run == run), None)
        if main is None or not self._may_hold(main):
            raise NotNow
        self._journal.pause(run, main.container.name, "until its sidecars are ready")
        await self._journal.kept()
        # From here on it may be paused, whatever comes back.
        self._book.hold(task.name, run, trio.current_time())
        # The engine may come round to it when we have long given up, or are no more.
        self._book.doubt(run)
        paused = await self._hands.pause(run, lambda: self._may_hold(main))
        if paused:
            self._book.sure(run)
            fields = {"task": task.name, "container": main.container.name, "id": run.id[:12]}
            log.info("a main is held until its sidecars are ready", extra=fields)
            await self._sight.see(run.id, lambda entry: not _is(entry, State.RUNNING))
        else:
            self._let_go(task.name, run, "it was not paused by us")

    def _may_hold(self, main: Entry) -> bool:
        born = main.container.born
        young = born is not None and trio.current_time() - born < HELD_WITHIN
        entry = self._sight.monitor.state.entries.get(main.run.id)
        fit = entry is not None and entry.run == main.run and not entry.ending
        return young and fit and self._sight.may_act()

    # Pauses of rules

    def decided(self, decisions: Iterable[Decision]) -> None:
        """Whom a rule is about to pause is not let go on by us meanwhile."""
        for each in decisions:
            if each.pauses and not each.dry_run:
                self._book.rule(each.run, pauses=True)

    def acted(self, outcome: Outcome) -> None:
        """Whom a rule has paused is the rule's from now on: only we forget it, and it stays paused."""
        decision = outcome.decision
        if decision.pauses and not decision.dry_run and outcome.final:
            task = self._book.rule(decision.run, pauses=False)
            if task and not decision.ends and outcome.result is Result.DONE:
                self._let_go(task, decision.run, "a rule has paused it")

    # Letting go on

    async def _release(self, task: str, run: Run, why: str) -> None:
        """It needs no leave: to let somebody go on ends nobody, and undoes what we did ourselves."""
        memory = self._book.memory(task)
        if run not in memory.held or run in memory.ruled:
            return
        was_paused, now = await self._hands.release(run), trio.current_time()
        if not was_paused and self._book.is_open(run, self._seen(run), now):
            return
        self._let_go(task, run, why)
        log.info("a main goes on", extra={"task": task, "id": run.id[:12], "why": why})
        await self._sight.see(run.id, lambda entry: not _is(entry, State.PAUSED))

    def _seen(self, run: Run) -> Entry | None:
        return self._sight.monitor.state.entries.get(run.id)

    def _let_go(self, task: str, run: Run, why: str) -> None:
        self._book.let_go(task, run)
        self._journal.unpaused(run, why)

    async def abandon(self, run: Run, why: str) -> None:
        """Let go on whom an earlier monitor paused and who is nothing to us; whoever is over is over."""
        try:
            await self._hands.release(run)
        except EngineError as error:
            fields = {"id": run.id[:12], "why": str(error), "remedy": f"docker unpause {run.id[:12]}"}
            log.warning("a main that is held could not be let go on; the next monitor does it", extra=fields)
        else:
            self._journal.unpaused(run, why)

    async def release_all(self) -> None:
        """Let all go on whom we hold: nobody is here any more who would do it later."""
        held = self._book.held()
        # Structural: it ends with the last deadline, and one that hangs keeps nobody else paused.
        async with trio.open_nursery() as nursery:
            for task, run in held:
                nursery.start_soon(self._last, task, run)
        left = [run.id[:12] for _, run in self._book.held() if not self._book.is_doubted(run)]
        if left:
            more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
            words = "mains that are held could not be let go on; the next monitor does it"
            remedy = f"docker unpause {' '.join(left[:NAMED])}{more}"
            log.warning(words, extra={"count": len(left), "remedy": remedy})

    async def _last(self, task: str, run: Run) -> None:
        """A pause that may come late stays written down: the next monitor then knows whose it is."""
        with trio.move_on_after(EACH_WITHIN):
            try:
                if await self._hands.release(run) or not self._book.is_doubted(run):
                    self._let_go(task, run, "the monitor was stopped")
            except EngineError as error:
                log.info("a main could not be let go on", extra={"id": run.id[:12], "why": str(error)})


def _is(entry: Entry | None, state: State) -> bool:
    return entry is not None and entry.container.state is state
