"""Whether a path may be bound into a container: looked at right before the create, through descriptors.

A bind has to be of a task's own folder, of something below it, or of what is shared; whatever is on the way
there is a real folder, and no link. What an engine makes of the path a moment later is not in our hands,
so no container should be able to write into a folder *above* what another one binds.
"""

import os
import stat
from pathlib import Path

from reactor.core.recipes import plain_name
from reactor.data.errors import DataRefused, Why, refused
from reactor.data.handles import PLACE
from reactor.data.markers import refuse_other
from reactor.data.root import SHARED, TASKS, Root

_ANY = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_FIT = (stat.S_ISDIR, stat.S_ISREG, stat.S_ISSOCK)


def check_bind(root: Root, source: str, task: str | None = None) -> str:
    """The path to bind for ``source``, all links before the root resolved. Raises DataRefused.

    With a ``task`` no other task's folder will do.
    """
    parts = _below(root, source)
    if parts[0] != SHARED and (parts[0] != TASKS or len(parts) < 2):
        raise _outside(source, f"is no folder of a task and not below {root.path}/{SHARED}")
    if task is not None and parts[0] == TASKS and parts[1] != plain_name(task):
        raise _outside(source, "belongs to another task")
    if task is not None and parts[0] == TASKS:
        refuse_other(root, parts[1], task)
    place = _walk(root, parts, source)
    try:
        found = Path(os.readlink(f"/proc/self/fd/{place}"))
        if found != root.real.joinpath(*parts):
            raise _outside(source, f"leads to {found}")
        if not any(fits(os.fstat(place).st_mode) for fits in _FIT):
            raise _outside(source, "is neither a folder nor a file")
    finally:
        os.close(place)
    return str(found)


def _below(root: Root, source: str) -> tuple[str, ...]:
    """The components below the root."""
    path = Path(source)
    if not path.is_absolute() or ".." in path.parts or ":" in source or not source.isprintable():
        raise _outside(source, "is no absolute path without '..', colons and control characters")
    for base in (root.path, root.real):
        if path.is_relative_to(base) and path != base:
            return path.relative_to(base).parts
    raise _outside(source, f"does not lie below the data root {root.path}")


def _walk(root: Root, parts: tuple[str, ...], source: str) -> int:
    place = os.dup(root.place)
    said = root.path
    for name in parts:
        said /= name
        flags = _ANY if said == root.path.joinpath(*parts) else PLACE
        try:
            inner = os.open(name, flags, dir_fd=place)
        except FileNotFoundError:
            raise DataRefused(Why.BIND, f"{said} is not there: declare it under 'folders'") from None
        except NotADirectoryError:
            raise _outside(source, f"goes through {said}, which is a link or no folder") from None
        except OSError as error:
            raise refused(error, f"{said} cannot be entered") from None
        finally:
            os.close(place)
        place = inner
    if stat.S_ISLNK(os.fstat(place).st_mode):
        os.close(place)
        raise _outside(source, "is a link")
    return place


def _outside(source: str, why: str) -> DataRefused:
    return DataRefused(Why.BIND, f"the bind of {source[:300]!r} is refused: it {why}")
