"""Sockets in the file system to listen on: how such a socket comes, and how it goes.

Every step allows for a neighbour who does the same at the same moment, and for one who means harm
and puts a link, a file or a socket of his own in the way. What is served is known to ``server``.
"""

import errno
import fcntl
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from reactor.http.address import LONGEST_PATH
from reactor.http.server_listeners import AddressTaken, CannotListen, refusal

MODE = 0o600
PAUSE = 0.02
TRIES = 50


@asynccontextmanager
async def own_unix_listener(path: Path) -> AsyncIterator[trio.SocketListener]:
    """Listen on a unix socket for the time of the block, and take its file away at the end.

    It stands in a folder in which no stranger can put a socket of his own in its place, or this
    raises CannotListen: whoever calls here trusts what the socket says.
    """
    _refuse_open_folder(path)
    listener = await open_unix_listener(path)
    ours = _identity(path)
    try:
        yield listener
    finally:
        # Before the close, after which another file may get the same number.
        _remove_own(path, ours)
        listener.socket.close()


async def open_unix_listener(path: Path) -> trio.SocketListener:
    """Listen on a unix socket that only its owner can use; a stale one is replaced, a living one is not."""
    _refuse_bad_path(path)
    async with _alone_in(path):
        if _is_socket(path):
            if await _answers(path):
                raise AddressTaken(f"{path} is taken: another program listens there")
            _remove_stale(path)
        return trio.SocketListener(trio.socket.from_stdlib_socket(_bound(path)))


def _refuse_bad_path(path: Path) -> None:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise CannotListen(f"the socket's path is longer than {LONGEST_PATH} bytes: {path}")
    if "\0" in str(path):
        raise CannotListen("the socket's path has a zero byte in it")


def _refuse_open_folder(path: Path) -> None:
    _refuse_bad_path(path)
    try:
        found = path.parent.stat()
    except OSError as error:
        raise refusal(error, str(path)) from None
    if found.st_uid not in {0, os.geteuid()}:
        raise CannotListen(
            f"{path.parent} belongs to another user, who could put a socket of his own in the place of "
            f"{path.name}: choose a folder of your own"
        )
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise CannotListen(
            f"everybody may write to {path.parent}, and so put a socket of their own in the place of "
            f"{path.name}: take that right away with chmod o-w, or choose another folder"
        )


@asynccontextmanager
async def _alone_in(path: Path) -> AsyncIterator[None]:
    """Hold the folder: two who find the same stale socket must not remove each other's new one."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refusal(error, str(path)) from None
    try:
        await _lock(folder, path)
        yield
    finally:
        os.close(folder)


async def _lock(folder: int, path: Path) -> None:
    for _ in range(TRIES):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await trio.sleep(PAUSE)
        except OSError as error:
            raise refusal(error, str(path)) from None
        else:
            return
    raise CannotListen(f"cannot listen on {path}: another program holds the lock of its folder")


def _bound(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before the bind: the file is born with this mode. To change it afterwards by its path could
        # hit whatever a neighbour has put there meanwhile.
        os.fchmod(listening.fileno(), MODE)
        listening.bind(os.fspath(path))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise refusal(error, str(path)) from None
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


def _remove_stale(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotListen(f"the dead socket {path} cannot be removed: {error.strerror}") from None


def _remove_own(path: Path, ours: tuple[int, int] | None) -> None:
    # What stands there now may be a successor's.
    if ours is not None and _identity(path) == ours:
        with suppress(OSError):
            path.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


async def _answers(path: Path) -> bool:
    try:
        stream = await trio.open_unix_socket(os.fspath(path))
    except OSError as error:
        # Whoever does not let us in is there all the same.
        return error.errno not in {errno.ECONNREFUSED, errno.ENOENT}
    await stream.aclose()
    return True
