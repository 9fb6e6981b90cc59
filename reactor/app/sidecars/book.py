"""How it stands with every sidecar, and what failed: for the planning, for log and numbers, and for people.

Nothing is done here, and nothing decided. Whom we hold is in ``holds``, what was planned in ``pictures``.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reactor.app.sidecars.holds import Holds
from reactor.app.sidecars.pictures import FAILURES, WHYS, Pictures
from reactor.core.beside import OURS, policy_of
from reactor.core.container import Run
from reactor.core.provision_steps import Fail, Picture, Sidecar
from reactor.core.provisions import Phase, Task, Tried
from reactor.core.recipes import OnFailure, Template, made_name
from reactor.core.state import Alone, State
from reactor.observe.tally import Tally

log = logging.getLogger("reactor.sidecars")

FIRST, LONGEST = 1.0, 60.0
"""The pause before the first new try, and the longest, in seconds; it doubles in between."""
WELL_AFTER = 60.0
"""Seconds for which one has to have been ready for its next failure to be a first one."""
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
class _Trouble:
    text: str
    pause: float
    until: float


class Book(Holds, Pictures):
    """What is known of each task beside what the engine knows, and how it stood when it was last planned."""

    def __init__(self, tally: Tally) -> None:
        Holds.__init__(self)
        Pictures.__init__(self, tally)
        self._lists: dict[str, int] = {}
        self._trouble: dict[tuple[str, str], _Trouble] = {}
        self._not_now: dict[tuple[str, str], float] = {}

    def forget(self, task: str) -> None:
        """Nobody of this task is there any more."""
        self._memories.pop(task, None)
        self._lists.pop(task, None)
        self._trouble = {key: each for key, each in self._trouble.items() if key[0] != task}
        self._not_now = {key: each for key, each in self._not_now.items() if key[0] != task}
        self.forget_pictures(task)

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

    # For people and programs

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
