"""What every part of a world stands on: clock, timers, event log, history and the shelf of containers.

Only shared state and the smallest steps on it belong here; what they add up to is in
``life``, ``signals`` and ``world``.
"""

from collections.abc import Callable
from hashlib import sha256

import trio

from reactor.core.container import ContainerId, Run, State
from reactor.testing.box import Box, Image
from reactor.testing.clock import EngineClock
from reactor.testing.events import EventLog, Message
from reactor.testing.history import NOBODY, Entry, History, What
from reactor.testing.refusals import Refused, no_such_container
from reactor.testing.tasks import GIB
from reactor.testing.timers import Timers

FIRST_PID = 5_000_000
"""Above the highest number a kernel gives out, so that no real process is ever taken for one of ours."""
HOST_CPUS = 2


class Ground:
    """The state of one world.

    ``list_lag`` is how long after a death the list still calls a container running.
    ``kill_takes`` is the time from a signal to the death, ``removal_takes`` that of a removal.
    """

    def __init__(
        self,
        clock: EngineClock,
        *,
        seed: str = "embedded",
        list_lag: float = 0.02,
        kill_takes: float = 0.0,
        removal_takes: float = 0.0,
        host_memory: int = 16 * GIB,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.list_lag = list_lag
        self.kill_takes = kill_takes
        self.removal_takes = removal_takes
        self.host_memory = host_memory
        self.host_kernel = ""
        # Which folders the host has is for a test to say; without a word all are there.
        self.has_path: Callable[[str], bool] = bool
        self.timers = Timers()
        self.events = EventLog()
        self.history = History()
        self.boxes: dict[ContainerId, Box] = {}
        # Who joined whose PID namespace: few do, and every death asks.
        self.pid_sharers: list[Box] = []
        self.images: dict[str, Image] = {}
        self.up = True
        self.fell = trio.Event()
        self.rose = trio.Event()
        self.stats_frozen: trio.Event | None = None
        self._pids = FIRST_PID
        self._made = 0

    def settle(self) -> float:
        """Let everything happen that is due by now, and say what time it is."""
        now = self.clock.now()
        self.timers.fire(now)
        return now

    def new_id(self) -> ContainerId:
        """The next id: 64 hex digits, the same ones in every world with the same seed."""
        self._made += 1
        return ContainerId(sha256(f"{self.seed}/{self._made}".encode()).hexdigest())

    def new_pid(self) -> int:
        """The next process id."""
        self._pids += 1
        return self._pids

    def find(self, reference: str) -> Box:
        """Resolve as an engine does: full id, then exact name, then a prefix that only one id has."""
        full = self.boxes.get(ContainerId(reference))
        if full is not None:
            return full
        name = reference.removeprefix("/")
        for box in self.boxes.values():
            if box.name == name:
                return box
        return self._find_prefix(reference)

    def _find_prefix(self, reference: str) -> Box:
        found = [box for box in self.boxes.values() if reference and box.id.startswith(reference)]
        if not found:
            raise no_such_container(reference)
        if len(found) > 1:
            raise Refused(400, f"Multiple IDs found with provided prefix: {reference}")
        return found[0]

    def named(self, name: str) -> Box | None:
        """Who has this name."""
        return next((box for box in self.boxes.values() if box.name == name), None)

    def tell(self, box: Box, action: str, at: float, **attributes: str) -> None:
        """Publish a container event; the container's labels overwrite its attributes, as on a real engine."""
        if not self.up:
            return
        said = {**attributes, **box.recipe.labels, "image": box.recipe.image_ref, "name": box.name}
        self.events.publish(Message("container", action, box.id, said, self.clock.stamp(at)))

    def tell_network(self, box: Box, action: str, at: float) -> None:
        """Publish a network event: they take room in the ring, too."""
        if not self.up or box.recipe.network_mode.startswith("container:"):
            return
        network = sha256(f"{self.seed}/network/{box.recipe.network_mode}".encode()).hexdigest()
        kind = "null" if box.recipe.network_mode == "none" else box.recipe.network_mode
        said = {"container": box.id, "name": box.recipe.network_mode, "type": kind}
        self.events.publish(Message("network", action, network, said, self.clock.stamp(at)))

    def note(
        self,
        box: Box | None,
        what: What,
        at: float,
        by: str,
        *,
        status: int = 0,
        effective: bool = False,
        code: int | None = None,
        run: Run | None = None,
    ) -> None:
        """Write the truth down."""
        of = run or (box.run if box else NOBODY)
        name = box.name if box else ""
        self.history.add(Entry(at, what, of, name, by, status, effective, code))

    def show(self, box: Box, at: float, state: State) -> None:
        """Let the list say what is so, after its lag."""

        def shown(_: float) -> None:
            # What happened meanwhile has been shown, or will be, by its own timer.
            if box.state is state:
                box.listed = state

        if self.list_lag > 0:
            self.timers.add(at + self.list_lag, shown)
        else:
            box.listed = state
