"""``reactor fmt``: rule files in their canonical layout, written in place, checked or shown.

What the layout is, is the business of ``ruleset``; here are files: each is replaced in one step
and keeps its mode, so that whoever reads it meanwhile reads the old text or the new one.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from reactor.app.complaint import FOUND, OK
from reactor.core.language.printing import tame
from reactor.ruleset import RuleError
from reactor.ruleset.drafting import draft
from reactor.ruleset.expressions import Language
from reactor.ruleset.files import RuleFile, find_and_read
from reactor.ruleset.layout import WouldChange, laid_out

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file, and how it should be laid out."""

    file: RuleFile
    text: str

    @property
    def changes(self) -> bool:
        """Whether it is not laid out so already."""
        return self.text != self.file.text


def fmt(options: argparse.Namespace) -> int:
    """Carry out ``reactor fmt``: exit code 1 if a file has mistakes, or would change and is only checked."""
    mistakes, changed, files = 0, 0, 0
    for found in _formatted(options.paths):
        files += 1
        if isinstance(found, tuple):
            mistakes += len(found)
            _complain(found)
        elif found.changes:
            failed = _treat(found, show=options.diff, only_check=options.check)
            _complain(failed)
            mistakes += len(failed)
            changed += not failed
    only = options.check or options.diff
    print(_summary(mistakes, changed, files, only=only), file=sys.stderr)
    return FOUND if mistakes or (options.check and changed) else OK


def _formatted(paths: list[Path]) -> Iterator[Formatted | tuple[RuleError, ...]]:
    language = Language()
    for found in find_and_read(paths):
        if isinstance(found, RuleError):
            yield (found,)
            continue
        errors = draft(found.name, found.text, language).errors
        try:
            yield errors or Formatted(found, laid_out(found.text, language))
        except WouldChange:
            message = "this cannot be laid out without changing what it says: it is left as it is"
            yield (RuleError(found.name, 0, 0, message),)


def _complain(errors: tuple[RuleError, ...]) -> None:
    for error in sorted(errors, key=lambda each: (each.line, each.column)):
        print(*error.lines(), sep="\n", file=sys.stderr)


def _treat(found: Formatted, *, show: bool, only_check: bool) -> tuple[RuleError, ...]:
    """Show, name or write one file that changes; what went wrong with writing."""
    if show:
        sys.stdout.writelines(_diff(found))
        return ()
    if only_check:
        print(found.file.name)
        return ()
    try:
        replace_text(Path(found.file.name), found.text)
    except OSError as error:
        return (RuleError(found.file.name, 0, 0, f"this cannot be written: {error.strerror}"),)
    print(found.file.name)
    return ()


def _diff(found: Formatted) -> Iterator[str]:
    name = found.file.name
    before, after = found.file.text.splitlines(), found.text.splitlines()
    for line in unified_diff(before, after, name, name, lineterm=""):
        # What is shown is a file's own text, and may be anything.
        yield f"{tame(line, _LONGEST)}\n"


def _summary(mistakes: int, changed: int, files: int, *, only: bool) -> str:
    counted = f"{changed} of {files} {'file' if files == 1 else 'files'}"
    said = f"{counted} {'would change' if only else 'written anew'}"
    if not mistakes:
        return said
    return f"{said}, {mistakes} {'mistake' if mistakes == 1 else 'mistakes'}"


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text in one step. A link stays a link; mode and owner stay as far as we may."""
    # Editors and folders of rules pass over names that begin with a point.
    target = Path(os.path.realpath(path))
    status = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(PermissionError):
            os.chown(name, status.st_uid, status.st_gid)
        Path(name).chmod(status.st_mode & 0o7777)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
