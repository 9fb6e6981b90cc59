"""What every rule makes of one container, and what it would take: the answer to "why (not)?".

Only reading belongs here: the same functions that decide are asked, and nothing is changed.
How an appraisal is shown is the business of the rooms above.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reactor.core.deciding import is_cooling
from reactor.core.distance import Distance, distances
from reactor.core.exempting import exempted
from reactor.core.gate import is_gated
from reactor.core.judging import fresh_sample, view_of
from reactor.core.protection import Standing
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State
from reactor.core.topology import cascade, mains_of

SHORTEST = 4
"""Characters by which the beginning of an id may be named."""


class Stance(StrEnum):
    """Where a rule stands towards a run."""

    NOT_SELECTED = "does not select it"
    WAITS = "waits for its event"
    NO = "does not hold"
    UNKNOWN = "unknown"
    HOLDS = "holds"
    DECIDED = "has decided"


@dataclass(frozen=True, slots=True)
class RuleAppraisal:
    """One rule towards one run.

    ``said`` is the condition with the run's numbers; ``held`` is for how many seconds it has held
    and ``due_in`` in how many it would act if nothing changes, None if that is not foreseeable.
    ``kept_by`` says what keeps it from acting, empty if nothing does.
    """

    rule: str
    place: str
    stance: Stance
    condition: str
    said: str
    action: str
    dry_run: bool
    distances: tuple[Distance, ...] = ()
    held: float | None = None
    due_in: float | None = None
    kept_by: str = ""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """One container: where it stands, what hangs on it, and what each rule makes of it.

    ``kept_by`` says what keeps every rule from acting, empty if nothing does. ``sample_age`` is how old
    the last reading is, in seconds, None without one that counts.
    """

    id: str
    name: str
    image: str
    state: str
    standing: str
    kept_by: str
    task: str
    mains: tuple[str, ...]
    sidecars: tuple[str, ...]
    age: float | None
    sample_age: float | None
    rules: tuple[RuleAppraisal, ...]


_KEPT = {
    Standing.WATCHED: "it is out of scope: it is only watched",
    Standing.SKIPPED: "it carries the skip label",
    Standing.PROTECTED: "the configuration protects it, or it is reactor's own",
}


def find(state: State, wanted: str) -> tuple[Entry, ...]:
    """The entries that a person means: by full id, else by name, else by the beginning of an id.

    For reading only: nothing is ever ended by what this finds.
    """
    entries = tuple(state.entries.values())
    meanings: tuple[Callable[[Entry], bool], ...] = (
        lambda entry: entry.run.id == wanted,
        lambda entry: entry.container.name == wanted,
        lambda entry: len(wanted) >= SHORTEST and entry.run.id.startswith(wanted),
    )
    for means in meanings:
        found = tuple(entry for entry in entries if means(entry))
        if found:
            return tuple(entry for entry in found if entry.alive) or found
    return ()


def appraise(setup: Setup, state: State, entry: Entry, at: float) -> Appraisal:
    """What every rule in force makes of this container at this moment."""
    container, sample = entry.container, fresh_sample(setup, entry, at)
    chosen = {rule.key: rule for rule in entry.rules}
    return Appraisal(
        id=container.id,
        name=container.name,
        image=container.image,
        state=container.state,
        standing=entry.standing,
        kept_by=_kept_by(entry, at),
        task=entry.task,
        mains=tuple(sorted(main.container.name for main in mains_of(state, entry))),
        sidecars=tuple(sorted(side.container.name for side in cascade(state, entry))),
        age=None if container.born is None else at - container.born,
        sample_age=None if sample is None else at - sample.at,
        rules=tuple(
            _rule(setup, state, entry, chosen[rule.key], at) if rule.key in chosen else _not_selected(rule)
            for rule in setup.rules.rules
        ),
    )


def _kept_by(entry: Entry, at: float) -> str:
    if entry.standing in _KEPT:
        return _KEPT[entry.standing]
    if not entry.alive:
        return "this run is over"
    if entry.unsure:
        return "its present run could not be confirmed: nothing is decided until it is"
    if entry.ending:
        return "a decision about this run is being carried out"
    if at < entry.quiet_until:
        return f"the last try failed; the next is in {entry.quiet_until - at:.0f} s"
    return ""


def _not_selected(rule: Rule) -> RuleAppraisal:
    return RuleAppraisal(
        rule.name, rule.place, Stance.NOT_SELECTED, _condition(rule), "", rule.action, rule.dry_run
    )


def _rule(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> RuleAppraisal:
    view = view_of(setup, entry, at)
    verdict = rule.when.test(view) if rule.when is not None else True
    holding = entry.holding.get(rule.key)
    held = at - holding.since if holding is not None else None
    far = distances(rule.when.tree, view) if rule.when is not None and rule.when.tree is not None else ()
    return RuleAppraisal(
        rule=rule.name,
        place=rule.place,
        stance=_stance(entry, rule, verdict),
        condition=_condition(rule),
        said=rule.when.explain(view) if rule.when is not None else "",
        action=rule.action,
        dry_run=rule.dry_run or setup.dry_run,
        distances=far,
        held=held,
        due_in=_due_in(rule, verdict, held, far),
        kept_by=_rule_kept_by(setup, state, entry, rule, at),
    )


def _rule_kept_by(setup: Setup, state: State, entry: Entry, rule: Rule, at: float) -> str:
    exempt = exempted(setup.policy, rule, entry.container)
    limited = state.curbs.limited.get(rule.key)
    reasons = {
        "it failed by a defect, and is out of force here": rule.key in entry.earlier.disabled
        or state.curbs.is_off(rule.key),
        f"the exception {exempt.by if exempt else ''} exempts it": exempt is not None,
        "it was acted upon for this run already": rule.key in entry.latched,
        "it acted on an earlier run, and cools down": is_cooling(entry, rule, at),
        "it is new, and what it would do is being counted; see reactor status": is_gated(setup, state, rule),
        f"more than {rule.limit} match at once": limited is not None,
    }
    return "; ".join(reason for reason, true in reasons.items() if true)


def _condition(rule: Rule) -> str:
    parts = [f"on {rule.on}" if rule.on is not None else "", rule.when.text if rule.when is not None else ""]
    text = " while ".join(part for part in parts if part)
    return f"{text} for {rule.hold:g}s" if rule.hold else text


def _stance(entry: Entry, rule: Rule, verdict: bool | None) -> Stance:
    if verdict is None:
        return Stance.UNKNOWN
    if not verdict:
        return Stance.NO
    if rule.on is not None and rule.key not in entry.holding:
        return Stance.WAITS
    return Stance.DECIDED if entry.ending or rule.key in entry.latched else Stance.HOLDS


def _due_in(rule: Rule, verdict: bool | None, held: float | None, far: tuple[Distance, ...]) -> float | None:
    """When it acts if nothing changes: only what time alone brings about can be foreseen."""
    if rule.on is not None:
        return None
    if verdict:
        return max(0.0, rule.hold - (held or 0.0))
    if verdict is False and len(far) == 1 and far[0].reached_in is not None:
        return max(0.0, far[0].reached_in) + rule.hold
    return None
