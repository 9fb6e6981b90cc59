"""Whose the processes of containers are of which no engine has told yet: by their cgroups, made just now."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from reactor.cgroups.mounts import Trees
from reactor.core.container import ContainerId
from reactor.kernel import inotify
from reactor.kernel.inotify import Change, Inotify, Told
from reactor.kmsg import births as room
from reactor.kmsg import parents as directories
from reactor.kmsg.birth import STALE, pids_in
from reactor.kmsg.births import LOOKS, Births
from reactor.kmsg.parents import Parents
from reactor.kmsg.watching import HOLD
from tests.cgroups.build import FakeHost, HostV1, HostV2, scope
from tests.core.build import box, cid
from tests.kernel.build import FakeProc, v1
from tests.kmsg.build import killed, open_log
from tests.kmsg.test_watching import Stand

ONE, TWO = cid(1), cid(2)
SEEN = 0.011
"""Seconds: a look is over then."""


@dataclass
class Tree:
    """The tree of memory of a made-up host, and who looks at it."""

    host: FakeHost
    top: str
    births: Births = field(init=False)

    def __post_init__(self) -> None:
        namespace = self.host.proc / "self/ns"
        namespace.mkdir(parents=True)
        (namespace / "pid").symlink_to("pid:[4026531836]")
        self.folder("")
        self.births = Births(self.host.trees(), self.host.proc)

    def folder(self, path: str) -> Path:
        return self.host.write(f"{self.top}{path}", {})

    def made(self, path: str, *pids: int) -> Path:
        """A cgroup, and who is in it."""
        return self.filled(self.folder(path), *pids)

    def filled(self, folder: Path, *pids: int) -> Path:
        (folder / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))
        return folder

    def removed(self, folder: Path) -> None:
        """As the kernel does it: with its files."""
        (folder / "cgroup.procs").unlink()
        folder.rmdir()

    def whose(self, *pids: int) -> list[ContainerId | None]:
        return [self.births.whose(pid, trio.current_time()) for pid in pids]

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.births.run)
            await wait_all_tasks_blocked()
            yield
            nursery.cancel_scope.cancel()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(HostV1(tmp_path), "memory")


async def test_who_was_in_it_is_known_when_nobody_is_any_more(autojump_clock: MockClock, tree: Tree) -> None:
    """While others are, the number may have gone elsewhere; a helper that has left was never killed."""
    tree.folder("/docker")
    async with tree.watched():
        home = tree.made(f"/docker/{ONE}", 100, 101)
        await trio.sleep(SEEN)
        tree.filled(home, 101, 102)
        await trio.sleep(0.03)
        assert tree.whose(100, 101, 102) == [None, ONE, ONE]
        tree.filled(home, 103)
        assert tree.whose(100, 101, 102) == [None, None, None]
        tree.filled(home)
        assert tree.whose(100, 101, 102) == [None, ONE, ONE]
        await trio.sleep(0.1)
        assert tree.whose(101) == [ONE], "an empty one is looked at, and nobody is forgotten for that"
        tree.removed(home)
        await wait_all_tasks_blocked()
        assert tree.whose(101) == [ONE]


async def test_a_kill_counts_from_when_he_was_seen_first_until_a_moment_after_the_last_time(
    autojump_clock: MockClock, tree: Tree
) -> None:
    """Where many processes begin, a number is another's within seconds, before and after."""
    tree.folder("/docker")
    async with tree.watched():
        began = trio.current_time()
        home = tree.made(f"/docker/{ONE}", 100)
        await trio.sleep(0.55)
        tree.filled(home, 100, 101)
        await trio.sleep(5)
        tree.removed(home)
        await wait_all_tasks_blocked()
        seen = began + max(each for each in LOOKS if each <= trio.current_time() - began)
        first = began + min(each for each in LOOKS if each > 0.55)

        def meant(pid: int, *moments: float) -> list[bool]:
            return [tree.births.whose(pid, each) == ONE for each in moments]

        assert meant(100, began - 0.001, began, seen, seen + STALE, seen + STALE + 0.001) == [
            False, True, True, True, False,
        ]  # fmt: skip
        assert meant(101, began, first - 0.001, first, seen + STALE) == [False, False, True, True]


async def test_it_is_looked_at_at_its_times(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not for ever: behind the last, the engine is asked."""
    looked = []

    def noted(path: str) -> list[int]:
        looked.append((Path(path).name, round(trio.current_time() - began, 6)))
        return pids_in(path)

    monkeypatch.setattr(room, "pids_in", noted)
    tree.folder("/docker")
    async with tree.watched():
        began = trio.current_time()
        home = tree.made(f"/docker/{ONE}", 100)
        await trio.sleep(2 * LOOKS[-1])
        assert looked == [(ONE, at) for at in (0.0, *LOOKS)]
        looked.clear()
        tree.removed(home)
        began = trio.current_time()
        tree.removed(tree.made(f"/docker/{ONE}", 100))
        tree.made(f"/docker/{ONE}", 200)
        await trio.sleep(2 * LOOKS[-1])
        assert looked == [(ONE, at) for at in (0.0, *LOOKS)], "of two runs the second"


async def test_looks_that_were_missed_are_one(
    mock_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy host keeps us waiting for seconds."""
    looked = []

    def noted(path: str) -> list[int]:
        looked.append(round(trio.current_time() - began, 6))
        return pids_in(path)

    monkeypatch.setattr(room, "pids_in", noted)
    tree.folder("/docker")
    async with tree.watched():
        began = trio.current_time()
        tree.made(f"/docker/{ONE}", 100)
        for step in (0.0, 1.7, 0.3, 0.0, 20.0, 20.0):
            mock_clock.jump(step)
            await wait_all_tasks_blocked()
    assert looked == [0.0, 1.7, 2.0, 22.0]


async def test_whom_the_engine_has_told_of_nobody_looks_at(autojump_clock: MockClock, tree: Tree) -> None:
    """By the same first process; if it names another, that is of another run. What was seen is kept."""
    tree.folder("/docker")
    async with tree.watched():
        homes = [tree.made(f"/docker/{cid(number)}", 100 + number) for number in (1, 2)]
        await trio.sleep(SEEN)
        for number, pid in ((1, 101), (2, 99)):
            tree.births.began(box(number, pid=pid), trio.current_time())
        for number, home in enumerate(homes, 201):
            tree.filled(home, number)
        await trio.sleep(0.03)
        for home in homes:
            tree.filled(home)
        assert tree.whose(101, 201, 102, 202) == [ONE, None, None, TWO]


async def test_what_was_told_twice_is_one_and_an_id_in_two_places_is_nobodys(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Parents.follow

    def slow(parents: Parents, path: str) -> bool:
        followed = follow(parents, path)
        if path.endswith("/jobs"):
            # After it is watched, and before it is listed.
            tree.made(f"/jobs/{TWO}", 200)
        return followed

    monkeypatch.setattr(Parents, "follow", slow)
    tree.folder("/docker")
    tree.folder("/system.slice")
    async with tree.watched():
        tree.folder("/jobs")
        homes = [tree.made(f"/docker/{ONE}", 100), tree.made(f"/system.slice/{scope(ONE)}", 101)]
        await trio.sleep(SEEN)
        for home in homes:
            tree.filled(home)
        assert tree.whose(100, 101, 200) == [None, None, TWO]


async def test_what_the_kernel_could_not_tell_is_unknown(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among it may be who is gone by now."""
    tree.folder("/docker")
    async with tree.watched():
        home = tree.made(f"/docker/{ONE}", 100)
        await trio.sleep(SEEN)
        with monkeypatch.context() as patched:
            patched.setattr(Inotify, "changes", lambda _: iter([Told(Change.LOST, -1)]))
            await trio.sleep(0.1)
        tree.filled(home)
        assert tree.whose(100) == [None]
        other = tree.made(f"/docker/{TWO}", 200)
        await trio.sleep(SEEN)
        tree.filled(other)
        assert tree.whose(200) == [TWO]


async def test_a_number_that_two_had_is_nobodys(autojump_clock: MockClock, stand: Stand) -> None:
    """The first process of a run that the engine told of late, and of one that was made meanwhile."""
    async with trio.open_nursery() as nursery:
        for task in (stand.births.run, stand.watch.run, stand.watch.settle):
            nursery.start_soon(task)
        await wait_all_tasks_blocked()
        home = begun(stand, ONE, 100)
        stand.proc.process(300, 1, v1(TWO))
        stand.began(2, 300)
        stand.began(2, 100)
        await trio.sleep(SEEN)
        (home / "cgroup.procs").write_text("")
        stand.log.write(killed(100))
        await trio.sleep(2 * HOLD)
        nursery.cancel_scope.cancel()
    assert stand.fed == []


@pytest.mark.parametrize("parent", ["/docker", "/jobs", "/system.slice", "/machine.slice"])
@pytest.mark.parametrize("there", ["before", "with it"])
async def test_an_engines_directory_is_found(
    autojump_clock: MockClock, tree: Tree, parent: str, there: str
) -> None:
    """The usual ones are watched from the first, any other if it is made meanwhile, at the top."""
    if there == "before":
        tree.folder(parent)
    async with tree.watched():
        tree.filled(tree.made(f"{parent}/{scope(ONE)}", 100))
        await wait_all_tasks_blocked()
        home = tree.made(f"{parent}/{TWO}", 200)
        await trio.sleep(SEEN)
        tree.filled(home)
        assert tree.whose(200) == [TWO if there == "with it" or parent != "/jobs" else None]


@pytest.mark.parametrize("by", ["young", "first"])
async def test_where_the_engine_was_seen_to_put_one_the_next_are(
    autojump_clock: MockClock, tree: Tree, by: str
) -> None:
    host = tree.host
    assert isinstance(host, HostV1)
    host.container(f"/apps/web/{ONE}", pid=71)
    host.container(f"/docker/{TWO}", pid=72)
    async with tree.watched():
        now = trio.current_time()
        if by == "young":
            tree.births.began(replace(box(2, pid=72), born=now), now)
        born = now - (1 if by == "young" else 3600)
        tree.births.began(replace(box(1, pid=71), born=born), now)
        home = tree.made(f"/apps/web/{cid(3)}", 300)
        await trio.sleep(SEEN)
        tree.filled(home)
        assert tree.whose(300) == [cid(3)]


async def test_on_version_2_by_systemd_and_podman(autojump_clock: MockClock, tmp_path: Path) -> None:
    """There, the processes can be one level below."""
    tree = Tree(HostV2(tmp_path), "tree")
    tree.folder("/system.slice")
    tree.folder("/machine.slice")
    async with tree.watched():
        home = tree.made(f"/system.slice/{scope(ONE)}", 100)
        below = tree.made(f"/machine.slice/{scope(TWO, 'libpod-')}/container", 200)
        tree.made(f"/machine.slice/{scope(TWO, 'libpod-')}")
        tree.made(f"/machine.slice/{scope(cid(3), 'libpod-conmon-')}", 300)
        await trio.sleep(SEEN)
        for each in (home, below):
            tree.filled(each)
        assert tree.whose(100, 200, 300) == [ONE, TWO, None]


async def test_what_somebody_else_made_says_nothing(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was given a part of the tree can call theirs as they like."""
    monkeypatch.setattr(directories, "owner_of_tree", lambda _: os.getuid() + 1)
    tree.folder("/docker")
    async with tree.watched():
        foreign = tree.made(f"/docker/{ONE}", 100)
        await trio.sleep(SEEN)
        tree.filled(foreign)
        assert tree.whose(100) == [None]


async def test_only_containers_count_and_not_what_is_in_them(autojump_clock: MockClock, tree: Tree) -> None:
    tree.folder("/docker")
    async with tree.watched():
        homes = [
            tree.made(f"/docker/{ONE}", 100),
            tree.made(f"/docker/{ONE}/{TWO}", 200),
            tree.made("/docker/service", 300),
            tree.made(f"/docker/service/{TWO}", 400),
        ]
        await trio.sleep(SEEN)
        for home in homes:
            tree.filled(home)
        assert tree.whose(100, 200, 300, 400) == [ONE, None, None, None]


async def test_below_a_name_with_an_id_nobody_counts(autojump_clock: MockClock, tree: Tree) -> None:
    """It is another runtime's container, and what is in it was named by whoever is in there."""
    async with tree.watched():
        homes = [
            tree.made(f"/cri-containerd-{TWO}.scope/{ONE}", 100),
            tree.made(f"/jobs/{TWO}", 200),
        ]
        await trio.sleep(SEEN)
        for home in homes:
            tree.filled(home)
        assert tree.whose(100, 200) == [None, TWO]


async def test_directories_that_are_gone_make_room(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree of cgroups does not tell that one which is watched is gone."""
    monkeypatch.setattr(directories, "MOST", 3)
    monkeypatch.setattr(
        inotify, "_CHANGES", {k: v for k, v in inotify._CHANGES.items() if v is not Change.GONE}
    )
    tree.folder("/docker")
    async with tree.watched():
        for number in range(1, 6):
            home = tree.made(f"/job-{number}/{cid(number)}", number)
            await trio.sleep(SEEN)
            tree.filled(home)
            assert tree.whose(number) == [cid(number)], number
            tree.removed(home)
            home.parent.rmdir()
        again = tree.made(f"/job-1/{cid(1)}", 9)
        await trio.sleep(SEEN)
        tree.filled(again)
        assert tree.whose(9) == [cid(1)], "one of the same name is another"
        for number in (7, 8):
            tree.filled(tree.made(f"/job-{number}/{cid(number)}", number))
            await trio.sleep(SEEN)
        assert tree.whose(8) == [None], "there are too many"


async def test_where_processes_have_other_numbers_nobody_is_asked(
    autojump_clock: MockClock, tree: Tree
) -> None:
    namespace = tree.host.proc / "self/ns/pid"
    namespace.unlink()
    namespace.symlink_to("pid:[4026532000]")
    await tree.births.run()
    await Births(Trees(), tree.host.proc).run()


@pytest.mark.parametrize("lacks", ["open", "watch", "changes"])
async def test_without_inotify_it_is_said_and_nothing_ends(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lacks: str
) -> None:
    """A user has only so many of them, and of what can be watched."""

    def refused(*_: object) -> Inotify:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Inotify, lacks, refused)
    caplog.set_level("INFO", "reactor.kmsg")
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tree.births.run)
            await wait_all_tasks_blocked()
            tree.folder("/docker")
    (record,) = caplog.records
    assert (record.message, record.__dict__["why"]) == ("new cgroups are not told of", os.strerror(28))


async def test_only_so_many_are_remembered(
    autojump_clock: MockClock, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest is forgotten; and of one cgroup only the first are read."""
    monkeypatch.setattr(room, "MOST", 3)
    tree.folder("/docker")
    async with tree.watched():
        homes = [tree.made(f"/docker/{cid(number)}", number) for number in range(1, 6)]
        await trio.sleep(SEEN)
        for home in homes:
            tree.filled(home)
        assert [each is not None for each in tree.whose(1, 2, 3, 4, 5)].count(True) == 3
        bomb = tree.made(f"/docker/{cid(9)}", *range(1000, 9000))
        await trio.sleep(SEEN)
        tree.filled(bomb)
        assert tree.whose(8999) == [None]


def begun(stand: Stand, container: ContainerId, pid: int) -> Path:
    """A cgroup with one process in it."""
    memory = stand.trees.of("memory")
    assert memory is not None
    home = Path(memory.point) / "docker" / container
    home.mkdir()
    (home / "cgroup.procs").write_text(f"{pid}\n")
    return home


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    with open_log() as made:
        monkeypatch.setattr("reactor.kmsg.log.KernelLog.open", made.open)
        (tmp_path / "host").mkdir()
        host = HostV1(tmp_path / "host")
        host.write(f"memory/docker/{TWO}", {"cgroup.procs": ""})
        proc = tmp_path / "other"
        proc.mkdir()
        yield Stand(made, FakeProc(proc), host.trees())


async def test_a_kill_of_who_is_gone_is_known_by_it(autojump_clock: MockClock, stand: Stand) -> None:
    """It was in no line that names a cgroup, and the engine has named no process of it."""
    async with trio.open_nursery() as nursery:
        for task in (stand.births.run, stand.watch.run, stand.watch.settle):
            nursery.start_soon(task)
        await wait_all_tasks_blocked()
        home = begun(stand, ONE, 100)
        await trio.sleep(0.1)
        (home / "cgroup.procs").write_text("")
        stand.log.write(killed(100))
        stand.log.write(killed(101))
        await trio.sleep(2 * HOLD)
        nursery.cancel_scope.cancel()
    assert [each for each, _ in stand.kills()] == [ONE]
    assert stand.watch.statistics().untold == 1
