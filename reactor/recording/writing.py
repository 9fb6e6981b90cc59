"""The writing of a recording: batches of facts with the decisions that they led to, in order.

All of this blocks and belongs into a thread of its own. Whatever goes wrong, the file stays
readable up to there; what was not written is counted, and said in the recording itself when it
can be written again.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from reactor.core.decisions import Decision
from reactor.core.facts import Fact
from reactor.core.state import Setup
from reactor.recording.errors import Full, RecordingError
from reactor.recording.file import RecordingFile
from reactor.recording.header import Header, pack_header, pack_setup
from reactor.recording.kinds import Closed, Lost
from reactor.recording.packing import Packer
from reactor.recording.places import Place
from reactor.recording.plain import to_bytes

Item = tuple[Fact | Setup, tuple[Decision, ...]]
"""A fact with the decisions that it led to; or a setup, which is in force from the next fact on."""
CHUNK = 256
"""Facts in a frame at most: packing them holds the interpreter for less than a millisecond."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The same moment on the monitor's clock and on the wall's."""

    at: float
    wall: float


class Writer:
    """Writes one session. ``about`` is its header but for kinds, setup and place in time.

    ``facts`` were written, ``failed`` could not be.
    """

    def __init__(self, place: Place, about: Header, setup: Setup) -> None:
        self._place = place
        self._about = about
        self._setup = setup
        self._packer: Packer | None = None
        self._file: RecordingFile | None = None
        self._part = 0
        self._began = 0.0
        self._afresh = True
        self._resumed = False
        self._unwritten = 0
        self.facts = 0
        self.failed = 0
        self.bytes = 0

    @property
    def path(self) -> str:
        """The file that is written; empty before the first."""
        return str(self._file.path) if self._file is not None else ""

    def lose(self, count: int) -> None:
        """So many facts did not even come here."""
        self._unwritten += count

    def write(self, items: Sequence[Item], moment: Moment) -> None:
        """Write these. Whatever is raised, those that could not be written count as lost."""
        done = 0
        try:
            for start in range(0, len(items), CHUNK):
                chunk = items[start : start + CHUNK]
                self._begin_if_due(moment)
                self._append(chunk, moment)
                done += len(chunk)
        finally:
            self.facts += _facts(items[:done])
            self._give_up(items[done:])

    def _give_up(self, items: Sequence[Item]) -> None:
        """Count what could not be written; a setup among it is in force all the same."""
        for record, _ in items:
            if isinstance(record, Setup):
                self._setup = record
        self._unwritten += _facts(items)
        self.failed += _facts(items)

    def close(self, moment: Moment) -> None:
        """Say that it was ended in order; for the file that is open, if there is one."""
        self._end_file(moment, more=False)

    def _begin_if_due(self, moment: Moment) -> None:
        if self._file is not None and not self._place.is_due(self._file.size, moment.at - self._began):
            return
        try:
            path = self._place.next_file(self._about.session, self._part + 1, moment.wall)
        except Full:
            self._end_file(moment, more=False)
            raise
        self._end_file(moment, more=True)
        packer = self._packer = self._packer or Packer()
        header = replace(
            self._about,
            part=self._part + 1,
            began=moment.at,
            wall=moment.wall,
            kinds=packer.schema(),
            setup=pack_setup(self._setup),
        )
        self._file = RecordingFile(path, pack_header(header))
        self._part, self._began, self._afresh = self._part + 1, moment.at, True
        self.bytes += self._file.size

    def _end_file(self, moment: Moment, *, more: bool) -> None:
        file, self._file = self._file, None
        if file is None or self._packer is None:
            return
        # Without its last words it is readable all the same; it only does not say that it ended in order.
        with suppress(OSError, RecordingError):
            file.append(self._payload([self._packer.pack(Closed(moment.at, more))], moment))
        file.close()

    def _append(self, items: Sequence[Item], moment: Moment) -> None:
        assert self._file is not None  # noqa: S101 - begun by the caller, for the type checker
        assert self._packer is not None  # noqa: S101 - as above
        before = self._file.size
        packer = self._packer
        if self._afresh:
            packer.books.clear()
        try:
            self._file.append(self._payload(self._pack(packer, items, moment), moment))
        except BaseException:
            # What was numbered in this frame is not in the file: the next one begins with empty books.
            self._afresh = self._resumed = True
            raise
        self._afresh = self._resumed = False
        self._unwritten = 0
        self.bytes += self._file.size - before

    def _pack(self, packer: Packer, items: Sequence[Item], moment: Moment) -> list[Any]:
        packed = [packer.pack(Lost(moment.at, self._unwritten))] if self._unwritten else []
        if self._resumed:
            # One that came into force meanwhile may be among what was not written.
            packed.append(packer.pack(self._setup))
        for record, decisions in items:
            if isinstance(record, Setup):
                self._setup = record
            packed.append(packer.pack(record))
            packed += map(packer.pack, decisions)
        return packed

    def _payload(self, packed: list[Any], moment: Moment) -> bytes:
        return to_bytes([self._afresh, moment.at, moment.wall, packed])


def _facts(items: Sequence[Item]) -> int:
    return sum(not isinstance(record, Setup) for record, _ in items)
