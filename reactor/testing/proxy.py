"""A proxy that breaks things between a client and an engine, on unix sockets.

What belongs here is which request gets which fault, and the door. The faults' names are in
``proxy_faults``, carrying is in ``proxy_link``. It stands before a real engine as well as
before the embedded one.
"""

from collections import Counter, deque
from functools import partial
from pathlib import Path

import trio

from reactor.http.server_unix import open_unix_listener
from reactor.testing.proxy_faults import Cut, Fault, Stall, Truncate, kind_of
from reactor.testing.proxy_link import Link, read_request

ANY = "any"


class Proxy:
    """Says what is to go wrong with which kind of request, and counts them in ``counts``.

    Kinds are ``events``, ``stats``, ``list``, ``inspect``, ``logs``, ``kill``, ``stop``, ``restart``,
    ``pause``, ``unpause``, ``update``, ``remove``, ``info``, ``version``, ``ping``, ``image`` and
    ``other``; ``any`` stands for all of them.
    """

    def __init__(self, engine: Path | str) -> None:
        self.engine = str(engine)
        self.counts: Counter[str] = Counter()
        self._always: dict[str, Fault] = {}
        self._next: dict[str, deque[Fault]] = {}
        self._links: set[Link] = set()
        self._opened = trio.Event()
        self._shut = trio.Event()

    def fault(self, kind: str, fault: Fault, times: int | None = None) -> None:
        """Break every new request of a kind, or only the next ``times`` of them."""
        if times is None:
            self._always[kind] = fault
        else:
            self._next.setdefault(kind, deque()).extend([fault] * times)

    def heal(self, kind: str = ANY) -> None:
        """Break no new request of a kind any more; none at all by default."""
        for faults in (self._always, self._next):
            if kind == ANY:
                faults.clear()
            faults.pop(kind, None)

    def strike(self, kind: str, fault: Cut | Stall | Truncate) -> int:
        """Break the answers of a kind that are streaming now, and say how many those were."""
        struck = [link for link in self._links if kind in (link.kind, ANY)]
        for link in struck:
            link.strike(fault)
        return len(struck)

    def underway(self, kind: str) -> int:
        """How many requests of a kind are on their way now."""
        return sum(kind in (link.kind, ANY) for link in self._links)

    def refuse(self) -> None:
        """Let nobody connect; who is connected stays."""
        self._opened = trio.Event()
        self._shut.set()

    def admit(self) -> None:
        """Let clients connect again."""
        self._shut = trio.Event()
        self._opened.set()

    async def wait_refused(self) -> None:
        """Wait until ``refuse`` is called."""
        await self._shut.wait()

    async def wait_admitted(self) -> None:
        """Wait until ``admit`` is called."""
        await self._opened.wait()

    async def serve_connection(self, client: trio.SocketStream) -> None:
        """Carry the one request of a connection."""
        try:
            request = await read_request(client)
            if request is not None:
                await self._carry(client, *request)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            # A client that hangs up, or whom a fault has thrown out, has had what it wanted.
            return
        finally:
            client.socket.close()

    async def _carry(self, client: trio.SocketStream, line: str, request: bytes) -> None:
        kind = kind_of(line)
        self.counts[kind] += 1
        link = Link(kind, client, self._take(kind))
        self._links.add(link)
        try:
            await link.carry(request, self.engine)
        finally:
            self._links.discard(link)

    def _take(self, kind: str) -> Fault | None:
        for name in (kind, ANY):
            if self._next.get(name):
                return self._next[name].popleft()
        return self._always.get(kind) or self._always.get(ANY)


async def serve_proxy(
    proxy: Proxy, path: Path | str, *, task_status: trio.TaskStatus[Path] = trio.TASK_STATUS_IGNORED
) -> None:
    """Stand between the clients of ``path`` and the engine, for ever; ``start`` it in a nursery."""
    where = Path(path)
    try:
        # Structural: what was let in goes on while the door is shut.
        async with trio.open_nursery() as connections:
            while True:
                await _keep_open(proxy, where, connections, task_status)
                task_status = trio.TASK_STATUS_IGNORED
                await proxy.wait_admitted()
    finally:
        _remove(where)


async def _keep_open(
    proxy: Proxy, where: Path, connections: trio.Nursery, task_status: trio.TaskStatus[Path]
) -> None:
    listener = await open_unix_listener(where)
    # Structural as well: only accepting ends with the door.
    async with trio.open_nursery() as door:
        accept = partial(trio.serve_listeners, handler_nursery=connections)
        await door.start(accept, proxy.serve_connection, [listener])
        task_status.started(where)
        await proxy.wait_refused()
        door.cancel_scope.cancel()


def _remove(where: Path) -> None:
    where.unlink(missing_ok=True)
