"""A program that does one thing again and again, and is killed with -9 one step later each time.

A step is a call of the system that changes something. Each try is a process of its own, from a state made
anew; after it, somebody else does the same to its end, and what is there then is judged. A line is printed
for each.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reactor.core.recipes import Folder, plain_name
from reactor.data import handles, leaving, preparing
from reactor.data.choosing import Held
from reactor.data.listing import look
from reactor.data.preparing import prepare
from reactor.data.removing import remove
from reactor.data.root import Root
from tests.data.build import filled, home

STEPS = ("mkdir", "fchown", "fchmod", "rename", "rmdir", "unlink", "write", "fsync", "utime")
MOST = 100


def arm(step: int) -> None:
    """From now on count what is done, and die right before this step."""
    left = [step]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **named: Any) -> Any:
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return call(*arguments, **named)

        return instead

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))
    for module in (preparing, leaving):
        module.move_new = counted(handles.move_new)  # type: ignore[attr-defined]


def at_step(step: int, work: Callable[[], object]) -> bool:
    """Whether it came to its end; ``work`` is done in a process of its own."""
    child = os.fork()
    if not child:
        arm(step)
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def prepared(folder: Path, step: int) -> bool:
    """Two folders, one below the other."""
    wanted = [Folder("pg", 999, 998, 0o2750), Folder("pg/wal", 5, 6, 0o700)]

    def work() -> None:
        with Root.open(folder) as root:
            prepare(root, "job", wanted)

    done = at_step(step, work)
    with Root.open(folder) as root:
        for each in wanted:
            about = home(root, "job") / each.path
            if about.exists():
                assert (about.stat().st_uid, about.stat().st_mode & 0o7777) == (each.owner, each.mode)
    work()
    with Root.open(folder) as root:
        found = [(home(root, "job") / each.path).stat() for each in wanted]
    assert [(each.st_uid, each.st_mode & 0o7777) for each in found] == [(999, 0o2750), (5, 0o700)]
    assert not [*(folder / ".reactor/new").iterdir()]
    assert not [*(folder / ".reactor/tasks").glob("*.half")]
    return done


def removed(folder: Path, step: int) -> bool:
    """One folder goes, and one is bound again meanwhile."""
    with Root.open(folder) as root:
        for task in ("old", "again"):
            filled(root, task, "pg/deep")
        (home(root, "old") / "pg" / "out").symlink_to(folder.parent)

    def work() -> None:
        with Root.open(folder) as root:
            chosen = [look(root, "tasks", plain_name(task)) for task in ("old", "again")]
            there = [each for each in chosen if each.which is not None]
            remove(root, there, lambda: Held(paths={str(home(root, "again")): "somebody"}))

    done = at_step(step, work)
    with Root.open(folder) as root:
        # Whoever wants his folder again has it as it was, unless it was already decided that it goes.
        prepare(root, "again", [Folder("pg")])
        assert (home(root, "again") / "pg/deep/kept").read_text() == "again"
        old = home(root, "old")
        assert not old.exists() or (old / "pg/deep/kept").read_text() == "old"
    work()
    assert [each.name for each in (folder / "tasks").iterdir()] == [plain_name("again")]
    assert not [*(folder / ".reactor/trash").iterdir()]
    assert not [*(folder / ".reactor/leaving/tasks").iterdir()]
    return done


def main(what: str, folder: Path) -> None:
    """Until one try comes to its end."""
    trial = {"prepare": prepared, "remove": removed}[what]
    for step in range(MOST):
        if trial(folder / f"data-{step}", step):
            print("whole")
            return
        print("killed")
    raise AssertionError("it never came to its end")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
