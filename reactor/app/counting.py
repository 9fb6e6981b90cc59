"""From records to counters: what each note, decision and outcome counts as.

One observer among several; nothing is decided or written down here. The names are those of
the metric table, which refuses what it does not know.
"""

from collections.abc import Iterable

from reactor.core.cautions import BreakerOpened, BudgetSpent, GateHeld, GateOpened, RuleBroken, RuleHeld
from reactor.core.decisions import Decision, Outcome, Result
from reactor.core.notes import Cause, Ended, Matched, Note, OomSeen, Reconciled
from reactor.core.rules import RuleSet
from reactor.core.state import Step
from reactor.observe.tally import Tally


class Counting:
    """Counts steps and outcomes into a tally. ``began`` is our monotonic clock's at the start."""

    def __init__(self, tally: Tally, rules: RuleSet, began: float) -> None:
        self._tally = tally
        self._began = began
        self.put_in_force(rules)
        for cause in Cause:
            tally.count("reactor_exits_total", 0, cause=cause)

    def put_in_force(self, rules: RuleSet) -> None:
        """Count these rules' matches from nothing, so that they show before the first."""
        for rule in rules.rules:
            self._tally.count("reactor_rule_matches_total", 0, rule=rule.name)

    def step(self, step: Step) -> None:
        """Count what one step led to."""
        self._notes(step.notes)
        for decision in step.decisions:
            self._decision(decision)

    def outcome(self, outcome: Outcome) -> None:
        """Count what came of a decision."""
        decision = outcome.decision
        labels = {"action": decision.action, "result": outcome.result, "why": outcome.why}
        self._tally.count("reactor_outcomes_total", **labels)
        if outcome.result is Result.DONE and decision.ends and decision.at >= self._began:
            # What an earlier monitor decided waited for us; how long says nothing of how quick we are.
            took = outcome.at - decision.at
            self._tally.observe("reactor_kill_duration_seconds", took, action=decision.action)

    def _decision(self, decision: Decision) -> None:
        labels = {"rule": decision.rule, "action": decision.action}
        self._tally.count("reactor_decisions_total", dry_run=decision.dry_run, **labels)
        if not decision.cause:
            self._tally.observe("reactor_breach_duration_seconds", decision.at - decision.seen)

    def _notes(self, notes: Iterable[Note]) -> None:
        for note in notes:
            match note:
                case Matched():
                    self._tally.count("reactor_rule_matches_total", rule=note.rule)
                case OomSeen():
                    self._tally.count("reactor_oom_events_total")
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
                case _:
                    self._brakes(note)

    def _brakes(self, note: Note) -> None:
        match note:
            case BudgetSpent():
                self._tally.count("reactor_budget_shortages_total", budget=note.budget.partition(" ")[0])
            case BreakerOpened():
                self._tally.count("reactor_breaker_openings_total")
            case _:
                pass
