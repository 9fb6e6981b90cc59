"""What is to be read of which run, how often, and what is to be told at once, by the rules in force.

Only the wish belongs here; by which means it is granted, and how quickly, is for those who read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reactor.core.container import Run
from reactor.core.judging import SAMPLED, needs_samples
from reactor.core.language.bounds import QUICK, Bound, bounds_of, is_plain
from reactor.core.rules import Rule
from reactor.core.state import Entry, Setup, State

USUAL = 1.0
"""Seconds between two readings where their course matters, or a sum of many."""
SELDOM = 5.0
"""Seconds between two where only bounds matter that none of them passed."""
SOONEST = 0.1


@dataclass(frozen=True, slots=True)
class Watched:
    """One run whose readings are wanted.

    ``pid`` is its first process as the engine numbers it, 0 if that is not known. ``bounds`` are to be told
    of at once when a reading passes one, ``every`` is how many seconds may lie between two readings
    otherwise.
    """

    run: Run
    pid: int
    bounds: frozenset[Bound]
    every: float


def wanted_readings(setup: Setup, state: State) -> frozenset[Watched]:
    """The living runs about which a rule needs readings; for a total these are all in scope."""
    living = [entry for entry in state.living() if entry.governed]
    whole = any(rule.when and rule.when.total for entry in living for rule in entry.rules)
    return frozenset(_watched(setup, entry, whole=whole) for entry in living if whole or needs_samples(entry))


def _watched(setup: Setup, entry: Entry, *, whole: bool) -> Watched:
    reading = list(_reading(entry))
    usual = whole or any(not _is_quick(rule) for rule in reading)
    fresh = min((setup.fresh_for(rule) for rule in reading), default=setup.stale_after)
    every = max(SOONEST, min(USUAL if usual else SELDOM, fresh / 2))
    trees = (rule.when.tree for rule in reading if rule.when is not None and rule.when.tree is not None)
    bounds = frozenset().union(*(bounds_of(tree) for tree in trees))
    return Watched(entry.run, entry.container.pid, bounds, every)


def _reading(entry: Entry) -> Iterator[Rule]:
    return (rule for rule in entry.rules if rule.when is not None and rule.when.reads & SAMPLED)


def _is_quick(rule: Rule) -> bool:
    """Whether bounds are all that this rule wants to know of."""
    when = rule.when
    if when is None or when.tree is None or rule.waits or when.windows:
        return False
    limits = frozenset(f"{field}_limit" for field in when.relative)
    return when.reads & SAMPLED <= QUICK | limits and is_plain(when.tree)
