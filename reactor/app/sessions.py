"""Recordings as they belong together: the files of one life of one monitor, in order, are one session.

Finding, ordering and going through them belongs here; what a replay makes of them is in
``replaying``, how it is shown in ``replay_page``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from reactor.core.decisions import Decision
from reactor.core.facts import Reloaded, Sample, Seen, Snapshot
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording.errors import RecordingError
from reactor.recording.frames import Ending
from reactor.recording.header import Header
from reactor.recording.reading import Recorded, Recording, find
from reactor.recording.replaying import Verdict
from reactor.recording.unpacking import Texts

RulesOf = Callable[[Texts, str], RuleSet]


class Unreadable(Exception):
    """Something that was named is no recording; the lines say what."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(slots=True)
class Survey:
    """What a session holds. ``began`` and ``wall`` are the moment of its first fact, by either clock."""

    facts: int = 0
    lost: int = 0
    began: float = 0.0
    wall: float = 0.0
    seconds: float = 0.0
    live: list[Verdict] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    sampled: set[str] = field(default_factory=set)
    reloads: int = 0

    def take(self, recorded: Recorded) -> None:
        """Count one fact in."""
        if not self.facts:
            self.began, self.wall = recorded.fact.at, recorded.wall
        self.facts += 1
        self.lost += recorded.lost
        self.seconds = max(self.seconds, recorded.fact.at - self.began)
        self.live += [Verdict(decision, recorded.wall) for decision in recorded.decisions]
        match recorded.fact:
            case Seen():
                self.ids.add(recorded.fact.container.run.id)
            case Snapshot():
                self.ids.update(container.run.id for container in recorded.fact.containers)
            case Reloaded():
                self.reloads += 1
            case Sample():
                self.sampled.add(recorded.fact.run.id)
            case _:
                pass

    @property
    def decisions(self) -> list[Decision]:
        """What was decided then, in order."""
        return [verdict.decision for verdict in self.live]


class Session:
    """The files of one session, the first part first."""

    def __init__(self, parts: Sequence[Recording]) -> None:
        self.parts = tuple(parts)
        self.until = float("inf")
        self.until_wall = float("inf")
        self._began: float | None = None

    @property
    def header(self) -> Header:
        """The header of the first file."""
        return self.parts[0].header

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(part.size for part in self.parts)

    def setup(self) -> Setup:
        """The setup that was recorded. Raises RecordingError."""
        return self.parts[0].setup()

    def items(self, told: Callable[[int, int], None] = lambda _bytes, _facts: None) -> Iterator[Recorded]:
        """Everything in it, in order, until the end that was set; ``told`` how far it is."""
        read = facts = 0
        for number, part in enumerate(self.parts):
            gap = number > 0 and part.header.part != self.parts[number - 1].header.part + 1
            for item in part.items():
                recorded, gap = replace(item, anew=True, setup=part.setup()) if gap else item, False
                if self._began is None:
                    self._began = recorded.fact.at
                if recorded.fact.at - self._began > self.until or recorded.wall > self.until_wall:
                    return
                yield recorded
                facts += 1
                if not facts % 256:
                    told(read + recorded.place, facts)
            read += part.size
            if part.finish is not None and part.finish.how is Ending.DAMAGED:
                return

    def remarks(self) -> list[str]:
        """What is to be known of it: parts that are missing, and how files ended."""
        found = []
        numbers = [part.header.part for part in self.parts]
        if numbers[0] > 1:
            found.append(f"{self.parts[0].path}: part {numbers[0]}: what was known before it is missing here")
        for one, other in pairwise(numbers):
            if other != one + 1:
                found.append(f"{self.parts[0].path.parent}: there is no part between {one} and {other}")
        return found + [part.finish.why for part in self.parts if part.finish and part.finish.why]

    @property
    def is_damaged(self) -> bool:
        """Whether something in it could not be read, and not because it was cut."""
        return any(part.finish is not None and part.finish.how is Ending.DAMAGED for part in self.parts)


def open_sessions(paths: Sequence[Path], rules_of: RulesOf) -> list[Session]:
    """The sessions in these files and folders, the oldest first. Raises Unreadable with all mistakes."""
    lines: list[str] = []
    found: dict[str, list[Recording]] = {}
    seen: set[Path] = set()
    for path in [each for named in paths for each in _found(named, lines)]:
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        try:
            recording = Recording(path, rules_of)
        except RecordingError as error:
            lines.append(str(error))
        except OSError as error:
            lines.append(f"{path}: this cannot be read: {error.strerror or error}")
        else:
            found.setdefault(recording.header.session, []).append(recording)
    if lines:
        raise Unreadable(lines)
    ordered = [sorted(parts, key=lambda part: part.header.part) for parts in found.values()]
    return [Session(parts) for parts in sorted(ordered, key=lambda parts: parts[0].header.wall)]


def _found(path: Path, lines: list[str]) -> list[Path]:
    found = find(path)
    if not found:
        lines.append(f"{path}: there is no recording in this folder")
    return found
