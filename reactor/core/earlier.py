"""What is remembered of a container from one run to the next: how often it ended, what it was spared.

An entry speaks of one run; what outlives the run is here, and is gone with the container.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reactor.core.container import Run


@dataclass(frozen=True, slots=True)
class Cooling:
    """A rule decided about this run; the later ones are left alone by it until ``until``."""

    until: float
    run: Run


@dataclass(frozen=True, slots=True)
class Earlier:
    """``ends`` are the moments of the latest ends. ``cooling`` and ``disabled`` are by the rules' keys.

    ``seen`` counts the ends that we saw, ``known`` those that there were: the engine's own count of
    restarts, which stood at ``base`` for no end and at ``last`` when it was last read, knows of more.
    """

    ends: tuple[float, ...] = ()
    seen: int = 0
    known: int = 0
    base: int | None = None
    last: int | None = None
    cooling: Mapping[str, Cooling] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()


_NOTHING = Earlier()


def nothing_earlier() -> Earlier:
    """Nothing is known: one empty record for all who have none."""
    return _NOTHING


def counted(earlier: Earlier, restarts: int | None, at: float, most: int, ends: int) -> Earlier:
    """What is remembered after a look that showed so many ends; only the latest ``most`` are kept.

    An end that we saw may be one that the engine counts, too: the larger of the two sums holds.
    """
    seen, known, base = earlier.seen + ends, max(earlier.known, earlier.seen + ends), earlier.base
    if restarts is not None and (base is None or earlier.last is None or restarts < earlier.last):
        # The first look, or the engine began to count anew: what it counted before says nothing.
        seen, base = known, restarts - known
    if restarts is not None and base is not None:
        known = max(known, restarts - base)
    last = restarts if restarts is not None else earlier.last
    if (seen, known, base, last) == (earlier.seen, earlier.known, earlier.base, earlier.last):
        return earlier
    moments = (*earlier.ends, *(at,) * min(known - earlier.known, most))[-most:]
    return replace(earlier, ends=moments, seen=seen, known=known, base=base, last=last)


def is_looping(earlier: Earlier, at: float, ends: int, within: float) -> bool:
    """Whether it ended so often in so short a time, up to now."""
    return len(earlier.ends) >= ends and at - earlier.ends[-ends] <= within
