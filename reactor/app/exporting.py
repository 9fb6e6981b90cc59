"""How the numbers get out: scraped from our listeners, pushed by OTLP.

Only the joining of the rooms ``web`` and ``observe`` to the supervised monitor is here.
"""

from collections.abc import Mapping, Sequence

import trio

from reactor import __version__
from reactor.app.front import Front
from reactor.app.numbers import Numbers
from reactor.app.plan import Export
from reactor.observe.push import Pusher, PushSettings
from reactor.observe.scraping import Scraper
from reactor.observe.tally import Tally
from reactor.web.routes import serve_web, site


def scraped(listeners: Sequence[trio.SocketListener], front: Front | None = None) -> Export:
    """An export that answers on these listeners, behind ``front`` if there is one."""

    async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        handler = site(Scraper(numbers.freeze, tally), numbers.why_not_ready, __version__, numbers.remark)
        task_status.started()
        if front is not None:
            handler = front.before(handler, tally)
        await serve_web(listeners, handler, security=front.security if front is not None else None)

    return export


def pushing(settings: PushSettings, identity: Mapping[str, str]) -> Export:
    """An export that pushes at intervals, and the last numbers at the end."""

    async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        pusher = Pusher(settings, identity, numbers.freeze, tally)
        task_status.started()
        await pusher.run()

    return export
