"""Where a folder lies below the root: its path taken apart, or refused. Text only, nothing is looked at."""

from reactor.core.recipes import Folder, plain_name
from reactor.data.errors import DataRefused, Why
from reactor.data.root import SHARED, TASKS

DEEPEST = 32
LONGEST_TASK = 4096
"""Characters of a task's id: it is kept beside its folder."""
_MOST_ID = 2**32 - 2
"""The last number of a user: the one after it means "leave it"."""


def parts_of(path: str) -> tuple[str, ...]:
    """The components of a relative path; nothing in it leads up, or is written to be misread."""
    parts = tuple(path.split("/"))
    if any(part in {"", ".", ".."} for part in parts):
        raise DataRefused(Why.PATH, f"{path!r} is no path below a data folder, such as pg or pg/wal")
    if ":" in path or not path.isprintable():
        raise DataRefused(Why.PATH, f"{path!r} has a colon or a control character in it: no bind can name it")
    if len(parts) > DEEPEST or any(len(part.encode("utf-8", "replace")) > 255 for part in parts):
        raise DataRefused(Why.PATH, f"{path[:80]!r}… is too long, or has more than {DEEPEST} components")
    return parts


def place_of(task: str, folder: Folder) -> tuple[str, ...]:
    """The components of a folder below the root. Raises DataRefused."""
    if len(task) > LONGEST_TASK:
        raise DataRefused(Why.PATH, f"the task's id has more than {LONGEST_TASK} characters")
    if not (0 <= folder.owner <= _MOST_ID and 0 <= folder.group <= _MOST_ID and 0 <= folder.mode <= 0o7777):
        raise DataRefused(Why.PATH, f"{folder.path!r}: no folder can have this owner, group or mode")
    base = (SHARED,) if folder.shared else (TASKS, plain_name(task))
    return (*base, *parts_of(folder.path))
