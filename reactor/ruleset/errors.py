"""What is wrong with rule files: records with a place, all of them at once.

Only the records belong here. Their sentences are written where the mistake is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reactor.core.language.printing import tame
from reactor.ruleset.places import line_and_column
from reactor.ruleset.secrecy import is_secret
from reactor.ruleset.showing import pointed

_LONGEST = 500
"""Characters of a message. What it quotes from a file may be anything."""


@dataclass(frozen=True, slots=True)
class RuleError:
    """One mistake: where, counted from 1, and a sentence with a remedy.

    Line and column are 0 where the file or folder as a whole is meant. ``shown`` is the line that
    the mistake stands in and one with a caret below it, where there is such a line.
    """

    file: str
    line: int
    column: int
    message: str
    shown: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The message as people may see it: of a bounded length, and without what a terminal obeys."""
        return tame(self.message, _LONGEST)

    def lines(self) -> tuple[str, ...]:
        """The mistake with its line and a caret."""
        return (str(self), *self.shown)


def error_at(file: str, source: str, offset: int, message: str) -> RuleError:
    """A mistake at an offset in the text of a file."""
    shown = () if is_secret(source, offset) else pointed(source, offset)
    return RuleError(file, *line_and_column(source, offset), message, shown)


class BadRules(Exception):
    """The rules cannot be put in force. ``errors`` are all that is wrong, in the order of the files."""

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
