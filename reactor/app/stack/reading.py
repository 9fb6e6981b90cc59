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
from reactor.data.root import fault_of
from reactor.ruleset import BadRules
from reactor.ruleset.compose import read_stack
from reactor.ruleset.files import read_regular

NO_ROOT = (
    "Name the folder below which data lies: --data-root DIR, or 'data: {root: DIR}' in the configuration"
)
LARGEST = 1024 * 1024
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stack, and the data folders that it has, if there is a root of them."""

    stack: Stack
    folders: Folders | None

    @property
    def data(self) -> str:
        """Where data lies; empty if nobody said where."""
        return str(self.folders.root) if self.folders is not None else ""

    def roots(self) -> dict[str, tuple[str, ...]]:
        """The folders that each service may bind from: its task's, and the shared one."""
        folders = self.folders
        if folders is None:
            return {each.name: () for each in self.stack.services}
        return {each.name: (folders.of_task(each.task), folders.shared) for each in self.stack.services}


def wanted(options: argparse.Namespace) -> Wanted:
    """What the command line asks for. Raises Complaint."""
    settings = read_settings(options)
    root = options.data_root or settings.data
    if root is not None and (fault := fault_of(root.absolute())):
        raise Complaint(tame(f"reactor: the data root '{root}' {fault}", _LONGEST))
    folders = Folders(root.absolute()) if root is not None else None
    try:
        file = read_stack(str(options.file), _text(options.file))
    except BadRules as bad:
        raise Complaint(*(line for error in bad.errors for line in error.lines())) from None
    for remark in file.remarks:
        print(tame(remark, _LONGEST), file=sys.stderr)
    ground = Ground(
        folders.of_task if folders is not None else str,
        folders.shared if folders is not None else "",
        settings.policy.labels,
    )
    try:
        return Wanted(filled(_name(options.file, file.name), file, ground), folders)
    except CannotRender as error:
        remedy = () if folders is not None else (NO_ROOT,)
        raise Complaint(tame(f"{options.file}: {error}", _LONGEST), *remedy) from None


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
