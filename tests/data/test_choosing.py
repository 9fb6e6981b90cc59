"""What is there, who has it, and what may go because it is old and nobody's."""

import os
import time
from dataclasses import replace
from pathlib import Path

from reactor.core.recipes import plain_name
from reactor.data.choosing import Held, Wanted, covers, stays
from reactor.data.listing import listed, look
from reactor.data.mounts import Mounts
from reactor.data.root import Root
from reactor.data.walking import Bounds
from tests.data.build import bound, entry, filled, home, rooted

DAY = 86400.0
MONTH = Wanted(30 * DAY)


def why(
    root: Root, task: str, held: Held | None = None, *, wanted: Wanted = MONTH, later: float = 31 * DAY
) -> str:
    """Why it would stay, so much later."""
    return stays(root, entry(root, task), wanted, held or Held(), Mounts.read(), time.time() + later)


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
