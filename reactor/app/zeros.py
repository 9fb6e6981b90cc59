"""What can be counted before anything has happened: the label values that are known beforehand.

A counter that is new begins at its first event, and has no increase by it: the first kill of a rule would be
in no rate. So each of these series is there from the start, at nothing, and so are those of rules that are
read later. What a stranger could name has no series beforehand. Counting itself is the business of
``counting``.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from reactor.app.arrivals import SOURCES
from reactor.containment.striking import BY_CGROUP, BY_FREEZE, BY_FREEZER, BY_INIT
from reactor.core.canary import RULE as CANARY
from reactor.core.commanding import ALONE, WITH_SIDECARS
from reactor.core.decisions import Result, Why
from reactor.core.facts import Witness
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.notes import Cause
from reactor.core.orphans import RULE as ORPHAN
from reactor.core.owners import Kind
from reactor.core.parting import PARTINGS
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.core.verbs import ENDING, Action
from reactor.observe.prometheus import Format
from reactor.observe.spans import CALLS
from reactor.observe.tally import Tally

WHYS: Mapping[Result, tuple[Why, ...]] = MappingProxyType(
    {
        Result.DONE: (Why.ENDED, Why.ALREADY_OVER, Why.CARRIED_OUT, Why.GONE),
        Result.REFUSED: (Why.STALE, Why.IMPOSTOR, Why.PROTECTED, Why.NO_RULE, Why.DRY_RUN, Why.STRICT),
        Result.UNKNOWN: (Why.WEDGED, Why.UNREACHABLE),
        Result.FAILED: (Why.FORBIDDEN, Why.STAGE_FAILED, Why.INTERRUPTED, Why.GIVEN_UP),
    }
)
"""Which reasons go with a result."""
OF_ENDS = frozenset({Why.ENDED, Why.ALREADY_OVER})
"""What is only said of decisions that end a run."""
OF_OTHERS = frozenset({Why.CARRIED_OUT, Why.STAGE_FAILED})
"""What is only said of those that leave it alive."""

BUILT_IN: tuple[tuple[str, Action], ...] = (
    (ORPHAN, Action.STOP),
    (OWNER_GONE, Action.STOP),
    (CANARY, Action.KILL),
    *((name, Action.STOP) for name in sorted(PARTINGS)),
    (ALONE, Action.KILL),
    (WITH_SIDECARS, Action.KILL),
    (WITH_SIDECARS, Action.STOP),
)
"""What ends runs without a rule of people's: in the place of its name stands this."""
CONTAINED = (
    (BY_CGROUP, "ended"),
    (BY_INIT, "ended"),
    (BY_FREEZE, "frozen"),
    (BY_FREEZER, "frozen"),
    ("none", "not"),
    ("thaw", "done"),
    ("thaw", "failed"),
)
STATUSES = ("2xx", "3xx", "4xx", "5xx", "none")
OF_ONE_LABEL: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("reactor_budget_shortages_total", "budget", ("rule", "owner", "host", "hard")),
    ("reactor_comebacks_total", "by", ("swarm", "nomad", "compose")),
    ("reactor_exits_total", "cause", tuple(Cause)),
    ("reactor_facts_total", "source", SOURCES),
    ("reactor_gate_openings_total", "how", ("acknowledged", "counted")),
    ("reactor_oom_events_total", "told_by", tuple(Witness)),
    ("reactor_orphans_ended_total", "standing", (Standing.MAIN, Standing.SIDECAR)),
    ("reactor_owners_gone_total", "kind", tuple(Kind)),
    ("reactor_reconcile_found_total", "what", ("adopted", "dead")),
    ("reactor_scrapes_total", "format", ("shared", *(style.name.lower() for style in Format))),
    ("reactor_step_seconds_total", "source", SOURCES),
)
"""What has one label, and all values of it."""
LATENCIES = (
    "reactor_call_delay_seconds",
    "reactor_death_delay_seconds",
    "reactor_kill_duration_seconds",
    "reactor_whole_duration_seconds",
)


def begin(tally: Tally) -> None:
    """Everything that does not hang on the rules in force."""
    _begin_plain(tally)
    for rule, action in BUILT_IN:
        _begin_end(tally, rule, action, "")
        _begin_decision(tally, rule, action, said_only=False)
    for only in (False, True):
        tally.count("reactor_decisions_total", 0, rule=LEFTOVERS, action=Action.REMOVE, dry_run=only)
    for call in (Action.REMOVE, "inspect"):
        tally.expect("reactor_engine_call_duration_seconds", call=call)
    for action in (Action.KILL, Action.STOP, Action.REMOVE):
        _begin_outcomes(tally, action)


def _begin_plain(tally: Tally) -> None:
    for name, label, values in OF_ONE_LABEL:
        for value in values:
            tally.count(name, 0, **{label: value})
    for call in sorted(CALLS):
        for status in STATUSES:
            tally.count("reactor_engine_calls_total", 0, call=call, status=status)
    for how, outcome in CONTAINED:
        tally.count("reactor_contained_total", 0, how=how, outcome=outcome)


def begin_rules(tally: Tally, rules: Iterable[Rule]) -> None:
    """What these rules can come to; what was counted by others stays."""
    for rule in rules:
        for name in ("reactor_rule_matches_total", "reactor_rule_holds_total", "reactor_rule_defects_total"):
            tally.count(name, 0, rule=rule.name)
        _begin_outcomes(tally, rule.action)
        for action in _actions(rule):
            _begin_decision(tally, rule.name, action, said_only=rule.dry_run)
            if action in ENDING and not rule.dry_run:
                _begin_end(tally, rule.name, action, rule.team)


def _actions(rule: Rule) -> tuple[Action, ...]:
    """Its own, and that by which sidecars go with a main that is over."""
    takes_along = rule.ends and not rule.dry_run and rule.action not in {Action.RESTART, Action.STOP}
    return (rule.action, Action.STOP) if takes_along else (rule.action,)


def _begin_decision(tally: Tally, rule: str, action: Action, *, said_only: bool) -> None:
    # A hold makes every rule run dry.
    for dry_run in (True,) if said_only else (False, True):
        tally.count("reactor_decisions_total", 0, rule=rule, action=action, dry_run=dry_run)


def _begin_end(tally: Tally, rule: str, action: Action, team: str) -> None:
    tally.count("reactor_kills_total", 0, rule=rule, action=action, team=team)
    tally.expect("reactor_breach_duration_seconds", rule=rule)
    tally.expect("reactor_engine_call_duration_seconds", call=action)
    for name in LATENCIES:
        tally.expect(name, action=action)


def _begin_outcomes(tally: Tally, action: Action) -> None:
    never = OF_OTHERS if action in ENDING else OF_ENDS
    for result, whys in WHYS.items():
        for why in whys:
            if why not in never:
                tally.count("reactor_outcomes_total", 0, action=action, result=result, why=why)
