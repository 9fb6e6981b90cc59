"""By what somebody was let in, and whether that would still let him in: for what lasts longer than a moment.

A connection lasts longer than a configuration, and a stream longer than a request. What is checked at the
begin of a request is in ``doors``.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import trio

from reactor.access.certificates import Vouched
from reactor.access.terms import Access
from reactor.http.server_messages import Aborted, Peer, StreamingResponse, Writer


@dataclass(frozen=True, slots=True)
class Admission:
    """A connection, and the name by which somebody came in on it, with what was in the file for its password.

    ``by_token`` tells that no name was asked for: the configuration has a token in its place.
    """

    peer: Peer
    name: str = ""
    hashed: bytes = field(default=b"", repr=False)
    by_token: bool = False

    def holds(self, access: Access) -> bool:
        """Whether it lets somebody in now, without another look at his password."""
        if not is_good_connection(access, self.peer):
            return False
        return self.by_token or not access.users or access.users.get(self.name) == self.hashed


def is_good_connection(access: Access, peer: Peer) -> bool:
    """Whether a connection that may be older than what is asked for now has all of it."""
    if access.secured and not peer.tls:
        return False
    if not access.certificates:
        return True
    believed = peer.context.authorities if isinstance(peer.context, Vouched) else frozenset()
    # Nobody looks at its certificate again; but whoever was believed then has to be believed now.
    return peer.certificate and bool(believed) and believed <= access.authorities


def broken_off(answer: StreamingResponse, over: Callable[[], Awaitable[None]]) -> StreamingResponse:
    """The stream until ``over`` returns: then it is broken off, so that nobody takes it for complete."""

    async def body(writer: Writer) -> None:
        ends: list[Exception] = []
        # Structural: a stream that says nothing for hours, and what may end it meanwhile.
        async with trio.open_nursery() as nursery:

            async def end() -> None:
                await over()
                ends.append(Aborted(reset=False))
                nursery.cancel_scope.cancel()

            nursery.start_soon(end)
            try:
                await answer.body(writer)
            except Exception as error:  # noqa: BLE001  # Raised outside: a nursery would wrap it in a group.
                ends.append(error)
            nursery.cancel_scope.cancel()
        if ends:
            raise ends[0]

    return replace(answer, body=body)
