"""The world: containers of an engine that is not there, driven by trio's clock.

This is the door to the room: what a test, the demo or an engine's front asks for. What
happens behind it is in ``life`` (by itself) and ``signals`` (by request).
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

import trio

from reactor.core.container import State
from reactor.testing import life, making, signals, updates
from reactor.testing.box import Box, Image, Recipe
from reactor.testing.clock import DEFAULT_EPOCH, EngineClock
from reactor.testing.events import EventLog
from reactor.testing.fates import Fates
from reactor.testing.ground import Ground
from reactor.testing.history import History
from reactor.testing.mishaps import Mishaps
from reactor.testing.refusals import Refused
from reactor.testing.restarts import parse_policy
from reactor.testing.tasks import Limits, Sleeps, Task
from reactor.testing.traits import PLAIN, Traits

NOTHING: Mapping[str, str] = MappingProxyType({})
DEFAULT_IMAGE = "busybox:test"


class World(Mishaps, Fates):
    """Containers, images, events and the truth about them.

    Everything that is due happens before a call looks; ``run`` is only needed so that
    streams and waiters wake at the very moment.
    """

    def __init__(
        self,
        *,
        seed: str = "embedded",
        epoch: float = DEFAULT_EPOCH,
        list_lag: float = 0.02,
        kill_takes: float = 0.0,
        removal_takes: float = 0.0,
    ) -> None:
        self.clock = EngineClock(epoch)
        ground = Ground(
            self.clock, seed=seed, list_lag=list_lag, kill_takes=kill_takes, removal_takes=removal_takes
        )
        super().__init__(ground)

    @property
    def history(self) -> History:
        """The truth about what was done and what changed."""
        return self.ground.history

    @property
    def events(self) -> EventLog:
        """The engine's event log."""
        return self.ground.events

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All containers, the youngest last."""
        self.ground.settle()
        return tuple(self.ground.boxes.values())

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Let things happen at their moments, for ever."""
        task_status.started()
        while True:
            self.ground.settle()
            await self.ground.timers.wait_next()

    def find(self, reference: str) -> Box:
        """Resolve a full id, an exact name or a prefix, in this order."""
        self.ground.settle()
        return self.ground.find(reference)

    def add_image(
        self, tag: str = DEFAULT_IMAGE, labels: Mapping[str, str] = NOTHING, command: tuple[str, ...] = ()
    ) -> Image:
        """Put an image into the store; an older one with the same tag loses it.

        ``command`` is what its containers run if they are not told what.
        """
        return making.add_image(self.ground, tag, labels, command)

    def drop_image(self, tag: str) -> None:
        """Take an image away, although containers may still use it."""
        self.ground.images.pop(tag)

    def find_image(self, reference: str) -> Image:
        """Resolve a tag or an id."""
        return making.find_image(self.ground, reference)

    def create(
        self,
        task: Task | None = None,
        *,
        name: str = "",
        labels: Mapping[str, str] = NOTHING,
        image: str = DEFAULT_IMAGE,
        memory_limit: int | None = None,
        pids_limit: int | None = None,
        cpus: float | None = None,
        swap_limit: int | None = None,
        cpu_by_quota: bool = False,
        joins: Box | None = None,
        network_mode: str = "none",
        pid_mode: str = "",
        ipc_mode: str = "private",
        restart_policy: str = "no",
        auto_remove: bool = False,
        command: tuple[str, ...] = (),
        stop_timeout: float = 10.0,
        traits: Traits = PLAIN,
        by: str = "operator",
    ) -> Box:
        """Create a container. ``joins`` shares that one's network; an unknown image is made up.

        Without a limit of its own there is as much swap as memory alone: none. Long, because a container has
        that many settings: each has a default here, so that whoever makes one names what matters to him.
        """
        ground = self.ground
        now = ground.settle()
        found = making.image_for(ground, image)
        recipe = Recipe(
            task=task or Sleeps(),
            image=found,
            image_ref=image,
            labels={**found.labels, **labels},
            limits=Limits(
                pids_limit,
                memory_limit,
                ground.host_memory,
                cpus,
                swap_limit or memory_limit,
                cpu_by_quota,
            ),
            policy=parse_policy(restart_policy),
            auto_remove=auto_remove,
            network_mode=f"container:{joins.id}" if joins else making.shared_mode(ground, network_mode),
            pid_mode=making.shared_mode(ground, pid_mode),
            ipc_mode=making.shared_mode(ground, ipc_mode),
            command=command,
            stop_timeout=stop_timeout,
            traits=traits,
        )
        return making.place(ground, recipe, name, now, by)

    def start(self, box: Box, by: str = "operator") -> int:
        """Start it; 304 if it runs already."""
        now = self.ground.settle()
        if box.state is State.PAUSED:
            raise Refused(409, "cannot start a paused container, try unpause instead.")
        if box.has_process:
            return 304
        if box.removing or box.id not in self.ground.boxes:
            raise Refused(409, "container is marked for removal and cannot be started")
        box.cancel_timers()
        box.restarts, box.wait, box.renewing = 0, 0.0, False
        life.begin(self.ground, box, now, by)
        return 204

    def spawn(self, task: Task | None = None, **given: object) -> Box:
        """Create and start."""
        box = self.create(task, **given)  # type: ignore[arg-type]  # the parameters are those of create
        self.start(box)
        return box

    def kill(self, box: Box, by: str = "operator", signal: int = signals.SIGKILL) -> int:
        """Send a signal; of a wedged one nothing comes before it is freed."""
        return self._do(box, partial(signals.kill, self.ground, box, by=by, signal=signal))

    def stop(self, box: Box, grace: float = 10.0, by: str = "operator") -> int:
        """Begin to stop it; it ends politely or is killed after ``grace`` seconds."""
        return self._do(box, partial(signals.stop, self.ground, box, by=by, grace=grace))

    def _do(self, box: Box, action: Callable[[float], int]) -> int:
        now = self.ground.settle()
        if box.wedged is None:
            return action(now)
        box.owed.append(action)
        return 204

    def begin_restart(self, box: Box, grace: float = 10.0, by: str = "operator") -> int:
        """Begin to stop it as the first half of a restart; ``restart`` is the other one, when it is over."""
        return self._do(box, partial(signals.restart, self.ground, box, by=by, grace=grace))

    def restart(self, box: Box, by: str = "operator") -> int:
        """Kill it if it runs and start it again, which makes a new run of it."""
        if box.alive:
            box.renewing = True
            self.kill(box, by)
        self.start(box, by)
        self.ground.tell(box, "restart", self.clock.now())
        return 204

    def pause(self, box: Box, by: str = "operator") -> int:
        """Freeze it."""
        return self._do(box, partial(signals.pause, self.ground, box, by=by))

    def unpause(self, box: Box, by: str = "operator") -> int:
        """Let it go on."""
        return self._do(box, partial(signals.unpause, self.ground, box, by=by))

    def remove(self, box: Box, *, force: bool = False, by: str = "operator") -> int:
        """Remove it."""
        return self._do(box, partial(signals.remove, self.ground, box, by=by, force=force))

    def rename(self, box: Box, name: str, by: str = "operator") -> int:
        """Give it another name; 64 hex digits are a name, too."""
        return making.rename(self.ground, box, self.ground.settle(), name, by)

    def update(
        self, box: Box, limits: Limits, restart_policy: str | None = None, by: str = "operator"
    ) -> int:
        """Give it other limits, and another restart policy if one is named."""
        policy = box.recipe.policy if restart_policy is None else parse_policy(restart_policy)
        return updates.update(self.ground, box, self.ground.settle(), by, limits, policy)

    def change(
        self, box: Box, change: updates.Change, restart_policy: str | None = None, by: str = "operator"
    ) -> int:
        """Change some of its limits, with all that an engine has against it."""
        limits = updates.changed(self.ground, box, change)

        def update(at: float) -> int:
            policy = box.recipe.policy if restart_policy is None else parse_policy(restart_policy)
            updates.update(self.ground, box, at, by, limits, policy)
            return 200

        return self._do(box, update)

    def say(self, box: Box, text: bytes) -> None:
        """Let it write something."""
        box.output.append(text)
