"""One virtual machine: started, listened to, and ended, in bounded time.

It has no network and writes to no disk: what it changes is forgotten with it. Does not belong here: its disks
(vm_images.py), and what it does (vm_guest.py).
"""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.vm_guest import KERNEL_ARGUMENTS, ended_with
from tools.vm_images import disk, kernel
from tools.vm_packages import Release, emulator

_TAIL: Final = 25
# What QEMU 7.2 makes of one instruction (cmpxchg16b) breaks the allocator of Linux 6.12 within seconds;
# without it the kernel does the same in another way.
# And what copies and clears memory byte by byte in one instruction is no gain where each byte is emulated.
_PROCESSOR: Final = "max,cx16=off,erms=off"
# Its clock counts instructions, one for each nanosecond, and goes on by itself only while it waits. In there
# it is a machine of an even, middling pace, however slow the emulation is and whatever this host does beside
# it: what a program promises within 100 ms it keeps there, too. One processor: two that are not really there
# at once wait for each other.
_CLOCK: Final = ("-icount", "shift=0,sleep=on", "-rtc", "base=utc,clock=vm")


class VmFailedError(Exception):
    """The machine did not come to its end; the message has the end of what its kernel said."""


def run(release: Release, checkout: Path, console: Path, within: float, heard: Callable[[str], None]) -> int:
    """Run a machine with the checkout on its second disk; the exit code of what ran there.

    ``heard`` is given each line of its output, ``console`` is where its kernel writes. It is ended after
    ``within`` seconds, and with us.
    """
    deadline = time.monotonic() + within
    with _started(release, checkout, console) as machine:
        for line in _lines(machine, deadline):
            code = ended_with(line)
            if code is not None:
                # Its file systems are thrown away: there is nothing to wait for.
                return code
            heard(line)
    why = "took too long" if time.monotonic() > deadline else "ended before its tests did"
    raise VmFailedError(f"the machine {why}; the end of its console:\n{_tail(console)}")


@contextmanager
def _started(release: Release, checkout: Path, console: Path) -> Iterator[subprocess.Popen[bytes]]:
    # Its changes go to a file that is deleted when it is opened, so they vanish with it, however it ends.
    program, environment = emulator()
    command = (
        "setpriv", "--pdeathsig", "KILL", *program,
        "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", _PROCESSOR, "-smp", "1", "-m", "2048",
        *_CLOCK,
        "-nodefaults", "-no-reboot", "-nic", "none", "-display", "none", "-monitor", "none",
        "-kernel", str(kernel(release)), "-append", KERNEL_ARGUMENTS,
        *_disk("system", disk(release), "nvme,serial=system"), *_disk("tests", checkout, "virtio-blk-pci"),
        "-serial", f"file:{console}", "-chardev", "stdio,id=out,signal=off", "-serial", "chardev:out",
    )  # fmt: skip
    # In a session of its own: Ctrl-C is ours to handle.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env=os.environ | environment,
    ) as machine:
        try:
            yield machine
        finally:
            machine.kill()


def _disk(name: str, image: Path, device: str) -> tuple[str, ...]:
    # Of two kinds, because the kernel numbers those of one kind as it finds them.
    drive = f"file={image},if=none,id={name},format=raw,snapshot=on,cache=unsafe"
    return "-drive", drive, "-device", f"{device},drive={name}"


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
