"""Who needs whom: an order in which each comes after what it needs, and circles in which nobody can begin."""

from collections.abc import Collection, Iterator, Mapping, Sequence

Needs = Mapping[str, Collection[str]]


def in_order(names: Sequence[str], needs: Needs) -> tuple[str, ...]:
    """The names, each after those that it needs, else as they were. Whoever is in a circle is left out."""
    placed: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        before = len(placed)
        kept = []
        for name in waiting:
            if all(other in placed or other not in names for other in needs.get(name, ())):
                placed[name] = None
            else:
                kept.append(name)
        if len(placed) == before:
            break
        waiting = kept
    return tuple(placed)


def circles(names: Sequence[str], needs: Needs) -> Iterator[tuple[str, ...]]:
    """Those who wait for each other, each circle once, in the order of who waits for whom."""
    placed = set(in_order(names, needs))
    waiting = [name for name in names if name not in placed]
    left = set(waiting)
    for name in waiting:
        way: list[str] = []
        step: str | None = name
        while step in left and step not in way:
            way.append(step)
            step = next((other for other in needs.get(step, ()) if other in left), None)
        if step in way:
            yield tuple(way[way.index(step) :])
        left -= set(way)


def needed_by(names: Collection[str], needs: Needs) -> dict[str, str]:
    """All that these need and that is not among them, each with the one that needs it."""
    missing: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        for other in needs.get(name, ()):
            if other not in names and other not in missing:
                missing[other] = name
                waiting.append(other)
    return missing
