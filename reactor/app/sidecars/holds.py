"""What is remembered of each task beside what the engine knows, and whom we hold for it."""

from dataclasses import replace

from reactor.core.container import Run
from reactor.core.container import State as ContainerState
from reactor.core.held_mains import LONGEST_HOLD
from reactor.core.provisions import Memory
from reactor.core.state import Entry, State


class Holds:
    """The part of the book that is about mains which wait for their sidecars."""

    def __init__(self) -> None:
        self._memories: dict[str, Memory] = {}
        self._doubted: set[Run] = set()

    def memory(self, task: str) -> Memory:
        """What is remembered of a task."""
        return self._memories.get(task, Memory())

    def remember(self, task: str, memory: Memory) -> None:
        """Remember this of a task from now on; nothing at all if it is nothing."""
        if memory == Memory():
            self._memories.pop(task, None)
        else:
            self._memories[task] = memory

    @property
    def holds(self) -> bool:
        """Whether anybody is held."""
        return any(memory.held for memory in self._memories.values())

    def held(self) -> list[tuple[str, Run]]:
        """Whom we hold, with their tasks."""
        return [(task, run) for task, memory in self._memories.items() for run in memory.held]

    def hold(self, task: str, run: Run, at: float) -> None:
        """This main is held from now on."""
        memory = self.memory(task)
        self.remember(task, replace(memory, held={**memory.held, run: at}))

    def doubt(self, run: Run) -> None:
        """It is held, and nobody knows whether it is paused: that may come when we have given up."""
        self._doubted.add(run)

    def sure(self, run: Run) -> None:
        """It is paused, and that was us."""
        self._doubted.discard(run)

    def is_doubted(self, run: Run) -> bool:
        """Whether it may be paused later than we asked for it."""
        return run in self._doubted

    def look_at(self, task: str, state: State) -> None:
        """Whoever is seen paused is held without a doubt."""
        for run in self.memory(task).held if self._doubted else ():
            entry = state.entries.get(run.id)
            if entry is not None and entry.run == run and entry.container.state is ContainerState.PAUSED:
                self._doubted.discard(run)

    def is_open(self, run: Run, entry: Entry | None, at: float) -> bool:
        """Whether its pause may still come: until then, or the end of the longest hold, it is remembered."""
        if run not in self._doubted or entry is None or entry.run != run or not entry.alive:
            return False
        since = min((each.held[run] for each in self._memories.values() if run in each.held), default=at)
        return entry.container.state is not ContainerState.PAUSED and at < since + LONGEST_HOLD

    def let_go(self, task: str, run: Run) -> None:
        """It is not held any more, and not again in this run of it."""
        self._doubted.discard(run)
        memory = self.memory(task)
        held = {each: since for each, since in memory.held.items() if each != run}
        released, ruled = memory.released | {run}, memory.ruled - {run}
        self.remember(task, replace(memory, held=held, released=released, ruled=ruled))

    def rule(self, run: Run, *, pauses: bool) -> str:
        """A rule is about to pause a run, or did not come to it; the task of which it is held, if it is."""
        for task, held in self.held():
            if held == run:
                memory = self.memory(task)
                ruled = memory.ruled | {run} if pauses else memory.ruled - {run}
                self.remember(task, replace(memory, ruled=ruled))
                return task
        return ""
