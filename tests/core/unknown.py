"""For how many runs each rule cannot be judged, as the numbers tell it."""

from collections import Counter

from reactor.app.figures import Figures
from reactor.core.state import Setup, State
from reactor.observe.labels import Shown


def unknown_by_rule(setup: Setup, state: State, at: float) -> dict[str, int]:
    """By the rule's name, its levels together."""
    figures = Figures(setup, state, at, 0.0, Shown())
    # The rules are known when all have been looked through.
    assert list(figures.containers()) or not state.entries
    counts: Counter[str] = Counter()
    for rule in figures.rules():
        counts[rule.name] += rule.unknown
    return dict(counts)
