"""One container of this world: what it was made of and what it is doing.

Only state belongs here, with the questions that can be answered from it alone. What changes
it is in ``life`` and ``signals``; what it looks like as JSON is in ``documents``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import trio

from reactor.core.container import ALIVE, ContainerId, Run, State
from reactor.testing.clock import NEVER, written
from reactor.testing.restarts import RestartPolicy
from reactor.testing.tasks import Limits, Task, Usage
from reactor.testing.timers import Timer
from reactor.testing.traits import PLAIN, Traits

USUAL_GRACE = 10.0
"""How long an engine waits in a stop before it kills, if nobody says otherwise, in seconds."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image: its id, one tag, its labels, which containers inherit, and what they run if not told."""

    id: str
    tag: str
    labels: Mapping[str, str]
    created: int
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a container was created from; it does not change, except by an update of limits and policy."""

    task: Task
    image: Image
    image_ref: str
    labels: Mapping[str, str]
    limits: Limits
    policy: RestartPolicy
    auto_remove: bool = False
    network_mode: str = "none"
    pid_mode: str = ""
    ipc_mode: str = "private"
    command: tuple[str, ...] = ()
    stop_signal: str = ""
    stop_timeout: float = USUAL_GRACE
    traits: Traits = PLAIN


@dataclass(slots=True, eq=False)
class Box:
    """One container. ``listed`` is what the list says of it, which can lag behind ``state``.

    ``by_hand`` is that somebody killed or stopped it, which keeps its restart policy quiet.
    ``oom_noted`` is that an OOM event came and no exit since. ``over`` is set when the run
    ends and ``gone`` when the container is removed. ``turns`` are what its task does by itself,
    ``timers`` what else is due; ``owed`` is what a wedged one has not done yet. ``health`` is the
    engine's word, ``failing`` how many probes failed since one passed, ``ill`` what they find from
    now on, and None leaves that to the health check. ``layer`` is how many bytes stand in its own layer.
    ``output`` is what it wrote so far. ``renewing`` is that somebody restarts it, ``removed_by`` who began to
    remove it.
    """

    id: ContainerId
    name: str
    recipe: Recipe
    created: int
    state: State = State.CREATED
    listed: State = State.CREATED
    started: int = 0
    finished: int = 0
    exit_code: int = 0
    error: str = ""
    pid: int = 0
    oom_killed: bool = False
    oom_noted: bool = False
    restarts: int = 0
    wait: float = 0.0
    by_hand: bool = False
    removing: bool = False
    removed_by: str = ""
    renewing: bool = False
    stopping: bool = False
    dying: bool = False
    wedged: trio.Event | None = None
    inspect_hangs: bool = False
    owed: list[Callable[[float], object]] = field(default_factory=list)
    usage_override: Usage | None = None
    health: str = ""
    failing: int = 0
    ill: bool | None = None
    probe: Timer | None = None
    output: list[bytes] = field(default_factory=list)
    turns: list[Timer] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    over: trio.Event = field(default_factory=trio.Event)
    gone: trio.Event = field(default_factory=trio.Event)
    ran_before: float = 0.0
    resumed_at: float | None = None
    layer: int = 0

    @property
    def run(self) -> Run:
        """The present or last run; ``started_at`` is empty for a container that was never started."""
        return Run(self.id, written(self.started) if self.started else "")

    @property
    def started_at(self) -> str:
        """The engine's StartedAt."""
        return written(self.started) if self.started else NEVER

    @property
    def finished_at(self) -> str:
        """The engine's FinishedAt."""
        return written(self.finished) if self.finished else NEVER

    @property
    def alive(self) -> bool:
        """Whether the engine calls it running: paused and restarting ones are."""
        return self.state in ALIVE

    @property
    def has_process(self) -> bool:
        """Whether something really runs in it, or is frozen in it."""
        return self.state in (State.RUNNING, State.PAUSED)

    def ran(self, now: float) -> float:
        """For how many seconds the present run has executed, pauses left out."""
        return self.ran_before + (0.0 if self.resumed_at is None else now - self.resumed_at)

    def freeze(self, now: float) -> None:
        """Let its time stand still, and what its task was going to do with it."""
        self.ran_before, self.resumed_at = self.ran(now), None
        # An engine that ends its probes says "unhealthy", whatever they found, and tells nobody.
        self.health = self.health and "unhealthy"
        self._end_probes()
        _cancel(self.turns)

    def drop_turns(self) -> None:
        """Let nothing come of what its task was going to do."""
        _cancel(self.turns)

    def cancel_timers(self) -> None:
        """Let nothing happen to it by itself any more."""
        self._end_probes()
        _cancel(self.turns)
        _cancel(self.timers)

    def _end_probes(self) -> None:
        if self.probe is not None:
            self.probe.cancel()
            self.probe = None


def _cancel(timers: list[Timer]) -> None:
    for timer in timers:
        timer.cancel()
    timers.clear()
