"""The checks that stand before every answer over TCP: from where, who, and whether he may change something.

Each check gives a refusal or lets pass, and streams are looked after as long as they last: ``admission`` says
when one ends. How a password is checked is in ``passwords``, what a browser may be made to do in ``origins``.
A handler behind a door need not know of any of it.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import trio

from reactor.access.admission import Admission, broken_off, is_good_connection
from reactor.access.keeping import KeptAccess
from reactor.access.origins import SAFE, foreign_host, foreign_page
from reactor.access.passwords import Passwords, Verdict
from reactor.access.terms import Access
from reactor.http.server_messages import Answer, Handler, Request, Response, StreamingResponse

JSON = "application/json"
REALM = 'Basic realm="reactor", charset="UTF-8"'
CLOSE = ("Connection", "close")
NO_ORDERS = (
    "nothing can be changed from other machines without TLS and a password or a certificate: "
    "give the monitor a --web.config.file that asks for them"
)
_VERDICTS = {
    Verdict.WRONG: (401, "a name and a password are needed", ("WWW-Authenticate", REALM)),
    Verdict.TOO_OFTEN: (429, "too many attempts from this address", ("Retry-After", "5")),
    Verdict.TOO_BUSY: (503, "too many passwords wait to be checked", ("Retry-After", "2")),
}


@dataclass(frozen=True, slots=True)
class Door:
    """One way in. ``local`` tells that only this machine can connect; ``hosts`` are further names of ours.

    ``turned_away`` is told in one word each time that somebody is.
    """

    access: KeptAccess
    passwords: Passwords
    local: bool
    hosts: frozenset[str] = frozenset()
    turned_away: Callable[[str], None] = lambda _: None

    def before(self, handler: Handler) -> Handler:
        """The handler behind this door."""

        async def handle(request: Request) -> Answer:
            access = await self.access.now()
            refused = self._from_elsewhere(request) or await self._unknown(access, request)
            if refused is None and (why := foreign_page(request)):
                refused = self._refuse(403, "page", why)
            if refused is not None:
                return _with_headers(refused, access)
            name, _ = credentials(request.headers.get("authorization", ""))
            admission = Admission(request.peer, name, access.users.get(name, b""))
            return _with_headers(self._looked_after(await handler(request), admission), access)

        return handle

    def before_runners(self, handler: Handler) -> Handler:
        """The handler behind what is asked of a connection; by whom, its own token tells."""

        async def handle(request: Request) -> Answer:
            access = await self.access.now()
            if not is_good_connection(access, request.peer):
                return self._old_connection()
            return self._looked_after(await handler(request), Admission(request.peer, by_token=True))

        return handle

    def before_orders(self, handler: Handler) -> Handler:
        """The handler, where what changes something may be ordered. It stands behind ``before``."""

        async def handle(request: Request) -> Answer:
            if request.method in SAFE:
                return await handler(request)
            if not self.may_order():
                return self._refuse(403, "order", NO_ORDERS)
            answer = await handler(request)
            if isinstance(answer, StreamingResponse) and self.access.follows:
                return broken_off(answer, partial(self._until, lambda _: self.may_order()))
            return answer

        return handle

    def may_order(self) -> bool:
        """Whether whoever is let in may also change something."""
        access = self.access.last
        return self.local or (access.secured and access.authenticated)

    def _from_elsewhere(self, request: Request) -> Response | None:
        why = foreign_host(request, self.hosts, local=self.local)
        return self._refuse(403, "host", why) if why else None

    async def _unknown(self, access: Access, request: Request) -> Response | None:
        if not is_good_connection(access, request.peer):
            return self._old_connection()
        if not access.users:
            return None
        name, password = credentials(request.headers.get("authorization", ""))
        if not name:
            return self._refuse(
                401, "password", "a name and a password are needed", ("WWW-Authenticate", REALM)
            )
        verdict = await self.passwords.check(access.users, name, password, request.peer.address)
        if verdict is Verdict.RIGHT:
            return None
        status, why, header = _VERDICTS[verdict]
        return self._refuse(status, "password" if verdict is Verdict.WRONG else "pace", why, header)

    def _looked_after(self, answer: Answer, admission: Admission) -> Answer:
        if not isinstance(answer, StreamingResponse) or not self.access.follows:
            return answer
        return broken_off(answer, partial(self._until, admission.holds))

    async def _until(self, holds: Callable[[Access], bool]) -> None:
        """Wait until this does not hold any more of what the file says."""
        while True:
            await trio.sleep(self.access.every)
            if not holds(await self.access.now()):
                self.turned_away("withdrawn")
                return

    def _old_connection(self) -> Response:
        return self._refuse(403, "certificate", "this connection is from before: begin another")

    def _refuse(self, status: int, word: str, why: str, *headers: tuple[str, str]) -> Response:
        self.turned_away(word)
        # Whoever is not let in does not keep a place that somebody else needs.
        return Response(status, json.dumps({"error": why}).encode() + b"\n", JSON, (*headers, CLOSE))


def credentials(header: str) -> tuple[str, bytes]:
    """Name and password of basic auth; the name is empty where there are none."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return "", b""
    return (name.decode("utf-8", "surrogateescape"), password) if colon else ("", b"")


def _with_headers(answer: Answer, access: Access) -> Answer:
    if not access.headers or not isinstance(answer, Response | StreamingResponse):
        return answer
    ours = {name.lower() for name, _ in access.headers}
    kept = [(name, value) for name, value in answer.headers if name.lower() not in ours]
    return replace(answer, headers=[*kept, *access.headers])
