"""From flags to a stack: its file, the configuration, and where its data lies. Mistakes are Complaints.

What a file may say is the business of ``ruleset``.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.folders import Folders
from reactor.app.invocation import read_settings
from reactor.core.language.printing import tame
from reactor.core.stackfilling import NAME, Ground, filled, plain_stack_name
from reactor.core.stacks import Stack
from reactor.core.templating import CannotRender
from reactor.ruleset import BadRules
from reactor.ruleset.compose import read_stack
from reactor.ruleset.files import read_regular

LARGEST = 1024 * 1024
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stack, and the data folders that it has."""

    stack: Stack
    folders: Folders

    def roots(self) -> dict[str, tuple[str, ...]]:
        """The folders that each service may bind from: its task's, and the shared one."""
        shared = self.folders.shared
        return {each.name: (self.folders.of_task(each.task), shared) for each in self.stack.services}


def wanted(options: argparse.Namespace) -> Wanted:
    """What the command line asks for. Raises Complaint."""
    settings = read_settings(options)
    folders = Folders((options.data_root or settings.data.root).absolute())
    try:
        file = read_stack(str(options.file), _text(options.file))
    except BadRules as bad:
        raise Complaint(*(line for error in bad.errors for line in error.lines())) from None
    for remark in file.remarks:
        print(tame(remark, _LONGEST), file=sys.stderr)
    ground = Ground(folders.of_task, folders.shared, settings.policy.labels)
    try:
        return Wanted(filled(_name(options.file, file.name), file, ground), folders)
    except CannotRender as error:
        raise Complaint(tame(f"{options.file}: {error}", _LONGEST)) from None


def _text(path: Path) -> str:
    try:
        content = read_regular(path)
    except OSError as error:
        raise Complaint(f"{path}: the file cannot be read: {error.strerror}") from None
    if content is None:
        raise Complaint(f"{path}: this is no file: name a stack's file, such as stack.yaml")
    if len(content) > LARGEST:
        raise Complaint(f"{path}: the file is larger than 1 MiB: that is no stack's file")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Complaint(f"{path}: the file is not UTF-8 text") from None


def _name(path: Path, written: str) -> str:
    """The stack's name: as it is written, else that of the folder, as with Compose."""
    name = written or plain_stack_name(path.absolute().parent.name)
    if not NAME.fullmatch(name):
        raise Complaint(f"{path}: the stack has no name: write 'name: shop' at the top of the file")
    return name
