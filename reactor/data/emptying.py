"""Taking apart what was thrown away, however deep it is and whatever lies in it.

A folder in a folder is moved up first, beside the one that it was in: so no path is ever longer than one
component, no more than two descriptors are open, and whoever goes on after a crash finds the same kind of
thing. No link is followed; a mount cannot be moved, and is named and left alone.
"""

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from reactor.data.handles import READ, opened
from reactor.data.root import OWN, TRASH, Root

MOST_TOLD = 20
"""Errors that are told one by one."""


@dataclass(slots=True)
class Emptied:
    """What was done: files and folders removed, and what could not be."""

    files: int = 0
    folders: int = 0
    errors: list[str] = field(default_factory=list)

    def fail(self, what: str, error: OSError) -> None:
        """Keep it, if there is room for one more."""
        if len(self.errors) < MOST_TOLD:
            self.errors.append(f"{what} cannot be removed: {error.strerror or error}")


Tell = Callable[[Emptied], None]


def empty(root: Root, tell: Tell = lambda _: None) -> Emptied:
    """Take apart all that was thrown away; ``tell`` how far it is. What fails stays where it is."""
    done = Emptied()
    failed: set[str] = set()
    with root.folder(OWN, TRASH, flags=READ) as trash:
        while names := [name for name in os.listdir(trash) if name not in failed]:
            for name in names:
                if not _gone(trash, name, f"{root.path}/{OWN}/{TRASH}/{name}", done, tell):
                    failed.add(name)
    return done


def _gone(trash: int, name: str, said: str, done: Emptied, tell: Tell) -> bool:
    before = len(done.errors)
    try:
        if not stat.S_ISDIR(os.stat(name, dir_fd=trash, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=trash)
            done.files += 1
            return True
        with opened(name, READ, trash) as folder:
            _clear(folder, trash, said, done, tell)
        os.rmdir(name, dir_fd=trash)
        done.folders += 1
    except FileNotFoundError:
        return True  # Somebody else is at it, too.
    except OSError as error:
        if len(done.errors) == before:
            done.fail(said, error)
        return False
    return True


def _clear(folder: int, trash: int, said: str, done: Emptied, tell: Tell) -> None:
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        tell(done)
        try:
            if is_folder:
                os.rename(name, secrets.token_hex(8), src_dir_fd=folder, dst_dir_fd=trash)
            else:
                os.unlink(name, dir_fd=folder)
                done.files += 1
        except FileNotFoundError:
            continue
        except OSError as error:
            done.fail(f"{said}/{name}", error)
