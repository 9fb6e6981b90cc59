"""How the numbers and the traces get out: scraped from our listeners, sent by OTLP.

Only the joining of the rooms ``web`` and ``observe`` to the supervised monitor is here.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import trio

from reactor import __version__
from reactor.app.front import Front
from reactor.app.narrating import Narrator, narrating
from reactor.app.numbers import Numbers
from reactor.app.plan import Export, Plan
from reactor.app.tracing import Tracer, tracing
from reactor.core.ports import EngineInfo
from reactor.http.server import Handler
from reactor.http.server_routes import Routes
from reactor.observe.otel import PushSettings, log_settings, push_settings, remarks, trace_settings
from reactor.observe.push import Pusher
from reactor.observe.scraping import Scraper
from reactor.observe.tally import Tally
from reactor.web.routes import serve_web, site

log = logging.getLogger("reactor.app")


def nothing_more(_: Numbers, _tally: Tally) -> Routes:
    """Only the numbers are shown."""
    return {}


def scraped(
    listeners: Sequence[trio.SocketListener],
    front: Front | None = None,
    more: Callable[[Numbers, Tally], Routes] = nothing_more,
) -> Export:
    """An export that answers on these listeners, ``more`` too, behind ``front`` if there is one."""

    async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        handler = pages(numbers, tally, more(numbers, tally))
        task_status.started()
        if front is not None:
            handler = front.before(handler, tally)
        await serve_web(listeners, handler, security=front.security if front is not None else None)

    return export


def pages(numbers: Numbers, tally: Tally, more: Routes) -> Handler:
    """All that one monitor shows, ``more`` among it."""
    scraper = Scraper(numbers.freeze, tally)
    return site(scraper, numbers.why_not_ready, __version__, numbers.remark, more)


def pushing(settings: PushSettings, identity: Mapping[str, str]) -> Export:
    """An export that pushes at intervals."""

    async def export(numbers: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        pusher = Pusher(settings, identity, numbers.freeze, tally)
        task_status.started()
        await pusher.run()

    return export


def identity_of(info: EngineInfo) -> Mapping[str, str]:
    """Who we are, as OpenTelemetry calls it: one monitor for each engine."""
    return {
        "service.name": "reactor",
        "service.instance.id": info.id,
        "service.version": __version__,
    }


def check_sending(environ: Mapping[str, str]) -> None:
    """Raises BadSetting for what nobody can follow, before anything begins."""
    push_settings(environ), trace_settings(environ), log_settings(environ)


def sent(plan: Plan, identity: Mapping[str, str], environ: Mapping[str, str]) -> Plan:
    """The plan with all that the environment asks to be sent. Raises BadSetting."""
    metrics, traces, logs = push_settings(environ), trace_settings(environ), log_settings(environ)
    for remark in remarks(environ):
        log.warning(remark)
    if metrics is not None:
        plan = replace(plan, exports=(*plan.exports, pushing(metrics, identity)))
    if logs is not None:
        narrator = Narrator(logs)
        lines = narrating(logs, identity, narrator)
        plan = replace(plan, exports=(*plan.exports, lines), observers=(*plan.observers, narrator))
    if traces is None:
        return plan
    tracer = Tracer(traces)
    return replace(
        plan,
        exports=(*plan.exports, tracing(traces, identity, tracer)),
        observers=(*plan.observers, tracer),
        on_facts=(*plan.on_facts, tracer.take),
    )
