"""``reactor run`` with several engines: the sockets that they share, and their monitors behind them.

Only joining is here. How one is made is in ``making``, that each lives for itself in ``keeping``.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import trio

from reactor.app.alone import addresses, open_runners
from reactor.app.beginning import Wanted, named_or_shipped
from reactor.app.control import LOOK_EVERY, load_for, look_at, open_control
from reactor.app.controlling import reload_on_change
from reactor.app.counters import serve_control, serve_runners
from reactor.app.engines import Meant
from reactor.app.exporting import check_sending
from reactor.app.fleet.hall import Hall
from reactor.app.fleet.keeping import Fleet
from reactor.app.fleet.making import Shop
from reactor.app.fleet.member import Member, Standing
from reactor.app.fleet.room import make_room
from reactor.app.fleet.wing import Wing, Wings
from reactor.app.front import Front, open_front, warn_of_open_doors
from reactor.app.hangups import Hangups, ReadForAll
from reactor.app.places import control_folder
from reactor.app.supervise import open_stop_signals
from reactor.app.systemd.notifying import Notifier
from reactor.app.systemd.reporting import Reporter
from reactor.app.systemd.subject import SeveralMonitors
from reactor.core.rules import RuleSet
from reactor.http.server import Handler
from reactor.observe.own import watch_loop
from reactor.observe.tally import Tally
from reactor.web.api import guarded
from reactor.web.defects import unbroken
from reactor.web.listen import open_listeners, parse_listen
from reactor.web.routes import serve_web

log = logging.getLogger("reactor.app")

CONTROL = "engines.sock"
"""The control socket of a process that watches several, in the folder of all of them."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where is listened for all engines."""

    web: list[trio.SocketListener]
    runners: list[trio.SocketListener]
    control: list[trio.SocketListener]


class House:
    """What the monitors of one process have in common, with a wing for each. ``named`` are the rule files;
    ``renewing`` tells that leases can be renewed."""

    def __init__(
        self,
        engines: Sequence[Meant],
        rules: RuleSet,
        named: Sequence[Path] | None,
        front: Front,
        notifier: Notifier,
        *,
        renewing: bool = True,
    ) -> None:
        settings = engines[0].settings  # What the process has once is the same in all of them.
        self._token = settings.api.token if settings.api is not None else b""
        self._engines, self._named, self._renewing = engines, named, renewing
        self._front, self._shown = front, settings.listen != "off"
        self.tally = Tally()
        self.standings = {each.name: Standing(each.name) for each in engines}
        self._hall = Hall(self.standings, self.tally)
        self._wings = {name: self._wing(each) for name, each in self.standings.items()}
        self._subject = SeveralMonitors(self.standings, settings.times.reconcile_every)
        self.reporter = Reporter(notifier, self._subject, settings.times.drain)
        self.hangups = Hangups(rules)

    def _wing(self, standing: Standing) -> Wing:
        return Wing(standing, self._front, self._token, self.tally, renewing=self._renewing)

    def members(self) -> list[Member]:
        """The engines, with what makes a monitor for each."""
        return [Member(each.name, self._shop(each).prepare) for each in self._engines]

    def _shop(self, each: Meant) -> Shop:
        return Shop(
            each.name,
            # Only a socket of this host's shows that an engine is here. One from elsewhere could name ids
            # and processes of its neighbour's containers, and have those ended by our kernel.
            Wanted(
                each.endpoint,
                # Files are looked at once for all, also while nobody watches.
                replace(each.settings, reload_on_change=False),
                self.hangups.rules,
                self._named,
                here=bool(each.endpoint.address.path),
                called=each.name,
            ),
            self._wings[each.name],
            self.hangups,
            self._subject,
            self.reporter,
            shown=self._shown,
            engines=len(self._engines),
        )

    def by_web(self) -> Handler:
        """What is answered behind the front."""
        pages = Wings({name: each.by_web for name, each in self._wings.items()}, self._hall.by_web())
        return self._front.before_all(pages.answer, self.tally)

    def by_token(self) -> Handler:
        """What runners are answered: which engines there are, too, only with the token."""
        asked = Wings({name: each.by_token for name, each in self._wings.items()}, self._hall.by_token)
        return self._front.before_runners(guarded(asked.answer, self._token))

    def by_socket(self) -> Handler:
        """What is answered on the control socket."""
        told = Wings({name: each.by_socket for name, each in self._wings.items()}, self._hall.by_socket)
        return unbroken(told.answer)

    async def reread(self, nursery: trio.Nursery) -> None:
        """Have the rules read again, whenever somebody outside asks for it, in tasks of this nursery."""
        settings, hangups = self._engines[0].settings, self.hangups
        files = named_or_shipped(self._named)
        await nursery.start(hangups.listen)
        reader = ReadForAll(hangups, partial(load_for, settings, files), self.reporter.reloading)
        await nursery.start(hangups.follow, reader)
        if settings.reload_on_change:
            nursery.start_soon(reload_on_change, hangups, partial(look_at, files), LOOK_EVERY)

    async def answer(self, sockets: Sockets, nursery: trio.Nursery) -> None:
        """Answer on all sockets, in tasks of this nursery."""
        security, many = self._front.security, len(self._engines)
        if sockets.web:
            web = partial(serve_web, sockets.web, self.by_web(), security=security, monitors=many)
            await nursery.start(web)
        if sockets.runners:
            await nursery.start(serve_runners, sockets.runners, self.by_token(), security, many)
        if sockets.control:
            await nursery.start(serve_control, sockets.control, self.by_socket(), many)


async def watch_several(
    engines: Sequence[Meant], rules: RuleSet, named: Sequence[Path] | None, notifier: Notifier
) -> None:
    """Watch all of these until SIGTERM or SIGINT; ``named`` are the rule files. Raises what nobody can begin
    by; what keeps one engine from being watched is said, and tried again."""
    settings = engines[0].settings
    check_sending(os.environ)
    make_room()
    listen = None if settings.listen == "off" else parse_listen(settings.listen)
    front = open_front(settings, listen)
    web = [] if listen is None else await open_listeners(listen)
    runners = await open_runners(settings)
    async with open_control(settings.control, control_folder() / CONTROL) as control:
        house = House(engines, rules, named, front, notifier, renewing=bool(control or runners))
        names, listening = " ".join(house.standings), addresses(web, tls=front.secured) or "off"
        log.info("watching several engines", extra={"engines": names, "listening": listening})
        warn_of_open_doors(front, listen, settings.api)
        with open_stop_signals() as wait_for_signal:
            await _live(house, Sockets(web, runners, control), wait_for_signal)
    log.info("stopped")


async def _live(house: House, sockets: Sockets, wait_for_signal: Callable[[], Awaitable[None]]) -> None:
    async def wait_for_stop() -> None:
        with house.reporter.until_stop():
            await wait_for_signal()

    async with trio.open_nursery() as around:  # What is there before the first monitor and after the last.
        around.start_soon(house.reporter.attend)
        around.start_soon(watch_loop, house.tally)
        await house.reread(around)
        await house.answer(sockets, around)
        await Fleet(house.members(), house.standings).run(wait_for_stop)
        around.cancel_scope.cancel()
