"""The services of a monitor that can be told something: its control socket, SIGHUP, the look at its files.

Only their setting up from the settings is here; what they do is in ``controlling``.
"""

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import trio

from reactor.app.calling import missing_means
from reactor.app.controlling import Desk, orders, reload_on_change, reload_on_hangup, serve_control
from reactor.app.front import Front
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.places import default_control, shipped_rules
from reactor.app.plan import Service
from reactor.app.refusals import in_words
from reactor.app.reloading import Reloader
from reactor.app.settings import Settings
from reactor.app.sidecars.serving import SidecarDesk
from reactor.core.rules import RuleSet
from reactor.http.server import Handler, Security, serve
from reactor.http.server_listeners import CannotListen
from reactor.http.server_routes import Routes, routed
from reactor.http.server_unix import own_unix_listener
from reactor.ruleset import load
from reactor.ruleset.errors import BadRules
from reactor.web.api import TERMS, Feed, api, guarded
from reactor.web.control import NO_ROUTES
from reactor.web.defects import unbroken
from reactor.web.leases import LeaseDesk, with_leases
from reactor.web.seats import Seats

log = logging.getLogger("reactor.app")

LOOK_EVERY = 2.0
STREAMS = 8
"""How many streams of decisions there may be on the control socket, which has other uses."""
OFF = "off"


@dataclass(frozen=True, slots=True)
class Runners:
    """What runners may ask, and where beside the control socket: with this token."""

    feed: Feed
    listeners: Sequence[trio.SocketListener] = ()
    token: bytes = field(default=b"", repr=False)
    security: Security | None = None


async def serve_api(
    runners: Runners,
    leases: LeaseDesk | None = None,
    before: Callable[[Handler], Handler] = unbroken,
    *,
    task_status: trio.TaskStatus[Any] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Answer runners on TCP for ever, all of them only with the token: of news, and of leases.

    ``before`` is what stands before even the token.
    """
    handler = routed(api(runners.feed))
    if leases is not None:
        handler = with_leases(handler, leases.over_tcp())
        # Whoever renews here could not do so before, however long the control socket has answered.
        leases.book.open(trio.current_time())
    await serve(
        runners.listeners,
        before(guarded(handler, runners.token)),
        terms=TERMS,
        security=runners.security,
        task_status=task_status,
    )


@asynccontextmanager
async def open_control(named: str, engine_id: str) -> AsyncIterator[list[trio.SocketListener]]:
    """The control socket while this lasts, in a list of one or none. Raises CannotListen for a named one.

    A default one is a convenience: if it cannot be had, the monitor does its work without.
    """
    async with AsyncExitStack() as stack:
        yield await _opened(stack, named, engine_id)


async def _opened(stack: AsyncExitStack, named: str, engine_id: str) -> list[trio.SocketListener]:
    if named == OFF:
        return []
    path = Path(named) if named else default_control(engine_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return [await stack.enter_async_context(own_unix_listener(path))]
    except (CannotListen, OSError) as error:
        if named:
            why = f"the control socket: {in_words(error)}; choose another with --control"
            raise CannotListen(why) from None
        log.warning("there is no control socket: name one with --control", extra={"why": in_words(error)})
        return []


def load_for(settings: Settings, named: Sequence[Path]) -> RuleSet:
    """The rules of some files, which may call only what is configured. Raises BadRules."""
    rules = load(named)
    missing = tuple(missing_means(rules, settings.means))
    if missing:
        raise BadRules(missing)
    return rules


def services(
    settings: Settings,
    listeners: list[trio.SocketListener],
    paths: list[Path] | None,
    engine: str,
    runners: Runners | None = None,
    leases: LeaseDesk | None = None,
    front: Front | None = None,
    sidecars: SidecarDesk | None = None,
    reloading: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> tuple[Service, ...]:
    """What the supervisor starts beside the sources. ``runners`` are told of decisions on both sockets.

    Behind ``front`` stands the web, which takes the same orders if it is to. ``sidecars`` knows how it stands
    with these. ``reloading`` is entered while the rules are read again.
    """
    named = paths or [shipped_rules()]

    async def serving(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        load = partial(load_for, settings, named)
        reloader = Reloader(load, monitor, monitor.proofs, around=reloading)
        async with trio.open_nursery() as nursery:  # Three loops that belong together and end together.
            await nursery.start(reload_on_hangup, reloader)
            if settings.reload_on_change:
                nursery.start_soon(reload_on_change, reloader, partial(look_at, named), LOOK_EVERY)
            desk = Desk(monitor, numbers, reloader, engine, sidecars.routes() if sidecars else {})
            if front is not None:
                front.take_orders(orders(desk, _news(runners), leases.over_tcp() if leases else None))
            if listeners:
                await nursery.start(serve_control, listeners, desk, _news(runners), leases)
            if runners is not None and runners.listeners:
                before = front.before_runners if front is not None else unbroken
                await nursery.start(serve_api, runners, leases, before)
            task_status.started()

    return (serving,)


def _news(runners: Runners | None) -> Routes:
    """The routes of news at one place; each has seats of its own, so that no place takes those of another."""
    return api(runners.feed, Seats(STREAMS)) if runners is not None else NO_ROUTES


def look_at(paths: Iterable[Path]) -> frozenset[tuple[str, int, int, int]]:
    """What can be seen of rule files without reading them: names, sizes, times of change.

    Whatever vanishes meanwhile, or may not be looked into, is seen as such: a look never fails.
    """
    return frozenset(_seen(file) for path in paths for file in _below(path))


def _below(path: Path) -> Iterator[Path]:
    # Other than the methods of Path, these answer also where permission is lacking or a folder has just gone.
    if not os.path.isdir(path):
        yield path
    for folder, _, names in os.walk(path):
        yield from (Path(folder, name) for name in names if name.endswith((".yaml", ".yml")))


def _seen(file: Path) -> tuple[str, int, int, int]:
    try:
        status = os.stat(file)
    except OSError:
        return str(file), 0, 0, 0
    return str(file), status.st_ino, status.st_size, status.st_mtime_ns
