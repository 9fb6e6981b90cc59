"""Making data folders: each is made out of sight, given its owner and mode, and only then put in its place.

So nobody ever sees half a folder: one whose maker was killed lies where we make them, and is swept away by
whoever comes next. What is there already is left as it is. Containers may write in the folders above the
one that is made, and put links there at any moment: none is followed, and nothing is replaced.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from reactor.core.recipes import Folder, plain_name
from reactor.data.errors import DataRefused, Why, refused
from reactor.data.handles import PLACE, READ, move_new, opened
from reactor.data.leaving import recover
from reactor.data.markers import mark
from reactor.data.naming import place_of
from reactor.data.root import NEW, OWN, TASKS, Root

PASSABLE = 0o755
"""The mode of folders on the way to one that was asked for."""
_TRIES = 10
"""How often somebody may make and remove a folder before our eyes."""


def prepare(root: Root, task: str, folders: Sequence[Folder]) -> Mapping[Folder, str]:
    """Make what is not there yet of these, and say where each is. Again does no harm. Raises DataRefused."""
    places = {folder: place_of(task, folder) for folder in folders}
    with root.locked():
        recover(root)
        if any(place[0] == TASKS for place in places.values()):
            mark(root, task, made=not _is_there(root, plain_name(task)))
        # Who is above comes first: on the way to another one it would be made with our owner and mode.
        for folder in sorted(places, key=lambda each: len(places[each])):
            _make(root, folder, places[folder])
    return {folder: str(root.path.joinpath(*place)) for folder, place in places.items()}


def _is_there(root: Root, name: str) -> bool:
    with root.folder(TASKS) as tasks:
        try:
            os.stat(name, dir_fd=tasks, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True


def _make(root: Root, folder: Folder, parts: tuple[str, ...]) -> None:
    top, *names, last = parts
    said = root.path / top
    with root.folder(top) as base:
        place = os.dup(base)
        try:
            way = Folder("", os.geteuid(), os.getegid(), PASSABLE)
            for name in names:
                said /= name
                place = _step(root, place, name, way, said)
            place = _step(root, place, last, folder, said / last)
        finally:
            os.close(place)


def _step(root: Root, place: int, name: str, folder: Folder, said: Path) -> int:
    """The folder of this name below this one, which is let go of; made if it is not there."""
    inner = _there(root, place, name, folder, said)
    os.close(place)
    return inner


def _there(root: Root, place: int, name: str, folder: Folder, said: Path) -> int:
    for _ in range(_TRIES):
        try:
            return os.open(name, PLACE, dir_fd=place)
        except FileNotFoundError:
            pass
        except NotADirectoryError:
            raise DataRefused(Why.BIND, f"{said} is a link or no folder: nothing is made there") from None
        except OSError as error:
            raise refused(error, f"{said} cannot be entered") from None
        try:
            _put(root, place, name, folder)
        except FileExistsError:
            continue  # Somebody else was quicker: it is his, and stays as he made it.
        except OSError as error:
            how = f"with the owner {folder.owner}:{folder.group} and the mode {folder.mode:04o}"
            raise refused(error, f"{said} cannot be made {how}") from None
    raise DataRefused(Why.BIND, f"{said} comes and goes all the time: who else writes there?")


def _put(root: Root, place: int, name: str, folder: Folder) -> None:
    """Make a folder where nobody sees it, and put it here when all of it is as it has to be."""
    half = secrets.token_hex(8)
    with root.folder(OWN, NEW) as making:
        os.mkdir(half, 0o700, dir_fd=making)
        try:
            with opened(half, READ, making) as made:
                # The owner first: a change of owner may take bits of the mode away.
                os.fchown(made, folder.owner, folder.group)
                os.fchmod(made, folder.mode)
            move_new(half, making, name, place)
        except BaseException:
            with suppress(OSError):
                os.rmdir(half, dir_fd=making)
            raise
