"""How a connection is made: unix, tcp or a program, TLS on top if asked for, and again after a short refusal.

Everything here happens before the first byte of a request, so all of it may be repeated and
every error says ``sent=False``. What is spoken over the connection is in ``exchange``.
"""

import errno
import os
import socket
import ssl

import trio

from reactor.http.address import LONGEST_PATH, Address
from reactor.http.errors import AccessDenied, BadCertificate, ConnectionBroken, HttpError, NobodyListens
from reactor.http.program import ProgramEnded, open_program

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.1
REFUSALS = 6
"""A listener that is just being started refuses for some milliseconds; after about 0.2 s nobody is there."""

KEEPALIVE = {socket.TCP_KEEPIDLE: 30, socket.TCP_KEEPINTVL: 10, socket.TCP_KEEPCNT: 3}


class _BacklogFull(Exception):
    """The listener exists and has no room in its queue at this moment."""


async def connect(address: Address) -> trio.abc.Stream:
    """Open a connection. The caller brings the deadline; a full queue is waited for until then."""
    pause, refused = FIRST_PAUSE, 0
    while True:
        await trio.lowlevel.checkpoint()
        try:
            return await _connect_once(address)
        except _BacklogFull:
            pass
        except NobodyListens as error:
            refused += 1
            if refused == REFUSALS or not _was_refused(error):
                raise
        await trio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _connect_once(address: Address) -> trio.abc.Stream:
    if address.program:
        return open_program(address.program)
    try:
        if address.path:
            return await _open_unix(address.path)
        stream = await _open_tcp(address)
    except OSError as error:
        raise _meaning(error, address) from error
    if address.tls is None:
        return stream
    return await _greet(stream, address, address.tls)


async def _open_unix(path: str) -> trio.SocketStream:
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise NobodyListens(f"the socket's path is longer than {LONGEST_PATH} bytes: {path}")
    # Not trio.open_unix_socket: Linux answers EAGAIN to a non-blocking connect when the queue of the
    # listener is full, trio takes that for "in progress", and hands out a stream that was never
    # connected. A connect to a unix socket is never in progress: it is done at once or not at all.
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        raw.settimeout(0)
        raw.connect(path)
    except BlockingIOError as error:
        raw.close()
        raise _BacklogFull from error
    except BaseException:
        raw.close()
        raise
    return trio.SocketStream(trio.socket.from_stdlib_socket(raw))


async def _open_tcp(address: Address) -> trio.SocketStream:
    stream = await trio.open_tcp_stream(address.host, address.port)
    # A stream that says nothing for hours is normal here, and so is a peer that is switched off.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE.items():
        stream.setsockopt(socket.IPPROTO_TCP, option, value)
    return stream


async def _greet(stream: trio.SocketStream, address: Address, tls: ssl.SSLContext) -> trio.abc.Stream:
    secured = trio.SSLStream(stream, tls, server_hostname=address.host, https_compatible=True)
    try:
        await secured.do_handshake()
    except trio.BrokenResourceError as error:
        await trio.aclose_forcefully(secured)
        raise tls_meaning(error, sent=False) from error
    except BaseException:
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(secured)
        raise
    return secured


def tls_meaning(error: BaseException, *, sent: bool) -> HttpError:
    """Say what a broken stream means: a certificate that was not accepted, or just an end."""
    cause = error.__cause__
    if isinstance(cause, ProgramEnded):
        return ConnectionBroken(str(cause), sent=sent)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return BadCertificate(
            f"the certificate of the server is not accepted: {cause.verify_message}", sent=sent
        )
    if isinstance(cause, ssl.SSLError):
        reason = (cause.reason or "unknown").replace("_", " ").lower()
        if "certificate" in reason or "unknown ca" in reason:
            return BadCertificate(f"the server does not accept our certificate: {reason}", sent=sent)
        return ConnectionBroken(f"the connection ended in a TLS error: {reason}", sent=sent)
    return ConnectionBroken("the connection was broken", sent=sent)


def _meaning(error: OSError, address: Address) -> HttpError:
    code = _number(error)
    if code in {errno.EACCES, errno.EPERM}:
        return AccessDenied(f"access to {address} is denied")
    if code in {errno.ENOENT, errno.ENOTSOCK, errno.ENOTDIR}:
        return NobodyListens(f"there is no socket at {address}")
    if code == errno.ECONNREFUSED:
        return NobodyListens(f"nobody listens at {address}")
    if isinstance(error, socket.gaierror):
        return NobodyListens(f"the host of {address} has no address")
    name = errno.errorcode.get(code or 0, "unknown error")
    return ConnectionBroken(f"no connection to {address} could be made ({name})")


def _number(error: OSError) -> int | None:
    """The number of the error, also of trio's summary of several attempts (their first one speaks)."""
    cause = error.__cause__
    if error.errno is None and isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return cause.errno if error.errno is None and isinstance(cause, OSError) else error.errno


def _was_refused(error: NobodyListens) -> bool:
    return isinstance(error.__cause__, OSError) and _number(error.__cause__) == errno.ECONNREFUSED
