"""What stands before everything that the monitor answers over TCP, and what is said of doors that are open.

The parts are joined here: the web configuration, the door in front of the pages, and the orders behind it,
which are taken only where they were enabled. What each check is, is in ``access``.
"""

import argparse
import logging
import ssl
from collections.abc import Callable
from dataclasses import replace

from reactor.access.doors import Door
from reactor.access.keeping import KeptAccess
from reactor.access.origins import SAFE
from reactor.access.passwords import Passwords
from reactor.access.reading import BadWebConfig
from reactor.app.complaint import Complaint
from reactor.app.settings import Api, Settings, WebTerms
from reactor.http.server import Answer, Handler, Request, Security
from reactor.observe.tally import Tally
from reactor.web.control import refusal
from reactor.web.defects import unbroken
from reactor.web.listen import Listen

log = logging.getLogger("reactor.app")

ORDERS = ("/v1/", "/-/reload", "/api/v1/leases", "/api/v1/decisions")
"""What the paths begin with that the control socket has."""
OFF = "orders are taken on the control socket only: to take them here, too, say --web.enable-orders"
NOT_YET = "the monitor is just beginning: try again"
NEEDED = "from other machines orders are taken only with TLS and a password or a certificate"


class Front:
    """The front of one monitor. ``local`` tells that only this machine can connect."""

    def __init__(self, access: KeptAccess, terms: WebTerms, *, local: bool) -> None:
        self._access = access
        self._terms = terms
        self._tally: Tally | None = None
        self._orders: Handler | None = None
        self._door = Door(access, Passwords(), local, terms.hosts, self._count)

    @property
    def security(self) -> Security | None:
        """How connections are secured; None where no file says anything of it."""
        return Security(self._context) if self._terms.config_file is not None else None

    @property
    def secured(self) -> bool:
        """Whether TLS is spoken."""
        return self._access.last.secured

    @property
    def authenticated(self) -> bool:
        """Whether everybody who is answered has shown who he is."""
        return self._access.last.authenticated

    @property
    def may_order(self) -> bool:
        """Whether orders are taken, and from whoever gets in."""
        return self._door.may_order()

    def take_orders(self, handler: Handler) -> None:
        """From now on this handler answers orders, if they are taken at all."""
        self._orders = self.before_orders(handler)

    def before_orders(self, handler: Handler) -> Handler:
        """What answers orders, where whoever was let in may give any."""
        return self._door.before_orders(handler)

    def before(self, site: Handler, tally: Tally | None = None) -> Handler:
        """The pages, and the orders beside them, behind the door."""
        return self.before_all(self.beside(site, lambda: self._orders), tally)

    def beside(self, site: Handler, orders: Callable[[], Handler | None]) -> Handler:
        """The pages of one monitor with its orders beside them, if they are taken here, and it is there."""

        async def handle(request: Request) -> Answer:
            if not request.path.startswith(ORDERS):
                return await site(request)
            if not self._terms.orders:
                return await site(request) if request.method in SAFE else refusal(403, OFF)
            taken = orders()
            return await taken(request) if taken is not None else refusal(503, NOT_YET)

        return handle

    def before_all(self, handler: Handler, tally: Tally | None = None) -> Handler:
        """Everything that is answered here, behind the door; ``tally`` counts who is turned away."""
        self._tally = tally
        if tally is not None:
            tally.count("reactor_web_defects_total", 0)  # The first one is an increase only beside a zero.
        guarded = self._door.before(handler)

        async def counted(request: Request) -> Answer:
            answer = await guarded(request)
            self._count_reloads()
            return answer

        return unbroken(counted, self.count_defect)

    def before_runners(self, handler: Handler) -> Handler:
        """What runners are answered elsewhere by their token, on connections that are still good."""
        return unbroken(self._door.before_runners(handler), self.count_defect)

    def count_defect(self) -> None:
        """Something could not be answered, and it is our fault."""
        if self._tally is not None:
            self._tally.count("reactor_web_defects_total")

    async def _context(self) -> ssl.SSLContext | None:
        return (await self._access.now()).context

    def _count_reloads(self) -> None:
        if self._tally is not None and self._terms.config_file is not None:
            kept = self._access.statistics()
            self._tally.reach("reactor_web_config_reloads_total", kept.reloads, result="success")
            self._tally.reach("reactor_web_config_reloads_total", kept.failures, result="failure")

    def _count(self, word: str) -> None:
        if self._tally is not None:
            self._tally.count("reactor_web_refused_total", reason=word)


def web_over(terms: WebTerms, options: argparse.Namespace) -> WebTerms:
    """What the configuration says of the web, with the flags over it."""
    file = getattr(options, "web_config_file", None) or terms.config_file
    return replace(terms, config_file=file, orders=terms.orders or getattr(options, "web_orders", False))


def open_front(settings: Settings, listen: Listen | None) -> Front:
    """Read the web configuration for the first time. Raises Complaint, also if orders were open to all."""
    try:
        access = KeptAccess.open(settings.web.config_file)
    except BadWebConfig as bad:
        raise Complaint(*map(str, bad.errors)) from None
    front = Front(access, settings.web, local=listen is None or listen.is_loopback)
    if settings.web.orders and not front.may_order:
        raise Complaint(
            f"reactor: {NEEDED}, and {listen} can be reached from there",
            "Give it a --web.config.file with both, or listen on 127.0.0.1; see docs/access.md",
        )
    return front


def warn_of_open_doors(front: Front, listen: Listen | None, api: Api | None) -> None:
    """Say which addresses can be reached from other machines by whoever likes, or overheard."""
    lacks = [] if front.secured else ["TLS"]
    if listen is not None and not listen.is_loopback:
        missing = [*lacks, *([] if front.authenticated else ["authentication"])]
        _warn(str(listen), missing, "everything that is told there")
    if api is not None and not api.listen.is_loopback:
        _warn(str(api.listen), lacks, "the token of runners")


def _warn(where: str, missing: list[str], what: str) -> None:
    if missing:
        log.warning(
            "other machines can connect here",
            extra={
                "address": where,
                "without": " and ".join(missing),
                "open": what,
                "remedy": "--web.config.file with TLS and passwords or certificates, or 127.0.0.1",
            },
        )
