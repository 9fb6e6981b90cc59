"""The breaker: opens when so many match within a while that the rules, or what they read, are in doubt.

Counted for each owner among the owner's own runs, and for the whole scope without those owners for whom
it is open: one tenant cannot open it for the others. Only the counting is here; who waits for it is said
in ``braking``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from reactor.core.container import ContainerId

WHOLE = ""
"""The breaker of all together; those of owners have the owner's name."""


@dataclass(frozen=True, slots=True)
class BreakerTerms:
    """Opens when ``at_least`` runs and this ``share`` of all match ``within`` so many seconds."""

    at_least: int = 10
    share: float = 1 / 3
    within: float = 30.0
    off: bool = False


def no_breaker() -> BreakerTerms:
    """It never opens."""
    return BreakerTerms(off=True)


class Recent(NamedTuple):
    """When a run matched last, and whose it is; empty for nobody's."""

    at: float
    owner: str


@dataclass(frozen=True, slots=True)
class Open:
    """Since when it is open, and how many of how many matched, at most, since."""

    since: float
    matches: int
    of: int


Matches = Mapping[ContainerId, Recent]
Opens = Mapping[str, Open]


def fresh(terms: BreakerTerms, matches: Matches, at: float) -> Matches:
    """Those that matched a while ago, and no longer."""
    return {key: each for key, each in matches.items() if at - each.at < terms.within}


def reckon(terms: BreakerTerms, opens: Opens, matches: Matches, scope: Matches, at: float) -> Opens:
    """Which breakers are open now. ``scope`` are all living runs; who matched and is over counts as well."""
    if not matches and not opens:
        return opens
    everybody = {**scope, **matches}
    mine, all_ = _by_owner(matches.values()), _by_owner(everybody.values())
    now: dict[str, Open] = {}
    for owner in sorted(mine.keys() | opens.keys() - {WHOLE}):
        if owner != WHOLE:
            _judge(terms, now, opens, owner, mine[owner], all_[owner], at)
    # What the owners' own breakers hold says nothing about the rules for all others.
    others = sum(count for owner, count in mine.items() if owner not in now)
    _judge(terms, now, opens, WHOLE, others, sum(n for owner, n in all_.items() if owner not in now), at)
    return now


def _judge(
    terms: BreakerTerms, now: dict[str, Open], opens: Opens, owner: str, count: int, of: int, at: float
) -> None:
    before = opens.get(owner)
    if before is not None and count:
        now[owner] = before if count <= before.matches else replace(before, matches=count, of=of)
    elif count >= terms.at_least and count >= terms.share * of - 1e-9:
        now[owner] = Open(at, count, of)


def _by_owner(matches: Iterable[Recent]) -> Counter[str]:
    return Counter(each.owner for each in matches)
