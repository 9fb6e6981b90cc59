"""What the kernel tells of directories, and what is read of it."""

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.kernel.inotify import Change, Inotify, Told, parse_changes


@pytest.fixture
def told() -> Iterator[Inotify]:
    opened = Inotify.open()
    yield opened
    opened.close()


def test_directories_are_told_of_and_nothing_else(told: Inotify, tmp_path: Path) -> None:
    """Neither files, nor what happens one level below."""
    watch = told.watch(str(tmp_path))
    assert [*told.changes()] == []
    (tmp_path / "a").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "a" / "b").mkdir()
    (tmp_path / "a" / "b").rmdir()
    (tmp_path / "a").rmdir()
    assert [*told.changes()] == [Told(Change.MADE, watch, "a"), Told(Change.REMOVED, watch, "a")]
    assert [*told.changes()] == []


def test_one_that_is_gone_is_told_of_and_another_goes_on(told: Inotify, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    gone, stays = told.watch(str(one)), told.watch(str(other))
    assert told.watch(str(one)) == gone, "the same has the same number"
    one.rmdir()
    (other / "x").mkdir()
    assert [*told.changes()] == [Told(Change.GONE, gone), Told(Change.MADE, stays, "x")]


@pytest.mark.parametrize("what", ["missing", "file", "link"])
def test_only_a_directory_can_be_watched(told: Inotify, tmp_path: Path, what: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    error = errno.ENOENT if what == "missing" else errno.ENOTDIR
    with pytest.raises(OSError, match=os.strerror(error)):
        told.watch(str(tmp_path / what))


def test_what_was_lost_is_said() -> None:
    assert [*parse_changes(struct.pack("iIII", -1, 0x4000, 0, 0))] == [Told(Change.LOST, -1)]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 99), st.sampled_from([0x40000100, 0x40000200, 0x100]), st.binary(max_size=40)
        )
    ),
    st.integers(0, 15),
)
def test_each_name_is_read_to_its_end(changes: list[tuple[int, int, bytes]], torn: int) -> None:
    """A name is any bytes but a zero, filled up with zeros; a torn end is none."""
    data, wanted = b"", []
    for watch, mask, raw in changes:
        name = raw.replace(b"\0", b"").replace(b"/", b"")
        length = len(name) + 16 - len(name) % 16
        data += struct.pack("iIII", watch, mask, 0, length) + name.ljust(length, b"\0")
        if mask != 0x100:
            what = Change.MADE if mask == 0x40000100 else Change.REMOVED
            wanted.append(Told(what, watch, os.fsdecode(name)))
    assert [*parse_changes(data + bytes(torn))] == wanted
