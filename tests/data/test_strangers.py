"""What a container can put into its own folder, at any moment, and where it leads nobody."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reactor.core.recipes import Folder
from reactor.data.binding import check_bind
from reactor.data.errors import DataRefused, Why
from reactor.data.preparing import prepare
from tests.data.build import filled, rooted, tree

MOST = 20_000
"""Tries, until each of the two was met often enough."""


@pytest.mark.parametrize("what", ["link", "dangling", "file", "pipe", "link-above"])
def test_nothing_is_made_through_what_is_no_folder(tmp_path: Path, what: str) -> None:
    """A container that has the task's folder puts it there, to have a folder made or given away elsewhere."""
    outside = tmp_path / "outside"
    (outside / "wal").mkdir(parents=True)
    before = tree(outside)
    with rooted(tmp_path) as root:
        own = filled(root, "job", "other").parent
        match what:
            case "link":
                (own / "pg").symlink_to(outside)
            case "dangling":
                (own / "pg").symlink_to(tmp_path / "nowhere")
            case "file":
                (own / "pg").touch()
            case "pipe":
                os.mkfifo(own / "pg")
            case _:
                own.rename(tmp_path / "moved")
                own.symlink_to(outside)
        for path in ("pg", "pg/wal/new"):
            with pytest.raises(DataRefused) as refused:
                prepare(root, "job", [Folder(path, 999, 999, 0o777)])
            assert refused.value.why is Why.BIND
    assert tree(outside) == before
    assert not (tmp_path / "nowhere").exists()


@contextmanager
def swapping(one: Path, other: Path) -> Iterator[list[int]]:
    """Two names that change places all the time, in one step each; how often they did."""
    libc, over, swaps = ctypes.CDLL(None), threading.Event(), [0]

    def swap() -> None:
        while not over.is_set():
            assert libc.renameat2(-100, os.fsencode(one), -100, os.fsencode(other), 2) == 0
            swaps[0] += 1

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield swaps
    finally:
        over.set()
        thread.join()


def test_a_link_that_comes_and_goes_leads_nobody_out(tmp_path: Path) -> None:
    """In its own folder a container changes a folder against a link between any two of our steps."""
    outside = tmp_path / "outside"
    outside.mkdir()
    before = outside.stat()
    refused = made = bound = unbound = 0
    whys: set[Why] = set()
    with rooted(tmp_path) as root:
        own = filled(root, "job", "pg").parent
        (own / "trap").symlink_to(outside)
        with swapping(own / "pg", own / "trap") as swaps:
            for number in range(MOST):
                if number > 200 and min(refused, made, bound, unbound) > 5:
                    break
                try:
                    prepare(root, "job", [Folder(f"pg/n{number}", 999, 999, 0o777)])
                    made += 1
                except DataRefused as error:
                    refused += 1
                    whys.add(error.why)
                try:
                    assert check_bind(root, str(own / "pg")) == str(own / "pg")
                    bound += 1
                except DataRefused:
                    unbound += 1
    after = outside.stat()
    assert [*outside.iterdir()] == []
    assert (after.st_uid, after.st_mode, after.st_mtime_ns) == (
        before.st_uid,
        before.st_mode,
        before.st_mtime_ns,
    )
    assert whys == {Why.BIND}
    assert min(refused, made, bound, unbound, swaps[0]) > 0
