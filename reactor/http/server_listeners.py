"""TCP sockets to listen on, and the sentences that say why a socket of any kind cannot be had.

Only opening belongs here; sockets in the file system are opened in ``server_unix``, and what is
served on them is the business of ``server``.
"""

import errno
import socket

import trio


class CannotListen(Exception):
    """This address cannot be listened on; the text is a sentence that says why."""


class AddressTaken(CannotListen):
    """Somebody else listens there."""


async def open_tcp_listeners(port: int, host: str = "127.0.0.1") -> list[trio.SocketListener]:
    """Listen on a TCP port, on the loopback interface unless another host is named."""
    # Some systems take a larger number and listen on its remainder.
    if not 0 <= port <= 65535:
        raise CannotListen(f"{port} is not a port: the numbers go from 0 to 65535")
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return await trio.open_tcp_listeners(port, host=host)
    except socket.gaierror as error:
        raise CannotListen(f"the address {where} is not known here: {error.strerror}") from None
    except OSError as error:
        raise refusal(error, where) from None


def refusal(error: OSError, where: str) -> CannotListen:
    """The sentence for what the operating system said."""
    if error.errno == errno.EADDRINUSE:
        return AddressTaken(f"{where} is taken: another program listens there")
    # trio gathers the reasons of several addresses in one error without a number.
    causes = getattr(error.__cause__, "exceptions", ())
    if any(isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE for cause in causes):
        return AddressTaken(f"{where} is taken: another program listens there")
    return CannotListen(f"cannot listen on {where}: {error.strerror or error}")
