"""Brings what a shortened poll loop showed to the length of the loop in the field.

Arithmetic only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import spread
from bench.records import Passage, Scale
from bench.saying import Round


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop in the field, and the sleep that it was shortened to here; times in seconds."""

    containers: int
    interval: float
    short_interval: float


def scaled(passages: Sequence[Passage], looks: Sequence[float], rounds: Sequence[Round], loop: Loop) -> Scale:
    """A breach waits for a part of a round, so its delay grows as the rounds do."""
    took = spread(looks)
    full = loop.containers * (took.p50 if took else 0.0) + loop.interval
    delays = [
        passage.unseen * full / length
        for passage in passages
        if passage.unseen is not None and (length := _length(passage, rounds)) is not None
    ]
    lengths = [one.ended - one.began for one in rounds]
    return Scale(loop.containers, loop.interval, loop.short_interval, looks, lengths, full, delays)


def _length(passage: Passage, rounds: Sequence[Round]) -> float | None:
    """The length of the round in which the breach was seen."""
    if passage.kill is None:
        return None
    seen = passage.kill.seen
    return next((one.ended - one.began for one in rounds if one.began <= seen <= one.ended), None)
