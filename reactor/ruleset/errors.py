"""What is wrong with rule files: records with a place, all of them at once.

Only the records belong here. Their sentences are written where the mistake is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reactor.core.printing import tame

_LONGEST = 400
"""Characters of a message. What it quotes from a file may be anything."""


@dataclass(frozen=True, slots=True)
class RuleError:
    """One mistake: where, counted from 1, and a sentence with a remedy.

    Line and column are 0 where the file or folder as a whole is meant.
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {tame(self.message, _LONGEST)}"


class BadRules(Exception):
    """The rules cannot be put in force. ``errors`` are all that is wrong, in the order of the files."""

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
