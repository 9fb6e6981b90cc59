"""One engine, and a process that is its monitor: the sockets it has to itself, and its whole life.

Only joining is here. How a monitor is made is in ``beginning``, what it is in ``supervise``; several engines
side by side are a ``fleet``.
"""

import logging
from functools import partial

import trio

from reactor.app.beginning import Around, Wanted, get_to_know, greet, plan_for
from reactor.app.control import Rereading, open_control
from reactor.app.counters import OwnCounters
from reactor.app.exporting import scraped
from reactor.app.front import Front, open_front, warn_of_open_doors
from reactor.app.hangups import Hangups
from reactor.app.page.gazette import Gazette
from reactor.app.places import default_control
from reactor.app.plan import Export
from reactor.app.settings import Settings
from reactor.app.supervise import open_stop_signals, supervise
from reactor.app.systemd.notifying import Notifier
from reactor.app.systemd.reporting import Reporter, of_one
from reactor.app.systemd.subject import OneMonitor
from reactor.http.server_listeners import CannotListen
from reactor.web.listen import open_listeners, parse_listen

log = logging.getLogger("reactor.app")


async def watch_one(wanted: Wanted, notifier: Notifier) -> None:
    """Watch this engine until SIGTERM or SIGINT. Raises what the monitor cannot begin by."""
    known = await get_to_know(wanted)
    settings, info = known.settings, known.info
    listen = None if settings.listen == "off" else parse_listen(settings.listen)
    front = open_front(settings, listen)
    listeners = [] if listen is None else await open_listeners(listen)
    runners = await open_runners(settings)
    async with open_control(settings.control, default_control(info.id)) as control:
        subject = OneMonitor(info.name, settings.times.reconcile_every)
        reporter = Reporter(notifier, subject, settings.times.drain)
        hangups = Hangups(wanted.rules)
        token = settings.api.token if settings.api is not None else b""
        around = Around(
            OwnCounters(front, control, runners, token),
            partial(_pages, listeners, front),
            # A signal that comes before the engine has been listed is not lost, and no end of us.
            Rereading(partial(hangups.follow, heard=0), reporter.reloading),
            last=(of_one(reporter, subject),),
            attendants=(reporter.attend, hangups.listen),
        )
        plan = plan_for(known, around)
        greet(known, addresses(listeners, tls=front.secured))
        warn_of_open_doors(front, listen, settings.api)
        with open_stop_signals() as wait_for_signal:
            await supervise(plan, wait_for_signal)
    log.info("stopped")


def _pages(listeners: list[trio.SocketListener], front: Front, gazette: Gazette) -> tuple[Export, ...]:
    return (scraped(listeners, front, gazette.routes), gazette.keep_lines) if listeners else ()


async def open_runners(settings: Settings) -> list[trio.SocketListener]:
    """Where runners ask over TCP; none if they do not. Raises CannotListen."""
    if settings.api is None:
        return []
    try:
        return await open_listeners(settings.api.listen)
    except CannotListen as error:
        raise CannotListen(f"'api' of the configuration: {error}") from None


def addresses(listeners: list[trio.SocketListener], *, tls: bool) -> str:
    """Where we listen, for people; empty if nowhere."""
    return " ".join(_address(listener, tls=tls) for listener in listeners)


def _address(listener: trio.SocketListener, *, tls: bool) -> str:
    host, port = listener.socket.getsockname()[:2]
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
