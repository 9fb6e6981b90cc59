"""The replay: the recorded facts once more through the pure step, with these rules or with others.

Nothing waits and nothing acts. What other rules would have ended is known; what would have come
of it is not in the recording, so it is assumed: it came off at once. What the recorded rules
ended simply ends there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reactor.core.breaker import no_breaker
from reactor.core.budgets import no_budgets
from reactor.core.comebacks import no_comebacks
from reactor.core.container import Run
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.facts import Acknowledged, Acted, Fact, Held, Released, Reloaded, Resumed
from reactor.core.restraint import no_gate
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, State
from reactor.core.step import step
from reactor.recording.reading import Recorded

OF_THE_LIVE = (Reloaded, Acknowledged, Held, Resumed, Released)
"""Facts that say how it went then, and nothing of what other rules would do."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision of a replay, and its moment on the wall's clock."""

    decision: Decision
    wall: float


class Replay:
    """One rule set over one recording. ``live`` are the ids of all decisions that the recording holds.

    ``fixed`` tells that the setup holds from beginning to end, whatever was reloaded meanwhile.
    """

    def __init__(self, setup: Setup, live: frozenset[str], *, fixed: bool = False) -> None:
        self._setup = setup
        self._fixed = fixed
        self._live = live
        self._made: set[str] = set()
        self._left_out: set[str] = set()
        self._state = State()
        self.verdicts: list[Verdict] = []

    @property
    def state(self) -> State:
        """What is known after all that was taken in."""
        return self._state

    def take(self, recorded: Recorded) -> tuple[Decision, ...]:
        """Take in one fact; returns the decisions that it leads to, before anything is assumed."""
        fact = recorded.fact
        if recorded.anew:
            self._state = State()
        if recorded.setup is not None and not self._fixed:
            self._setup = recorded.setup
        if self._fixed and isinstance(fact, OF_THE_LIVE):
            return ()
        if isinstance(fact, Acted) and self._is_of_others(fact):
            self._left_out.add(fact.outcome.decision.id)
            return ()
        decisions = self._step(fact, recorded.wall)
        for decision in decisions:
            self._assume(decision, recorded.wall)
        return decisions

    def _is_of_others(self, fact: Acted) -> bool:
        """Whether it came of a decision that was made live, and that these rules did not make."""
        key = fact.outcome.decision.id
        return key in self._live and key not in self._made

    def _step(self, fact: Fact, wall: float) -> tuple[Decision, ...]:
        result = step(self._setup, self._state, fact)
        self._state = result.state
        for decision in result.decisions:
            self._made.add(decision.id)
            self.verdicts.append(Verdict(decision, wall))
        return result.decisions

    def _assume(self, decision: Decision, wall: float) -> None:
        """That what was not decided live came off at once, so that its sidecars are seen to go.

        What was decided live has its outcome in the recording, unless these rules are too late for it.
        """
        if decision.dry_run or (decision.id in self._live and decision.id not in self._left_out):
            return
        outcome = Outcome(decision, decision.at, Result.DONE, Why.ENDED, "assumed by the replay")
        for following in self._step(Acted(decision.at, outcome), wall):
            self._assume(following, wall)


def with_rules(setup: Setup, rules: RuleSet) -> Setup:
    """The recorded setup with other rules, armed and without any brakes: whom would they end?"""
    return replace(
        setup,
        rules=rules,
        dry_run=False,
        gate=no_gate(),
        budgets=no_budgets(),
        breaker=no_breaker(),
        comebacks=no_comebacks(),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What two rule sets make of one recording, run by run: who is ended by one alone, and who when.

    What rules say that run dry counts for nothing here. Of several decisions about a run, the first counts.
    """

    added: tuple[Verdict, ...]
    gone: tuple[Verdict, ...]
    earlier: tuple[tuple[Verdict, Verdict], ...]
    later: tuple[tuple[Verdict, Verdict], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.earlier or self.later)


def first_ends(verdicts: Iterable[Verdict]) -> dict[Run, Verdict]:
    """The first decision about each run that ends it, and does more than say so."""
    found: dict[Run, Verdict] = {}
    for verdict in verdicts:
        if verdict.decision.ends and not verdict.decision.dry_run:
            found.setdefault(verdict.decision.run, verdict)
    return found


def difference(old: Iterable[Verdict], new: Iterable[Verdict]) -> Difference:
    """From the old rules' verdicts to the new ones'; pairs are (old, new)."""
    before, after = first_ends(old), first_ends(new)
    both = [(before[run], verdict) for run, verdict in after.items() if run in before]
    return Difference(
        added=tuple(verdict for run, verdict in after.items() if run not in before),
        gone=tuple(verdict for run, verdict in before.items() if run not in after),
        earlier=tuple(pair for pair in both if pair[1].decision.at < pair[0].decision.at),
        later=tuple(pair for pair in both if pair[1].decision.at > pair[0].decision.at),
    )
