"""Sockets to listen on, and the sentences that say why one cannot be had.

Only opening belongs here; what is served on them is the business of ``server``.
"""

import errno
import os
import socket
import stat
from pathlib import Path

import trio

LONGEST_SOCKET_PATH = 107


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
        raise _refusal(error, where) from None


def _refusal(error: OSError, where: str) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return AddressTaken(f"{where} is taken: another program listens there")
    # trio gathers the reasons of several addresses in one error without a number.
    causes = getattr(error.__cause__, "exceptions", ())
    if any(isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE for cause in causes):
        return AddressTaken(f"{where} is taken: another program listens there")
    return CannotListen(f"cannot listen on {where}: {error.strerror or error}")


async def open_unix_listener(path: Path, mode: int = 0o600) -> trio.SocketListener:
    """Listen on a unix socket; a stale one is removed, but only if nobody answers on it."""
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise CannotListen(f"the socket's path is longer than {LONGEST_SOCKET_PATH} bytes: {path}")
    if _is_socket(path):
        if await _answers(path):
            raise AddressTaken(f"{path} is taken: another program listens there")
        _remove(path)
    return trio.SocketListener(trio.socket.from_stdlib_socket(_bound(path, mode)))


def _bound(path: Path, mode: int) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(os.fspath(path))
        # Nobody can connect before listen(), so there is no moment of wider permissions.
        path.chmod(mode)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise _refusal(error, str(path)) from None
    return listening


def _is_socket(path: Path) -> bool:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CannotListen(f"cannot look at {path}: {error.strerror}") from None
    if not stat.S_ISSOCK(kind):
        raise CannotListen(f"{path} is there already and is not a socket")
    return True


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _answers(path: Path) -> bool:
    try:
        stream = await trio.open_unix_socket(os.fspath(path))
    except ConnectionRefusedError:
        return False
    except FileNotFoundError:
        return False
    except OSError:
        # Whoever does not let us in is there all the same.
        return True
    await stream.aclose()
    return True
