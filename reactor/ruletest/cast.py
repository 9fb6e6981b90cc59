"""The containers of a test as an engine would show them: their runs, states and readings over time.

Nothing is judged here. The wall clock of a test begins at a fixed moment, so that the same
test gives the same runs, and so the same ids of decisions, every time.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from reactor.core.container import Container, ContainerId, Limits, Run, State
from reactor.core.facts import HostSeen, LayerSized, Sample, ZombiesSeen
from reactor.core.stages import Stage
from reactor.ruletest.models import ABSENT
from reactor.ruletest.script import MEASURED, SAMPLED, ZOMBIES, Box, Change, HostChange
from reactor.ruletest.values import CORE, Course, limited

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_BEGIN_NANO = int(_BEGIN.timestamp()) * 1_000_000_000
_UNSURE_AGE = 3600.0
"""What StartedAt is written by where the start is not to be known for certain."""


HOST_MEMORY = 64 * 1024**3
"""The memory of the host of a test that does not say how much it is."""


def nano(at: float) -> int:
    """The engine's clock at a moment of the test."""
    return _BEGIN_NANO + round(at * 1e9)


def _written(at: float, nth: int = 0) -> str:
    """A moment as the engine writes it; ``nth`` keeps two runs from beginning at the same one."""
    nanoseconds = round(at * 1e9) + nth
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{(_BEGIN + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


@dataclass(slots=True)
class Part:
    """One container of a test: its latest look, and the courses of its readings with their beginnings."""

    box: Box
    container: Container
    listed: bool
    courses: dict[str, tuple[Course, float]]
    silent: bool = False
    oomed: bool = False
    used: float = 0.0
    read_at: float = 0.0
    measured_at: float | None = None

    def readings(self, at: float) -> dict[str, int | None]:
        """What a sample would say now."""
        sampled = ((key, self.courses[key]) for key in SAMPLED if key in self.courses)
        return {key: course.after(at - since) for key, (course, since) in sampled}

    def zombies(self, at: float) -> int | None:
        """How many zombies there are in it now."""
        course, since = self.courses.get(ZOMBIES, (Course(None), at))
        return course.after(at - since)

    @property
    def is_sampled(self) -> bool:
        """Whether a sample would say anything at all."""
        return not self.courses.keys().isdisjoint(SAMPLED)


@dataclass(slots=True)
class Cast:
    """All containers of a test, by the names that it gives them."""

    parts: dict[str, Part] = field(default_factory=dict)

    def part_of(self, key: ContainerId) -> Part:
        """The container with this id."""
        return next(part for part in self.parts.values() if part.container.id == key)

    def listed(self) -> tuple[Container, ...]:
        """What the engine lists."""
        return tuple(part.container for part in self.parts.values() if part.listed)

    def change(self, change: Change, at: float) -> Part:
        """Let values change; whoever was silent speaks again."""
        part = self.parts[change.box]
        part.courses |= {key: (course, at) for key, course in change.courses.items()}
        if change.courses:
            part.silent = False
        plain: dict[str, Any] = dict(change.plain)
        limits = _limits(part, at, change.courses)
        if plain or limits:
            part.container = _with_limits(replace(part.container, **{**limits, **plain}))
        if MEASURED in change.courses:
            part.measured_at = None
        return part

    def limit(self, key: str, stage: Stage, at: float) -> None:
        """Set the limits of a stage: all, or those that the container has not."""
        part, wanted = self.parts[key], stage.limits
        container = part.container
        changes: dict[str, Any] = {}
        for name in ("pids", "memory", "cpu"):
            value = getattr(wanted, name)
            if value is None or (stage.missing and getattr(container, f"{name}_limited")):
                continue
            changes[f"{name}_limited"] = True
            if name != "cpu":
                changes[f"{name}_limit"] = value
                part.courses[f"{name}_limit"] = (Course(value), at)
        if changes:
            part.container = _with_limits(replace(container, **changes))

    def create(self, key: str, at: float) -> Part:
        """Let the engine know the container from now on."""
        part = self.parts[key]
        part.listed = True
        part.container = replace(part.container, created=at)
        return part

    def start(self, key: str, at: float) -> Part:
        """Begin the next run."""
        part = self.parts[key]
        started = _written(at)
        if started <= part.container.run.started_at:
            # Two runs are never of the same moment.
            started = _written(at, nth=1)
        part.oomed = False
        # When the last run ended stays written down while the next one goes on.
        part.container = replace(
            part.container,
            run=Run(part.container.id, started),
            state=State.RUNNING,
            born=at,
            exit_code=None,
            oom_killed=False,
        )
        return part

    def die(self, key: str, at: float, code: int) -> Part:
        """End the present run."""
        part = self.parts[key]
        part.container = replace(
            part.container,
            state=State.EXITED,
            exit_code=code,
            oom_killed=part.oomed,
            finished_at=_written(at),
            finished=at,
        )
        return part

    def zombies(self, at: float, wanted: frozenset[Run]) -> ZombiesSeen:
        """A look at all processes of the present runs."""
        alive = [part for part in self.parts.values() if part.container.run in wanted]
        found = {part.container.run: part.zombies(at) for part in alive}
        return ZombiesSeen(at, at, {run: count for run, count in found.items() if count is not None})

    def sample(self, part: Part, at: float) -> Sample:
        """A reading of the present run."""
        readings: dict[str, Any] = part.readings(at)
        cores = readings.pop("cpu", None)
        if cores is not None:
            # An engine tells how much was used so far.
            part.used += (at - part.read_at) * cores / CORE
        part.read_at = at
        return Sample(at, part.container.run, **readings, cpu=None if cores is None else part.used)

    def measure(self, part: Part, at: float, every: float) -> LayerSized | None:
        """The size of its layer, if it is due and known."""
        if MEASURED not in part.courses or (part.measured_at is not None and at - part.measured_at < every):
            return None
        part.measured_at = at
        course, since = part.courses[MEASURED]
        size = course.after(at - since)
        return None if size is None else LayerSized(at, part.container.run, size)


@dataclass(slots=True)
class Host:
    """The host of a test: its memory, and what came back to it by ends that a rule brought about."""

    courses: dict[str, tuple[Course, float]]
    returned: int = 0

    def change(self, change: HostChange, at: float) -> None:
        """Let values change; a new one is what is left by then, with everything in it."""
        self.courses |= {key: (course, at) for key, course in change.courses.items()}
        if "memory_available" in change.courses:
            self.returned = 0

    def seen(self, at: float) -> HostSeen | None:
        """What its kernel says, None where a test has it unknown."""
        now = {key: course.after(at - since) for key, (course, since) in self.courses.items()}
        available, total = now.get("memory_available"), now.get("memory_total", HOST_MEMORY)
        if available is None or total is None:
            return None
        return HostSeen(at, max(total, available), min(available + self.returned, max(total, available)))


def cast_of(boxes: tuple[Box, ...]) -> Cast:
    """The containers as they are when the test begins."""
    ids = {box.key: ContainerId(f"{number:064x}") for number, box in enumerate(boxes, start=1)}
    return Cast({box.key: _part(box, ids) for box in boxes})


def _part(box: Box, ids: dict[str, ContainerId]) -> Part:
    part = Part(
        box,
        _container(box, ids),
        listed=box.state != ABSENT,
        courses={key: (course, 0.0) for key, course in box.courses.items()},
    )
    changes = {**_limits(part, 0.0, part.courses), **_flags(box)}
    part.container = _with_limits(replace(part.container, **changes))
    return part


def _with_limits(container: Container) -> Container:
    """An engine tells the same limits in one record, swap among them: here, none beyond memory."""
    memory = container.memory_limit
    return replace(container, limits=Limits(container.pids_limit, memory, memory, container.limits.cpu))


def _limits(part: Part, at: float, changed: Collection[str]) -> dict[str, Any]:
    """The limits that changed, which an inspect tells as well, and whether there are any."""
    there = [key for key in part.courses if key in changed and key.endswith("_limit")]
    amounts = {key: value for key, value in part.readings(at).items() if key in there}
    return {**amounts, **{f"{key}ed": limited(part.courses[key][0]) for key in there}}


def _flags(box: Box) -> dict[str, Any]:
    """What is said of limits word for word goes before what follows from their amounts."""
    return {key: value for key, value in box.plain.items() if key.endswith("_limited")}


def _container(box: Box, ids: dict[str, ContainerId]) -> Container:
    plain: dict[str, Any] = dict(box.plain)
    # The engine shows the labels of the image among those of the container.
    plain["labels"] = {**plain.get("image_labels", {}), **plain.get("labels", {})}
    state = State.CREATED if box.state == ABSENT else State(box.state)
    begun = state is not State.CREATED
    born = None if box.age is None else -box.age
    started = _written(born if born is not None else -_UNSURE_AGE) if begun else ""
    over = state in {State.EXITED, State.DEAD}
    return Container(
        run=Run(ids[box.key], started),
        state=state,
        born=born if begun else None,
        created=born if born is not None else -_UNSURE_AGE,
        joins=frozenset(ids[other] for other in box.joins),
        finished_at=_written(0.0) if over else "",
        finished=0.0 if over else None,
        **plain,
    )
