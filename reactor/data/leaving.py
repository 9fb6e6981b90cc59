"""The way out, in steps that may each be the last of somebody who is killed.

A folder is set aside first, looked at once more there, and either put back or thrown away; only what was
thrown away is taken apart. Who finds a folder that is only set aside puts it back: nobody knows whether
its second look was done. All but emptying is done by whoever has the root to himself.
"""

import os
import secrets
from contextlib import suppress

from reactor.data.errors import DataRefused, Why, refused
from reactor.data.handles import READ, Identity, identity, move_new, opened
from reactor.data.root import LEAVING, NEW, OWN, SHARED, TASKS, TRASH, Root

TOPS = (TASKS, SHARED)


def recover(root: Root) -> None:
    """Put back what somebody who was killed had only set aside, and sweep away what he had half made."""
    for top in TOPS:
        for name in left_aside(root, top):
            with suppress(DataRefused):
                put_back(root, top, name)
    with root.folder(OWN, NEW, flags=READ) as making:
        for name in os.listdir(making):
            with suppress(OSError):
                os.rmdir(name, dir_fd=making)


def left_aside(root: Root, top: str) -> tuple[str, ...]:
    """The folders that are set aside, of tasks or of what is shared."""
    with suppress(FileNotFoundError), root.folder(OWN, LEAVING, top, flags=READ, make=False) as aside:
        return tuple(sorted(os.listdir(aside)))
    return ()


def set_aside(root: Root, top: str, name: str, meant: Identity) -> None:
    """Take a folder out of sight, if it is still the one that was meant. Raises DataRefused."""
    with root.folder(top) as here, root.folder(OWN, LEAVING, top) as aside:
        _move(name, here, aside, f"{root.path}/{top}/{name} cannot be moved away")
        try:
            with opened(name, READ, aside) as moved:
                same = identity(moved) == meant
        except OSError:
            same = False
    if not same:
        put_back(root, top, name)
        raise DataRefused(Why.BIND, f"{root.path}/{top}/{name} is another one by now")


def put_back(root: Root, top: str, name: str) -> None:
    """Put a folder back where it was. Raises DataRefused where something else is there by now."""
    with root.folder(top) as here, root.folder(OWN, LEAVING, top) as aside:
        kept = f"{root.path}/{OWN}/{LEAVING}/{top}/{name}"
        _move(name, aside, here, f"{root.path}/{top}/{name} cannot be put back, and is kept at {kept}")


def throw_away(root: Root, top: str, name: str) -> None:
    """From here on it is taken apart, by us or by whoever comes next."""
    with root.folder(OWN, LEAVING, top) as aside, root.folder(OWN, TRASH) as trash:
        _move(name, aside, trash, f"{root.path}/{top}/{name} cannot be thrown away", secrets.token_hex(8))


def thrown_away(root: Root) -> int:
    """How many folders wait for being taken apart."""
    with suppress(FileNotFoundError), root.folder(OWN, TRASH, flags=READ, make=False) as trash:
        return len(os.listdir(trash))
    return 0


def _move(name: str, here: int, there: int, what: str, new_name: str = "") -> None:
    try:
        move_new(name, here, new_name or name, there)
    except OSError as error:
        raise refused(error, what) from None
