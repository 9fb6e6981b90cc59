"""What is to be read of which run, how often, and what is to be told at once, by the rules in force.

Only the wish belongs here; by which means it is granted, and how quickly, is for those who read.
"""

from dataclasses import dataclass

from reactor.core.container import Run
from reactor.core.judging import SAMPLED
from reactor.core.language.bounds import QUICK, Bound, bounds_of, is_plain
from reactor.core.rules import Rule
from reactor.core.state import Setup, State

USUAL = 1.0
"""Seconds between two readings where their course matters, or a sum of many."""
SELDOM = 5.0
"""Seconds between two where only bounds matter that none of them passed."""
MANY = 1000
"""So many readings a second are enough for a sum: of more runs, each is read more seldom."""
SOONEST = 0.1


@dataclass(frozen=True, slots=True)
class Watched:
    """One run whose readings are wanted.

    ``pid`` is its first process as the engine numbers it, 0 if that is not known. ``bounds`` are to be told
    of at once when a reading passes one, ``every`` is how many seconds may lie between two readings
    otherwise, and ``at_rest`` the same for two that are equal in PIDs and memory, if that is longer.
    """

    run: Run
    pid: int
    bounds: frozenset[Bound]
    every: float
    at_rest: float = 0.0

    @property
    def lasts(self) -> bool:
        """Whether it need not be told again at all while it is vouched for: no course is made of it, and
        nobody wants it fresher than that is."""
        return self.at_rest >= SELDOM


def wanted_readings(setup: Setup, state: State) -> frozenset[Watched]:
    """The living runs about which a rule needs readings; for a total these are all in scope."""
    living = [entry for entry in state.living() if entry.judged]
    # Nearly all have the very same rules: what these want is found out once.
    kinds = {id(entry.rules): entry.rules for entry in living}
    whole = any(rule.when and rule.when.total for rules in kinds.values() for rule in rules)
    often = max(USUAL, len(living) / MANY) if whole else SELDOM
    wishes = {key: _wish(setup, rules, often, whole=whole) for key, rules in kinds.items()}
    wanted = ((entry, wishes[id(entry.rules)]) for entry in living)
    return frozenset(Watched(entry.run, entry.container.pid, *wish) for entry, wish in wanted if wish)


def _wish(
    setup: Setup, rules: tuple[Rule, ...], often: float, *, whole: bool
) -> tuple[frozenset[Bound], float, float] | None:
    """The bounds that these rules have, how often they want a reading, and how often of who is at rest.

    None where they want none. A sum is the same while its parts are: only a course is made of all readings.
    """
    reading = [rule for rule in rules if rule.when is not None and rule.when.reads & SAMPLED]
    if not reading and not whole:
        return None
    course = any(_wants_course(rule) for rule in reading)
    usual, rest = (USUAL, USUAL) if course else (min(often, SELDOM), SELDOM)
    fresh = min((setup.fresh_for(rule) for rule in reading), default=setup.stale_after)
    trees = (rule.when.tree for rule in reading if rule.when is not None and rule.when.tree is not None)
    bounds = frozenset().union(*(bounds_of(tree) for tree in trees))
    return bounds, max(SOONEST, min(usual, fresh / 2)), max(SOONEST, min(rest, fresh / 2))


def _wants_course(rule: Rule) -> bool:
    """Whether it matters to this rule how the readings of one run go on between its bounds."""
    return not (rule.when is not None and rule.when.total is not None) and not _is_quick(rule)


def _is_quick(rule: Rule) -> bool:
    """Whether bounds are all that this rule wants to know of."""
    when = rule.when
    if when is None or when.tree is None or rule.waits or when.windows:
        return False
    limits = frozenset(f"{field}_limit" for field in when.relative)
    return when.reads & SAMPLED <= QUICK | limits and is_plain(when.tree)
