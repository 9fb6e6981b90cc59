"""The monitor put together: facts into the graph, steps out to those who act, write, count and tell.

Here the parts are joined; none of them knows the others. Their tasks are started in
``supervise``, which alone opens nurseries.
"""

from collections.abc import Callable, Mapping
from time import thread_time
from typing import Protocol

import trio

from reactor.app.counting import Counting
from reactor.app.proofs import proofs
from reactor.app.reloads import Reloads
from reactor.app.scribe import Scribe
from reactor.app.telling import Teller
from reactor.core.cautions import GateOpened
from reactor.core.commanding import ORDERS, is_order, is_our_own
from reactor.core.container import Container, ContainerId, Run
from reactor.core.containing import wanted_containment
from reactor.core.decisions import Decision, Outcome, Why
from reactor.core.exempting import exempted
from reactor.core.facts import Acted, Extended, Fact, Held, Silenced
from reactor.core.gate import is_gated
from reactor.core.layers import wanted_layers
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.leases import is_gone, is_of_owners
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.leftovers import may_be_left
from reactor.core.notes import Reconciled
from reactor.core.obeying import is_held, may_act
from reactor.core.orphans import RULE as ORPHAN
from reactor.core.orphans import is_of_orphans
from reactor.core.protection import GOVERNED, Standing
from reactor.core.rules import Rule, rules_of
from reactor.core.stages import Stage
from reactor.core.state import Setup, State, Step
from reactor.core.topology import needed, place
from reactor.core.watched import Watched, wanted_readings
from reactor.journal.journal import Journal
from reactor.journal.ordered import EXTENSION, Deed
from reactor.observe.tally import Tally
from reactor.streams.graph import Graph
from reactor.streams.scheduler import TrioScheduler

Put = Callable[[Decision], None]
Want = Callable[[frozenset[Watched]], None]
Measure = Callable[[frozenset[Run]], None]
HoldOn = Callable[[Mapping[Run, Container]], None]


OnFact = Callable[[Fact, Step, Setup], None]


def hold_nobody(_wanted: Mapping[Run, Container]) -> None:
    """For a monitor that ends nobody directly."""


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


SHORT, RESTS = 0.0005, 10.0
"""What takes more seconds than this is not done again before so many times as long."""
BUILT_IN = frozenset({ORPHAN, OWNER_GONE})
"""What is decided by no rule of anybody."""
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
        self._roster = -1
        self._scheduler = scheduler
        self._wanting_since: float | None = None
        self._rest_until = 0.0

    def begin(
        self,
        put: Put,
        want: Want,
        look: Callable[[ContainerId], None],
        measure: Measure,
        hold_on: HoldOn = hold_nobody,
    ) -> None:
        """Start the graph's clock.

        ``put`` takes decisions, ``want`` is told whose readings are needed, ``measure`` of whose layer the
        size is, ``hold_on`` who may have to be ended directly, and ``look`` which container turned out to be
        in another run than the core knows.
        """
        self._put = put
        self._want = want
        self._look = look
        self._measure = measure
        self._hold_on = hold_on
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
        """The last look before acting: still meant, in scope, neither skipped nor protected, an orphan?"""
        if is_order(decision):
            # A silence is for rules; a hold is for everything.
            held = is_held(self.state, trio.current_time())
            return not held and not is_our_own(self.setup.policy, container.id)
        if not may_act(self.state, decision, trio.current_time()) or not self._is_meant(container, decision):
            return False
        if decision.rule == LEFTOVERS and not may_be_left(container):
            return False
        entry = self.state.entries.get(decision.run.id)
        alone = decision.rule == LEFTOVERS or is_of_orphans(
            self.setup.rules.rules, decision.rule, decision.level
        )
        if alone and entry is not None and needed(self.state, entry):
            return False
        if not decision.cause and not self._may_be_ownerless(container, decision):
            return False
        known = entry.mains if entry is not None else self.setup.remembered.get(container.id, frozenset())
        return place(self.setup.policy, container, self._standing, known).standing in GOVERNED

    def known(self, run: Run) -> Container | None:
        """How a run was seen last, if it is the present one of its container, and no doubt is about that."""
        entry = self.state.entries.get(run.id)
        return None if entry is None or entry.run != run or entry.unsure else entry.container

    def _may_be_ownerless(self, container: Container, decision: Decision) -> bool:
        """Whether its owner is gone still, if that is what the decision is about. A rule needs no switch."""
        setup, built_in = self.setup, decision.rule == OWNER_GONE
        if not built_in and not is_of_owners(setup.rules.rules, decision.rule, decision.level):
            return True
        meant = setup.owners_enforced or not built_in
        return meant and is_gone(setup, self.state, container, trio.current_time())

    def _is_meant(self, container: Container, decision: Decision) -> bool:
        """Whether its rule is there still, acts, and does not spare it: a decision may have waited long.

        What goes with its main goes, whatever became of the rule.
        """
        if decision.cause or decision.rule in {LEFTOVERS, *BUILT_IN}:
            return True
        setup = self.setup
        live = (rule for rule in self._rules_of(decision) if not setup.runs_dry(rule))
        return any(exempted(setup.policy, rule, container) is None for rule in live)

    def _rules_of(self, decision: Decision) -> tuple[Rule, ...]:
        return rules_of(self.setup.rules.rules, decision.rule, decision.level)

    def is_in_force(self, decision: Decision) -> bool:
        """Whether what an earlier monitor decided by, rule and level, is still there."""
        if decision.rule == LEFTOVERS:
            return self.setup.leftovers_after is not None
        return decision.rule in {*BUILT_IN, *ORDERS} or bool(self._rules_of(decision))

    def chain_of(self, decision: Decision) -> tuple[Stage, ...]:
        """The stages of what an earlier monitor decided by, as the rule has them now; a cascade has none."""
        rules = () if decision.cause else self._rules_of(decision)
        return next((rule.then for rule in rules if rule.action is decision.action), ())

    def runs_dry(self, decision: Decision) -> bool:
        """Whether what an earlier monitor decided by only says by now what it would do."""
        if decision.rule == OWNER_GONE and not self.setup.owners_enforced:
            return True
        return any(rule.dry_run for rule in self._rules_of(decision))

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

    def _standing(self, key: ContainerId) -> Standing | None:
        entry = self.state.entries.get(key)
        return entry.standing if entry is not None else None

    def _say_wanted(self, state: State) -> None:
        """Say whose readings are wanted, whenever somebody comes or goes.

        Everybody is looked through for that. Where that takes long and many come at once, as at the start,
        it is said again only after ten times as long: else ten thousand would cost ten thousand looks each.
        """
        now = trio.current_time()
        if now < self._rest_until:
            if self._wanting_since is None:
                self._wanting_since = now
                self._scheduler.schedule_relative(self._rest_until - now, self._say_wanted_now)
            return
        began, self._roster, self._wanting_since = thread_time(), state.roster, None
        self._hold_on(wanted_containment(self.graph.setup, state))
        self._want(wanted_readings(self.graph.setup, state))
        self._measure(wanted_layers(self.graph.setup, state))
        took = thread_time() - began
        self._rest_until = now + RESTS * took if took > SHORT else now

    def _say_wanted_now(self, _scheduler: object, _state: object = None) -> None:
        self._wanting_since, self._rest_until = None, 0.0
        if self.state.roster != self._roster:
            self._say_wanted(self.state)

    def _stepped(self, step: Step) -> None:
        # Those who act come first: what the others do with a step must not delay it.
        for decision in step.decisions:
            self._put(decision)
        if step.state.roster != self._roster:
            self._say_wanted(step.state)
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
