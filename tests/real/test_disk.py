"""A disk that takes no more, or that somebody keeps busy: the monitor acts all the same, and shouts."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.real import deeds
from tests.real.monitor import Monitor
from tests.real.scene import Scene
from tests.real.waiting import until

WRITERS = 4
WRITES = f"""\
writes() {{ while true; do dd if=/dev/zero of=/data/$1 bs=1M count=24 conv=fsync; done; }}
i=0; while [ $i -lt {WRITERS} ]; do writes $i 2>/dev/null & i=$((i+1)); done
"""
"""Writes and waits for the disk, several times at once, for ever."""
STORM = deeds.processes(210)[-1]


@pytest.fixture
def slow_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system on a file in memory, so that whoever saturates it waits for it, and nobody else does."""
    image, folder = Path(mkdtemp(dir="/dev/shm")) / "image", tmp_path / "slow"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run(("mkfs.ext4", "-q", "-F", str(image)), check=True)
    subprocess.run(("mount", "-o", "loop,sync", str(image), str(folder)), check=True)
    yield folder
    subprocess.run(("umount", "--lazy", str(folder)), check=True)
    image.unlink()
    image.parent.rmdir()


def fill(folder: Path) -> Path:
    """Leave no byte free."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"x" * 4096)
            except OSError:
                return filler


def test_a_journal_on_a_full_disk_keeps_nobody_alive(lone_scene: Scene, small_disk: Path) -> None:
    """Killed in time, in scope only; and written down when there is room again."""
    scene = lone_scene
    with scene.monitor(journal=small_disk / "journal.db") as monitor:
        assert monitor.metric("reactor_journal_healthy") == 1
        filler = fill(small_disk)
        many = [scene.guilty(scene.run(deeds.STORM, task=f"t{n}", pids=deeds.PIDS)) for n in range(3)]
        side = scene.run(deeds.SERVE, serves="t0")
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", pids=deeds.PIDS))
        until(lambda: scene.truth.events(side, "die"), 30, "its sidecar goes with it")
        scene.guilty(side, 30)
        scene.verdict()
        scene.report("three storms with the journal on a full disk, and a sidecar")
        # What the write-ahead log holds already can be written again, so that it comes and goes.
        until(lambda: monitor.metric("reactor_journal_failures_total"), 10, "it says that it was not well")
        assert any(
            line["level"] == "error" for line in monitor.lines() if line["logger"] == "reactor.journal"
        )
        filler.unlink()
        until(lambda: monitor.metric("reactor_journal_healthy") == 1, 40, "it is well again")
        for container in (*many, side):
            (intent,) = until(partial(finished, monitor, container), 30, "what was done is on record")
            assert (intent["final"], intent["result"]) == (1, "done")
            rows = until(partial(monitor.exits, container), 30, "so is its end")
            assert [row["cause"] for row in rows] == ["reactor"]


@contextmanager
def standing_still(folder: Path) -> Iterator[None]:
    """Whoever writes to this file system waits from now on; how a disk behaves whose cable was pulled."""
    subprocess.run(("fsfreeze", "--freeze", str(folder)), check=True)
    try:
        yield
    finally:
        # Nobody who waits for such a disk can be killed, not even the monitor.
        subprocess.run(("fsfreeze", "--unfreeze", str(folder)), check=True)


def finished(monitor: Monitor, container: str) -> list[dict[str, Any]]:
    """What is on record of it, once that is final."""
    return [row for row in monitor.intents(container) if row["final"]]


def test_a_disk_that_stands_still_keeps_nobody_alive(lone_scene: Scene, slow_disk: Path) -> None:
    """No intent comes to the disk at all; kills do not wait for it, and all is on record afterwards."""
    scene = lone_scene
    with scene.monitor(journal=slow_disk / "journal.db") as monitor:
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", pids=deeds.PIDS))
        with standing_still(slow_disk):
            bad = scene.guilty(scene.run(deeds.STORM, task="bad", pids=deeds.PIDS))
            side = scene.run(deeds.SERVE, serves="bad")
            scene.guilty(side, 30)
            scene.verdict()
            until(lambda: monitor.metric("reactor_journal_late_total"), 10, "it says that the disk is late")
        scene.report("a storm while the disk of the journal stands still")
        for container in (bad, side):
            (intent,) = until(partial(finished, monitor, container), 30, "what was done is on record")
            assert intent["result"] == "done"
            rows = until(partial(monitor.exits, container), 30, "so is its end")
            assert [row["cause"] for row in rows] == ["reactor"]


def sync_takes(folder: Path) -> float:
    """How long a small write needs to be on the disk now."""
    with (folder / "probe").open("wb", buffering=0) as file:
        began = time.monotonic()
        file.write(b"x" * 4096)
        os.fsync(file.fileno())
        return time.monotonic() - began


def test_who_saturates_the_disk_of_the_journal_is_ended_in_time(lone_scene: Scene, slow_disk: Path) -> None:
    """However long his writes make an intent wait: he is ended in time.

    How slow they make a disk is up to the disk; one that takes nothing at all is tested above.
    """
    scene, go = lone_scene, slow_disk / "go"
    data: dict[str, Any] = {"volumes": [f"{slow_disk}:/data"], "pids": deeds.PIDS}
    with scene.monitor(journal=slow_disk / "journal.db") as monitor:
        scene.innocent(scene.run(deeds.AT_THE_LIMIT, task="calm", pids=deeds.PIDS))
        script = f"{WRITES}\nuntil [ -e /data/go ]; do sleep 0.1; done; {STORM}"
        bad = scene.run(deeds.sh(script), task="bad", **data)
        side = scene.run(deeds.SERVE, serves="bad")
        until(lambda: len(list(slow_disk.glob("[0-9]*"))) == WRITERS, 30, "all write")
        slowest = max(sync_takes(slow_disk) for _ in range(10))
        go.touch()
        scene.guilty(bad, since=scene.truth.now())
        scene.verdict()
        scene.report(f"a storm that keeps the disk of the journal busy (a write took up to {slowest:.3f} s)")
        scene.guilty(side, since=scene.truth.lives(bad)[0].died)
        scene.verdict()
        (intent,) = until(partial(finished, monitor, bad), 30, "on record")
        assert intent["result"] == "done"
