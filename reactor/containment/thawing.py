"""What an earlier monitor left frozen, because it was killed in between: let go on by the next one.

Only runs that it meant to end are looked at, and only ice that is ours is touched. Whoever is frozen now, by
this monitor, is the business of ``keeping``.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import trio

from reactor.cgroups.finding import PROC
from reactor.cgroups.mounts import Trees
from reactor.containment import striking
from reactor.containment.handles import Handle, open_handle
from reactor.containment.keeping import Inspect
from reactor.core.container import Container, Run, State
from reactor.core.ports import EngineError, NoSuchContainer

log = logging.getLogger("reactor.containment")

_AGAIN_AFTER = 1.0
"""Seconds after which an engine that did not answer is asked again."""


async def thaw_left(
    runs: Iterable[Run],
    trees: Trees,
    inspect: Inspect,
    is_frozen_now: Callable[[Run], bool],
    proc: Path = PROC,
) -> None:
    """Thaw what of these is frozen; returns when that is settled for all of them."""
    left = list(dict.fromkeys(runs))
    while left:
        unsettled = []
        for run in left:
            try:
                seen = await inspect(run.id)
            except NoSuchContainer:
                continue
            except EngineError:
                unsettled.append(run)
                continue
            if seen.run == run and seen.alive and not is_frozen_now(run):
                _thaw(seen, trees, proc)
        left = unsettled
        if left:
            await trio.sleep(_AGAIN_AFTER)


def _thaw(seen: Container, trees: Trees, proc: Path) -> None:
    handle = open_handle(trees, seen, proc)
    if not isinstance(handle, Handle):
        return
    try:
        thawed = [how for how in _ours(handle, seen) if not striking.thaw(handle, how)]
    finally:
        handle.close()
    if thawed:
        fields = {"container": seen.name, "container_id": seen.id, "by": thawed[0]}
        log.warning("an earlier monitor left it frozen; it was thawed", extra=fields)


def _ours(handle: Handle, seen: Container) -> list[str]:
    """The ways by which it is frozen, without the engine's own, which says then that it is paused."""
    if seen.state is not State.PAUSED:
        return list(striking.frozen_by(handle))
    return [how for how in striking.frozen_by(handle) if how == striking.BY_FREEZE and not handle.shared_ice]
