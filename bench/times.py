"""The part of the report that shows intervals, and the words that go with them.

Each row's name is also its name in the JSON. Nothing is measured here.
"""

from collections.abc import Iterable, Iterator, Sequence

from bench.figures import Spread, spread
from bench.records import Part, Passage
from bench.table import Row, duration


def times(parts: Iterable[Part]) -> Iterator[Row]:
    """A table of all intervals, contender by contender."""
    yield ("", "n", "p50", "p99", "max")
    for part in parts:
        yield (part.name,)
        for name, found in spreads(part):
            yield _row(f"  {name}", found)


def spreads(part: Part) -> Iterator[tuple[str, Spread | None]]:
    """Each interval of one contender by its name; None where nothing was measured."""
    passages = part.passages
    yield "breach → seen", spread(passage.unseen for passage in passages)
    if part.scale is not None:
        yield "breach → seen, scaled (see below)", spread(part.scale.delays)
        yield "one look at one container", spread(part.scale.took)
    yield "seen → kill call", spread(passage.hesitation for passage in passages)
    if part.bare:
        yield "    until the inspect begins", spread(map(_until_inspect, passages))
        yield "    the inspect before it", spread(map(_inspecting, passages))
    yield "kill call", spread(passage.call for passage in passages)
    yield "seen → return of the kill", spread(passage.reaction for passage in passages)
    if part.bare:
        yield "bare inspect + kill", spread(one.both for one in part.bare)
        yield "    bare inspect", spread(one.inspect for one in part.bare)
        yield "    bare kill", spread(one.kill for one in part.bare)
        yield "bare inspect + kill at a sample", spread(one.both for one in part.bare_at_sample)
        yield "    bare inspect at a sample", spread(one.inspect for one in part.bare_at_sample)
        yield "    bare kill at a sample", spread(one.kill for one in part.bare_at_sample)
    yield "breach → die", spread(passage.ending for passage in passages)


def _until_inspect(passage: Passage) -> float | None:
    if passage.kill is None or not passage.kill.steps:
        return None
    return passage.kill.steps[0].began - passage.kill.seen


def _inspecting(passage: Passage) -> float | None:
    if passage.kill is None or not passage.kill.steps or passage.kill.steps[0].what != "inspect":
        return None
    return passage.kill.steps[0].took


def _row(name: str, found: Spread | None) -> Row:
    if found is None:
        return (name, "0", "-", "-", "-")
    return (name, str(found.n), duration(found.p50), duration(found.p99), duration(found.most))


def words(parts: Sequence[Part]) -> list[str]:
    """What has to be known to read that table."""
    slack = spread(passage.breach.slack for part in parts for passage in part.passages)
    lines = [
        "With fewer than 100 measurements p99 is the maximum.",
        "seen: the first breaching sample arrived, as the contender says. die: by the engine's own clock.",
        "breach → seen on a stats stream is the engine's sampling and chance, whoever listens.",
        "At a sample: when a stats stream shows the breach, which is when the contenders kill. The engine is",
        "  busy sampling all the others at that moment; the other bare kills come at random moments.",
    ]
    if slack is not None:
        lines.append(
            f"A victim's processes were counted every {duration(slack.p50)} (median; the longest gap before"
            f" a breach was {duration(slack.most)})."
        )
    return [*lines, *(line for part in parts for line in _scaling(part))]


def _scaling(poller: Part) -> Iterator[str]:
    scale = poller.scale
    if scale is None:
        return
    yield f"The poll loop was not run in full: it looked at {poller.streams} containers (fewer as they"
    yield f"  died) and slept {scale.short_interval:g} s instead of {scale.interval:g} s."
    yield f"  Scaled: each delay times the length of a full round ({scale.containers} containers, each as"
    yield f"  long as the median look, and {scale.interval:g} s of sleep: {duration(scale.full_round)})"
    yield "  over the length of the round in which the breach was seen. In the field a breach waits for any"
    yield f"  time up to a full round, {duration(scale.full_round / 2)} on average."
