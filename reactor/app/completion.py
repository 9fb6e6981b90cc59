"""``reactor completion``: a script for a shell, made from the parser of the command line itself.

Which words are files is found here; the script is the library's work.
"""

import argparse
from collections.abc import Iterator

import shtab

from reactor.app.complaint import OK
from reactor.app.options import parser

_FOLDERS = frozenset({"DIR", "FOLDER"})
_FILES = frozenset({"FILE", "PATH", "SOCKET", "FILE_OR_FOLDER", "RECORDING", "OLD", "SOCKET_OR_URL"})


def completion(options: argparse.Namespace) -> int:
    """Carry out ``reactor completion``."""
    print(script(parser(), options.shell))
    return OK


def script(top: argparse.ArgumentParser, shell: str) -> str:
    """The script for this shell. The parser is changed for it, and is good for nothing else afterwards."""
    for command in [*_all(top)]:
        for action in command._actions:
            _mark(action)
    made: str = shtab.complete(top, shell)
    return made


def _mark(action: argparse.Action) -> None:
    """Say what kind of word it takes; of a command say what its help says, which is one line."""
    if isinstance(action, argparse._SubParsersAction):
        for line in action._choices_actions:
            action.choices[line.dest].description = line.help
    elif action.metavar in _FOLDERS:
        vars(action)["complete"] = shtab.DIRECTORY
    elif action.metavar in _FILES:
        vars(action)["complete"] = shtab.FILE


def _all(command: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser, and all below it."""
    yield command
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _all(below)
