"""Files by which owners live: what proves that one is gone, and what strangers' names cannot make us do."""

import os
import threading
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.core.owners import Presence
from reactor.owners.files import look_at, remote_devices
from reactor.owners.heartbeats import Heartbeats, InThread, LookHangs

from .inline import at_once

TTL = 20.0
ALIVE, GONE, UNKNOWN = Presence.ALIVE, Presence.GONE, Presence.UNKNOWN


class Scene:
    """A folder of heartbeats, and who looks at it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.beats = Heartbeats(root, TTL, at_once)
        self.file = root / "job"
        self._moment = 1_000_000_000

    def beat(self, step: int = 1) -> None:
        self._moment += step
        self.file.touch()
        os.utime(self.file, ns=(self._moment, self._moment))

    async def watch(self, seconds: float, every: float = 2.0) -> Presence:
        """Look every so often; what the last look says."""
        until = trio.current_time() + seconds
        while trio.current_time() < until:
            await trio.sleep(min(every, until - trio.current_time()))
            found = await self.look()
        return found

    async def look(self) -> Presence:
        return (await self.beats.look(["job"]))["job"].presence

    async def why(self) -> str:
        return (await self.beats.look(["job"]))["job"].why


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_it_lives_while_its_file_moves_and_is_gone_when_that_stood_for_the_whole_time(
    autojump_clock: MockClock, scene: Scene
) -> None:
    scene.beat()
    assert await scene.look() is UNKNOWN, "nobody has seen it move"
    for _ in range(10):
        scene.beat()
        assert await scene.watch(10) is ALIVE
    scene.beat()
    assert await scene.look() is ALIVE
    assert await scene.watch(TTL - 2) is ALIVE
    assert await scene.watch(2) is GONE
    assert await scene.why() == "its file has not moved for 20 s"
    scene.beat()
    assert await scene.look() is ALIVE


async def test_one_that_never_moves_is_unknown_for_the_whole_time_and_gone_after_it(
    autojump_clock: MockClock, scene: Scene
) -> None:
    """An earlier monitor's owner may have gone while nobody was there to watch."""
    scene.beat()
    await scene.look()
    assert await scene.watch(TTL - 2) is UNKNOWN
    assert await scene.watch(2) is GONE


@pytest.mark.parametrize("step", [-(10**18), 10**18, -1])
async def test_whatever_the_clock_of_the_file_says_another_moment_is_a_beat(
    autojump_clock: MockClock, scene: Scene, step: int
) -> None:
    scene.beat(2 * 10**18)
    for _ in range(4):
        await scene.watch(TTL - 2)
        scene.beat(step if step < 0 else step // 4)
        assert await scene.look() is ALIVE


async def test_a_file_of_the_future_or_of_long_ago_is_only_as_old_as_we_watched_it(
    autojump_clock: MockClock, scene: Scene
) -> None:
    for moment in (0, 4_000_000_000):
        scene.file.touch()
        os.utime(scene.file, (moment, moment))
        await scene.look()
        assert await scene.watch(TTL - 2) is not GONE
        assert await scene.watch(2) is GONE


async def test_time_in_which_nobody_looked_counts_for_nothing(
    autojump_clock: MockClock, scene: Scene
) -> None:
    scene.beat()
    await scene.look()
    assert await scene.watch(10) is UNKNOWN
    await trio.sleep(900)
    assert await scene.look() is UNKNOWN, "we were stopped, or the host slept"
    assert await scene.watch(8) is UNKNOWN
    assert await scene.watch(2) is GONE


async def test_a_look_too_seldom_never_proves_anything(autojump_clock: MockClock, scene: Scene) -> None:
    scene.beat()
    await scene.look()
    assert await scene.watch(600, every=6) is UNKNOWN


async def test_a_file_that_was_taken_away_is_gone_and_one_that_nobody_saw_is_unknown(
    autojump_clock: MockClock, scene: Scene
) -> None:
    assert await scene.watch(600) is UNKNOWN
    scene.beat()
    await scene.look()
    scene.file.unlink()
    assert await scene.look() is GONE
    scene.beat()
    assert await scene.look() is ALIVE, "another one put it there"


async def test_another_in_its_place_is_a_beat(autojump_clock: MockClock, scene: Scene) -> None:
    """Whoever writes a new file and moves it there never has the old one missing, or half."""
    scene.beat()
    await scene.watch(TTL - 2)
    moment = scene.file.stat().st_mtime_ns
    fresh = scene.root / "fresh"
    fresh.touch()
    os.utime(fresh, ns=(moment, moment))
    fresh.rename(scene.file)
    assert await scene.look() is ALIVE


async def test_a_folder_that_cannot_be_entered_or_is_another_by_now_proves_nothing(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """As where the file system that it was on has gone, and an empty folder is left in its place."""
    scene = Scene(tmp_path / "root")
    scene.root.mkdir()
    scene.beat()
    await scene.look()
    aside = scene.root.rename(tmp_path / "aside")
    assert await scene.look() is UNKNOWN
    scene.root.mkdir()
    assert await scene.look() is UNKNOWN
    assert "another one by now" in await scene.why()
    scene.root.rmdir()
    aside.rename(scene.root)
    assert await scene.watch(TTL + 8) is GONE, "what was watched before is not forgotten"


async def test_what_nobody_names_any_more_is_forgotten_after_a_while_and_not_at_once(
    autojump_clock: MockClock, scene: Scene
) -> None:
    """A main that is restarted is for a moment no living main."""
    scene.beat()
    await scene.look()
    await trio.sleep(600)
    await scene.beats.look([])
    scene.file.unlink()
    assert await scene.look() is GONE
    await trio.sleep(1000)
    assert await scene.look() is UNKNOWN


async def test_a_look_that_hangs_is_left_behind_and_no_other_begun(tmp_path: Path) -> None:
    (tmp_path / "job").touch()
    aside, release, began = InThread(within=0.05), threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        release.wait(20)

    with pytest.raises(LookHangs):
        await aside(hang)
    # Its thread may be begun later than we gave up: what it looks at hangs as long as we want.
    assert began.wait(10)
    beats = Heartbeats(tmp_path, TTL, aside)
    before = trio.current_time()
    found = await beats.look(["job", "other"])
    assert trio.current_time() - before < 5
    assert {each.presence for each in found.values()} == {UNKNOWN}
    assert found["job"].why == "a look at the files of heartbeats hangs"
    release.set()
    with trio.fail_after(10):
        while (await beats.look(["job"]))["job"].why == found["job"].why:
            await trio.testing.wait_all_tasks_blocked(0.01)


def test_nothing_outside_of_the_root_is_looked_at_and_nothing_that_is_no_file(tmp_path: Path) -> None:
    """Not by links at the end or on the way; a pipe does not hold us up."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / "in", outside):
        folder.mkdir(parents=True)
        (folder / "job").touch()
    (root / "link").symlink_to(outside / "job")
    (root / "inner-link").symlink_to("in/job")
    (root / "way").symlink_to(outside)
    (root / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "pipe")
    names = ["in/job", "link", "inner-link", "way/job", "dangling", "pipe", "in", "x" * 300, "in/none"]
    found = look_at(root, [*names, "in/job/deeper", "\ud800", "a\x00b", "none/job"])
    assert [name for name, mark in found.items() if mark.beat is not None] == ["in/job"]
    assert [name for name, mark in found.items() if not mark.why] == ["in/job", "in/none"]
    assert look_at(tmp_path / "nowhere", ["job"])["job"].why.startswith("the folder of heartbeats cannot be")


def test_no_file_is_left_open(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    (tmp_path / "a").mkdir()
    for _ in range(3):
        look_at(tmp_path, ["a/b/c", "a/b", "b", "a"])
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_lies_on_a_file_system_of_the_network_is_unknown(tmp_path: Path) -> None:
    """It may be told as it was a minute ago, while its owner beats."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "job").touch()
    device = (tmp_path / "root").stat().st_dev
    mounts = tmp_path / "mounts"
    here = f"{os.major(device)}:{os.minor(device)}"
    line = "36 35 {at} / /mnt rw,noatime shared:1 - {kind} host:/x rw\n"
    look = partial(look_at, tmp_path / "root", ["job"], mounts)
    for kind, known in (("ext4", True), ("nfs4", False), ("fuse.sshfs", False), ("fuseblk", True)):
        mounts.write_text(line.format(at="0:1", kind="nfs") + line.format(at=here, kind=kind))
        assert bool(look()["job"].beat) is known, kind
    mounts.unlink()
    assert look()["job"].why
    assert isinstance(remote_devices(), frozenset)
