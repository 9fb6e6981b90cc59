"""Where the monitor listens: the ``--listen`` text, and the sockets that come of it.

Whatever goes wrong here is the operator's to put right, so each error is a sentence with a
remedy in it. What is answered on these sockets is in ``routes``.
"""

from dataclasses import dataclass
from ipaddress import ip_address

import trio

from reactor.http.server_listeners import CannotListen, open_tcp_listeners, refusal

DEFAULT = "127.0.0.1:9710"
_SUCH_AS = f"write HOST:PORT, such as {DEFAULT}"
_REMEDY = "choose another place with --listen"


class BadListen(ValueError):
    """The text does not say where to listen; the message says what it should be."""


@dataclass(frozen=True, slots=True)
class Listen:
    """A host and a port; an empty host is every address of this machine, port 0 any free one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect. A name other than localhost counts as not."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen(text: str) -> Listen:
    """Read ``host:port``, ``[ipv6]:port`` or ``:port``. Raises BadListen."""
    if "/" in text:
        raise BadListen(f"{text!r} is an address of a page; {_SUCH_AS}")
    host, colon, port = text.rpartition(":")
    if not colon:
        raise BadListen(f"{text!r} has no port; {_SUCH_AS}")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise BadListen(f"{port!r} is no port between 0 and 65535; {_SUCH_AS}")
    return Listen(_host(host), int(port))


def _host(text: str) -> str:
    if text.startswith("[") or text.endswith("]"):
        if not (text.startswith("[") and text.endswith("]") and _is_ipv6(text[1:-1])):
            raise BadListen(f"{text!r} is no IPv6 address in brackets, such as [::1]")
        return text[1:-1]
    if ":" in text:
        raise BadListen(f"{text!r}: an IPv6 address stands in brackets, such as [::1]:9710")
    if not text.isprintable() or " " in text or not _is_encodable(text):
        raise BadListen(f"{text!r} is no host; {_SUCH_AS}")
    return text


def _is_encodable(host: str) -> bool:
    # The resolver encodes names so, and raises something that nobody would expect of it.
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        return ip_address(text).version == 6
    except ValueError:
        return False


async def open_listeners(listen: Listen) -> list[trio.SocketListener]:
    """Sockets on every address that the host stands for. Raises CannotListen, with the way out."""
    try:
        if listen.host:
            return await open_tcp_listeners(listen.port, listen.host)
        return await trio.open_tcp_listeners(listen.port)
    except CannotListen as error:
        # Of the same kind: whoever looks may want to know whether somebody else listens there.
        raise type(error)(f"{error}; {_REMEDY}") from error
    except OSError as error:
        refused = refusal(error, str(listen))
        raise type(refused)(f"{refused}; {_REMEDY}") from error
