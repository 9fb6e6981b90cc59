"""The monitor put together: facts into the graph, steps out to those who act, write, count and tell.

Here the parts are joined; none of them knows the others. Their tasks are started in
``supervise``, which alone opens nurseries.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import trio

from reactor.app.counting import Counting
from reactor.app.proofs import proofs
from reactor.app.reloads import Reloads
from reactor.app.scribe import Scribe
from reactor.app.telling import Teller
from reactor.app.wanting import Wanted, Wanting
from reactor.core import last_look
from reactor.core.cautions import GateOpened
from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Decision, Outcome, Why
from reactor.core.facts import Acted, Extended, Fact, Held, Silenced
from reactor.core.gate import is_gated
from reactor.core.notes import Reconciled
from reactor.core.obeying import is_held
from reactor.core.state import Setup, State, Step
from reactor.journal.journal import Journal
from reactor.journal.ordered import EXTENSION, Deed
from reactor.observe.tally import Tally
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler

Put = Callable[[Decision], None]
OnFact = Callable[[Fact, Step, Setup], None]


def ignore(_fact: Fact, _step: Step, _setup: Setup) -> None:
    """For whoever does not want to know."""


def in_turn(takers: tuple[OnFact, ...]) -> OnFact:
    """Tell several, one after the other."""
    if len(takers) < 2:
        return takers[0] if takers else ignore

    def tell(fact: Fact, step: Step, setup: Setup) -> None:
        for take in takers:
            take(fact, step, setup)

    return tell


class Observer(Protocol):
    """Somebody more who wants to know of steps and outcomes. It must not wait, and changes nothing."""

    def step(self, step: Step) -> None:
        """Take in what one step led to."""
        ...

    def outcome(self, outcome: Outcome) -> None:
        """Take in what came of a decision."""
        ...


NEWS = frozenset({Why.STALE, Why.IMPOSTOR, Why.GONE})
"""The outcomes that tell of something the core does not know yet."""


class Monitor:
    """One engine's facts, decisions and outcomes, and everybody who wants to know of them.

    ``on_fact`` is told of every fact as the core got it, with the step that it led to and the setup in force;
    it must not wait.
    """

    def __init__(
        self,
        setup: Setup,
        scheduler: TrioScheduler,
        journal: Journal,
        tally: Tally,
        observers: tuple[Observer, ...] = (),
        on_fact: OnFact = ignore,
    ) -> None:
        self.setup = setup
        self.reloads = Reloads(at=trio.current_time())
        self.graph = Graph(setup, scheduler, now=trio.current_time)
        self._journal = journal
        self._teller = Teller()
        self._scribe = Scribe(journal)
        self._counting = Counting(tally, setup.rules, trio.current_time())
        self._observers = observers
        self._on_fact = on_fact
        self._scheduler = scheduler

    def begin(self, put: Put, wanted: Wanted, look: Callable[[ContainerId], None]) -> None:
        """Start the graph's clock.

        ``put`` takes decisions, ``wanted`` is told who is to be looked at, and ``look`` which container
        turned out to be in another run than the core knows.
        """
        self._put = put
        self._look = look
        self._wanting = Wanting(self.graph, self._scheduler, wanted)
        self.graph.subscribe(self._stepped)

    def also_tell(self, observer: Observer) -> None:
        """Tell one more, from now on."""
        self._observers = (*self._observers, observer)

    def take_up_orders(self) -> None:
        """Obey what was ordered before this monitor began, before anything else is decided: a hold that was
        ordered since has taken its place."""
        orders, now = self._journal.orders(), trio.current_time()
        if orders.hold is not None and not self.is_held:
            self.feed(Held(now, orders.hold))
        elif orders.hold is not None:
            self._journal.lift(orders.hold.id, "")
        for silence in orders.silences:
            self.feed(Silenced(now, silence))

    @property
    def observers(self) -> tuple[Observer, ...]:
        """Who is told beside those who act and write."""
        return self._observers

    @property
    def is_held(self) -> bool:
        """Whether an operator ordered that nothing is done."""
        return is_held(self.state, trio.current_time())

    def stop_clock(self) -> None:
        """No more sources: nothing may come due on what was seen last. Outcomes are still taken in."""
        self.graph.stop_clock()

    def reload(self, setup: Setup) -> None:
        """Put other rules in force; what is known of the runs stays."""
        self.setup = setup
        self.reloads = Reloads(self.reloads.succeeded + 1, self.reloads.failed, at=trio.current_time())
        self._counting.put_in_force(setup.rules)
        self.graph.reload(setup)

    @property
    def arrivals(self) -> Mapping[str, float]:
        """When the last fact of each source came, on our monotonic clock."""
        return self._counting.arrivals

    def proofs(self) -> frozenset[str]:
        """The proofs of the rules that are, or were last, in force."""
        return self._journal.proven()

    def reload_failed(self, errors: tuple[str, ...]) -> None:
        """The rules that were read cannot be used: those before stay in force."""
        before = self.reloads
        self.reloads = Reloads(before.succeeded, before.failed + 1, errors, before.at)

    def gated(self) -> tuple[str, ...]:
        """The rules that were never in force before and may not act yet."""
        return tuple(rule.name for rule in self.setup.rules.rules if is_gated(self.setup, self.state, rule))

    @property
    def state(self) -> State:
        """What the core knows now."""
        return self.graph.state

    def feed(self, fact: Fact) -> None:
        """Put in a fact."""
        self.graph.feed(fact)

    def report(self, outcome: Outcome) -> None:
        """Take in what came of a decision, and let the core know."""
        self._teller.outcome(outcome)
        self._counting.outcome(outcome)
        for observer in self._observers:
            observer.outcome(outcome)
        self.feed(Acted(outcome.at, outcome))
        if outcome.why in NEWS:
            self._look(outcome.decision.run.id)

    def allows(self, container: Container, decision: Decision) -> bool:
        """The last look before acting, at a container as it was seen just now."""
        return last_look.allows(self.setup, self.state, container, decision, trio.current_time())

    def known(self, run: Run) -> Container | None:
        """How a run was seen last, if it is the present one of its container, and no doubt is about that."""
        return last_look.last_seen(self.state, run)

    def look(self, container: ContainerId) -> None:
        """Have a container inspected soon, whose state somebody has just changed."""
        self._look(container)

    def extend(self, fact: Extended) -> None:
        """Let a container live longer, on record."""
        entry = self.state.entries.get(fact.id)
        name = entry.container.name if entry is not None else ""
        lasts = fact.until - fact.at
        self._journal.did(Deed(EXTENSION, fact.at, fact.who, fact.why, fact.id, name, lasts=lasts))
        self._journal.extend(fact)
        self.feed(fact)

    async def kept(self) -> bool:
        """Whether what was ordered last is on the disk: waits for it for a moment."""
        return await self._journal.kept()

    def came_back(self, container: Container) -> None:
        """A container began another run after we had ended one; it is looked at, and judged anew."""
        self._teller.came_back(container)
        self._look(container.id)

    def _prove(self) -> None:
        """Let the journal know which rules may act. What a dry run lets through is no proof."""
        setup = self.setup
        if not setup.dry_run:
            free = [rule for rule in setup.rules.rules if not is_gated(setup, self.state, rule)]
            self._journal.prove(proofs(free, setup))

    def _stepped(self, step: Step) -> None:
        # Those who act come first: what the others do with a step must not delay it.
        for decision in step.decisions:
            self._put(decision)
        self._wanting.look(step.state)
        self._scribe.step(step, self.graph.setup)
        if any(isinstance(note, GateOpened | Reconciled) for note in step.notes):
            self._prove()
        self._counting.step(step)
        if self.graph.fact is not None:
            self._counting.fact(self.graph.fact, self.graph.took)
        self._teller.step(step)
        for observer in self._observers:
            observer.step(step)
        if self.graph.fact is not None:
            self._on_fact(self.graph.fact, step, self.graph.setup)
