"""The folders of a service: made where they are missing, and looked at before they are bound.

How a folder is made, and which may be bound, is the business of ``data``.
"""

from dataclasses import replace

from reactor.app.folders import Folders
from reactor.core.recipes import Recipe
from reactor.core.stacks import Service


async def bound(folders: Folders | None, service: Service) -> Recipe:
    """The recipe of a service with its binds as they are to be bound. Raises DataRefused."""
    if folders is None:
        return service.recipe  # Whoever binds something without a root was refused before.
    await folders.prepare(service.task, service.folders)
    found = await folders.check(service.task, [bind.source for bind in service.recipe.binds])
    return replace(
        service.recipe,
        binds=tuple(replace(bind, source=found[bind.source]) for bind in service.recipe.binds),
    )
