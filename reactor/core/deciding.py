"""From a rule that holds to a decision: what stands in its way, and what is remembered of it.

Whether a rule holds is found out in ``verdicts``; what becomes of a decision is in ``following``.
"""

from dataclasses import replace

from reactor.core.decisions import Decision, decision_id
from reactor.core.earlier import Cooling
from reactor.core.exempting import exempted
from reactor.core.orders import silence_of
from reactor.core.rules import Level, Rule, Trigger
from reactor.core.stages import Stage
from reactor.core.state import Entry, Setup
from reactor.core.verbs import Action

POLITE = frozenset({Action.STOP, Action.RESTART})
"""The actions that let a run end by itself first, for the seconds of their grace."""
TELLING = frozenset({Action.NOTICE, Action.EVIDENCE, Action.EXEC, Action.WEBHOOK})
"""The actions that do nothing to a run."""


def applies(setup: Setup, entry: Entry, rule: Rule, at: float) -> bool:
    """Whether the rule may speak about this run: it did not do so before, and nobody is spared."""
    if rule.key in entry.latched or rule.key in entry.earlier.disabled:
        return False
    if setup.silences and silence_of(setup.silences, entry.run.id, rule.name, at) is not None:
        return False
    return not is_cooling(entry, rule, at) and exempted(setup.policy, rule, entry.container) is None


def may_decide(setup: Setup, entry: Entry, rule: Rule, at: float) -> bool:
    """Whether a rule that applies can decide now. One that runs dry never stands in a live one's way."""
    if setup.runs_dry(rule):
        return True
    if not rule.ends:
        # What is being ended is told of, and left alone else: it has to be able to end by itself.
        return not entry.ending or rule.action in TELLING
    if at < entry.quiet_until:
        return False
    return not entry.ending or overtakes(entry, rule)


def overtakes(entry: Entry, rule: Rule) -> bool:
    """Whether a hard level may end what is being stopped politely. Once: the kill is under way then."""
    hard = rule.level is Level.HARD and rule.pace is Action.KILL
    return hard and entry.under_way is Action.STOP and not entry.settled


def is_cooling(entry: Entry, rule: Rule, at: float) -> bool:
    """Whether the rule decided about this container a short while ago: about an earlier run of it, or about
    any, where the run goes on."""
    if not entry.earlier.cooling:
        return False
    cooling = entry.earlier.cooling.get(rule.key)
    if cooling is None or at >= cooling.until:
        return False
    return cooling.run != entry.run or not rule.ends


def conclude(
    setup: Setup,
    entry: Entry,
    rule: Rule,
    reason: str,
    since: float,
    at: float,
    *,
    only_said: bool = False,
    summary: str = "",
) -> tuple[Entry, Decision]:
    """Decide. ``only_said`` where there is nothing left that could be done."""
    dry = only_said or setup.runs_dry(rule)
    grace = 0.0
    if rule.action in POLITE:
        grace = setup.sidecar_grace if rule.grace is None else rule.grace
    decision = decide(
        entry,
        rule.action,
        rule.name,
        reason,
        at,
        since=since,
        grace=grace,
        dry_run=dry,
        stages=rule.then,
        summary=summary,
        level=rule.level.value,
        contain=rule.contain and not dry and rule.pace is Action.KILL,
    )
    entry = replace(_cooled(entry, rule, at), decided=entry.decided + 1)
    if dry or not rule.ends:
        # It has spoken; a rule that leaves the run alive speaks again when its condition holds anew.
        return replace(entry, latched=entry.latched | {rule.key}), decision
    return begin(entry, decision), decision


def begin(entry: Entry, decision: Decision) -> Entry:
    """The entry with this decision under way."""
    return replace(entry, ending=decision.id, under_way=decision.pace, preempted=entry.ending)


def _cooled(entry: Entry, rule: Rule, at: float) -> Entry:
    if not rule.cooldown:
        return entry
    cooling = {**entry.earlier.cooling, rule.key: Cooling(at + rule.cooldown, entry.run)}
    return replace(entry, earlier=replace(entry.earlier, cooling=cooling))


def speaks_again(entry: Entry, trigger: Trigger) -> frozenset[str]:
    """What stays latched when a trigger is given anew: each time it counts once."""
    if not entry.latched:
        return entry.latched
    return entry.latched - {rule.key for rule in entry.rules if rule.on is trigger}


def decide(
    entry: Entry,
    action: Action,
    rule: str,
    reason: str,
    at: float,
    *,
    since: float | None = None,
    grace: float = 0.0,
    cause: str = "",
    dry_run: bool = False,
    stages: tuple[Stage, ...] = (),
    summary: str = "",
    level: str = "",
    contain: bool = False,
) -> Decision:
    """A decision about the present run of this entry."""
    return Decision(
        id=decision_id(entry.run, action, rule, cause, entry.decided, dry_run=dry_run),
        at=at,
        run=entry.run,
        name=entry.container.name,
        action=action,
        rule=rule,
        reason=reason,
        seen=at if since is None else since,
        grace=grace,
        cause=cause,
        dry_run=dry_run,
        stages=stages,
        summary=summary,
        level=level,
        contain=contain,
    )
