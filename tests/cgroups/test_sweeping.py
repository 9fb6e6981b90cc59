"""The sweep and the tripwire: who is over a threshold, who is gone, and when to look."""

import gc
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.descriptors import Budget
from reactor.cgroups.files import What
from reactor.cgroups.reading import Reader
from reactor.cgroups.sweeping import UNKNOWN
from reactor.cgroups.tripwire import Jump, Tripwire, due, parents
from reactor.core.container import Run
from tests.cgroups.build import MIB, FakeHost, HostV1, HostV2, run_of
from tests.cgroups.test_reading import open_files

RUNS = [run_of(n) for n in range(1, 6)]


class Stand:
    """Five containers, swept. Those of the second half of the budget are opened for every sweep."""

    def __init__(self, path: Path, most: int) -> None:
        self.host, self.reader = HostV1(path), Reader(Budget(most))
        for run in RUNS:
            self.host.container(f"/docker/{run.id}")
            assert self.reader.add(self.host.found(run))
            self.reader.watch(run, pids_over=200, usage_over=80 * MIB)

    def sweep(self) -> list[Run | None]:
        return [self.reader.sweep.runs[place] for place in self.reader.sweep.sweep()]

    def pids(self, run: Run, count: object) -> None:
        (self.host.path / f"pids/docker/{run.id}/pids.current").write_text(f"{count}\n")

    def usage(self, run: Run, count: int) -> None:
        (self.host.path / f"memory/docker/{run.id}/memory.usage_in_bytes").write_text(f"{count}\n")


@pytest.fixture(params=[0, 6, 100], ids=["none kept", "some kept", "all kept"])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path, request.param)
    yield made
    made.reader.close()


def test_only_those_above_their_threshold_are_told(stand: Stand) -> None:
    assert stand.sweep() == []
    stand.pids(RUNS[0], 200)
    stand.usage(RUNS[1], 80 * MIB)
    assert stand.sweep() == []
    stand.pids(RUNS[2], 201)
    stand.usage(RUNS[4], 80 * MIB + 1)
    assert stand.sweep() == [RUNS[2], RUNS[4]]
    place = stand.reader.watch(RUNS[2], pids_over=300, usage_over=80 * MIB)
    assert stand.sweep() == [RUNS[4]]
    assert (stand.reader.sweep.pids[place], stand.reader.sweep.usage[place]) == (201, 5 * MIB)


@pytest.mark.parametrize("text", ["", "max", "many"])
def test_unknown_is_over_nothing(text: str, stand: Stand) -> None:
    place = stand.reader.watch(RUNS[2], pids_over=0)
    assert stand.sweep() == [RUNS[2]]
    stand.pids(RUNS[2], text)
    assert stand.sweep() == []
    assert stand.reader.sweep.pids[place] == UNKNOWN


def test_one_unknown_number_does_not_hide_the_other(stand: Stand) -> None:
    stand.pids(RUNS[2], "many")
    stand.usage(RUNS[2], 90 * MIB)
    assert stand.sweep() == [RUNS[2]]


def test_the_gone_are_told_apart(tmp_path: Path) -> None:
    stand = Stand(tmp_path, 0)
    shutil.rmtree(tmp_path / f"pids/docker/{RUNS[3].id}")
    assert stand.sweep() == []
    assert [stand.reader.sweep.runs[place] for place in stand.reader.sweep.gone] == [RUNS[3]]


def test_who_is_removed_is_not_read_any_more_and_the_place_serves_again(stand: Stand) -> None:
    sweep, before = stand.reader.sweep, len(stand.reader.sweep.runs)
    place = stand.reader.watch(RUNS[1])
    stand.pids(RUNS[1], 250)
    stand.reader.cool(RUNS[1])
    stand.reader.remove(RUNS[1])
    assert (stand.sweep(), len(sweep), sweep.runs[place]) == ([], 4, None)
    again = run_of(9)
    stand.host.container(f"/docker/{again.id}", pids=250)
    stand.reader.add(stand.host.found(again))
    assert stand.reader.watch(again, pids_over=200) == place
    assert stand.sweep() == [again]
    assert len(sweep.runs) == before


def test_cooling_and_warming_changes_nothing_that_is_told(stand: Stand, tmp_path: Path) -> None:
    stand.pids(RUNS[2], 201)
    stand.reader.cool(RUNS[2])
    decoy = tmp_path / "decoy"
    decoy.write_text("9999\n")
    with ExitStack() as others:
        # Whoever opens files now gets the numbers that were given back.
        for _ in range(4):
            others.enter_context(decoy.open())
        assert stand.sweep() == [RUNS[2]]
        place = stand.reader.watch(RUNS[2], pids_over=200)
        assert stand.reader.sweep.pids[place] == 201
    stand.reader.warm(RUNS[2])
    assert stand.sweep() == [RUNS[2]]


def test_who_was_gone_and_removed_in_a_reading_is_not_swept(tmp_path: Path) -> None:
    """Its descriptors may be somebody else's by then."""
    stand = Stand(tmp_path, 100)
    for each in ("pids", "memory", "cpuacct"):
        shutil.rmtree(tmp_path / f"{each}/docker/{RUNS[0].id}")
    assert stand.reader.read(RUNS[0], 1.0) is None
    assert len(stand.reader.sweep) == 4
    assert stand.sweep() == []


def test_a_sweep_makes_nothing_for_the_collector(tmp_path: Path) -> None:
    """As many objects that it would have to look at as before, whatever was read."""
    stand = Stand(tmp_path, 100)
    stand.pids(RUNS[2], 201)
    sweep = stand.reader.sweep.sweep
    sweep()
    gc.collect()
    gc.disable()
    try:
        before = gc.get_count()[0]
        for _ in range(1000):
            sweep()
        grown = gc.get_count()[0] - before
    finally:
        gc.enable()
    assert grown < 10


@given(st.lists(st.tuples(st.integers(-1, 50), st.integers(-1, 50), st.integers(1, 20)), max_size=4))
def test_a_sweep_is_due_by_any_jump_and_by_what_is_unknown(levels: list[tuple[int, int, int]]) -> None:
    floors, now, jumps = (list(each) for each in zip(*levels, strict=True)) if levels else ([], [], [])
    expected = any(a < 0 or b < 0 or b >= a + jump for a, b, jump in levels)
    assert due(floors, now, jumps) is expected


class Wire:
    """A tripwire over two parents."""

    def __init__(self, path: Path) -> None:
        self.host = HostV2(path)
        homes = []
        for parent, run in (("/docker", RUNS[0]), ("/docker", RUNS[1]), ("/other", RUNS[2])):
            self.host.container(f"{parent}/{run.id}", pid=71)
            homes.append(self.host.found(run, 71))
        self.watched = parents(homes)
        for parent in ("/docker", "/other"):
            self.level(parent, 100, 10 * MIB)
        self.wire = Tripwire(self.watched, Jump(pids=8, memory=MIB))

    def level(self, parent: str, pids: object, memory: int = 10 * MIB) -> None:
        files = {"pids.current": f"{pids}\n", "memory.current": f"{memory}\n"}
        self.host.write(f"tree{parent}", files)


def test_the_parents_of_all_are_watched_each_once(tmp_path: Path) -> None:
    wire = Wire(tmp_path)
    tree = f"{tmp_path}/tree"
    assert set(wire.watched) == {
        (f"{tree}/docker/pids.current", What.PIDS),
        (f"{tree}/docker/memory.current", What.MEMORY),
        (f"{tree}/other/pids.current", What.PIDS),
        (f"{tree}/other/memory.current", What.MEMORY),
    }


def test_the_wire_trips_on_a_jump_of_either_parent_and_on_many_small_steps(tmp_path: Path) -> None:
    made = Wire(tmp_path)
    wire = made.wire
    assert wire.look(), "what was never swept is due"
    wire.swept()
    assert not wire.look()
    made.level("/docker", 107)
    assert not wire.look()
    made.level("/docker", 108)
    assert wire.look()
    wire.swept()
    for pids in range(109, 116):
        made.level("/docker", pids)
        assert not wire.look()
    made.level("/docker", 90)
    assert not wire.look(), "the floor sinks with it"
    made.level("/docker", 98)
    assert wire.look()
    wire.swept()
    made.level("/other", 100, 11 * MIB)
    assert wire.look()


def test_a_parent_that_cannot_be_read_is_always_due(tmp_path: Path) -> None:
    made = Wire(tmp_path)
    made.wire.look()
    made.wire.swept()
    made.level("/other", "many")
    assert made.wire.look()
    made.wire.swept()
    assert made.wire.look()
    made.level("/other", 100)
    assert made.wire.look()
    made.wire.swept()
    assert not made.wire.look()
    assert not made.wire.blind


def test_a_parent_that_was_made_again_is_found_again(tmp_path: Path) -> None:
    """It was not there when the wire was made."""
    HostV2(tmp_path).trees()
    wire = Tripwire([(f"{tmp_path}/tree/a.slice/pids.current", What.PIDS)])
    blind = [wire.blind]
    assert wire.look()
    (tmp_path / "tree/a.slice").mkdir()
    (tmp_path / "tree/a.slice/pids.current").write_text("5\n")
    assert wire.look(), "it is opened for the next look"
    assert wire.look(), "and what was unknown is due once"
    wire.swept()
    assert not wire.look()
    assert [*blind, wire.blind] == [True, False]
    wire.close()


def test_the_root_of_a_tree_has_no_counter(tmp_path: Path) -> None:
    before = open_files()
    made: FakeHost = HostV2(tmp_path)
    made.trees()
    wire = Tripwire([(f"{tmp_path}/tree/pids.current", What.PIDS)])
    assert wire.blind
    assert wire.look()
    wire.close()
    wire.close()
    assert open_files() == before
