"""The commands of virtual machines, of two kinds: an emulated processor, and a kernel that is a program.

Either has no network, and what it writes to its disks is forgotten with it. Its kernel's words go to the file
``console``, or to stderr; its other serial port is stdout. Does not belong here: running one (vm_machine.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tools.vm_guest import KERNEL_ARGUMENTS
from tools.vm_images import disk, kernel
from tools.vm_packages import Release, emulator, user_mode_kernel

KINDS: Final = ("user-mode", "emulated")
_MEBIBYTES: Final = 2048
# What QEMU 7.2 makes of one instruction (cmpxchg16b) breaks the allocator of Linux 6.12 within seconds;
# without it the kernel does the same in another way.
# And what copies and clears memory byte by byte in one instruction is no gain where each byte is emulated.
_PROCESSOR: Final = "max,cx16=off,erms=off"
# Its clock counts instructions, one for each nanosecond, and goes on by itself only while it waits. In there
# it is a machine of an even, middling pace, however slow the emulation is and whatever this host does beside
# it: what a program promises within 100 ms it keeps there, too. One processor: two that are not really there
# at once wait for each other.
_CLOCK: Final = ("-icount", "shift=0,sleep=on", "-rtc", "base=utc,clock=vm")


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and what its environment has more than ours."""

    line: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def command(kind: str, release: Release, checkout: Path, console: Path) -> Command:
    """The command of a machine of this kind with the checkout on its second disk."""
    return (_user_mode if kind == "user-mode" else _emulated)(release, checkout, console)


def _user_mode(release: Release, checkout: Path, console: Path) -> Command:
    folder = console.parent
    return Command(
        (
            user_mode_kernel(), f"mem={_MEBIBYTES}M", f"uml_dir={folder}", "umid=machine",
            # What changes goes to a file of its own in the folder of the run.
            f"ubd0={folder / 'changes'},{disk(release)}", f"ubd1={checkout}",
            "con=null", "ssl=null", "ssl0=null,fd:2", "ssl1=null,fd:1",
            "root=/dev/ubda", *KERNEL_ARGUMENTS.split(),
        )
    )  # fmt: skip


def _emulated(release: Release, checkout: Path, console: Path) -> Command:
    # Its changes go to a file that is deleted when it is opened, so they vanish with it, however it ends.
    program, environment = emulator()
    line = (
        *program,
        "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", _PROCESSOR, "-smp", "1",
        "-m", str(_MEBIBYTES), *_CLOCK,
        "-nodefaults", "-no-reboot", "-nic", "none", "-display", "none", "-monitor", "none",
        "-kernel", str(kernel(release)), "-append", f"root=/dev/nvme0n1 {KERNEL_ARGUMENTS}",
        *_disk("system", disk(release), "nvme,serial=system"), *_disk("tests", checkout, "virtio-blk-pci"),
        "-chardev", f"file,id=kernel,path={console},append=on", "-serial", "chardev:kernel",
        "-chardev", "stdio,id=out,signal=off", "-serial", "chardev:out",
    )  # fmt: skip
    return Command(line, environment)


def _disk(name: str, image: Path, device: str) -> tuple[str, ...]:
    # Of two kinds, because the kernel numbers those of one kind as it finds them.
    drive = f"file={image},if=none,id={name},format=raw,snapshot=on,cache=unsafe"
    return "-drive", drive, "-device", f"{device},drive={name}"
