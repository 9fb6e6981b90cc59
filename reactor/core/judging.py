"""Rules against one run: which of them hold, since when, and which of them decide.

Nothing here knows where facts come from. Unknown never decides: neither a missing value nor
a stale sample nor a run that could not be confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reactor.core.decisions import Action, Decision, decision_id
from reactor.core.ending import ended_note, has_oomed
from reactor.core.facts import Sample
from reactor.core.fields import FIELDS
from reactor.core.lifetimes import age_of, total_age
from reactor.core.notes import CannotTell, Matched, Note
from reactor.core.rules import Rule, Trigger, View
from reactor.core.sampling import without_samples
from reactor.core.state import Entry, Holding, Setup

SAMPLED = frozenset({"cpu", "group_memory", "group_pids", "pids", "pids_limit", "memory", "memory_limit"})
"""The fields of a view that need a sample."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry after judgement, and what came of it."""

    entry: Entry
    decisions: tuple[Decision, ...] = ()
    notes: tuple[Note, ...] = ()


def needs_samples(entry: Entry) -> bool:
    """Whether any rule for this run reads what only a sample can tell."""
    return entry.governed and any(rule.when and rule.when.reads & SAMPLED for rule in entry.rules)


def fresh_sample(setup: Setup, entry: Entry, at: float) -> Sample | None:
    """The last sample if it is of this run and still evidence."""
    sample = entry.sample
    if sample is None or sample.run != entry.run or at - sample.at > setup.stale_after:
        return None
    return sample


def view_of(setup: Setup, entry: Entry, at: float) -> View:
    """What expressions may read about this run at this moment."""
    container, sample = entry.container, fresh_sample(setup, entry, at)
    return View(
        name=container.name,
        image=container.image,
        state=container.state,
        labels=entry.own,
        age=age_of(entry, at),
        pids=sample.pids if sample else None,
        pids_limit=sample.pids_limit if sample else None,
        memory=sample.memory if sample else None,
        memory_limit=sample.memory_limit if sample else None,
        total_age=total_age(entry, at),
        restarts=container.restarts,
        exit_code=ended_note(entry, at).exit_code if entry.ended_at is not None else None,
        health=container.health if container.health in FIELDS["health"].words else None,
        oom_kills=entry.ooms or int(has_oomed(entry)),
        cpu=entry.cores if sample else None,
        user=container.user,
        privileged=container.privileged,
        init=container.init,
        log_driver=container.log_driver or None,
        ports=container.ports,
        tracks=entry.series if sample else without_samples(entry.series),
        at=at,
    )


def judge(setup: Setup, entry: Entry, at: float) -> Judged:
    """Judge one entry by all of its rules at this moment."""
    if not _judgeable(setup, entry, at):
        return Judged(entry)
    view = view_of(setup, entry, at)
    decisions: list[Decision] = []
    notes: list[Note] = []
    holding = dict(entry.holding)
    for rule in entry.rules:
        if rule.on is None and not entry.alive:
            continue
        since = _hold(setup, entry, rule, view, at, holding, notes)
        if since is None or at - since < rule.hold:
            continue
        entry, decided = _decide(setup, entry, rule, view, since, at)
        decisions += decided
    due = entry.oom_due and any(_is_open(entry, rule, view) for rule in entry.rules)
    if holding != entry.holding or due != entry.oom_due or notes:
        said = entry.said | {note.rule for note in notes if isinstance(note, CannotTell)}
        entry = replace(entry, holding=holding, oom_due=due, said=said)
    return Judged(entry, tuple(decisions), tuple(notes))


def _judgeable(setup: Setup, entry: Entry, at: float) -> bool:
    if not entry.governed or entry.unsure:
        return False
    if entry.alive:
        return True
    # An OOM may be reported after the death that it caused; the sidecars still hang on the verdict.
    return entry.oom_due and entry.ended_at is not None and at - entry.ended_at <= setup.keep


def _hold(
    setup: Setup,
    entry: Entry,
    rule: Rule,
    view: View,
    at: float,
    holding: dict[str, Holding],
    notes: list[Note],
) -> float | None:
    """Since when the rule has held, or None; keeps ``holding`` and ``notes`` up to date."""
    verdict = _verdict(entry, rule, view)
    before = holding.get(rule.name)
    if verdict is None:
        notes += _cannot_tell(entry, rule, view, at)
        return None
    if not verdict:
        holding.pop(rule.name, None)
        return None
    # Evidence that was interrupted for longer than a sample keeps is no evidence of lasting.
    unbroken = before is not None and at - before.last <= setup.stale_after
    since = before.since if before is not None and unbroken else at
    holding[rule.name] = Holding(since, at)
    if before is None:
        notes.append(Matched(at, entry.run, rule.name))
    return since


def _verdict(entry: Entry, rule: Rule, view: View) -> bool | None:
    if rule.on is Trigger.OOM and not entry.oom_due:
        return False
    return rule.when.test(view) if rule.when is not None else True


def _is_open(entry: Entry, rule: Rule, view: View) -> bool:
    """Whether an OOM rule still waits: for its condition to become known, or for its decision to come off."""
    if rule.on is not Trigger.OOM or rule.name in entry.latched:
        return False
    return _verdict(entry, rule, view) is not False


def _cannot_tell(entry: Entry, rule: Rule, view: View, at: float) -> tuple[Note, ...]:
    if rule.when is None or rule.name in entry.said:
        return ()
    lacking = sorted(name for name in rule.when.relative if _has_no_limit(view, name))
    if not lacking:
        return ()
    why = " and ".join(f"it has no {name} limit" for name in lacking)
    return (CannotTell(at, entry.run, entry.container.name, rule.name, why),)


def _has_no_limit(view: View, name: str) -> bool:
    limits: Mapping[str, tuple[int | None, int | None]] = {
        "pids": (view.pids, view.pids_limit),
        "memory": (view.memory, view.memory_limit),
    }
    value, limit = limits.get(name, (None, None))
    return value is not None and limit is None


def _decide(
    setup: Setup, entry: Entry, rule: Rule, view: View, since: float, at: float
) -> tuple[Entry, tuple[Decision, ...]]:
    """Decide, unless that was done already. A rule that runs dry never stands in a live one's way."""
    dry = rule.dry_run or setup.dry_run
    if rule.name in entry.latched or (not dry and (entry.ending or at < entry.quiet_until)):
        return entry, ()
    reason = rule.when.explain(view) if rule.when is not None else ""
    if rule.on is Trigger.OOM:
        reason = f"OOM event, {reason}" if reason else "OOM event"
    decision = decide(entry, rule.action, rule.name, reason, at, since=since, dry_run=dry)
    if dry:
        latched = entry.latched | {rule.name}
        return replace(entry, latched=latched, decided=entry.decided + 1), (decision,)
    return replace(entry, ending=decision.id, decided=entry.decided + 1), (decision,)


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
    )
