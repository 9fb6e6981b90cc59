"""A ``/proc`` of files, of a host that the embedded engine says it runs on."""

from pathlib import Path

from reactor.core.ports import EngineInfo

BOOT = "11111111-2222-3333-4444-555555555555"
EARLIER = "00000000-2222-3333-4444-555555555555"
ELSEWHERE = "99999999-2222-3333-4444-555555555555"
OF_THE_KERNEL = 0x00200000


def write_proc(root: Path, info: EngineInfo, boot: str = BOOT) -> Path:
    """A host without processes but the parent of the kernel's threads."""
    (root / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (root / "meminfo").write_text(f"MemTotal: {info.memory // 1024} kB\nMemAvailable: 1024 kB\n")
    (root / "sys/kernel/osrelease").write_text(f"{info.kernel}\n")
    (root / "sys/kernel/hostname").write_text(f"{info.name}\n")
    (root / "sys/kernel/random/boot_id").write_text(f"{boot}\n")
    run(root, 2, 25, flags=OF_THE_KERNEL, name="kthreadd", parent=0)
    return root


def run(
    root: Path, pid: int, start: int, *, state: str = "S", flags: int = 0, name: str = "r", parent: int = 1
) -> None:
    """Let a process be there."""
    (root / str(pid)).mkdir(exist_ok=True)
    fields = [state, parent, 0, 0, 0, -1, flags, *([0] * 10), 1, 0, start, 0, 0]
    (root / str(pid) / "stat").write_text(f"{pid} ({name}) {' '.join(map(str, fields))}\n")


def end(root: Path, pid: int) -> None:
    """Let a process be there no more."""
    (root / str(pid) / "stat").unlink()
    (root / str(pid)).rmdir()
