"""Files and folders of recordings: cut anywhere, damaged anywhere, full, old, and never more than allowed."""

import errno
import io
import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.facts import Fact, Reloaded, Sample, Seen, Snapshot, Tick
from reactor.core.state import Setup
from reactor.recording import file as file_module
from reactor.recording.errors import Full, NoRoom, NotRecordable, Occupied, RecordingError
from reactor.recording.frames import HEAD_SIZE, MAGIC, End, Ending, Frame, read_frames, to_frame
from reactor.recording.header import Header, pack_header, unpack_header
from reactor.recording.places import MOST_FILES, Limits, place_of, recordings_in
from reactor.recording.reading import find
from reactor.recording.writing import Item, Moment, Writer
from tests.core.build import box
from tests.recording.build import (
    ABOUT,
    NOW,
    SETUP,
    decisions_in,
    lived,
    place,
    read,
    record,
    same_rules,
    writer,
)

CROWD = tuple(box(n) for n in range(4))
MIB = 1024 * 1024


def story(seconds: int = 3) -> list[Item]:
    """Four containers; the first one breaks a rule in the end."""
    facts: list[Fact] = [Seen(0.5, CROWD[0]), Snapshot(1.0, 0.9, 1, CROWD)]
    for second in range(seconds):
        at = 2.0 + second
        facts += [Sample(at + n / 10, each.run, pids=3) for n, each in enumerate(CROWD)]
        facts.append(Tick(at + 0.9))
    return lived([*facts, Sample(99.0, CROWD[0].run, pids=201)])


def facts_of(items: Sequence[Item]) -> list[Fact]:
    return [fact for fact, _ in items if not isinstance(fact, Setup)]


def test_what_was_written_is_read(tmp_path: Path) -> None:
    items = story()
    recording, back = read(record(tmp_path / "a", items))
    assert [(each.fact, each.decisions) for each in back] == items
    assert len(decisions_in(items)) == 1
    assert recording.finish is not None
    assert (recording.finish.how, recording.finish.why) == (Ending.WHOLE, "")
    assert back[-1].wall == NOW.wall - NOW.at + 99.0


def test_the_header_says_who_and_with_what(tmp_path: Path) -> None:
    recording, _ = read(record(tmp_path / "a", story()), same_rules)
    header = recording.header
    assert (header.reactor, header.part, header.engine) == ("0.1.0", 1, ABOUT.engine)
    assert (header.began, header.wall) == (NOW.at, NOW.wall)
    assert recording.setup().policy == SETUP.policy


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    path = record(tmp_path / "a", story())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    """A file, and a link that leads somewhere else."""
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").symlink_to(tmp_path / "elsewhere")
    for name in ("a", "b"):
        with pytest.raises(Occupied, match="is there already"):
            record(tmp_path / name, story())
    assert (tmp_path / "a").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_cut_at_any_byte_it_is_good_up_to_its_last_whole_frame(tmp_path: Path) -> None:
    made = writer(tmp_path / "whole")
    whole = story(6)
    ends: list[tuple[int, int]] = []
    for start in range(0, len(whole), 5):
        made.write(whole[start : start + 5], NOW)
        ends.append(((tmp_path / "whole").stat().st_size, min(start + 5, len(whole))))
    data = (tmp_path / "whole").read_bytes()
    for cut in range(len(data)):
        (tmp_path / "cut").write_bytes(data[:cut])
        if cut < ends[0][0]:
            continue
        recording, back = read(tmp_path / "cut")
        good = max(count for end, count in ends if end <= cut)
        place = max(end for end, _ in ends if end <= cut)
        assert [(each.fact, each.decisions) for each in back] == whole[:good]
        assert recording.finish is not None
        assert recording.finish.how is Ending.CUT
        assert f"byte {place}: cut " in recording.finish.why


def test_cut_within_its_header_it_is_refused_with_a_place(tmp_path: Path) -> None:
    path = record(tmp_path / "a", [])
    made = writer(tmp_path / "b")
    made.write(story()[:1], NOW)
    data = (tmp_path / "b").read_bytes()
    assert not path.exists(), "nothing was recorded, so there is no file"
    for cut in range(1, len(MAGIC) + HEAD_SIZE + 40):
        (tmp_path / "cut").write_bytes(data[:cut])
        with pytest.raises(RecordingError, match=r"byte \d+: cut before anything was recorded"):
            read(tmp_path / "cut")


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_damage_anywhere_is_found_and_named(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """One byte is another: what is read is a beginning of what was written, and the place is named."""
    folder = tmp_path_factory.mktemp("damage")
    items = story()
    path = record(folder / "a", items)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    refused = ""
    try:
        recording, back = read(path)
    except RecordingError as error:
        refused = str(error)
    if refused:
        assert "byte " in refused or "newer reactor" in refused
        return
    assert recording.finish is not None
    assert recording.finish.how is Ending.DAMAGED
    place = int(recording.finish.why.split("byte ")[1].split(":")[0])
    assert place <= at < place + len(content)
    assert [(each.fact, each.decisions) for each in back] == items[: len(back)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "this is no recording of reactor"),
        (b"groups:\n  - name: a\n", "this is no recording of reactor"),
        (MAGIC.replace(b"1", b"2") + b"x", "a newer reactor recorded this"),
        (MAGIC + bytes(40), "no frame begins here"),
        (MAGIC + to_frame(b"\xc1"), "this is no header"),
        (MAGIC + to_frame(b"\x80"), "this is no header"),
        (
            MAGIC + to_frame(b"\x81\xa6format\x07"),
            "the recording has a format, which this reactor does not know",
        ),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(RecordingError, match=said):
        read(tmp_path / "a")


def with_payload(tmp_path: Path, payload: bytes) -> str:
    """A recording whose second frame was made by somebody on purpose; what is said about it."""
    path = record(tmp_path / "a", story(), closed=False)
    place = path.stat().st_size
    path.write_bytes(path.read_bytes() + to_frame(payload))
    recording, back = read(path)
    assert len(back) == len(story())
    assert recording.finish is not None
    assert recording.finish.how is Ending.DAMAGED
    assert f"byte {place}: " in recording.finish.why
    return recording.finish.why


@pytest.mark.parametrize("payload", [b"", b"\xc0", b"\x94\x01\x01\x01\x90", b"\x94\xc2\x01\x01\x91\xc0"])
def test_a_frame_that_was_made_up_is_named(tmp_path: Path, payload: bytes) -> None:
    assert "traceback" not in with_payload(tmp_path, payload).lower()


def test_a_frame_with_another_byte_in_it_is_told_by_its_checksum() -> None:
    """Before anybody tries to unpack it."""
    frame = bytearray(to_frame(b"payload"))
    frame[-6] ^= 1
    whole = to_frame(b"before")
    before, end = read_frames(io.BytesIO(whole + frame))
    assert before == Frame(0, b"before")
    assert end == End(len(whole), Ending.DAMAGED, "the checksum of this frame is wrong")


def test_a_frame_that_unpacks_without_end_is_not_unpacked() -> None:
    bomb = to_frame(bytes(80 * MIB))
    assert len(bomb) < MIB
    (end,) = read_frames(io.BytesIO(bomb))
    assert end == End(0, Ending.DAMAGED, "this frame cannot be unpacked")


def test_headers_of_later_versions_may_hold_more() -> None:
    header = Header("9", "s", 1, 0.0, 0.0, ABOUT.engine, [], b"")
    assert unpack_header(pack_header(header)) == header


# Trouble with the disk


def fail_after(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A disk that takes so many bytes more, the last of them a part of what was to be written."""
    left = size
    real = os.write

    def write(descriptor: int, data: memoryview) -> int:
        nonlocal left
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, data[:left])
        left -= written
        return written

    monkeypatch.setattr(os, "write", write)


def test_a_disk_that_fills_up_in_the_middle_of_a_frame_leaves_no_half_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, items = tmp_path / "a", story()
    made = writer(path)
    made.write(items[:5], NOW)
    whole = path.stat().st_size
    with monkeypatch.context() as patch:
        fail_after(patch, 20)
        with pytest.raises(OSError, match="No space left"):
            made.write(items[5:9], NOW)
    assert path.stat().st_size == whole
    made.write(items[9:], NOW)
    made.close(NOW)
    recording, back = read(path)
    assert recording.finish is not None
    assert recording.finish.how is Ending.WHOLE
    assert [each.fact for each in back] == facts_of(items[:5] + items[9:])
    assert [each.lost for each in back if each.lost] == [4]
    assert back[5].lost == 4
    assert made.failed == 4


def test_a_file_that_cannot_be_begun_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = writer(tmp_path / "a")
    with monkeypatch.context() as patch:
        fail_after(patch, 5)
        with pytest.raises(OSError, match="No space left"):
            made.write(story(), NOW)
    assert not (tmp_path / "a").exists()
    made.write(story(), NOW)
    assert len(read(tmp_path / "a")[1]) == len(story())


def test_the_last_part_of_a_disk_is_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_module, "RESERVE", 1 << 60)
    disk = os.statvfs(tmp_path)
    nearly_full = os.statvfs_result((disk.f_bsize, disk.f_frsize, 1000, 200, 99, *tuple(disk)[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: nearly_full)
    with pytest.raises(NoRoom, match="a recording leaves them alone"):
        record(tmp_path / "a", story())
    assert not (tmp_path / "a").exists()


def test_a_record_that_cannot_be_packed_costs_its_batch_and_not_the_file(tmp_path: Path) -> None:
    path, items = tmp_path / "a", story()
    odd: Any = object()
    made = writer(path)
    made.write(items[:2], NOW)
    with pytest.raises(NotRecordable):
        made.write([items[2], (odd, ())], NOW)
    made.write(items[2:], NOW)
    made.close(NOW)
    _, back = read(path)
    assert [each.fact for each in back] == facts_of(items)
    assert back[2].lost == 2


def test_a_setup_that_comes_into_force_stands_before_the_fact_that_says_so(tmp_path: Path) -> None:
    """Also where it is the last of its frame, and in the header of the next file."""
    other = replace(SETUP, keep=77.0)
    items: list[Item] = [*story(), (other, ()), (Reloaded(200.0), ())]
    for size in (1, 3, len(items)):
        path = tmp_path / f"by-{size}"
        made = writer(path)
        write_by(size, made, items)
        made.close(NOW)
        _, back = read(path, same_rules)
        assert [each.fact for each in back] == facts_of(items)
        assert [each.setup.keep for each in back if each.setup is not None] == [77.0]
        assert back[-1].setup is not None
        assert made.facts == len(items) - 1
    folder = tmp_path / "folder"
    folder.mkdir()
    made = writer(folder, limits=Limits(size=20_000))
    write_by(10, made, [*items, *items])
    first, *_, last = (read(path, same_rules)[0] for path in find(folder))
    assert last.setup().keep == 77.0
    assert first.header.part < last.header.part


def test_a_setup_that_could_not_be_written_is_written_when_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, items = replace(SETUP, keep=77.0), story()
    for written in (items[:3], []):
        path = tmp_path / f"after-{len(written)}"
        made = writer(path)
        made.write(written, NOW)
        with monkeypatch.context() as patch:
            fail_after(patch, 20)
            with pytest.raises(OSError, match="No space left"):
                made.write([items[3], (other, ()), (Reloaded(200.0), ()), items[4]], NOW)
        made.write(items[5:], NOW)
        recording, back = read(path, same_rules)
        assert (back[len(written)].setup or recording.setup()).keep == 77.0
        assert back[len(written)].lost == 3
        assert made.failed == 3


# Bounds


def write_by(count: int, made: Writer, items: Sequence[Item]) -> None:
    for start in range(0, len(items), count):
        made.write(items[start : start + count], NOW)


def test_one_file_has_a_most(tmp_path: Path) -> None:
    made = writer(tmp_path / "a", limits=Limits(size=2000))
    items = story(200)
    with pytest.raises(Full, match="has come to its most, 2000 bytes"):
        write_by(10, made, items)
    assert 2000 <= (tmp_path / "a").stat().st_size < 4000
    recording, back = read(tmp_path / "a")
    assert recording.finish is not None
    assert recording.finish.how is Ending.WHOLE
    assert 0 < len(back) == made.facts


def test_a_folder_goes_on_in_the_next_file_and_stays_within_its_size(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    made = writer(folder, limits=Limits(size=64_000))
    items = story(6000)
    most = 0
    for start in range(0, len(items), 100):
        made.write(items[start : start + 100], Moment(NOW.at + start, NOW.wall + start))
        most = max(most, sum(size for _, size, _ in recordings_in(folder)))
    found = find(folder)
    assert 10 < len(found) <= 33
    assert most <= 64_000 + 2 * 4_000
    recordings = [read(path) for path in found]
    numbers = [recording.header.part for recording, _ in recordings]
    assert numbers == list(range(numbers[0], numbers[0] + len(found)))
    assert numbers[0] > 1, "the oldest were deleted"
    assert all(each.finish and each.finish.more for each, _ in recordings[:-1])
    kept = [each.fact for _, back in recordings for each in back]
    assert kept == facts_of(items)[-len(kept) :], "each file can be read without the ones before it"


def test_what_is_too_old_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    """Neither what has another name, nor what a link points to."""
    limits = Limits(keep=3600.0)
    names = [
        "recording-20200101T000000.000Z-abcdef01-0001.reactor",
        "recording-20200101T000000.000Z-abcdef01-0001.reactor.bak",
        "notes.txt",
    ]
    for name in names:
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / "recording-20200102T000000.000Z-abcdef01-0001.reactor").symlink_to(tmp_path / "notes.txt")
    made = writer(tmp_path, limits=limits)
    made.write(story(), NOW)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 4
    assert names[0] not in left
    assert (tmp_path / "notes.txt").read_text() == "x"


def test_a_monitor_that_crashes_again_and_again_does_not_fill_the_folder(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 5):
        where = place(tmp_path)
        path = where.next_file(f"{number:032x}", 1, NOW.wall + number)
        path.write_text("x")
    assert len(list(recordings_in(tmp_path))) == MOST_FILES


def test_a_folder_that_is_not_there_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = place(tmp_path / "x").next_file("ab", 1, 0.0)
    assert path == tmp_path / "x"
    path = place_of(f"{tmp_path}/deep/folder/", Limits()).next_file("ab" * 16, 1, 0.0)
    assert path.name == "recording-19700101T000000.000Z-abababab-0001.reactor"
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_disk_that_says_no_says_why(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        record(tmp_path / "not" / "there", story())


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.reactor")
    with pytest.raises(RecordingError, match="it is not a file"):
        read(tmp_path / "pipe.reactor")
