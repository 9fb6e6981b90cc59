"""One virtual machine: started, listened to, and ended, in bounded time.

Does not belong here: its command (vm_commands.py), its disks (vm_images.py), and what it does (vm_guest.py).
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.vm_commands import Command
from tools.vm_guest import ended_with

_TAIL: Final = 25
# It ends with us, however that is, and all that it has started ends with it.
_ALONE: Final = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"),
)


class VmFailedError(Exception):
    """The machine did not come to its end; the message has the end of what its kernel said."""


def run(command: Command, console: Path, within: float, heard: Callable[[str], None]) -> int:
    """Run a machine; the exit code of what ran there.

    ``heard`` is given each line of its output, ``console`` is where its kernel writes. It is ended after
    ``within`` seconds, and with us.
    """
    deadline = time.monotonic() + within
    with _started(command, console) as machine:
        for line in _lines(machine, deadline):
            code = ended_with(line)
            if code is not None:
                # Its file systems are thrown away: there is nothing to wait for.
                return code
            heard(line)
    why = "took too long" if time.monotonic() > deadline else "ended before its tests did"
    raise VmFailedError(f"the machine {why}; the end of its console:\n{_tail(console)}")


@contextmanager
def _started(command: Command, console: Path) -> Iterator[subprocess.Popen[bytes]]:
    # In a session of its own: Ctrl-C is ours to handle.
    with (
        console.open("ab") as log,
        subprocess.Popen(
            (*_ALONE, *command.line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env=os.environ | command.environment,
        ) as machine,
    ):
        try:
            yield machine
        finally:
            machine.kill()


def _lines(machine: subprocess.Popen[bytes], deadline: float) -> Iterator[str]:
    """Each line, until the output or the time ends."""
    output = machine.stdout.fileno() if machine.stdout is not None else -1
    rest = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([output], [], [], left)[0]:
            continue
        piece = os.read(output, 65536)
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in whole)


def _tail(console: Path) -> str:
    return "\n".join(console.read_text(errors="replace").splitlines()[-_TAIL:])
