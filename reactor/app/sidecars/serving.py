"""The service put together, and what of it is shown: to the numbers, and to whoever asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trio

from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.app.sidecars.book import Book
from reactor.app.sidecars.hands import Hands
from reactor.app.sidecars.service import Provisioning
from reactor.app.sidecars.store import Store
from reactor.app.sidecars.working import Means
from reactor.journal.journal import Journal


class SidecarDesk:
    """Where it is asked how it stands with sidecars; before the service has begun there are none."""

    def __init__(self) -> None:
        self.book: Book | None = None

    def told(self, _query: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """Every task with its sidecars."""
        return {"tasks": self.book.told(trio.current_time()) if self.book is not None else []}

    def routes(self) -> Mapping[str, Any]:
        """What is asked on the control socket."""
        return {"/v1/sidecars": {"GET": self.told}}


def sees_to_sidecars(hands: Hands, journal: Journal, data: Path | None, desk: SidecarDesk) -> Service:
    """The service. ``data`` is the root of data folders, None for none."""

    async def serve(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        book = desk.book = Book(numbers.tally)
        numbers.sidecars = book.counts
        service = Provisioning(Means(hands, Store(data), journal), monitor, book)
        monitor.also_tell(service)
        await service.run(task_status=task_status)

    return serve
