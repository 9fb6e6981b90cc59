"""What is made for a task, with which owner and mode; and what strangers cannot do about it."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reactor.core.recipes import Folder, plain_name
from reactor.data.handles import move_new
from reactor.data.markers import read_marker
from reactor.data.preparing import prepare
from tests.data.build import filled, home, modes, rooted, tree


def test_owner_and_mode_are_as_asked_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with rooted(tmp_path) as root:
            own, common = Folder("pg", 999, 998, 0o2770), Folder("models", 5, 6, 0o755, shared=True)
            made = prepare(root, "job-1", [own, common])
    finally:
        os.umask(before)
    assert made == {own: f"{home(root, 'job-1')}/pg", common: f"{root.path}/shared/models"}
    assert modes(Path(made[own])) == (999, 998, 0o2770)
    assert modes(Path(made[common])) == (5, 6, 0o755)


def test_what_is_there_already_stays_as_it_is(tmp_path: Path) -> None:
    """Its files, its owner and its mode: a database may have changed them for a reason."""
    with rooted(tmp_path) as root:
        pg = filled(root, "job", "pg")
        os.chown(pg, 7, 7)
        pg.chmod(0o750)
        before = tree(root.path / "tasks")
        prepare(root, "job", [Folder("pg", 999, 999, 0o700)])
        assert tree(root.path / "tasks") == before
        assert (pg / "kept").read_text() == "job"


def test_those_above_are_made_with_their_own_owner_even_if_named_later(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        made = prepare(root, "t", [Folder("a/b/c", 3, 3, 0o700), Folder("a", 1, 1, 0o711)])
        deep, above = (Path(each) for each in made.values())
        assert modes(above) == (1, 1, 0o711)
        assert modes(deep.parent) == (os.geteuid(), os.getegid(), 0o755)
        assert modes(deep) == (3, 3, 0o700)


def test_two_at_once_make_one_folder(tmp_path: Path) -> None:
    """Each with a root of its own, as two processes have: nobody's folder is put away under his hands."""
    seen: list[tuple[int, int]] = []

    def one(number: int) -> None:
        with rooted(tmp_path) as root:
            (path,) = prepare(root, "job", [Folder(f"a/b{number % 5}", 7, 7, 0o750)]).values()
            seen.append((Path(path).parent.stat().st_ino, number % 5))

    with rooted(tmp_path), ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(40)))
    assert len(seen) == 40
    assert len({inode for inode, _ in seen}) == 1
    with rooted(tmp_path) as root:
        assert {each.name for each in (home(root, "job") / "a").iterdir()} == {f"b{n}" for n in range(5)}
        assert [*(root.path / ".reactor/new").iterdir()] == []


def test_a_folder_that_somebody_else_made_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Not even an empty one: he may have it mounted by now."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    place = os.open(tmp_path, os.O_PATH)
    try:
        with pytest.raises(FileExistsError):
            move_new("one", place, "other", place)
    finally:
        os.close(place)
    assert (tmp_path / "one").exists()


def test_a_folder_is_never_seen_half_made(tmp_path: Path) -> None:
    """Whoever looks all the time sees no folder of its name that is not yet of its owner and mode."""
    over = threading.Event()
    wrong: list[os.stat_result] = []
    with rooted(tmp_path) as root:
        own = filled(root, "job", "first").parent

        def look() -> None:
            while not over.is_set():
                with os.scandir(own) as entries:
                    found = [each.stat() for each in entries if each.name.startswith("n")]
                wrong.extend(each for each in found if (each.st_uid, each.st_mode & 0o7777) != (9, 0o751))

        watcher = threading.Thread(target=look)
        watcher.start()
        for number in range(200):
            prepare(root, "job", [Folder(f"n{number}", 9, 9, 0o751)])
        over.set()
        watcher.join()
    assert wrong == []


def test_markers_are_believed_only_where_they_fit(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        marker = root.path / ".reactor/tasks" / f"{plain_name('job')}.json"
        good = marker.read_text()
        for bad in (
            "",
            "{",
            "[]",
            "5",
            good.replace("job", "other"),
            good[:-5],
            '{"task": 5}',
            "[" * 60000,
            "\udcff",
        ):
            marker.write_bytes(bad.encode("utf-8", "surrogateescape"))
            assert read_marker(root, plain_name("job")) is None, bad
        # Whose it is, is known again when it is wanted again; when it was made, is not.
        prepare(root, "job", [Folder("pg")])
        again = read_marker(root, plain_name("job"))
        assert again is not None
        assert (again.task, again.made) == ("job", None)
        marker.unlink()
        marker.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_text(good)
        assert read_marker(root, plain_name("job")) is None


def test_to_be_wanted_again_is_kept_in_the_marker(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        name = plain_name("job")
        os.utime(root.path / ".reactor/tasks" / f"{name}.json", (1000, 1000))
        first = read_marker(root, name)
        prepare(root, "job", [Folder("pg")])
        second = read_marker(root, name)
        assert first is not None
        assert second is not None
        assert first.wanted == 1000
        assert second.wanted > 1e9
        assert second.made == first.made
