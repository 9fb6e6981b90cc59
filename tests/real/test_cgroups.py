"""What the kernel says of containers, held against what the engine says of them; and what this kernel can."""

import os
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import trio

from reactor.cgroups.abilities import Mode
from reactor.cgroups.descriptors import Budget, allowed_now
from reactor.cgroups.files import What
from reactor.cgroups.finding import Home, NotFound, find
from reactor.cgroups.mounts import MOUNTINFO, Layout, Trees, look_for_trees, parse_mounts
from reactor.cgroups.probing import probe
from reactor.cgroups.reading import SAMPLED, Reader, Reading
from reactor.cgroups.samples import sample_of
from reactor.cgroups.surveying import survey
from reactor.cgroups.sweeping import UNKNOWN
from reactor.cgroups.tripwire import Jump, Tripwire, parents
from reactor.core.container import Container, ContainerId, Run
from reactor.core.facts import Sample
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from tests.real import deeds
from tests.real.engines import wedge
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.private_engine import PrivateEngine

MIB = 1024 * 1024
TOLERANCE = 2 * MIB
"""What the working set of a quiet container moves between two looks: a shell that sleeps forks."""


@dataclass
class Stand:
    """An engine, and the trees in which its containers are."""

    containers: Containers
    engine: DockerEngine
    trees: Trees
    reader: Reader
    memory: int

    async def look(self, container: str) -> Container:
        return await self.engine.inspect(ContainerId(container))

    async def home(self, container: str) -> Home:
        seen = await self.look(container)
        home = find(self.trees, seen.run, seen.pid)
        assert isinstance(home, Home), home
        assert (await self.look(container)).run == seen.run
        return home

    async def added(self, container: str) -> Run:
        home = await self.home(container)
        assert self.reader.add(home)
        return home.run

    def sample(self, run: Run) -> Sample | None:
        found = self.reader.read(run, trio.current_time(), SAMPLED)
        return None if found is None else sample_of(found, self.memory)

    async def frames(self, run: Run, count: int = 1) -> list[Sample | None]:
        with trio.fail_after(30):
            async with self.engine.open_stats(run) as frames:
                return [await anext(frames) for _ in range(count)]

    async def around(self, run: Run) -> tuple[Sample, Sample, Sample]:
        """A reading, what the engine says, and a reading again."""
        before, said, after = self.sample(run), (await self.frames(run))[0], self.sample(run)
        assert before is not None
        assert said is not None
        assert after is not None
        return before, said, after


@pytest.fixture
async def stand(containers: Containers) -> AsyncIterator[Stand]:
    engine = DockerEngine(resolve(containers.docker_host, {}))
    reader = Reader(Budget(allowed_now()), (What.CPU, What.PIDS_PEAK))
    yield Stand(containers, engine, look_for_trees(), reader, (await engine.identify()).memory)
    reader.close()


def same(before: Sample, said: Sample, after: Sample) -> None:
    """The engine's word lies between two readings, as far as the numbers move at all."""
    assert before.pids == said.pids == after.pids
    assert before.pids_limit == said.pids_limit
    assert before.memory_limit == said.memory_limit
    assert None not in (before.memory, said.memory, after.memory)
    low, high = sorted((before.memory or 0, after.memory or 0))
    assert low - TOLERANCE <= (said.memory or 0) <= high + TOLERANCE
    assert before.cpu is not None
    assert after.cpu is not None
    assert said.cpu is not None
    assert before.cpu <= said.cpu <= after.cpu + 1e-9


async def test_a_reading_is_what_the_engine_says(stand: Stand) -> None:
    """With limits and without, many processes, memory that is held, and memory full of page cache."""
    run = stand.containers.run
    crowd = [
        run(deeds.processes(40), mem=deeds.MEMORY, pids=deeds.PIDS),
        run(deeds.NEARLY_FULL, mem=deeds.MEMORY, shm_size="64m"),
        run(deeds.sh("dd if=/dev/zero of=/cache bs=1M count=40; sleep 100000"), mem="128m"),
        run(("sleep", "100000")),
    ]
    runs = [await stand.added(each) for each in crowd]
    many, full, cached, plain = runs
    until(lambda: (stand.sample(many) or Sample(0, many)).pids == 40, 10, "40 processes")
    until(lambda: _usage(stand, full) > 50 * MIB, 10, "memory is held")
    until(lambda: _usage(stand, cached) > 40 * MIB, 10, "a file was written")
    for each in runs:
        same(*await stand.around(each))
    before = stand.sample(plain)
    assert before is not None
    assert (before.pids_limit, before.memory_limit) == (_unasked(await stand.home(crowd[-1])), None)
    many_now = stand.sample(many)
    assert many_now is not None
    assert (many_now.pids, many_now.pids_limit, many_now.memory_limit) == (40, deeds.PIDS, 64 * MIB)


def _unasked(home: Home) -> int | None:
    """The limit of PIDs of one for which nobody asked for any: systemd gives one to each scope."""
    place = Path(home.places["pids"].path)
    return int((place / "pids.max").read_text()) if place.suffix == ".scope" else None


def _usage(stand: Stand, run: Run) -> int:
    found = stand.reader.read(run, 0.0)
    return 0 if found is None or found.usage is None else found.usage


async def test_a_file_that_is_read_is_never_memory_in_use(stand: Stand) -> None:
    """Usage and cache are read one after the other, and cache comes and goes in between."""
    run = await stand.added(stand.containers.run(deeds.CACHE_COMES_AND_GOES, mem=deeds.MEMORY))
    until(lambda: _usage(stand, run) > 40 * MIB, 10, "a file is read")
    most = usage = 0
    done = time.monotonic() + 3
    while time.monotonic() < done:
        found = stand.reader.read(run, 0.0, (What.MEMORY, What.MEMORY_STAT))
        assert found is not None
        most, usage = max(most, found.memory or 0), max(usage, found.usage or 0)
    assert usage > 50 * MIB
    assert most < 20 * MIB


async def test_a_paused_one_is_read_and_an_ended_one_is_gone(stand: Stand) -> None:
    """Both sources agree: a frozen run is evidence, an ended one gives no data."""
    container = stand.containers.run(deeds.processes(10), mem=deeds.MEMORY, pids=deeds.PIDS)
    run = await stand.added(container)
    until(lambda: (stand.sample(run) or Sample(0, run)).pids == 10, 10, "10 processes")
    await stand.engine.pause(ContainerId(container))
    same(*await stand.around(run))
    await stand.engine.unpause(ContainerId(container))
    async with stand.engine.open_stats(run) as frames:
        assert await anext(frames) is not None
        await stand.engine.kill(ContainerId(container))
        seen = _until_no_data(stand, run)
        with trio.fail_after(10):
            while await anext(frames) is not None:
                pass
    assert all(each.pids for each in seen), "never a zero on the way"
    until(lambda: stand.reader.read(run, 0.0) is None, 10, "its cgroup is gone")
    assert stand.reader.statistics().kept == 0
    assert isinstance(find(stand.trees, run), NotFound)


def _until_no_data(stand: Stand, run: Run) -> list[Sample]:
    """All samples of a run that was told to end, as fast as they can be read."""
    seen: list[Sample] = []
    deadline = time.monotonic() + 10
    while (sample := stand.sample(run)) is not None:
        seen.append(sample)
        assert time.monotonic() < deadline, "it did not end"
    return seen


async def test_the_next_run_is_another_one(stand: Stand) -> None:
    """The same path, and another directory: what was opened for the first run never reads the second."""
    container = stand.containers.run(("sleep", "100000"))
    first = await stand.added(container)
    cold = Reader(Budget(0))
    assert cold.add(await stand.home(container))
    await stand.engine.restart(ContainerId(container), 0.1)
    second = await stand.added(container)
    assert second.id == first.id
    assert second != first
    assert stand.reader.read(first, 0.0) is None
    assert cold.read(first, 0.0) is None
    assert stand.sample(second) is not None


async def test_all_containers_are_found_wherever_they_are(stand: Stand) -> None:
    """By process and by one survey; also below another parent, and never what was made within one."""
    own = stand.containers.idle()
    place = (await stand.home(own)).places["pids"].path
    # The engine's own parent, so that it goes with the engine; systemd wants a slice.
    parent = "ci-jobs.slice" if place.endswith(".scope") else f"/{Path(place).parts[-2]}/jobs/ci"
    elsewhere = stand.containers.idle(cgroup_parent=parent)
    ids = [own, elsewhere, *(stand.containers.idle() for _ in range(3))]
    homes = [await stand.home(each) for each in ids]
    assert {home.by for home in homes} == {"pid"}
    assert set(homes[0].places) >= {"pids", "memory", "cpu"}
    assert homes[1].parent("pids").endswith(f"/{parent.strip('/')}")
    lie = Path(homes[0].places["pids"].path) / ("f" * 64)
    lie.mkdir()
    try:
        seen = survey(stand.trees)
        assert set(ids) <= seen.keys()
        assert lie.name not in seen
        for home in homes:
            found = find(stand.trees, home.run, surveyed=seen)
            assert isinstance(found, Home)
            assert dict(found.places) == dict(home.places)
        assert isinstance(find(stand.trees, Run(ContainerId(lie.name), "x"), surveyed=seen), NotFound)
    finally:
        lie.rmdir()
    assert isinstance(find(stand.trees, homes[1].run, parent=parent), Home)


async def test_a_sidecar_in_the_network_of_a_dead_main_is_still_seen(stand: Stand) -> None:
    """The engine gives no data for it, as long as it lives."""
    main = stand.containers.idle()
    sidecar = stand.containers.run(deeds.processes(30), network_mode=f"container:{main}", pids=64)
    run = await stand.added(sidecar)
    until(lambda: (stand.sample(run) or Sample(0, run)).pids == 30, 10, "30 processes")
    await stand.engine.kill(ContainerId(main))
    with trio.fail_after(30):
        async with stand.engine.open_stats(run) as frames:
            while await anext(frames) is not None:
                pass
    found = stand.sample(run)
    assert found is not None
    assert (found.pids, found.pids_limit) == (30, 64)


def test_everybody_is_seen_while_one_shim_is_stuck(
    private_engine: PrivateEngine, private_containers: Containers
) -> None:
    """The engine's own stats stand still for all of them."""
    stuck, other = (private_containers.run(deeds.processes(5)) for _ in range(2))
    trees, reader = look_for_trees(), Reader(Budget(allowed_now()))
    runs = []
    for each in (stuck, other):
        said = private_containers.inspect(each)["State"]
        runs.append(Run(ContainerId(each), said["StartedAt"]))
        home = find(trees, runs[-1], said["Pid"])
        assert isinstance(home, Home), home
        assert reader.add(home)
    with wedge(private_engine, stuck):
        for run in runs:
            until(partial(_has, reader, run, 5), 10, "5 processes")
    reader.close()


def _has(reader: Reader, run: Run, pids: int) -> bool:
    found = reader.read(run, 0.0)
    return found is not None and found.pids == pids


async def test_peaks_and_oom_kills_are_counted(stand: Stand) -> None:
    container = stand.containers.run(deeds.OOM_CHILD, mem="32m", pids=64)
    run = await stand.added(container)

    def oomed() -> Reading | None:
        found = stand.reader.read(run, 0.0)
        return found if found is not None and found.oom_kills else None

    found = until(oomed, 20, "a child was killed")
    assert found is not None
    assert (found.usage_peak or 0) > 30 * MIB
    # Older kernels do not have it.
    peak = found.pids_peak
    assert (peak or 0) >= 2 if _exists(await stand.home(container), "pids.peak") else peak is None


def _exists(home: Home, name: str) -> bool:
    return Path(home.places["pids"].path, name).exists()


async def test_the_tripwire_of_the_parent_sees_a_storm_in_any_container(
    stand: Stand, measured: Callable[[str], None]
) -> None:
    storm = stand.containers.create(deeds.STORM, pids=deeds.PIDS)
    idle = [stand.containers.idle() for _ in range(3)]
    for each in idle:
        stand.reader.watch(await stand.added(each), pids_over=200)
    homes = [await stand.home(each) for each in idle]
    wire = Tripwire(parents(homes), Jump(pids=8, memory=1 << 60))
    assert not wire.blind
    wire.look()
    wire.swept()
    await stand.engine.restart(ContainerId(storm), 1)
    until(wire.look, 10, "the parent has grown")
    guilty = await stand.added(storm)
    stand.reader.watch(guilty, pids_over=200)
    place = until(stand.reader.sweep.sweep, 10, "it is over its threshold")[0]
    assert stand.reader.sweep.runs[place] == guilty
    assert stand.reader.sweep.sweep() == [place]
    measured(f"the sweep saw a storm at {stand.reader.sweep.pids[place]} processes")
    wire.close()


@pytest.mark.real
def test_the_probe_tries_and_leaves_nothing(measured: Callable[[str], None]) -> None:
    """Each answer agrees with what can be told beside it; and no process, cgroup or descriptor is left."""
    trees = look_for_trees()
    before, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    found = probe(trees)
    assert found.layout is not Layout.NONE
    assert found.read.works
    assert found.write.works is (os.geteuid() == 0), found.write
    unified = trees.unified
    if unified is not None and found.write.works:
        assert found.cgroup_events.works, found.cgroup_events
        assert found.cgroup_kill.works, found.cgroup_kill
    for name, each in found.lines():
        assert each.why, name
        measured(f"{name}: {'yes' if each.works else 'no'}, {each.why}")
    assert _left(trees) == []
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (before, threads)


def _left(trees: Trees) -> Sequence[str]:
    points = {mount.point for mount in trees.by_controller.values()}
    return [
        name
        for point in points
        for name in os.listdir(point)
        if name.startswith(f"reactor-probe-{os.getpid()}-")
    ]


@pytest.mark.real
def test_a_kept_file_of_a_cgroup_that_is_gone_is_gone_and_not_zero() -> None:
    """On the kernel's own files: made, read, removed."""
    trees = look_for_trees()
    mount = trees.of("pids")
    assert mount is not None
    run = Run(ContainerId(f"{os.getpid():064x}"), "x")
    home = Path(mount.point) / run.id
    home.mkdir()
    try:
        found = find(trees, run, surveyed={run.id: f"/{run.id}"})
        assert isinstance(found, Home)
        kept, cold = Reader(Budget(100)), Reader(Budget(0))
        assert kept.add(found)
        assert cold.add(found)
        place = kept.watch(run, pids_over=0)
        assert kept.sweep.sweep() == []
        assert kept.sweep.pids[place] == 0
        assert kept.sweep.usage[place] == UNKNOWN, "nobody asked for it, and that is not nothing"
        reading = kept.read(run, 1.0)
        assert reading is not None
        assert reading.pids == 0
        assert sample_of(reading) is None
        home.rmdir()
        assert kept.sweep.sweep() == []
        assert kept.sweep.gone == [place]
        assert kept.read(run, 2.0) is None
        home.mkdir()
        assert cold.read(run, 3.0) is None, "another directory at the same path"
    finally:
        home.rmdir()


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Trees]:
    """The trees of this host once more, mounted read-only: as a container of a careful operator has them."""
    trees = look_for_trees()
    points = {}
    with ExitStack() as mounted:
        for point in {mount.point for mount in trees.by_controller.values()}:
            points[point] = str(tmp_path / point.replace("/", "-"))
            os.mkdir(points[point])
            subprocess.run(("mount", "--bind", point, points[point]), check=True)
            mounted.callback(subprocess.run, ("umount", points[point]), check=True)
            subprocess.run(("mount", "-o", "remount,bind,ro", points[point]), check=True)
        seen = [mount for mount in parse_mounts(MOUNTINFO.read_text()) if mount.point in points.values()]
        assert seen
        assert all(mount.read_only for mount in seen)
        # What the table says is not believed here: it is to be found out by trying.
        moved = {
            name: replace(mount, point=points[mount.point]) for name, mount in trees.by_controller.items()
        }
        yield Trees(moved)


async def test_a_tree_that_is_mounted_read_only_is_read_as_well(stand: Stand, sealed: Trees) -> None:
    found = await trio.to_thread.run_sync(probe, sealed)
    assert found.mode is Mode.READ_ONLY
    assert "Read-only file system" in found.write.why
    assert "writable" in found.write.grant
    assert not found.cgroup_kill.works
    container = stand.containers.run(("sleep", "100000"), pids=64)
    seen = await stand.look(container)
    home = find(sealed, seen.run, seen.pid)
    assert isinstance(home, Home), home
    assert stand.reader.add(home)
    same(*await stand.around(seen.run))
    stand.reader.watch(seen.run, pids_over=0)
    assert stand.reader.sweep.sweep() == [0]
    wire = Tripwire(parents([home]))
    assert not wire.blind
    wire.close()


@pytest.mark.real
def test_a_user_without_rights_is_told_so() -> None:
    """Nothing is raised, and what can be read is read."""
    trees = look_for_trees()
    os.seteuid(65534)
    try:
        found = probe(trees)
    finally:
        os.seteuid(0)
    assert found.mode is Mode.READ_ONLY
    assert "as user 65534" in found.write.why
    for each in (found.write, found.priority, found.realtime, found.pidfd):
        assert not each.works
        assert each.grant, each
    assert _left(trees) == []
