"""Roots for tests, and what lies in them."""

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reactor.core.recipes import Folder, plain_name
from reactor.data.listing import Entry, look
from reactor.data.preparing import prepare
from reactor.data.root import Root
from reactor.data.walking import Bounds


@contextmanager
def rooted(path: Path) -> Iterator[Root]:
    """A root, open."""
    with Root.open(path / "data") as root:
        yield root


def filled(root: Root, task: str, *folders: str, shared: bool = False) -> Path:
    """Folders of a task with a file in each; returned is the first."""
    made = prepare(root, task, [Folder(each, shared=shared) for each in folders])
    for each in made.values():
        (Path(each) / "kept").write_text(task)
    return Path(next(iter(made.values())))


def home(root: Root, task: str) -> Path:
    """A task's own folder."""
    return root.path / "tasks" / plain_name(task)


def tree(path: Path) -> dict[str, tuple[int, int, int]]:
    """All that is there, with owner, group and mode; links are not followed."""
    found = {}
    for folder, inner, files in os.walk(path):
        for name in (*inner, *files):
            at = Path(folder) / name
            about = at.lstat()
            found[str(at.relative_to(path))] = (about.st_uid, about.st_gid, about.st_mode)
    return found


def modes(path: Path) -> tuple[int, int, int]:
    """Owner, group and mode."""
    about = path.stat()
    return about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)


@contextmanager
def mounted(where: Path, options: str) -> Iterator[Path]:
    """A small file system of its own, in memory."""
    where.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where)], check=True)
    try:
        yield where
    finally:
        subprocess.run(["umount", str(where)], check=True)


def entry(root: Root, task: str) -> Entry:
    """A task's own folder, looked through to its end."""
    return look(root, "tasks", plain_name(task), Bounds())


@contextmanager
def bound(source: Path, target: Path) -> Iterator[None]:
    """One folder, seen in the place of another one, too."""
    target.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(target)], check=True)
