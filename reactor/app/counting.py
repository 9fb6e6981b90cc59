"""From records to counters: what each note, decision and outcome counts as.

One observer among several; nothing is decided or written down here. The names are those of
the metric table, which refuses what it does not know.
"""

from collections.abc import Iterable, Mapping
from time import time

from reactor.app import zeros
from reactor.app.arrivals import source_of
from reactor.core.cautions import (
    BreakerOpened,
    BroughtBack,
    BudgetSpent,
    GateHeld,
    GateOpened,
    RuleBroken,
    RuleHeld,
)
from reactor.core.decisions import Call, Decision, Outcome, Result, Why
from reactor.core.facts import Fact
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.leases import is_of_owners
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.notes import Cause, Ended, Matched, Note, OomSeen, Reconciled
from reactor.core.orphans import is_of_orphans
from reactor.core.owners import Presence, read_owner
from reactor.core.protection import Standing
from reactor.core.rules import RuleSet
from reactor.core.state import OwnerKnown, State, Step
from reactor.observe.roots import Roots
from reactor.observe.spans import CALLS, STRIKES
from reactor.observe.tally import Exemplar, Tally


class Counting:
    """Counts steps and outcomes into a tally. ``began`` is our monotonic clock's at the start."""

    def __init__(self, tally: Tally, rules: RuleSet, began: float) -> None:
        self._tally = tally
        self._began = began
        self._owners: Mapping[str, OwnerKnown] = {}
        self._roots = Roots()
        self.arrivals: dict[str, float] = {}
        zeros.begin(tally)
        self.put_in_force(rules)

    def put_in_force(self, rules: RuleSet) -> None:
        """Count what these rules come to from nothing, so that their first is an increase."""
        self._rules = rules.rules
        zeros.begin_rules(self._tally, rules.rules)

    def fact(self, fact: Fact, took: float) -> None:
        """Count a fact, and how long it took to judge it."""
        source = source_of(fact)
        self._tally.count("reactor_facts_total", source=source)
        self._tally.count("reactor_step_seconds_total", took, source=source)
        self.arrivals[source] = fact.at

    def step(self, step: Step) -> None:
        """Count what one step led to."""
        self._notes(note for note in step.notes if not _is_of_canary(step.state, note))
        for decision in step.decisions:
            self._decision(decision)
        if step.state.owners is not self._owners:
            self._count_gone(step.state.owners)
            self._owners = step.state.owners

    def _count_gone(self, owners: Mapping[str, OwnerKnown]) -> None:
        for text, known in owners.items():
            old = self._owners.get(text)
            if known.presence is Presence.GONE and (old is None or old.presence is not Presence.GONE):
                self._tally.count("reactor_owners_gone_total", kind=read_owner(text).kind)

    def outcome(self, outcome: Outcome) -> None:
        """Count what came of a decision."""
        decision = outcome.decision
        labels = {"action": decision.action, "result": outcome.result, "why": outcome.why}
        self._tally.count("reactor_outcomes_total", **labels)
        if outcome.final and not decision.dry_run:
            self._calls(outcome)
        if decision.rule == LEFTOVERS:
            # It had ended before anybody decided: its removal is no end of ours, and says nothing of times.
            return
        if outcome.result is Result.DONE and decision.ends and decision.at >= self._began:
            # What an earlier monitor decided waited for us; how long says nothing of how quick we are.
            self._latencies(outcome)
        if outcome.why is Why.ENDED and decision.ends:
            team = next((rule.team for rule in self._rules if rule.name == decision.rule), "")
            self._tally.count("reactor_kills_total", rule=decision.rule, action=decision.action, team=team)
            if not decision.cause:
                self._count_orphan(decision)

    def _latencies(self, outcome: Outcome) -> None:
        """From where to where it took how long; without a step of ours it was over already."""
        decision, struck = outcome.decision, first_strike(outcome)
        self._observe("reactor_kill_duration_seconds", outcome.at - decision.at, decision)
        if struck is None:
            return
        self._observe("reactor_call_delay_seconds", struck.began - decision.at, decision)
        self._observe("reactor_death_delay_seconds", outcome.at - struck.began, decision)
        if not decision.cause:
            self._observe("reactor_whole_duration_seconds", outcome.at - decision.seen, decision)

    def _observe(self, name: str, seconds: float, decision: Decision) -> None:
        self._tally.observe(name, seconds, self._exemplar(seconds, decision), action=decision.action)

    def _exemplar(self, seconds: float, decision: Decision) -> Exemplar:
        return Exemplar(seconds, time(), decision.id, self._roots.trace_of(decision))

    def _calls(self, outcome: Outcome) -> None:
        for call in outcome.calls:
            if call.what in CALLS:
                self._tally.count("reactor_engine_calls_total", call=call.what, status=_class(call.status))
                self._tally.observe("reactor_engine_call_duration_seconds", call.took, call=call.what)

    def _count_orphan(self, decision: Decision) -> None:
        rules, rule, level = self._rules, decision.rule, decision.level
        if rule == OWNER_GONE or is_of_owners(rules, rule, level):
            self._tally.count("reactor_orphans_ended_total", standing=Standing.MAIN)
        elif is_of_orphans(rules, rule, level):
            self._tally.count("reactor_orphans_ended_total", standing=Standing.SIDECAR)

    def _decision(self, decision: Decision) -> None:
        labels = {"rule": decision.rule, "action": decision.action}
        self._tally.count("reactor_decisions_total", dry_run=decision.dry_run, **labels)
        self._roots.note(decision)
        if not decision.cause and decision.rule != LEFTOVERS:
            took = decision.at - decision.seen
            exemplar = self._exemplar(took, decision)
            self._tally.observe("reactor_breach_duration_seconds", took, exemplar, rule=decision.rule)

    def _notes(self, notes: Iterable[Note]) -> None:
        for note in notes:
            match note:
                case Matched():
                    self._tally.count("reactor_rule_matches_total", rule=note.rule)
                case OomSeen():
                    self._tally.count("reactor_oom_events_total", told_by=note.by)
                case Ended(again=False, old=False):
                    # A cause that becomes known later stands in the journal; a counter never goes back.
                    self._tally.count("reactor_exits_total", cause=note.cause)
                    self._tally.count("reactor_ended_unseen_total", int(note.cause is Cause.UNSEEN))
                case RuleHeld():
                    self._tally.count("reactor_rule_holds_total", rule=note.rule)
                case RuleBroken():
                    self._tally.count("reactor_rule_defects_total", rule=note.rule)
                case GateHeld():
                    self._tally.count("reactor_gate_holds_total")
                case GateOpened():
                    how = "acknowledged" if note.by else "counted"
                    self._tally.count("reactor_gate_openings_total", how=how)
                case Reconciled():
                    self._tally.count("reactor_orphans_found_total", note.orphans)
                    self._tally.count("reactor_reconcile_found_total", note.adopted, what="adopted")
                    self._tally.count("reactor_reconcile_found_total", note.found_dead, what="dead")
                case _:
                    self._brakes(note)

    def _brakes(self, note: Note) -> None:
        match note:
            case BudgetSpent():
                self._tally.count("reactor_budget_shortages_total", budget=note.budget.partition(" ")[0])
            case BreakerOpened():
                self._tally.count("reactor_breaker_openings_total")
            case BroughtBack():
                self._tally.count("reactor_comebacks_total", by=note.kind.lower())
            case _:
                pass


def first_strike(outcome: Outcome) -> Call | None:
    """The first step that was to end the run: a call to the engine, or a direct one."""
    return next((call for call in outcome.calls if _is_strike(outcome, call)), None)


def _is_strike(outcome: Outcome, call: Call) -> bool:
    return call.what in STRIKES or (outcome.contained and call.what.startswith("contain by "))


def _is_of_canary(state: State, note: Note) -> bool:
    """Whether it tells of the end of a canary: that was sent to be ended, and is counted elsewhere."""
    entry = state.entries.get(note.run.id) if isinstance(note, Ended) else None
    return entry is not None and entry.standing is Standing.CANARY


def _class(status: int) -> str:
    return f"{status // 100}xx" if status else "none"
