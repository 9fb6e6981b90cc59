"""Which files are rule files, and what stands in them. Their contents are not looked into here.

A folder means every ``*.yaml`` and ``*.yml`` below it, in alphabetical order. Left out are
``*.test.yaml`` (tests of rules) and whatever begins with a point: editors and mounted
configuration leave second copies under such names.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reactor.ruleset.errors import RuleError

LARGEST = 1024 * 1024
"""Bytes in a rule file."""

_ENDINGS = (".yaml", ".yml")
_TESTS = (".test.yaml", ".test.yml")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file that was read: its path as it was found, and its text."""

    name: str
    text: str


def find_and_read(paths: Sequence[Path]) -> Iterator[RuleFile | RuleError]:
    """Every rule file that the paths name, each once, or what is wrong with a path."""
    if not paths:
        yield _error(Path("rules"), "no rule file was named: name a file or a folder")
    seen: set[str] = set()
    for path in paths:
        # Other than the methods of Path, isdir and realpath answer also where permission is lacking.
        for found in _below(path) if os.path.isdir(path) else [path]:
            if isinstance(found, RuleError):
                yield found
            elif os.path.realpath(found) not in seen:
                seen.add(os.path.realpath(found))
                yield _read(found)


def _below(folder: Path) -> Iterator[Path | RuleError]:
    found = list(_walk(folder, frozenset()))
    yield from found
    if not found:
        yield _error(folder, "there is no rule file in this folder: rule files end in .yaml or .yml")


def _walk(folder: Path, above: frozenset[str]) -> Iterator[Path | RuleError]:
    real = os.path.realpath(folder)
    # A link to a folder further up would lead round and round.
    if real in above:
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield _unreadable(folder, error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if os.path.isdir(entry):
            yield from _walk(entry, above | {real})
        elif entry.name.endswith(_ENDINGS) and not entry.name.endswith(_TESTS):
            yield entry


def read_regular(path: Path, most: int = LARGEST) -> bytes | None:
    """The contents of a file, cut one byte after ``most``; None if this is no regular file.

    It never waits for somebody at the other end of a pipe, even if one comes into the file's place meanwhile;
    a device is not even opened. Raises OSError.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        return file.read(most + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None


def _read(path: Path) -> RuleFile | RuleError:
    try:
        content = read_regular(path)
        if content is None:
            return _error(path, "this is neither a file nor a folder")
        if len(content) > LARGEST:
            return _error(path, f"this file is larger than {LARGEST // 1024} KiB: is it a rule file?")
        return RuleFile(str(path), content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _error(path, f"byte {error.start} is not UTF-8: save the file as UTF-8")
    except OSError as error:
        return _unreadable(path, error)


def _unreadable(path: Path, error: OSError) -> RuleError:
    if isinstance(error, FileNotFoundError):
        return _error(path, "there is no such file or folder: check the path")
    if isinstance(error, PermissionError):
        return _error(path, "this cannot be read for lack of permission: let the monitor's user read it")
    return _error(path, f"this cannot be read: {error.strerror}")


def _error(path: Path, message: str) -> RuleError:
    return RuleError(str(path), 0, 0, message)
