"""The reading of recordings: items in order, up to the last whole frame, and how it ended.

A recording that was cut is good up to there. One that is damaged is read up to the damage, and
the place of it is named. All of this blocks; it holds one frame at a time.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from reactor.core.decisions import Decision
from reactor.core.facts import Fact
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.errors import Malformed, RecordingError, TooNew
from reactor.recording.frames import MAGIC, MAGIC_STEM, End, Ending, Frame, read_frames
from reactor.recording.header import Header, unpack_header, unpack_setup
from reactor.recording.kinds import Closed, Lost
from reactor.recording.places import recordings_in
from reactor.recording.plain import from_bytes
from reactor.recording.unpacking import Texts, Unpacker


@dataclass(frozen=True, slots=True)
class Recorded:
    """One fact, the decisions that it led to when it was recorded, and the moment on the wall's clock.

    ``lost`` facts are missing before this one; ``anew`` tells that nobody knows how many, and that what
    was known before says nothing any more. ``setup``, if there is one, is in force from this fact on.
    ``place`` is how far the file has been read, in bytes.
    """

    fact: Fact
    decisions: tuple[Decision, ...]
    wall: float
    lost: int = 0
    place: int = 0
    anew: bool = False
    setup: Setup | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """How a file came to its end. ``why`` is a sentence with the place, empty if it was ended in order."""

    how: Ending
    why: str = ""
    more: bool = False


class Recording:
    """One file of a recording. Raises RecordingError or OSError where it is none."""

    def __init__(self, path: Path, rules_of: Callable[[Texts, str], RuleSet]) -> None:
        self.path = path
        told = path.stat()
        if not stat.S_ISREG(told.st_mode):
            # Whoever opens a pipe waits for a writer, and may do so for ever.
            raise RecordingError(f"{path}: this is no recording of reactor: it is not a file")
        self.size = told.st_size
        self.rules_of = rules_of
        self.finish: Finish | None = None
        with path.open("rb") as file:
            self.header, self._start = _read_header(path, file)

    def setup(self) -> Setup:
        """The setup that was recorded, with the rules as ``rules_of`` made them."""
        try:
            return unpack_setup(self.header, self.rules_of)
        except (Malformed, TooNew) as error:
            raise RecordingError(f"{self.path}: {error}{self._by()}") from None

    def items(self) -> Iterator[Recorded]:
        """Everything in it, in order; ``finish`` is known when this came to its end."""
        unpacker = Unpacker(self.header.kinds, self.rules_of)
        self.finish = None
        closed: Closed | None = None
        pending = Pending()
        with self.path.open("rb") as file:
            file.seek(self._start)
            for frame in read_frames(file, self._start):
                if isinstance(frame, End):
                    self.finish = self._finish(frame, closed)
                    return
                try:
                    afresh, at, wall, packed = _parts(frame)
                    if afresh:
                        unpacker.books.clear()
                    records = [unpacker.unpack(each) for each in packed]
                    closed = records.pop() if records and isinstance(records[-1], Closed) else None
                    yield from _items(records, wall - at, file.tell(), pending)
                except (Malformed, TooNew) as error:
                    why = f"{self.path}: byte {frame.place}: {error}{self._by()}"
                    self.finish = Finish(Ending.DAMAGED, why)
                    return

    def _by(self) -> str:
        return f" (recorded by reactor {self.header.reactor:.40})"

    def _finish(self, end: End, closed: Closed | None) -> Finish:
        if end.how is Ending.DAMAGED:
            why = f"{self.path}: byte {end.place}: {end.why}; what follows cannot be read"
            return Finish(Ending.DAMAGED, why)
        if closed is not None and end.how is Ending.WHOLE:
            return Finish(Ending.WHOLE, more=closed.more)
        half = "in the middle of a frame" if end.how is Ending.CUT else "without an end"
        why = (
            f"{self.path}: byte {end.place}: cut {half}; it is whole up to there (killed, or still recording)"
        )
        return Finish(Ending.CUT, why)


def _read_header(path: Path, file: BinaryIO) -> tuple[Header, int]:
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise RecordingError(f"{path}: {_why_not(magic)}")
    first = next(read_frames(file, len(MAGIC)))
    if isinstance(first, End):
        why = first.why or "cut before anything was recorded"
        raise RecordingError(f"{path}: byte {first.place}: {why}")
    try:
        return unpack_header(first.payload), file.tell()
    except (Malformed, TooNew) as error:
        raise RecordingError(f"{path}: byte {first.place}: {error}") from None


def _why_not(magic: bytes) -> str:
    if magic and MAGIC.startswith(magic):
        return f"byte {len(magic)}: cut before anything was recorded"
    if magic.startswith(MAGIC_STEM):
        return "a newer reactor recorded this: use that one"
    return "this is no recording of reactor: byte 0 should begin one"


def _parts(frame: Frame) -> tuple[bool, float, float, list[Any]]:
    parts = from_bytes(frame.payload)
    match parts:
        case [bool(afresh), int() | float() as at, int() | float() as wall, list(packed)]:
            return afresh, at, wall, packed
        case _:
            raise Malformed("this frame does not hold what it should")


@dataclass(slots=True)
class Pending:
    """What was read and belongs to the next fact, be it in the next frame."""

    lost: int = 0
    setup: Setup | None = None


def _items(records: list[Any], offset: float, place: int, pending: Pending) -> Iterator[Recorded]:
    """The facts of a frame, each with what stands before it and the decisions after it."""
    last: Recorded | None = None
    for record in records:
        match record:
            case Decision() if last is not None:
                last = replace(last, decisions=(*last.decisions, record))
            case Lost():
                pending.lost += record.count
            case Setup():
                pending.setup = record
            case Closed() | Decision():
                raise Malformed(f"a {type(record).__name__} does not stand here")
            case _:
                if last is not None:
                    yield last
                last = Recorded(record, (), record.at + offset, pending.lost, place, setup=pending.setup)
                pending.lost, pending.setup = 0, None
    if last is not None:
        yield last


def find(path: Path) -> list[Path]:
    """The recording, or those in a folder."""
    if not os.path.isdir(path):
        return [path]
    return [found for found, _, _ in recordings_in(path)]
