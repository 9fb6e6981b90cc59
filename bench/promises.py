"""What is promised, and whether it was kept.

The numbers of the promises and their judgement; nothing is measured or shown here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.figures import ratio, spread
from bench.records import Part

MOST_MEMORY: Final = 120_000_000
MOST_THREADS: Final = 16
"""For any number of containers: the loop, the journal's writer, and a few for calls through the SDK."""
MOST_RATIO: Final = 2.0


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, what was found, and whether it was kept."""

    what: str
    found: str
    kept: bool


def reaction_ratio(part: Part) -> float | None:
    """Arrival of the first breaching sample to return of the kill, over the engine's own inspect and kill."""
    reactions = spread(passage.reaction for passage in part.passages)
    return ratio(reactions, spread(bare.both for bare in part.bare))


def judge(reactor: Part) -> Sequence[Promise]:
    """All promises, held against reactor's part of the run."""
    found, counts, cost = reaction_ratio(reactor), reactor.counts, reactor.cost
    return (
        Promise(
            f"first breaching sample → return of the kill at most {MOST_RATIO:g} x bare inspect + kill",
            "not measured" if found is None else f"{found:.2f} x",
            found is not None and found <= MOST_RATIO,
        ),
        Promise(
            f"memory (peak) under {MOST_MEMORY / 1e6:.0f} MB",
            f"{cost.memory / 1e6:.1f} MB",
            0 < cost.memory < MOST_MEMORY,
        ),
        Promise(
            f"no thread per container: at most {MOST_THREADS}",
            f"{cost.threads} for {reactor.streams} containers",
            0 < cost.threads <= MOST_THREADS,
        ),
        Promise("no victim missed", f"{counts.missed} of {counts.victims}", counts.missed == 0),
        Promise("no victim killed twice", f"{counts.doubled} of {counts.victims}", counts.doubled == 0),
        Promise("no innocent touched", str(counts.wrong), counts.wrong == 0),
    )


def all_kept(promises: Iterable[Promise]) -> bool:
    """Whether none was broken."""
    return all(promise.kept for promise in promises)
