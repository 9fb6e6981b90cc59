"""Small builders for what the bench records."""

from bench.records import Bare, Breach, Cost, Counts, Kill, Part, Passage


def passage(
    *,
    breach: float = 10.0,
    seen: float | None = 10.5,
    called: float = 10.51,
    returned: float = 10.6,
    died: float | None = 10.59,
) -> Passage:
    kill = None if seen is None else Kill("a" * 64, seen, called, returned)
    return Passage("a" * 64, Breach(breach, 0.0005), died, kill)


def cost(*, threads: int = 4, memory: int = 60_000_000) -> Cost:
    return Cost(threads, memory, 10.0, 0.2, {"dockerd": 0.5}, 60.0, 1.0, {"dockerd": 3.0})


def part(
    *passages: Passage, bare: tuple[Bare, ...] = (), counts: Counts | None = None, used: Cost | None = None
) -> Part:
    counted = counts or Counts(victims=len(passages), missed=0, doubled=0, wrong=0)
    return Part("reactor", 130, passages, counted, used or cost(), bare)
