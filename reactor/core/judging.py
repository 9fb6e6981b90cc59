"""What a rule can read about one run at one moment, and whether that is evidence.

What is not known is None here. Which rules hold is found out in ``verdicts``.
"""

from reactor.core.ending import ended_note, has_oomed
from reactor.core.facts import Sample
from reactor.core.language.fields import FIELDS
from reactor.core.lasting import ZOMBIES_FRESH
from reactor.core.layers import layer_writes
from reactor.core.lifetimes import age_of, total_age
from reactor.core.readiness import is_ready
from reactor.core.rules import Rule, View
from reactor.core.sampling import without_samples
from reactor.core.state import Entry, Setup

SAMPLED = frozenset({"cpu", "group_memory", "group_pids", "pids", "pids_limit", "memory", "memory_limit"})
"""The fields of a view that need a sample."""


def needs_samples(entry: Entry) -> bool:
    """Whether any rule for this run reads what only a sample can tell."""
    return entry.judged and any(rule.when and rule.when.reads & SAMPLED for rule in entry.rules)


def reads_zombies(rule: Rule) -> bool:
    """Whether the zombies of a run matter to this rule: to its condition, or to the order of its victims."""
    ordered = rule.victims is not None and rule.victims.field == "zombies"
    return ordered or (rule.when is not None and "zombies" in rule.when.reads)


def fresh_zombies(entry: Entry, at: float) -> int | None:
    """How many zombies the run was last seen to have, if that is still evidence."""
    seen = entry.zombies
    return None if seen is None or at - seen.at > ZOMBIES_FRESH else seen.count


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
        zombies=fresh_zombies(entry, at),
        ready=is_ready(entry),
        memory_limited=container.memory_limited,
        pids_limited=container.pids_limited,
        cpu_limited=container.cpu_limited,
        layer_writes=layer_writes(setup, entry, at),
        tracks=entry.series if sample else without_samples(entry.series),
        at=at,
    )
