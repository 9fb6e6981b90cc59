"""Bells: hung up by helpers, heard in one epoll, taken down with their runs, and never too many."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from reactor.cgroups.descriptors import CgroupGone
from reactor.cgroups.finding import Place
from reactor.lane.bells import Bells
from reactor.lane.eye import FOOT, Eye
from reactor.lane.lookout import Lookout
from reactor.lane.words import News
from tests.cgroups.build import MIB, run_of
from tests.cgroups.test_reading import open_files
from tests.lane.build import LIMIT, brief, post

WITHIN = 30.0


class Ropes:
    """In place of the kernel: each bell is an eventfd that the test rings."""

    def __init__(self) -> None:
        self.hung: list[tuple[str, tuple[int, ...], int]] = []
        self.refused: OSError | CgroupGone | None = None

    def hang(self, place: Place, numbers: Iterable[int]) -> int:
        if self.refused is not None:
            raise self.refused
        bell = os.eventfd(0, os.EFD_NONBLOCK)
        self.hung.append((place.path, tuple(numbers), bell))
        return bell

    def ring(self, number: int = -1) -> None:
        os.eventfd_write(self.hung[number][2], 1)


class Tower:
    """A lookout with bells, on a host of plain files."""

    def __init__(self, path: Path, share: float = 1.0) -> None:
        self.ropes, self.post = Ropes(), post(path, share)
        self.bells = Bells(self.post.budget, self.ropes.hang)
        self.post.lookout = Lookout(share, self.post.budget, lambda: self.post.now, self.bells)

    def heard(self) -> News:
        """What is told of the next that rings."""
        return self.post.lookout.ring([number for number, _ in self.bells.epoll.poll(WITHIN)])

    def armed(self, *numbers: int) -> None:
        for number in numbers:
            self.post.run(number)
            self.post.arm(number)
        while len(self.bells) < len(numbers):
            self.heard()

    def close(self) -> None:
        self.post.lookout.close()
        self.bells.close()


@pytest.fixture
def tower(tmp_path: Path) -> Iterator[Tower]:
    before = open_files()
    made = Tower(tmp_path)
    yield made
    made.close()
    assert made.post.budget.used == 0
    assert open_files() == before, "nothing stays open"


def test_it_is_hung_up_at_the_mark_and_on_the_way_to_the_limit(tower: Tower) -> None:
    tower.armed(1)
    ((_, numbers, _),) = tower.ropes.hung
    above = (80 * MIB + LIMIT // 5 * part // 8 for part in (1, 2, 4))
    assert numbers == (80 * MIB - FOOT, 80 * MIB, *above), "and where it comes near the mark"


def test_who_passes_is_told_when_it_rings_and_not_by_sweeps(tower: Tower) -> None:
    """And one that is right below is not told of, whoever rang."""
    tower.armed(1, 2)
    tower.post.memory(1, 85 * MIB)
    tower.post.parent(10, 900 * MIB)
    assert not tower.post.look(), "nobody looks at memory of which the kernel tells"
    place = next(at for at, (path, _, _) in enumerate(tower.ropes.hung) if path.endswith("1"))
    tower.ropes.ring(1 - place)
    assert not tower.heard()
    tower.ropes.ring(place)
    assert brief(tower.heard()) == [(1, 3, 85)]
    tower.post.memory(1, 70 * MIB)
    tower.ropes.ring(place)
    assert brief(tower.heard()) == [(1, 3, 70)], "and on its way back"
    assert tower.post.lookout.beat(0.0, 0.0).rings == 3


def test_what_was_passed_while_it_was_hung_up_is_told_then(tower: Tower) -> None:
    tower.post.run(1)
    tower.post.arm(1)
    tower.post.memory(1, 85 * MIB)
    assert brief(tower.heard()) == [(1, 3, 85)]


def test_who_climbs_to_its_mark_is_looked_at_at_every_look_though_no_bell_rings(tower: Tower) -> None:
    """The kernel tells late of small steps: after the ring at the foot of the mark none is waited for."""
    tower.armed(1, 2)
    for number in (1, 2):
        tower.post.memory(number, 80 * MIB - FOOT + MIB)
        tower.ropes.ring(0)
        tower.ropes.ring(1)
        tower.heard()
    tower.post.now += 1.0
    tower.post.look()
    tower.post.memory(1, 80 * MIB - FOOT + 2 * MIB)
    assert not tower.post.look(0.03), "below the mark"
    for part in (4, 3, 2, 1):
        tower.post.memory(1, 80 * MIB - part * (64 << 10))
        assert not tower.post.look(0.005)
    tower.post.memory(1, 80 * MIB + (64 << 10))
    assert brief(tower.post.look(0.001)) == [(1, 3, 80)]
    seen = tower.post.lookout.seen
    assert seen.stirs, "and the next look is soon"


def test_who_stands_still_right_below_its_mark_costs_a_glance(tower: Tower) -> None:
    """And is not read whole each time; nor is the lane kept awake by it."""
    tower.armed(1)
    tower.post.memory(1, 79 * MIB)
    tower.ropes.ring()
    tower.heard()
    tower.post.look(0.5)
    crew, read = tower.post.lookout._crew, []
    meet = crew.meet

    def counted(eye: Eye, *, passed: bool = False) -> None:
        read.append(eye)
        meet(eye, passed=passed)

    crew.meet = counted  # type: ignore[method-assign]  # It is the same, and counted.
    for _ in range(20):
        assert not tower.post.look(0.021)
        assert not tower.post.lookout.seen.stirs
    assert not read
    tower.post.memory(1, 79 * MIB + 1)
    tower.post.look(0.021)
    assert len(read) == 1


@pytest.mark.parametrize("refused", [OSError(30, "read-only"), CgroupGone()])
def test_where_it_cannot_be_hung_up_memory_is_swept(tower: Tower, refused: OSError | CgroupGone) -> None:
    tower.ropes.refused = refused
    tower.post.run(1)
    tower.post.arm(1)
    assert not tower.heard(), "the helper is done"
    tower.post.look()
    tower.post.memory(1, 85 * MIB)
    tower.post.parent(10, 80 * MIB)
    assert brief(tower.post.look()) == [(1, 3, 85)]
    assert (len(tower.bells), tower.post.budget.bells) == (0, 0)


def test_behind_page_cache_it_is_looked_at_closely_once_it_rang(tower: Tower) -> None:
    tower.armed(1)
    tower.post.memory(1, 82 * MIB, inactive=4 * MIB)
    tower.ropes.ring()
    assert not tower.heard(), "78 MiB in use"
    tower.post.memory(1, 84 * MIB, inactive=3 * MIB)
    assert brief(tower.post.look()) == [(1, 3, 81)]


def test_one_that_rings_and_rings_does_not_use_up_what_is_there_for_all(tmp_path: Path) -> None:
    """It waits for the next close look like others, and is heard again after that."""
    tower = Tower(tmp_path, share=1e-9)
    tower.armed(1)
    clock = tower.post
    tower.post.lookout._memory.spend(1.0)
    tower.ropes.ring()
    tower.heard()
    tower.post.memory(1, 85 * MIB)
    tower.ropes.ring()
    assert not tower.heard(), "it rang just before"
    tower.ropes.ring()
    assert not tower.bells.epoll.poll(0)
    clock.now += 0.02
    assert brief(tower.post.look()) == [(1, 3, 85)]
    tower.post.memory(1, 70 * MIB)
    clock.now += 0.2
    assert brief(tower.heard()) == [(1, 3, 70)], "it rang meanwhile, and is heard again"
    tower.close()


def test_there_are_never_more_than_may_be_open(tmp_path: Path) -> None:
    """One in six; who has none is swept."""
    tower = Tower(tmp_path)
    tower.post.budget._most = 12
    tower.armed(1, 2)
    tower.post.run(3)
    tower.post.arm(3)
    assert (len(tower.bells), tower.post.budget.bells) == (2, 2)
    tower.post.look()
    tower.post.memory(3, 85 * MIB)
    tower.post.parent(10, 80 * MIB)
    assert brief(tower.post.look()) == [(3, 3, 85)]
    tower.close()


def test_one_that_was_ordered_for_other_numbers_is_not_heard(tower: Tower) -> None:
    place = tower.post.host
    tower.post.run(1)
    at = place.found(run_of(1)).places["memory"]
    assert not tower.bells.order(7, at, (MIB,))
    assert not tower.bells.order(7, at, (2 * MIB,))
    while not len(tower.bells):
        tower.bells.epoll.poll(WITHIN)
        tower.bells.hung()
    assert tower.bells.order(7, at, (2 * MIB,)), "it is there"
    tower.bells.forget(7)
    assert len(tower.bells) == 0
