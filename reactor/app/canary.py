"""The service that sends canaries, where they are wanted, and in whose name they are sent.

When one is sent and what becomes of it is in ``aviary``, what it is made of in ``engine.canaries``.
"""

import logging
import secrets
from functools import partial
from hashlib import sha256
from pathlib import Path

import trio

from reactor.app.aviary import Aviary
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.app.settings import CanaryTerms
from reactor.core.ports import Engine
from reactor.engine.calls import DockerEngine
from reactor.engine.canaries import Canaries
from reactor.journal.errors import JournalError
from reactor.journal.lock import mark_of
from reactor.journal.news import read_epoch

log = logging.getLogger("reactor.app")


def canaries(terms: CanaryTerms | None, engine: Engine, engine_id: str, journal: Path) -> tuple[Service, ...]:
    """The service that sends them, if they are wanted, in the name of the monitor with this journal."""
    if terms is None or not isinstance(engine, DockerEngine):
        return ()

    async def serve(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        if monitor.setup.dry_run:
            log.warning("no canary is sent: a monitor that runs dry would not end it")
            return
        # It may wait for a disk: a thread of its own, for this once.
        name = await trio.to_thread.run_sync(
            partial(whose, engine_id, journal), limiter=trio.CapacityLimiter(1)
        )
        aviary = Aviary(terms, Canaries.on(engine, name), monitor, numbers.canary)
        monitor.also_tell(aviary)
        await aviary.run()

    return (serve,)


def whose(engine_id: str, journal: Path) -> str:
    """What the canaries of one monitor are marked with: nobody else's must be taken for them.

    A path says nothing, since in two containers two journals lie at the same one. So it goes by what was
    drawn when the journal was begun, and by its lock, which no copy of the journal has. Where they cannot be
    had it is drawn now: what is left then goes by itself, as canaries do.
    """
    try:
        own = f"{read_epoch(journal)} {mark_of(journal)}"
    except (JournalError, OSError):
        own = secrets.token_hex(16)
    return f"{engine_id}-{sha256(own.encode()).hexdigest()[:16]}"
