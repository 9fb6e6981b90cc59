"""What goes, what stays, and what is left when somebody is killed in the middle of it."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reactor.core.recipes import Folder, plain_name
from reactor.data.choosing import Held, Wanted, stays
from reactor.data.emptying import empty
from reactor.data.leaving import left_aside, recover, set_aside, thrown_away
from reactor.data.listing import listed
from reactor.data.mounts import Mounts
from reactor.data.preparing import prepare
from reactor.data.removing import Report, remove
from reactor.data.root import Root
from tests.data.build import bound, entry, filled, home, rooted, tree
from tests.data.test_trouble import killed

LEVELS = 1050
"""More than there are descriptors, usually, and than Python calls itself."""
DEEP_DOWN = 1_000_000
"""Bytes."""


def gone(root: Root, *tasks: str, again: Callable[[], Held] = Held) -> Report:
    return remove(root, [entry(root, task) for task in tasks], again)


def deep(folder: Path, levels: int) -> None:
    """Folders in folders, far beyond what a path can be."""
    place = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 50, dir_fd=place)
        inner = os.open("d" * 50, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    end = os.open("end", os.O_CREAT | os.O_WRONLY, dir_fd=place)
    os.write(end, b"x" * DEEP_DOWN)
    os.close(end)
    os.close(place)


def test_however_deep_it_is_it_is_looked_through_and_goes(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        deep(filled(root, "job", "pg"), LEVELS)
        found = entry(root, "job")
        assert found.cut == ""
        assert found.size >= DEEP_DOWN
        report = gone(root, "job")
        assert (report.emptied.folders, report.emptied.files) == (LEVELS + 2, 2)
        assert thrown_away(root) == 0


def test_only_what_is_old_and_nobodys_goes(tmp_path: Path) -> None:
    """The neighbours are as they were, byte for byte, and so is what links led to."""
    outside = tmp_path / "outside"
    (outside / "kept").mkdir(parents=True)
    with rooted(tmp_path) as root, Root.open(tmp_path / "other") as other:
        old = filled(root, "old", "pg", "empty")
        (old / "link").symlink_to(outside)
        (old / "file").symlink_to(outside / "kept")
        os.mkfifo(old / "pipe")
        (old / "sealed").mkdir(mode=0)
        filled(root, "young", "pg")
        filled(root, "old", "models", shared=True)
        filled(other, "old", "pg")
        spared = [root.path / "shared", home(root, "young"), outside, other.path]
        before = [tree(each) for each in spared]
        report = gone(root, "old")
        assert [each.task for each in report.removed] == ["old"]
        assert (report.spared, report.emptied.errors) == ([], [])
        assert [tree(each) for each in spared] == before
        assert [each.name for each in (root.path / "tasks").iterdir()] == [plain_name("young")]
        assert [each.task for each in listed(root) if not each.shared] == ["young"]
        # Wanted again, it is made anew, even if a marker is left of the one before.
        left = root.path / ".reactor/tasks" / f"{plain_name('old')}.json"
        left.write_text('{"version": 1, "task": "old", "made": 5}')
        assert [*filled(root, "old", "pg").iterdir()] == [home(root, "old") / "pg/kept"]
        assert (entry(root, "old").made or 0) > 1000


def test_what_is_mounted_in_it_stays_whenever_it_was(tmp_path: Path) -> None:
    """Before the look, before the second one, and after that."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "precious").write_text("kept")
    with rooted(tmp_path) as root:
        own = filled(root, "job", "pg", "mnt").parent
        old = entry(root, "job")
        with bound(disk, own / "mnt"):
            assert stays(root, old, Wanted(1), Held(), Mounts.read(), 9e9) == f"{own}/mnt is mounted there"
            ((_, said),) = remove(root, [old], Held).spared
            assert "mounted" in said
            assert (own / "mnt/precious").exists()
        with root.folder(".reactor", "trash"):
            trash = root.path / ".reactor/trash"
        own.rename(trash / "job")
        with bound(disk, trash / "job/mnt"):
            (error,) = empty(root).errors
            assert error == f"{trash}/job/mnt cannot be removed: Device or resource busy"
            assert [each.name for each in (trash / "job").iterdir()] == ["mnt"]
        assert (empty(root).errors, [*trash.iterdir()]) == ([], [])
    assert (disk / "precious").read_text() == "kept"


def test_what_is_bound_between_the_looks_is_put_back(tmp_path: Path) -> None:
    """The engine is asked again when nobody can bind it any more without being seen."""
    with rooted(tmp_path) as root:
        pg, other = filled(root, "job", "pg"), filled(root, "other", "pg")
        before, inode = tree(root.path / "tasks" / plain_name("job")), pg.stat().st_ino

        def again() -> Held:
            assert not pg.exists()
            assert not other.exists()
            return Held(paths={str(pg): "late"})

        report = gone(root, "job", "other", again=again)
        assert [(each.task, said) for each, said in report.spared] == [
            ("job", "in use by late, since a moment ago")
        ]
        assert [each.task for each in report.removed] == ["other"]
        assert tree(root.path / "tasks" / plain_name("job")) == before
        assert pg.stat().st_ino == inode


def test_where_the_engine_cannot_be_asked_again_all_is_put_back(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        filled(root, "other", "pg")
        before = tree(root.path / "tasks")

        def again() -> Held:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            gone(root, "job", "other", again=again)
        assert tree(root.path / "tasks") == before
        assert listed(root)[0].task is not None


def test_what_was_wanted_or_changed_places_since_the_look_stays(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        filled(root, "swapped", "pg")
        looked = [entry(root, "job"), entry(root, "swapped")]
        os.utime(root.path / ".reactor/tasks" / f"{plain_name('job')}.json", (1000, 1000))
        prepare(root, "job", [Folder("pg")])
        home(root, "swapped").rename(tmp_path / "moved")
        home(root, "swapped").symlink_to(tmp_path / "moved")
        report = remove(root, looked, Held)
        assert [each for each, _ in report.spared] == looked
        assert "is another one by now" in report.spared[1][1]
        assert (tmp_path / "moved/pg/kept").exists()
        assert (home(root, "job") / "pg/kept").exists()


def test_what_was_made_anew_in_its_place_is_not_replaced(tmp_path: Path) -> None:
    """An engine makes the folder of a bind where there is none. Both are kept, and it is said where."""
    with rooted(tmp_path) as root:
        pg = filled(root, "job", "pg")

        def again() -> Held:
            pg.mkdir(parents=True)
            return Held(paths={str(pg): "late"})

        report = gone(root, "job", again=again)
        ((_, said),) = report.spared
        assert "cannot be put back, and is kept at " in said
        kept = Path(said.partition("kept at ")[2].partition(": ")[0])
        assert (kept / "pg/kept").read_text() == "job"
        assert left_aside(root, "tasks") == (plain_name("job"),)
        # Whoever comes by finds nothing to do, and does no harm.
        recover(root)
        assert (kept / "pg/kept").read_text() == "job"
        pg.rmdir()
        pg.parent.rmdir()
        prepare(root, "job", [Folder("pg")])
        assert (pg / "kept").read_text() == "job"


def test_a_task_that_starts_after_a_prune_was_killed_has_its_data(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        pg = filled(root, "job", "pg")
        found = entry(root, "job")
        assert found.which is not None
        with root.locked():
            set_aside(root, "tasks", found.name, found.which)
        assert not pg.exists()
        prepare(root, "job", [Folder("pg")])
        assert (pg / "kept").read_text() == "job"


def test_tasks_that_come_while_others_are_removed_have_all_that_they_asked_for(tmp_path: Path) -> None:
    """Each with a root of its own, as a monitor and a prune beside it have. Nothing is left in between."""
    over = threading.Event()
    removed: list[str | None] = []
    wanted = [Folder("pg/a", 5, 5), Folder("pg/b", 6, 6)]

    def prune() -> None:
        while not over.is_set():
            with rooted(tmp_path) as root:
                chosen = [each for each in listed(root) if each.which is not None]
                removed.extend(each.task for each in remove(root, chosen, Held).removed)

    with rooted(tmp_path) as root:
        pruner = threading.Thread(target=prune)
        pruner.start()
        try:
            for number in range(5000):
                if number > 100 and removed:
                    break
                prepare(root, f"job-{number % 3}", wanted)
        finally:
            over.set()
            pruner.join()
        final = prepare(root, "job-0", wanted)
        assert [Path(path).stat().st_uid for path in final.values()] == [5, 6]
        assert removed
        ours = root.path / ".reactor"
        left = [*(ours / "new").iterdir(), *(ours / "trash").iterdir(), *left_aside(root, "tasks")]
        assert left == []


def test_killed_at_any_step_of_a_removal_nothing_is_half(tmp_path: Path) -> None:
    steps = killed("remove", tmp_path)
    assert steps[-1] == "whole"
    assert {*steps[:-1]} == {"killed"}
    assert len(steps) > 20
