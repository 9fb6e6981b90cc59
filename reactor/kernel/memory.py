"""What the host has of memory, and which host this is, by ``/proc``.

Only reading is here. Where ``/proc`` is may be told: another host's tree can be mounted elsewhere.
"""

from dataclasses import dataclass
from pathlib import Path

from reactor.core.ports import EngineInfo

PROC = Path("/proc")
_KIB = 1024
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a host, in bytes."""

    total: int
    available: int


def read_memory(proc: Path = PROC) -> Memory | None:
    """The two lines of ``meminfo`` that matter here; None if they cannot be read or make no sense."""
    lines = dict(line.partition(":")[::2] for line in _read(proc / "meminfo").splitlines())
    total, available = _bytes(lines.get("MemTotal", "")), _bytes(lines.get("MemAvailable", ""))
    if total is None or available is None or not 0 <= available <= total or not total:
        return None
    return Memory(total, available)


def why_not_ours(info: EngineInfo, proc: Path = PROC) -> str:
    """Why this engine is not known to run on the host whose ``/proc`` this is; empty if it is.

    Behind an address that is no socket of this machine there may be a twin of ours, with the same kernel
    and as much memory: there the name has to be the same as well.
    """
    memory, kernel = read_memory(proc), _read(proc / "sys/kernel/osrelease").strip()
    if memory is None or not kernel:
        return f"{proc} does not say what memory and kernel this host has"
    if (info.memory, info.kernel) != (memory.total, kernel):
        return "the engine runs on another host than the monitor: its memory or its kernel is another"
    if not info.local and info.name != _read(proc / "sys/kernel/hostname").strip():
        return "the engine is not at a socket of this machine, and its host has another name"
    return ""


def _bytes(text: str) -> int | None:
    number, _, unit = text.strip().partition(" ")
    return int(number) * _KIB if number.isascii() and number.isdigit() and unit == "kB" else None


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except OSError:
        return ""
