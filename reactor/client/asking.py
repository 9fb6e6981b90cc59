"""Questions to a monitor, each on a connection of its own, so that threads need not share one."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode

from reactor.client.connecting import Secrets, below, connection_to, shown
from reactor.client.leases import Lease
from reactor.client.news import Decision, decision
from reactor.client.stream import Stream

_OK, _MADE, _GONE, _TOO_MANY, _BROKEN = 200, 201, 410, 429, 500
LARGEST = 16 * 1024 * 1024
PAUSE = 0.1


class Refused(Exception):
    """The monitor does not do that; ``status`` is the HTTP status."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class TooOld(Refused):
    """What came after the cursor is not kept any more; ``oldest`` is one to go on from."""

    def __init__(self, said: str, oldest: str) -> None:
        super().__init__(_GONE, said)
        self.oldest = oldest


class Unreachable(Exception):
    """No monitor answers there, at the moment at least."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some decisions, the oldest first, and the cursor behind them."""

    decisions: tuple[Decision, ...]
    cursor: str


class Client:
    """A monitor, by the path of its control socket or by ``https://HOST:PORT`` with what it asks for there;
    one of several engines is below that, at ``/engines/NAME``.

    That is a ``token`` where runners are served, or a ``user`` and a ``password`` where orders are taken;
    ``secrets`` are those of TLS. It holds nothing open and can be used from any thread.
    """

    def __init__(
        self,
        where: str,
        token: str = "",
        timeout: float = 10.0,
        *,
        user: str = "",
        password: str = "",
        secrets: Secrets | None = None,
    ) -> None:
        self._where = where
        self._below = below(where)
        self._headers = shown(token, user, password)
        self._timeout = timeout
        self._secrets = secrets or Secrets()

    def decisions(self, since: str = "", limit: int = 100) -> Page:
        """What came behind a cursor: empty for the oldest that is kept, ``now`` for the end of it all."""
        told = self._ask("GET", f"/api/v1/decisions?{urlencode({'since': since, 'limit': limit})}")
        return Page(tuple(map(decision, told["decisions"])), str(told["cursor"]))

    def now(self) -> str:
        """The cursor behind everything that there is."""
        return self.decisions("now", 1).cursor

    def certificate(self, wanted: str) -> Mapping[str, Any]:
        """All that is known of one decision."""
        return self._ask("GET", f"/api/v1/decisions/{quote(wanted, safe='')}")

    def ended(self, container: str, since: str, within: float = 5.0) -> Decision | None:
        """The decision by which a container was ended behind a cursor; None if none comes in time."""
        until = time.monotonic() + within
        while True:
            page = self.decisions(since)
            since = page.cursor
            for each in page.decisions:
                if each.container == container and each.status:
                    return each
            if time.monotonic() >= until:
                return None
            if not page.decisions:
                time.sleep(PAUSE)

    def follow(self, since: str = "") -> Stream:
        """Everything that comes behind a cursor, or from now on, for ever."""
        return Stream(self._open_stream, since)

    def lease(
        self,
        name: str,
        ttl: float = 30.0,
        *,
        holder: str = "",
        token: int | None = None,
        give_up: bool = True,
    ) -> Lease:
        """A lease to hold as long as a ``with`` block lasts, and to give up at its end.

        Given up, whoever it stands for is gone: what is left of its tasks is ended after a grace.
        Without ``give_up`` it runs out by itself, unless somebody goes on with it by its ``token``.
        """

        def renew(present: int | None) -> int | None:
            return self._renew(name, ttl, holder, present)

        def over(present: int) -> None:
            self._ask("DELETE", f"{_lease(name)}?{urlencode({'token': present})}")

        return Lease(renew, ttl, token, over if give_up else None)

    def _renew(self, name: str, ttl: float, holder: str, token: int | None) -> int | None:
        """The token of a lease that was taken or renewed; None where it cannot be asked for at the moment."""
        present = {} if token is None else {"token": token}
        try:
            told = self._ask("PUT", _lease(name), {"ttl": ttl, "holder": holder, **present})
        except Unreachable:
            return None
        except Refused as refused:
            if refused.status >= _BROKEN or refused.status == _TOO_MANY:
                return None
            raise
        return int(told["token"])

    def _connection(self, timeout: float) -> HTTPConnection:
        return connection_to(self._where, timeout, self._secrets)

    def _open_stream(self, last: str, timeout: float) -> tuple[HTTPConnection, HTTPResponse] | None:
        """A stream behind this cursor; None if there is none at the moment. Raises Refused."""
        connection = self._connection(timeout)
        again = {"Last-Event-ID": last} if last else {}
        try:
            path = f"{self._below}/api/v1/decisions/stream"
            connection.request("GET", path, headers={**self._headers, **again})
            answer = connection.getresponse()
            if answer.status == _OK:
                return connection, answer
            refused = _refusal(answer.status, answer.read(LARGEST))
        except (OSError, HTTPException):
            connection.close()
            return None
        connection.close()
        if refused.status >= _BROKEN:
            return None
        raise refused

    def _ask(self, method: str, target: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        connection = self._connection(self._timeout)
        sent = json.dumps(body).encode() if body is not None else None
        try:
            connection.request(method, self._below + target, body=sent, headers=self._headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read(LARGEST)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{self._where} does not answer: {error}") from None
        finally:
            connection.close()
        if status not in {_OK, _MADE}:
            raise _refusal(status, content)
        return _told(content)


def _lease(name: str) -> str:
    return f"/api/v1/leases/{quote(name, safe='')}"


def _refusal(status: int, content: bytes) -> Refused:
    told = _told(content)
    said = str(told.get("error", f"the monitor refuses ({status})"))
    return TooOld(said, str(told.get("oldest", ""))) if status == _GONE else Refused(status, said)


def _told(content: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
