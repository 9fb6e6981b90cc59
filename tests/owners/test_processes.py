"""Whether a process is there, and whether that can be told at all."""

from pathlib import Path

import pytest

from reactor.core.owners import Presence, read_owner
from reactor.core.ports import EngineInfo
from reactor.owners.processes import Processes

from .proc import BOOT, EARLIER, ELSEWHERE, run, write_proc

INFO = EngineInfo("e", "host", "20", "1.41", 0.0, 4096 * 1024, kernel="6.1", local=True)
BOOTS = frozenset({BOOT, EARLIER})


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    root = write_proc(tmp_path, INFO)
    run(root, 7, 500, name="a) S 1 (b")
    run(root, 8, 500, state="Z")
    (root / "9").mkdir()
    (root / "9" / "stat").write_text("nothing")
    return root


@pytest.mark.parametrize(
    ("text", "presence", "why"),
    [
        (f"7@500@{BOOT}", Presence.ALIVE, ""),
        (f"7@501@{BOOT}", Presence.GONE, "process 7 is another one by now"),
        (f"70@500@{BOOT}", Presence.GONE, "there is no process 70"),
        (f"8@500@{BOOT}", Presence.GONE, "process 8 has ended"),
        (f"9@500@{BOOT}", Presence.UNKNOWN, "process 9 cannot be read"),
        (f"7@500@{EARLIER}", Presence.GONE, "its host was booted anew"),
        (f"7@500@{ELSEWHERE}", Presence.UNKNOWN, "it belongs to another host, or to a boot that is not on"),
    ],
)
def test_what_a_look_at_a_process_proves(proc: Path, text: str, presence: Presence, why: str) -> None:
    found = Processes(proc).look(read_owner(f"process:{text}"), BOOTS)
    assert (found.presence, found.why[:55]) == (presence, why)


def test_a_process_that_may_not_be_read_is_unknown(proc: Path) -> None:
    """Here it is a folder in the place of the file, which nobody can read, not even root."""
    (proc / "7" / "stat").unlink()
    (proc / "7" / "stat").mkdir()
    assert Processes(proc).look(read_owner(f"process:7@500@{BOOT}"), BOOTS).presence is Presence.UNKNOWN


def test_a_boot_that_cannot_be_told_is_unknown(proc: Path) -> None:
    (proc / "sys/kernel/random/boot_id").unlink()
    assert Processes(proc).look(read_owner(f"process:7@501@{EARLIER}"), BOOTS).presence is Presence.UNKNOWN


def test_only_where_the_kernels_own_are_seen_is_everybody_seen(proc: Path) -> None:
    """In a container's own namespace the second process can be called anything, with no parent in sight."""
    assert Processes(proc).why_not_all() == ""
    run(proc, 2, 25, name="kthreadd", parent=0)
    assert "does not show all" in Processes(proc).why_not_all()
    (proc / "2" / "stat").unlink()
    assert "does not show all" in Processes(proc).why_not_all()
