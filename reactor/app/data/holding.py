"""Who has data folders in use, by the engine's word: every container in every state, and every volume.

Whose paths touch a folder is decided in ``data``. Here the engine is asked, all or nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import trio

from reactor.app.complaint import Complaint
from reactor.core.language.printing import tame
from reactor.core.ports import EngineError
from reactor.core.protection import LabelNames
from reactor.core.recipes import plain_name
from reactor.data.choosing import Held, covers
from reactor.data.mounts import Mounts
from reactor.data.root import Root
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.engine.holders import Holder, holders

PATIENCE = 300.0
"""Seconds for the whole question: thousands of containers are inspected one after another."""
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Asking:
    """How the engine is asked. ``despite`` are names and ids of those whose view of everything counts not."""

    endpoint: Endpoint
    labels: LabelNames
    root: Root
    despite: Collection[str] = ()
    tell: Callable[[int, int], None] = lambda _asked, _all: None

    def held(self) -> Held:
        """What is in use now. Raises Complaint: then it is not known, and nothing may be removed."""
        try:
            found = trio.run(self._ask)
        except EngineError as error:
            raise Complaint(
                f"reactor: who uses which folder is not known: {error}",
                "Nothing was removed: all containers have to be listed and inspected for that",
            ) from None
        return held_by(found, self.labels, self._counted(found))

    async def _ask(self) -> tuple[Holder, ...]:
        engine = DockerEngine(self.endpoint)
        with trio.move_on_after(PATIENCE):
            await engine.identify()
            return await holders(engine, self.tell)
        raise EngineError(f"the engine did not answer all questions within {PATIENCE:g} s")

    def _counted(self, found: Iterable[Holder]) -> Mapping[str, str]:
        """The paths that count, by who has them."""
        mounts, counted = Mounts.read(), {}
        for each in found:
            excused = {each.id, each.name} & {*self.despite}
            for path in each.paths:
                if not (excused and covers(self.root, path, mounts)):
                    counted[path] = said(each)
        return counted


def held_by(found: Iterable[Holder], labels: LabelNames, paths: Mapping[str, str]) -> Held:
    """What follows from these, with the paths that count."""
    tasks: dict[str, str] = {}
    ended: dict[str, float] = {}
    usual = LabelNames()
    # Ours count as well where a runner's own labels are read: who is in doubt keeps his data.
    keys = {labels.task, labels.sidecar_of, usual.task, usual.sidecar_of}
    for each in found:
        words = each.labels or {}
        for task in {words[key] for key in keys if key in words}:
            name = plain_name(task)
            if not each.over:
                tasks[name] = f"{said(each)}, which lives in this task"
            elif each.finished is None:
                tasks.setdefault(name, f"{said(each)}, of which nobody can tell when it ended")
            else:
                ended[name] = max(each.finished, ended.get(name, 0.0))
    return Held(paths, tasks, ended)


def said(holder: Holder) -> str:
    """Who it is, for a sentence."""
    name = tame(holder.name, _LONGEST)
    return f"{name} ({holder.id[:12]})" if holder.id else name
