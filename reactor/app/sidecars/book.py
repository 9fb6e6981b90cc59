"""How it stands with every sidecar, and what failed: for the planning, for log and numbers, and for people.

Nothing is done here, and nothing decided.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reactor.core.beside import OURS, policy_of
from reactor.core.container import Run
from reactor.core.container import State as ContainerState
from reactor.core.held_mains import LONGEST_HOLD
from reactor.core.language.printing import tame
from reactor.core.provision_steps import Fail, Picture, Sidecar
from reactor.core.provisions import Memory, Phase, Task, Tried
from reactor.core.recipes import OnFailure, Template, made_name
from reactor.core.state import Alone, Entry, State
from reactor.observe.tally import Tally

log = logging.getLogger("reactor.sidecars")

FIRST, LONGEST = 1.0, 60.0
"""The pause before the first new try, and the longest, in seconds; it doubles in between."""
WELL_AFTER = 60.0
"""Seconds for which one has to have been ready for its next failure to be a first one."""
SHOWN_WORDS, SHOWN_OF_WORD = 5, 64
"""How many words of a stranger are shown, and how much of each."""
FAILURES = "reactor_sidecar_failures_total"
READY_AFTER = "reactor_sidecar_ready_seconds"
WHYS = (
    "image", "name", "bind", "port", "start", "refused", "variable", "network", "label", "data", "ended",
    "not-ready", OURS, "engine", "defect",
)  # fmt: skip
"""Why one can fail; what is told beside these is counted as ``refused``."""
REMEDIES: Mapping[str, str] = {
    "name": "remove or rename the container {name}",
    "ended": "see what it wrote: docker logs {name}",
    "not-ready": "see its health check: docker inspect {name}; or give it more time with ready_within",
    OURS: "see why with: reactor history {name}",
    "network": "it is made anew in the network of now",
    "engine": "is the engine well? see its log",
}
_MEANS = {
    OnFailure.RETRY: "it is tried again",
    OnFailure.END: "its task is ended",
    OnFailure.IGNORE: "its task goes on without it",
}


@dataclass(frozen=True, slots=True)
class _Since:
    phase: Phase
    run: Run | None
    at: float


@dataclass(frozen=True, slots=True)
class _Trouble:
    text: str
    pause: float
    until: float


class Book:
    """What is known of each task beside what the engine knows, and how it stood when it was last planned."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._memories: dict[str, Memory] = {}
        self._pictures: dict[str, Picture] = {}
        self._since: dict[tuple[str, str], _Since] = {}
        self._made_at: dict[tuple[str, str], float] = {}
        self._lists: dict[str, int] = {}
        self._said: set[tuple[str, ...]] = set()
        self._counted: set[str] = set()
        self._trouble: dict[tuple[str, str], _Trouble] = {}
        self._not_now: dict[tuple[str, str], float] = {}
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

    def forget(self, task: str) -> None:
        """Nobody of this task is there any more."""
        self._memories.pop(task, None)
        self._pictures.pop(task, None)
        self._lists.pop(task, None)
        self._trouble = {key: each for key, each in self._trouble.items() if key[0] != task}
        self._not_now = {key: each for key, each in self._not_now.items() if key[0] != task}
        self._since = {key: each for key, each in self._since.items() if key[0] != task}
        self._made_at = {key: each for key, each in self._made_at.items() if key[0] != task}
        self._said = {key for key in self._said if key[0] != task}

    def count_alone(self, task: Task, state: State, at: float) -> None:
        """Since when, and in how many lists, nobody of this task has lived."""
        memory = self.memory(task.name)
        if task.needed:
            self._lists.pop(task.name, None)
            if memory.alone is not None:
                # It begins anew, and so does what failed.
                self.remember(task.name, replace(memory, alone=None, tried={}))
            return
        first = self._lists.setdefault(task.name, state.snapshots)
        since = memory.alone.since if memory.alone is not None else at
        alone = Alone(since, 1 + state.snapshots - first)
        self.remember(task.name, replace(memory, alone=alone))

    # Whom we hold

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

    # What failed

    def fail(self, task: str, fail: Fail, at: float) -> None:
        """A sidecar failed: it is remembered, counted and said."""
        self.failed(task, fail.template, fail.why, fail.text, at, fail.run)

    def failed(
        self, task: str, template: Template, why: str, text: str, at: float, run: Run | None = None
    ) -> None:
        """A sidecar failed, or could not be made at all."""
        memory, name = self.memory(task), template.name
        before = memory.tried.get(name)
        since = self._since.get((task, name))
        well = since is not None and since.phase is Phase.READY and at - since.at >= WELL_AFTER
        first = before is None or before.template != template or well
        count = 1 if first or before is None else before.count + 1
        pause = min(LONGEST, FIRST * 2 ** min(count - 1, 10))
        remedy = REMEDIES.get(why, "").format(name=made_name(task, name))
        told = f"{text}; {remedy}" if remedy else text
        tried = Tried(template, count, at, at + pause, why, told, run)
        self.remember(task, replace(memory, tried={**memory.tried, name: tried}))
        self._tally.count(FAILURES, template=name, why=why if why in WHYS else "refused")
        means = _MEANS[policy_of(template, why, there=run is not None)]
        fields = {"task": task, "template": name, "why": why, "what": told, "then": means, "times": count}
        log.error("a sidecar failed", extra=fields)

    def trouble(self, task: str, text: str, at: float, about: str = "") -> None:
        """A step did not come off, and nobody knows what that says of the sidecar: later again.

        ``about`` is the main that was to be held, or let go on; it waits for nobody else's troubles.
        """
        before = self._trouble.get((task, about))
        pause = min(LONGEST, 2 * before.pause) if before is not None else FIRST
        self._trouble[task, about] = _Trouble(text, pause, at + pause)
        log.warning("a step for a task's sidecars did not come off", extra={"task": task, "why": text})

    def not_now(self, task: str, at: float, about: str = "") -> None:
        """A step was not done, for a good reason: a moment later it is planned anew, and not at once."""
        self._not_now[task, about] = at + FIRST

    def quiet_until(self, task: str, about: str = "") -> float:
        """Until when nothing is tried for this task, or about this main of it."""
        trouble = self._trouble.get((task, about))
        until = trouble.until if trouble is not None else 0.0
        return max(until, self._not_now.get((task, about), 0.0))

    def well(self, task: str, since: float, about: str = "") -> None:
        """What was done since then came off, unless it was said meanwhile that it did not."""
        self._not_now.pop((task, about), None)
        trouble = self._trouble.get((task, about))
        if trouble is not None and trouble.until - trouble.pause < since:
            del self._trouble[task, about]

    # How it stands

    def _begin(self, template: str) -> None:
        """Count its failures from nothing, so that the first is an increase."""
        if template not in self._counted:
            self._counted.add(template)
            for why in WHYS:
                self._tally.count(FAILURES, 0, template=template, why=why)

    def making(self, task: str, template: str, at: float) -> None:
        """One is about to be made."""
        self._made_at[task, template] = at

    def take(self, picture: Picture, at: float) -> None:
        """How it stands with a task now."""
        self._pictures[picture.task] = picture
        if picture.trouble:
            self.say_once("a task's sidecars are left as they are, for want of certainty", picture.task, "")
        for each in picture.sidecars:
            self._take_one(picture.task, each, at)

    def _take_one(self, task: str, each: Sidecar, at: float) -> None:
        self._begin(each.template)
        key = (task, each.template)
        before = self._since.get(key)
        if before is None or (before.phase, before.run) != (each.phase, each.run):
            self._since[key] = _Since(each.phase, each.run, at)
            if each.phase is Phase.READY:
                self._ready(task, each, at)
        if each.stale and each.run is not None:
            words = "a sidecar was made from an earlier text of its template, and stays as it is"
            self.say_once(words, task, each.template, each.run.id)

    def _ready(self, task: str, each: Sidecar, at: float) -> None:
        began = self._made_at.pop((task, each.template), None)
        if began is None:
            return
        self._tally.observe(READY_AFTER, at - began, template=each.template)
        fields = {"task": task, "template": each.template, "took_ms": round((at - began) * 1000)}
        log.info("a sidecar is ready", extra=fields)

    def say_once(self, words: str, task: str, template: str, about: str = "") -> None:
        """Say it, but once for each of these."""
        key = (task, words, template, about)
        if key not in self._said:
            self._said.add(key)
            log.warning(words, extra={"task": task, "template": template})

    def say_unknown(self, task: str, words: Sequence[str]) -> None:
        """Say what a main asks for and nobody offers: a stranger's words, in one line."""
        shown = ", ".join(repr(tame(each, SHOWN_OF_WORD)) for each in words[:SHOWN_WORDS])
        more = f" and {len(words) - SHOWN_WORDS} more" if len(words) > SHOWN_WORDS else ""
        self.say_once("a main asks for sidecars that no set offers", task, f"{shown}{more}")

    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many sidecars of each template are in each phase."""
        return Counter(
            (each.template, each.phase.value)
            for picture in self._pictures.values()
            for each in picture.sidecars
        )

    def told(self, at: float) -> list[dict[str, Any]]:
        """Every task with its sidecars, for people and programs."""
        return [self._told_task(picture, at) for _, picture in sorted(self._pictures.items())]

    def _told_task(self, picture: Picture, at: float) -> dict[str, Any]:
        troubles = (each.text for key, each in self._trouble.items() if key[0] == picture.task)
        return {
            "task": picture.task,
            "held": bool(self.memory(picture.task).held),
            "error": next(troubles, picture.trouble),
            "sidecars": [self._told_one(picture.task, each, at) for each in picture.sidecars],
        }

    def _told_one(self, task: str, each: Sidecar, at: float) -> dict[str, Any]:
        since = self._since.get((task, each.template))
        tried = self.memory(task).tried.get(each.template)
        failed = tried is not None and each.phase is not Phase.READY
        return {
            "template": each.template,
            "name": made_name(task, each.template),
            "container": each.run.id if each.run is not None else "",
            "state": each.phase.value,
            "since_seconds": round(at - since.at, 1) if since is not None else 0.0,
            "why": tried.why if failed and tried else each.why,
            "error": tried.text if failed and tried else each.text,
            "tries": tried.count if tried is not None else 0,
            "stale": each.stale,
        }
