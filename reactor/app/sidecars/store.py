"""Data folders for what is made: there before the container is, and each bind looked at right before.

Only what that means for a recipe belongs here. The folders of a task, and the threads in which they are made,
are in ``app.folders``.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reactor.app.folders import Folders
from reactor.core.recipes import Folder, Recipe
from reactor.data.errors import DataRefused, Why

WITHIN = 30.0
"""Seconds for each call: nobody but this sidecar waits for it."""
NO_ROOT = "it binds folders, and there is no root for them: set 'data: {root: ...}' in the configuration"


class Store:
    """Folders below one root, or below none."""

    def __init__(self, root: Path | None) -> None:
        self._folders = Folders(root, within=WITHIN) if root is not None else None

    def of_task(self, task: str) -> str:
        """Where the folders of a task lie; empty without a root."""
        return self._folders.of_task(task) if self._folders is not None else ""

    @property
    def shared(self) -> str:
        """Where those lie that all tasks share; empty without a root."""
        return self._folders.shared if self._folders is not None else ""

    async def fit(self, task: str, recipe: Recipe, folders: Sequence[Folder]) -> Recipe:
        """Have the folders made, and the recipe with its binds as they are to be told. Raises DataRefused."""
        if not folders and not recipe.binds:
            return recipe
        if self._folders is None:
            raise DataRefused(Why.ROOT, NO_ROOT)
        if folders:
            await self._folders.prepare(task, folders)
        real = await self._folders.check(task, [bind.source for bind in recipe.binds])
        return replace(recipe, binds=tuple(replace(bind, source=real[bind.source]) for bind in recipe.binds))
