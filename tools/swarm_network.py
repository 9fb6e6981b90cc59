"""A network of namespaces for engines that are to be several hosts: a switch, and one node beside another.

Nothing of it is in the host's own network. Each namespace is held by a process that reads a pipe of its owner
and does nothing else; when the owner ends, by `kill -9` too, the pipes are closed, the processes end, and the
kernel removes namespaces, cables and switch. Does not belong here: what runs on the nodes (swarm.py).
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch

NET: Final = "10.213.7"
_FOLDER: Final = CACHE / "network"
_ELSEWHERE: Final = "elsewhere put the program ip (iproute2) on the PATH"


class Namespace:
    """A network and a host name of its own, until it is closed."""

    def __init__(self, name: str) -> None:
        command = ("unshare", "--net", "--uts", "sh", "-c", 'hostname "$0" && echo && exec cat', name)
        # In a session of its own: Ctrl-C in the terminal of the tests is not meant for it.
        self._holder = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        # It is there when it has said so.
        if self._holder.stdout is None or self._holder.stdout.readline() != b"\n":
            self.close()
            raise EngineMissingError("a network namespace could not be made; it takes root and util-linux")

    @property
    def pid(self) -> int:
        """The process that holds it."""
        return self._holder.pid

    @property
    def before(self) -> tuple[str, ...]:
        """What stands before a command that is to run in it."""
        return ("nsenter", f"--net=/proc/{self.pid}/ns/net", f"--uts=/proc/{self.pid}/ns/uts")

    def ip(self, *arguments: str) -> str:
        """Carry out `ip` in it."""
        done = subprocess.run(
            (*self.before, str(ip_program()), *arguments), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EngineMissingError(f"ip {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout

    def close(self) -> None:
        """Let it go; it is gone when nobody else is in it either. Closing twice is no error."""
        for pipe in (self._holder.stdin, self._holder.stdout):
            if pipe is not None:
                pipe.close()
        self._holder.wait()


class Network:
    """A switch with so many nodes at it."""

    def __init__(self, count: int) -> None:
        self._switch = Namespace("switch")
        self.nodes: list[Namespace] = []
        try:
            self._switch.ip("link", "add", "switch", "type", "bridge")
            self._switch.ip("link", "set", "switch", "up")
            for number in range(1, count + 1):
                self._attach(number)
        except BaseException:
            self.close()
            raise

    def address(self, number: int) -> str:
        """The address of a node; they are counted from 1."""
        return f"{NET}.{number}"

    def cut(self, number: int) -> None:
        """Pull a node's cable out of the switch."""
        self._switch.ip("link", "set", f"node{number}", "down")

    def mend(self, number: int) -> None:
        """Put it back."""
        self._switch.ip("link", "set", f"node{number}", "up")

    def close(self) -> None:
        """Let all of it go."""
        for each in (*self.nodes, self._switch):
            each.close()

    def _attach(self, number: int) -> None:
        node = Namespace(f"node-{number}")
        self.nodes.append(node)
        cable = ("type", "veth", "peer", "name", "eth0", "netns", str(node.pid))
        self._switch.ip("link", "add", f"node{number}", *cable)
        self._switch.ip("link", "set", f"node{number}", "master", "switch", "up")
        node.ip("link", "set", "lo", "up")
        node.ip("address", "add", f"{self.address(number)}/24", "dev", "eth0")
        node.ip("link", "set", "eth0", "up")
        # An engine looks for the way to the others, and takes a host without one for one without a network.
        node.ip("route", "add", "default", "dev", "eth0")


def ip_program() -> Path:
    """The program that sets networks up: the system's, else out of Debian's package, not installed."""
    installed = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin") or shutil.which("ip")
    if installed:
        return Path(installed)
    wrapper = _FOLDER / "ip"
    with cache_locked("network"):
        if not wrapper.is_file():
            root = fetch(("iproute2",), ["ip"], _FOLDER, "about 3 MB", _ELSEWHERE)
            wrapper.write_text(_WRAPPER.format(root=root))
            wrapper.chmod(0o755)
    return wrapper


_WRAPPER: Final = """\
#!/bin/sh
for folder in {root}/usr/lib/*-linux-gnu* {root}/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH="${{LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}}$folder"
done
export LD_LIBRARY_PATH
for program in {root}/usr/sbin/ip {root}/sbin/ip {root}/usr/bin/ip {root}/bin/ip; do
  [ -x "$program" ] && exec "$program" "$@"
done
"""
