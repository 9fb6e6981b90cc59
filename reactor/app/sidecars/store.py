"""Data folders for what is made: there before the container is, and each bind looked at right before.

Only the thread in which that is done belongs here, and where the folders of a task lie; how they are made,
and what is refused, is the business of the room ``data``.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import trio

from reactor.core.recipes import Bind, Folder, Recipe, plain_name
from reactor.data.binding import check_bind
from reactor.data.errors import DataRefused, Why
from reactor.data.preparing import prepare
from reactor.data.root import SHARED, TASKS, Root

WITHIN = 30.0
AT_ONCE = 4
NO_ROOT = "it binds folders, and there is no root for them: set 'data: {root: ...}' in the configuration"


class Store:
    """Folders below one root. They are made in threads, of which only a few may hang with a disk."""

    def __init__(self, root: Path | None) -> None:
        self._root = root
        self._limiter = trio.CapacityLimiter(AT_ONCE)

    def of_task(self, task: str) -> str:
        """Where the folders of a task lie."""
        return str(self._root / TASKS / plain_name(task)) if self._root is not None else ""

    @property
    def shared(self) -> str:
        """Where those lie that all tasks share."""
        return str(self._root / SHARED) if self._root is not None else ""

    async def fit(self, task: str, recipe: Recipe, folders: Sequence[Folder]) -> Recipe:
        """Have the folders made, and the recipe with its binds as they are to be told. Raises DataRefused."""
        if not folders and not recipe.binds:
            return recipe
        if self._root is None:
            raise DataRefused(Why.ROOT, NO_ROOT)
        work = partial(_fit, self._root, task, recipe.binds, folders)
        try:
            with trio.fail_after(WITHIN):
                binds = await trio.to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True)
        except trio.TooSlowError:
            text = f"its data folders were not ready within {WITHIN:g} s: does their disk hang?"
            raise DataRefused(Why.BUSY, text) from None
        return replace(recipe, binds=binds)


def _fit(root: Path, task: str, binds: Sequence[Bind], folders: Sequence[Folder]) -> tuple[Bind, ...]:
    with Root.open(root) as opened:
        if folders:
            prepare(opened, task, folders)
        return tuple(replace(bind, source=check_bind(opened, bind.source, task)) for bind in binds)
