"""The services of a monitor that can be told something: its control socket, SIGHUP, the look at its files.

Only their setting up from the settings is here; what they do is in ``controlling``.
"""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from reactor.app.calling import missing_means
from reactor.app.controlling import Desk, reload_on_change
from reactor.app.counters import Asked, Counters
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.plan import Service
from reactor.app.refusals import in_words
from reactor.app.reloading import Reloader
from reactor.app.settings import Settings
from reactor.app.sidecars.serving import SidecarDesk
from reactor.core.rules import RuleSet
from reactor.http.server_listeners import CannotListen
from reactor.http.server_unix import own_unix_listener
from reactor.ruleset import load
from reactor.ruleset.errors import BadRules
from reactor.web.api import Feed
from reactor.web.leases import LeaseDesk

log = logging.getLogger("reactor.app")

LOOK_EVERY = 2.0
OFF = "off"


Follow = Callable[..., Awaitable[None]]
"""Has a ``Reloader`` read the rules whenever somebody outside asks for it, for ever; tells ``task_status``
when it listens."""


@dataclass(frozen=True, slots=True)
class Rereading:
    """How it comes that rules are read again, and who is told: ``around`` is entered for as long as it takes,
    ``in_force`` is given the rules that are from now on."""

    on_hangup: Follow
    around: Callable[[], AbstractContextManager[None]] = nullcontext
    in_force: Callable[[RuleSet], None] = lambda _: None


@asynccontextmanager
async def open_control(named: str, usual: Path) -> AsyncIterator[list[trio.SocketListener]]:
    """The control socket while this lasts, in a list of one or none. Raises CannotListen for a named one.

    ``usual`` is where it is if nobody names one. That is a convenience: if it cannot be had, the monitor does
    its work without.
    """
    async with AsyncExitStack() as stack:
        yield await _opened(stack, named, usual)


async def _opened(stack: AsyncExitStack, named: str, usual: Path) -> list[trio.SocketListener]:
    if named == OFF:
        return []
    path = Path(named) if named else usual
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


def told_something(
    settings: Settings,
    named: Sequence[Path],
    engine: str,
    feed: Feed,
    leases: LeaseDesk | None,
    counters: Counters,
    rereading: Rereading,
    sidecars: SidecarDesk,
) -> Service:
    """The service that answers at all ``counters``, and reads the rules again when somebody asks for it.

    ``sidecars`` knows how it stands with these.
    """

    async def serving(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        load = partial(load_for, settings, named)
        reloader = Reloader(
            load, monitor, monitor.proofs, around=rereading.around, in_force=rereading.in_force
        )
        async with trio.open_nursery() as nursery:  # Loops that belong together and end together.
            await nursery.start(rereading.on_hangup, reloader)
            if settings.reload_on_change:
                nursery.start_soon(reload_on_change, reloader, partial(look_at, named), LOOK_EVERY)
            desk = Desk(monitor, numbers, reloader, engine, sidecars.routes())
            await counters.open(Asked(desk, feed, leases), nursery)
            task_status.started()

    return serving


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
