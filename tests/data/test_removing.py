"""What goes, what stays, and what is left when somebody is killed in the middle of it."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.core.recipes import Folder, plain_name
from reactor.data.choosing import Held, Wanted, covers, stays
from reactor.data.emptying import empty
from reactor.data.leaving import left_aside, recover, set_aside, thrown_away
from reactor.data.listing import Entry, listed, look
from reactor.data.mounts import Mounts
from reactor.data.preparing import prepare
from reactor.data.removing import Report, remove
from reactor.data.root import Root
from reactor.data.walking import Bounds
from tests.data.build import filled, home, rooted, tree
from tests.data.test_trouble import killed

DAY = 86400.0
MONTH = Wanted(30 * DAY)


def entry(root: Root, task: str) -> Entry:
    return look(root, "tasks", plain_name(task), Bounds())


def why(
    root: Root, task: str, held: Held | None = None, *, wanted: Wanted = MONTH, later: float = 31 * DAY
) -> str:
    """Why it would stay, so much later."""
    return stays(root, entry(root, task), wanted, held or Held(), Mounts.read(), time.time() + later)


def gone(root: Root, *tasks: str, again: Callable[[], Held] = Held) -> Report:
    return remove(root, [entry(root, task) for task in tasks], again)


@contextmanager
def bound(source: Path, target: Path) -> Iterator[None]:
    target.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(target)], check=True)


def test_a_list_says_whose_it_is_how_large_and_since_when(tmp_path: Path) -> None:
    before = time.time()
    with rooted(tmp_path) as root:
        pg = filled(root, "job/1", "pg")
        (pg / "large").write_bytes(b"x" * 100_000)
        os.link(pg / "large", pg / "again")
        (pg / "out").symlink_to("/usr")
        filled(root, "-", "models", shared=True)
        (root.path / "tasks/by-hand").mkdir()
        (root.path / "tasks/file").touch()
        found = {each.name: each for each in listed(root)}
    job, hand, models = found[plain_name("job/1")], found["by-hand"], found["models"]
    assert (job.task, job.shared, job.cut) == ("job/1", False, "")
    assert 100_000 < job.size < 150_000
    assert before - 1 < (job.made or 0) <= time.time()
    assert before - 1 < job.changed <= time.time() + 1
    assert (hand.task, hand.made, hand.wanted) == (None, None, None)
    assert (models.task, models.shared) == (None, True)
    assert (found["file"].which, found["file"].cut) == (None, "it is no folder")


def test_a_look_ends_where_it_is_bidden_to(tmp_path: Path) -> None:
    """Then what it saw is the least that there is, and it says so."""
    with rooted(tmp_path) as root:
        pg = filled(root, "job", "pg")
        for number in range(50):
            (pg / f"{number}").touch()
        few = look(root, "tasks", plain_name("job"), Bounds(entries=10))
        assert few.cut == "there is more in it than was looked at"
        assert look(root, "tasks", plain_name("job"), Bounds(seconds=60)).cut == ""


def deep(folder: Path, levels: int) -> None:
    """Folders in folders, far beyond what a path can be."""
    place = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d" * 50, dir_fd=place)
        inner = os.open("d" * 50, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, dir_fd=place))
    os.close(place)


def test_however_deep_it_is_it_is_looked_through_and_goes(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        deep(filled(root, "job", "pg"), 1500)
        found = entry(root, "job")
        assert found.cut == ""
        assert found.size > 1500 * 4096 - 1
        report = gone(root, "job")
        assert (report.emptied.folders, report.emptied.files) == (1502, 2)
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
        # Wanted again, it is made anew.
        assert [*filled(root, "old", "pg").iterdir()] == [home(root, "old") / "pg/kept"]


def test_age_counts_from_whatever_came_last(tmp_path: Path) -> None:
    """A change deep inside, a task that wanted it, a container of it that ended."""
    with rooted(tmp_path) as root:
        pg = filled(root, "job", "pg/deep")
        assert why(root, "job") == ""
        assert why(root, "job", later=29 * DAY) == "it is not so old"
        name, now = plain_name("job"), time.time()
        assert why(root, "job", Held(ended={name: now + 5 * DAY})) == "it is not so old"
        assert why(root, "job", Held(ended={name: now - 5 * DAY, plain_name("x"): now + 5 * DAY})) == ""
        # No program can set this one back.
        for each in (pg / "kept", pg, pg.parent, home(root, "job")):
            os.utime(each, (0, 0))
        assert entry(root, "job").changed > now - 60
        marker = root.path / ".reactor/tasks" / f"{name}.json"
        os.utime(marker, (now + 10 * DAY, now + 10 * DAY))
        assert why(root, "job") == "it is not so old"


def test_what_is_not_known_stays(tmp_path: Path) -> None:
    """Whose it is, unless it is named; and how old, whoever names it."""
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        (root.path / ".reactor/tasks" / f"{plain_name('job')}.json").write_text("{")
        assert "whose it is" in why(root, "job")
        assert why(root, "job", wanted=replace(MONTH, tasks=("job",))) == ""
        (root.path / "tasks/file").touch()
        file = look(root, "tasks", "file")
        assert stays(root, file, MONTH, Held(), Mounts.read(), time.time() + 99 * DAY) == "it is no folder"
        cut = look(root, "tasks", plain_name("job"), Bounds(entries=1))
        named = replace(MONTH, tasks=("job",))
        assert "is not known" in stays(root, cut, named, Held(), Mounts.read(), time.time() + 99 * DAY)


def test_shared_folders_are_only_looked_at_when_named() -> None:
    assert [MONTH.means("shared", "models"), MONTH.means("tasks", "x")] == [False, True]
    named = Wanted(1.0, shared=("models",))
    assert [named.means("shared", each) for each in ("models", "other")] == [True, False]
    assert not named.means("tasks", "x")
    one = Wanted(1.0, tasks=("job",))
    assert [one.means("tasks", plain_name(each)) for each in ("job", "jo")] == [True, False]


def test_whatever_touches_a_folder_holds_it(tmp_path: Path) -> None:
    """The folder, what is below and above it, by links and by mounts of mounts; and not what is beside it."""
    alias = tmp_path / "alias"
    (tmp_path / "link").symlink_to("data")
    with rooted(tmp_path) as root:
        own = filled(root, "job", "pg").parent
        filled(root, "job2", "pg")
        with bound(root.path, alias):
            touching = [
                own, own / "pg", own / "none/yet", root.path / "tasks", root.path, tmp_path, Path("/"),
                tmp_path / "link/tasks" / own.name, alias / "tasks" / own.name / "pg", alias,
            ]  # fmt: skip
            for source in touching:
                assert why(root, "job", Held(paths={str(source): "web (1234)"})) == "in use by web (1234)", (
                    source
                )
            beside = [
                home(root, "job2"), root.path / "shared", Path(f"{own}x"), tmp_path / "elsewhere",
                Path("/proc"), alias / "tasks" / plain_name("job2"), Path("/etc/hostname"),
            ]  # fmt: skip
            assert why(root, "job", Held(paths=dict.fromkeys(map(str, beside), "web"))) == ""
            mounts = Mounts.read()
            above = {each for each in touching if covers(root, str(each), mounts)}
            assert above == {root.path, tmp_path, Path("/"), alias}
        assert why(root, "job", Held(tasks={own.name: "main"})) == "in use by main"
        assert why(root, "job", Held(tasks={plain_name("job2"): "main"})) == ""


def test_what_is_mounted_in_it_stays_whenever_it_was(tmp_path: Path) -> None:
    """Before the look, before the second one, and after that."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "precious").write_text("kept")
    with rooted(tmp_path) as root:
        own = filled(root, "job", "pg", "mnt").parent
        old = entry(root, "job")
        with bound(disk, own / "mnt"):
            assert why(root, "job") == f"{own}/mnt is mounted there"
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


def test_killed_at_any_step_of_a_removal_nothing_is_half(tmp_path: Path) -> None:
    steps = killed("remove", tmp_path)
    assert steps[-1] == "whole"
    assert {*steps[:-1]} == {"killed"}
    assert len(steps) > 20
