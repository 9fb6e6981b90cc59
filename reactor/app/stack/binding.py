"""The folders of a service: made where they are missing, and looked at before they are bound.

How a folder is made, and which may be bound, is the business of ``data``.
"""

from contextlib import suppress
from dataclasses import replace

from reactor.app.folders import Folders
from reactor.core.recipes import Folder, Recipe
from reactor.core.stacks import Service
from reactor.data.errors import DataRefused


async def bound(folders: Folders | None, service: Service) -> Recipe:
    """The recipe of a service with its binds as they are to be bound. Raises DataRefused."""
    if folders is None:
        return service.recipe  # Whoever binds something without a root was refused before.
    await folders.prepare(service.task, service.folders)
    sources = [bind.source for bind in service.recipe.binds]
    for bind in service.recipe.binds:
        folder = _implied(folders, service.task, bind.source)
        # What can only be read is of use only if somebody put something there.
        if (
            folder is not None
            and not bind.read_only
            and not await _is_there(folders, service.task, bind.source)
        ):
            await folders.prepare(service.task, [folder])
    found = await folders.check(service.task, sources)
    return replace(
        service.recipe,
        binds=tuple(replace(bind, source=found[bind.source]) for bind in service.recipe.binds),
    )


async def _is_there(folders: Folders, task: str, source: str) -> bool:
    with suppress(DataRefused):
        await folders.check(task, [source])
        return True
    return False


def _implied(folders: Folders, task: str, source: str) -> Folder | None:
    """The folder that a bind speaks of and that stands nowhere else: as with Compose, it is made."""
    for root, shared in ((folders.of_task(task), False), (folders.shared, True)):
        if source.startswith(f"{root}/"):
            return Folder(source.removeprefix(f"{root}/").strip("/"), shared=shared)
    return None
