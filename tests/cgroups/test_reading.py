"""What is read of a run, on both versions; what cannot be read; and that nothing stays open."""

import os
import resource
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.cgroups.descriptors import MOST, Budget, CgroupGone, Drawer, allowed, allowed_now
from reactor.cgroups.files import HOT, What
from reactor.cgroups.parsing import UNLIMITED
from reactor.cgroups.reading import PLAIN, SAMPLED, Reader, ReaderStatistics, Reading
from reactor.cgroups.samples import sample_of
from reactor.core.container import Run
from reactor.core.facts import Sample
from tests.cgroups.build import MIB, HostV1, HostV2, run_of

ONE = run_of(0xA1)
FULL = Reading(
    5.0,
    ONE,
    pids=3,
    pids_peak=7,
    pids_limit=256,
    usage=5 * MIB,
    usage_peak=6 * MIB,
    memory=4 * MIB,
    memory_limit=UNLIMITED,
    cpu=0.007,
    oom_kills=1,
    forks_refused=2,
)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def reader_of(host: HostV1 | HostV2, *runs: Run, most: int = 100) -> Reader:
    """A reader of containers at the usual place, which are made."""
    reader = Reader(Budget(most))
    for run in runs:
        host.container(f"/docker/{run.id}")
        assert reader.add(host.found(run))
    return reader


def test_version_1_is_read(tmp_path: Path) -> None:
    assert reader_of(HostV1(tmp_path), ONE).read(ONE, 5.0) == FULL


def test_version_2_is_read(tmp_path: Path) -> None:
    found = reader_of(HostV2(tmp_path), ONE).read(ONE, 5.0)
    assert found is not None
    assert (found.pids_limit, found.memory_limit) == (UNLIMITED, 64 * MIB)
    assert (found.pids, found.usage, found.memory, found.cpu) == (3, 5 * MIB, 4 * MIB, 0.007)
    assert (found.pids_peak, found.usage_peak, found.oom_kills, found.forks_refused) == (7, 6 * MIB, 1, 2)


def test_the_working_set_is_only_there_if_it_is_asked_for(tmp_path: Path) -> None:
    reader = reader_of(HostV1(tmp_path), ONE)
    found = reader.read(ONE, 5.0, PLAIN)
    assert found == replace(FULL, memory=None)
    assert reader.read(ONE, 5.0, [What.PIDS]) == Reading(5.0, ONE, pids=3)
    found = reader.read(ONE, 5.0, SAMPLED)
    assert found is not None
    assert sample_of(found) == sample_of(FULL)


@pytest.mark.parametrize("kept", [(), tuple(What)])
@pytest.mark.parametrize("most", [0, 1, 100])
def test_what_is_kept_open_and_what_is_not_read_the_same(
    most: int, kept: tuple[What, ...], tmp_path: Path
) -> None:
    host = HostV1(tmp_path)
    reader_of(host, ONE)
    reader = Reader(Budget(most), kept)
    reader.add(host.found(ONE))
    assert reader.read(ONE, 5.0) == FULL
    (tmp_path / f"pids/docker/{ONE.id}/pids.current").write_text("201\n")
    found = reader.read(ONE, 6.0)
    assert found is not None
    assert found.pids == 201
    reader.close()


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ("pids/{}/pids.peak", "pids_peak"),
        ("pids/{}/pids.current", "pids"),
        ("pids/{}/pids.events", "forks_refused"),
        ("memory/{}/memory.limit_in_bytes", "memory_limit"),
        ("memory/{}/memory.stat", "memory"),
        ("cpuacct/{}/cpuacct.usage", "cpu"),
    ],
)
def test_a_file_that_this_kernel_lacks_is_unknown_and_the_rest_is_read(
    missing: str, field: str, tmp_path: Path
) -> None:
    host = HostV1(tmp_path)
    host.container(f"/docker/{ONE.id}")
    (tmp_path / missing.format(f"docker/{ONE.id}")).unlink()
    reader = Reader(Budget(100), tuple(What))
    assert reader.add(host.found(ONE))
    for _ in range(2):
        found = reader.read(ONE, 5.0)
        assert found is not None
        unknown = {name for name in Reading.__slots__ if getattr(found, name) is None}
        assert unknown == {field}


def test_a_controller_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(f"/docker/{ONE.id}")
    shutil.rmtree(tmp_path / "memory/docker")
    reader = Reader(Budget(100))
    reader.add(host.found(ONE))
    found = reader.read(ONE, 5.0)
    assert found is not None
    assert (found.pids, found.usage, found.memory, found.memory_limit, found.oom_kills) == (3, *[None] * 4)


def test_what_makes_no_sense_is_unknown(tmp_path: Path) -> None:
    reader = reader_of(HostV1(tmp_path), ONE)
    (tmp_path / f"pids/docker/{ONE.id}/pids.current").write_text("\n")
    (tmp_path / f"pids/docker/{ONE.id}/pids.max").write_text("lots\n")
    found = reader.read(ONE, 5.0)
    assert found is not None
    assert (found.pids, found.pids_limit) == (None, None)


@pytest.mark.parametrize("most", [0, 100])
def test_a_cgroup_that_is_gone_is_no_reading_and_is_let_go(most: int, tmp_path: Path) -> None:
    """Files of a plain folder stay readable while they are kept: the kernel's do not (tests/real)."""
    before = open_files()
    reader = reader_of(HostV1(tmp_path), ONE, most=most)
    for each in ("pids", "memory", "cpuacct"):
        shutil.rmtree(tmp_path / f"{each}/docker/{ONE.id}")
    assert reader.read(ONE, 5.0) is None
    assert reader.read(ONE, 6.0) is None
    assert reader.statistics() == ReaderStatistics(runs=0, kept=0, readings=0, gone=1)
    assert open_files() == before


@pytest.mark.parametrize("read_before", [True, False])
def test_the_next_run_at_the_same_path_is_not_taken_for_this_one(read_before: bool, tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    reader = reader_of(host, ONE, most=0)
    if read_before:
        assert reader.read(ONE, 5.0) is not None
    for each in ("pids", "memory", "cpuacct"):
        folder = tmp_path / f"{each}/docker/{ONE.id}"
        folder.rename(folder.with_name("before"))
    host.container(f"/docker/{ONE.id}", pids=250)
    assert reader.read(ONE, 6.0) is None
    again = run_of(0xA1, 9)
    assert reader.add(host.found(again))
    found = reader.read(again, 6.0)
    assert found is not None
    assert found.pids == 250


def test_one_that_is_gone_before_it_is_added_is_not_added(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}")
    home = host.found(ONE)
    shutil.rmtree(tmp_path / "tree/docker")
    before = open_files()
    reader = Reader(Budget(100))
    assert not reader.add(home)
    assert reader.statistics().runs == 0
    assert open_files() == before


def test_descriptors_are_bounded_and_nothing_leaks(tmp_path: Path) -> None:
    host, runs = HostV1(tmp_path), [run_of(n) for n in range(1, 41)]
    before = open_files()
    reader = reader_of(host, *runs, most=30)
    assert open_files() - before == reader.statistics().kept == 20, "two thirds are for the sweep"
    assert all(reader.read(run, 5.0) is not None for run in runs)
    for run in runs[:20]:
        reader.remove(run)
    assert open_files() == before, "those that were kept are gone"
    for run in runs[20:]:
        reader.warm(run)
    assert open_files() - before == 20
    reader.cool(runs[20])
    assert reader.read(runs[20], 6.0) is not None
    assert open_files() - before == reader.statistics().kept == 18
    reader.add(host.found(runs[20]))
    reader.close()
    reader.close()
    assert open_files() == before
    assert reader.statistics().kept == 0


def test_a_hundred_come_and_go(tmp_path: Path) -> None:
    host, before = HostV1(tmp_path), open_files()
    host.container(f"/docker/{ONE.id}")
    home, reader = host.found(ONE), Reader(Budget(1000), tuple(What))
    for _ in range(100):
        reader.add(home)
        reader.read(ONE, 1.0)
        reader.remove(ONE)
    assert open_files() == before


@pytest.mark.parametrize(
    ("soft", "room"),
    [(1024, 614), (20_000, 12_000), (1_048_576, 12_000), (resource.RLIM_INFINITY, 12_000), (0, 0)],
)
def test_never_more_than_six_in_ten(soft: int, room: int) -> None:
    assert allowed(soft) == room
    assert 0 < allowed_now() <= MOST


def test_too_many_open_files_are_unknown_and_not_gone(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    host.container(f"/docker/{ONE.id}")
    drawer = Drawer(host.found(ONE), Budget(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        found = drawer.read(What.PIDS)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found is None
    assert drawer.read(What.PIDS) == b"3\n"


def test_a_drawer_tells_gone_by_raising(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    host.container(f"/docker/{ONE.id}")
    drawer = Drawer(host.found(ONE), Budget(0))
    shutil.rmtree(tmp_path / "tree/docker")
    for what in HOT:
        with pytest.raises(CgroupGone):
            drawer.read(what)


def test_the_sample_is_what_a_stream_would_give() -> None:
    assert sample_of(FULL) == Sample(
        5.0, ONE, pids=3, pids_limit=256, memory=4 * MIB, memory_limit=None, cpu=0.007
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pids": 0}, None),
        ({"pids": None, "usage": None}, None),
        ({"pids": None, "usage": 0}, None),
        ({"pids": None}, {"pids": None}),
        ({"memory": None}, {"memory": None}),
        ({"memory": 0}, {"memory": None}),
        ({"usage": None, "memory": None}, {"memory": None}),
        ({"cpu": None}, {"cpu": None}),
        ({"cpu": 0.0}, {"cpu": None}),
        ({"memory_limit": 32 * MIB}, {"memory_limit": 32 * MIB}),
        ({"memory_limit": 1000 * MIB}, {"memory_limit": None}),
        ({"memory_limit": 0}, {"memory_limit": None}),
        ({"memory_limit": None}, {"memory_limit": None}),
        ({"pids_limit": UNLIMITED}, {"pids_limit": None}),
    ],
)
def test_unknown_stays_unknown(
    changes: dict[str, int | None], expected: dict[str, int | None] | None
) -> None:
    """The host has 1000 MiB. Who has no process any more gives no data, whatever is still charged to it."""
    plain = sample_of(FULL, 1000 * MIB)
    assert plain is not None
    found = sample_of(replace(FULL, **changes), 1000 * MIB)  # type: ignore[arg-type]  # Fields of the record.
    assert found == (None if expected is None else replace(plain, **expected))  # type: ignore[arg-type]  # As above.
