"""A disk that takes no more: the monitor acts all the same, and shouts."""

from functools import partial
from pathlib import Path

from tests.real import deeds
from tests.real.scene import Scene
from tests.real.waiting import until


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
            (intent,) = until(partial(monitor.intents, container), 10, "what was done is on record")
            assert (intent["final"], intent["result"]) == (1, "done")
            assert [row["cause"] for row in monitor.exits(container)] == ["reactor"]
