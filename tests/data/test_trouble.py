"""Killed at any step, without rights, on a full disk, and on one that is read-only."""

import os
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest

from reactor.core.recipes import Folder, plain_name
from reactor.data.binding import check_bind
from reactor.data.errors import DataRefused, Why
from reactor.data.preparing import prepare
from tests.data.build import filled, home, modes, mounted, rooted

REPOSITORY = Path(__file__).parents[2]


def killed(what: str, folder: Path) -> list[str]:
    """Have something done again and again, killed with -9 one step later each time; see ``killing``."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.killing", what, str(folder)],
        cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_killed_at_any_step_it_is_the_same_in_the_end(tmp_path: Path) -> None:
    """Never a half-made folder with its name, and the next one makes it whole."""
    steps = killed("prepare", tmp_path)
    assert steps[-1] == "whole"
    assert {*steps[:-1]} == {"killed"}
    assert len(steps) > 8


def as_nobody(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program that gives up all its rights before it does anything, but not before it is loaded."""
    return subprocess.run(
        [sys.executable, "-B", "-c", script, *arguments],
        cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


_PREPARE = """
import os, sys
from pathlib import Path
from reactor.core.recipes import Folder
from reactor.data.errors import DataRefused
from reactor.data.preparing import prepare
from reactor.data.root import Root
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
for owner in (65534, 0):
    try:
        with Root.open(Path(sys.argv[1])) as root:
            prepare(root, "job", [Folder(f"pg{owner}", owner, 65534)])
            print("made")
    except DataRefused as refused:
        print(refused.why, refused)
"""


def test_without_rights_it_says_what_is_lacking(tmp_path: Path) -> None:
    """Nobody has only folders of his own below a root of his own, and gives none away."""
    # The folders of the test runner are closed to him.
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "data"
        os.chown(place, 65534, 65534)
        made, given = as_nobody(_PREPARE, str(root)).stdout.splitlines()
        assert made == "made"
        assert given.startswith("denied ")
        assert "pg0 cannot be made with the owner 0:65534 and the mode 0700: Operation not permitted" in given
        assert not (root / "tasks" / plain_name("job") / "pg0").exists()
        assert [*(root / ".reactor/new").iterdir()] == []
    with rooted(tmp_path) as ours:
        foreign = as_nobody(_PREPARE, str(ours.path)).stdout.splitlines()
    assert all(each.startswith(("root ", "denied ")) for each in foreign)


def test_a_full_disk_and_one_that_is_read_only(tmp_path: Path) -> None:
    """Nothing half-made is left, and what was there is."""
    with mounted(tmp_path / "small", "size=1m,nr_inodes=20") as small, rooted(small) as root:
        kept = filled(root, "job", "pg")
        with pytest.raises(DataRefused) as refused:
            prepare(root, "job", [Folder(f"n{number}", 999) for number in range(30)])
        assert refused.value.why is Why.FULL
        made = [each for each in home(root, "job").iterdir() if each != kept]
        assert made
        assert {modes(each) for each in made} == {(999, 0, 0o700)}
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        with pytest.raises(DataRefused) as refused:
            prepare(root, "another", [Folder("pg")])
        assert refused.value.why is Why.DENIED
        assert (kept / "kept").read_text() == "job"
        assert check_bind(root, str(kept)) == str(kept)


def test_what_is_mounted_below_the_root_is_used_and_nothing_is_made_there(tmp_path: Path) -> None:
    with rooted(tmp_path) as root:
        own = filled(root, "job", "pg").parent
        with mounted(own / "disk", "size=1m") as disk:
            prepare(root, "job", [Folder("disk")])
            with pytest.raises(DataRefused) as refused:
                prepare(root, "job", [Folder("disk/new")])
            assert refused.value.why is Why.BIND
            assert [*disk.iterdir()] == []


def test_bytes_of_names_are_as_they_were(tmp_path: Path) -> None:
    """Names that no component of ours can have do not trouble a list of what is there."""
    with rooted(tmp_path) as root:
        filled(root, "job", "pg")
        names = [os.fsdecode(b"bad\xff"), "new\nline", "ünï"]
        for name in names:
            (root.path / "tasks" / name).mkdir()
        prepare(root, "job", [Folder("more")])
        there = sorted(os.listdir(root.path / "tasks"))
        assert {*names} <= {*there}
        assert all(one <= two for one, two in pairwise(there))
