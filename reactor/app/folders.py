"""Data folders for whoever makes containers: asked from the loop, done in threads of their own.

How a folder is made is the business of ``data``. Here it gets a deadline, and a disk that hangs holds up
nobody but those who wait for a folder on it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import trio

from reactor.core.recipes import Folder, plain_name
from reactor.data.binding import check_bind
from reactor.data.errors import DataRefused, Why
from reactor.data.preparing import prepare
from reactor.data.root import Root

AT_ONCE = 2
WITHIN = 15.0
"""Seconds for one call: somebody who removes folders may hold the root for a while."""

NO_ROOT = (
    "no root of data folders is configured: write 'data: {root: /var/lib/reactor/data}' in the configuration"
)
"""What is true where a template needs a folder and the settings have no ``data``."""

T = TypeVar("T")


class Folders:
    """The data folders below one root. Every call that waits raises DataRefused, and nothing else."""

    def __init__(self, root: Path, *, within: float = WITHIN) -> None:
        self.root = root
        self._within = within
        # A thread that was left behind keeps its token for as long as it hangs.
        self._limiter = trio.CapacityLimiter(AT_ONCE)

    def of_task(self, task: str) -> str:
        """A task's own folder: ``${REACTOR_DATA}``. It need not be there yet."""
        return str(self.root / "tasks" / plain_name(task))

    @property
    def shared(self) -> str:
        """The folder that all tasks share: ``${REACTOR_SHARED}``."""
        return str(self.root / "shared")

    async def prepare(self, task: str, folders: Sequence[Folder]) -> Mapping[Folder, str]:
        """Make what is not there yet of these; the absolute path of each. Again does no harm."""
        return await self._aside(partial(self._prepare, task, tuple(folders)))

    async def check(self, task: str, sources: Sequence[str]) -> Mapping[str, str]:
        """See, right before a create, that each is there and lies where this task may have it.

        What is allowed is below the task's own folder, that itself, and below what is shared. Returned is
        each with its path after all links were followed: that one is to be bound.
        """
        return await self._aside(partial(self._check, task, tuple(sources)))

    def _prepare(self, task: str, folders: tuple[Folder, ...]) -> Mapping[Folder, str]:
        with Root.open(self.root) as root:
            return prepare(root, task, folders)

    def _check(self, task: str, sources: tuple[str, ...]) -> Mapping[str, str]:
        with Root.open(self.root) as root:
            return {source: check_bind(root, source, task) for source in sources}

    async def _aside(self, work: Callable[[], T]) -> T:
        try:
            with trio.fail_after(self._within):
                return await trio.to_thread.run_sync(work, limiter=self._limiter, abandon_on_cancel=True)
        except trio.TooSlowError:
            said = f"the data below {self.root} did not answer within {self._within:g} s"
            raise DataRefused(
                Why.BUSY, f"{said}: is its disk stuck, or 'reactor data prune' at work?"
            ) from None
