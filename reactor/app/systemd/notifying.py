"""The datagrams of sd_notify(3): who listens is in the environment, and what is said are a few lines of text.

Only sending belongs here. It never waits and never raises: a manager that does not listen must not disturb a
monitor. The variables are taken out of the environment, so that no program of ours speaks in our name.
"""

import logging
import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass, field

log = logging.getLogger("reactor.app")

SOCKET, USEC, PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
_SECOND = 1_000_000
_LONGEST = 500


@dataclass(slots=True)
class Notifier:
    """Speaks to the manager at ``address``; to nobody where that is empty.

    ``watchdog`` is within how many seconds it wants to hear of us again and again, None for never.
    """

    address: str = ""
    watchdog: float | None = None
    _complained: bool = field(default=False, init=False)

    @property
    def listens(self) -> bool:
        """Whether there is anybody."""
        return bool(self.address)

    def say(self, *lines: str) -> None:
        """Send these lines as one datagram, such as ``READY=1``."""
        if not self.address:
            return
        # A name that begins with @ has a zero byte there, and no file.
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(0)
                sender.sendto("\n".join(map(_line, lines)).encode(), name)
        except OSError as error:
            if not self._complained:
                log.warning("the service manager cannot be told anything", extra={"why": error.strerror})
            self._complained = True
        else:
            self._complained = False


def take_notifier(environ: MutableMapping[str, str], own: int | None = None) -> Notifier:
    """Who wants to be told, by an environment that does not say so any more afterwards.

    A watchdog that is meant for another process is not ours. An address that is no name of a socket, as that
    of a virtual machine's host, is none.
    """
    address, usec, pid = (environ.pop(name, "") for name in (SOCKET, USEC, PID))
    if not address.startswith(("/", "@")) or len(address) < 2:
        return Notifier()
    ours = not pid or pid == str(own if own is not None else os.getpid())
    return Notifier(address, int(usec) / _SECOND if ours and usec.isdecimal() and int(usec) else None)


def _line(text: str) -> str:
    """A line stays one, whoever's words are in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])
