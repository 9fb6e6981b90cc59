"""How long it took until the lane read a run is taken once for each, and only of those that began with us."""

from reactor.app.arming import ARMED, Arming
from reactor.core.container import Run
from reactor.core.facts import Sample
from tests.core.build import cid

BASE = 1767225600.0


class Watch:
    """A clock on the wall, and what was handed on."""

    def __init__(self) -> None:
        self.wall = BASE
        self.fed: list[Sample] = []
        self.observed: list[tuple[str, float]] = []
        self.arming = Arming(self.fed.append, lambda *each: self.observed.append(each), lambda: self.wall)

    def read(self, run: Run, wall: float) -> None:
        """The lane tells of a reading."""
        self.wall = wall
        self.arming.take(Sample(wall, run, 1))


def run(n: int, second: int) -> Run:
    return Run(cid(n), f"2026-01-01T00:00:{second:02d}.5Z")


def test_the_first_reading_of_a_run_counts_and_all_are_handed_on() -> None:
    watch, first, again = Watch(), run(1, 2), run(1, 9)
    for wall in (BASE + 2.75, BASE + 3.0, BASE + 4.0):
        watch.read(first, wall)
    watch.read(again, BASE + 9.625)
    assert watch.observed == [(ARMED, 0.25), (ARMED, 0.125)]
    assert [sample.run for sample in watch.fed] == [first] * 3 + [again]


def test_who_was_there_before_us_says_nothing_of_us() -> None:
    watch = Watch()
    watch.read(Run(cid(1), "2025-12-31T23:59:59.9Z"), BASE + 1)
    watch.read(Run(cid(2), "no time"), BASE + 1)
    assert watch.observed == []
    assert len(watch.fed) == 2


def test_who_is_gone_is_forgotten() -> None:
    """A crowd that came and went leaves nothing behind; whoever stays is not counted anew."""
    watch, stays, goes = Watch(), run(1, 1), run(2, 1)
    for each in (stays, goes):
        watch.read(each, BASE + 2)
    watch.arming.want({stays})
    for each in (stays, goes):
        watch.read(each, BASE + 3)
    assert [seconds for _, seconds in watch.observed] == [0.5, 0.5, 1.5]
