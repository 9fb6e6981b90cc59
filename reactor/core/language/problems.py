"""What is wrong with an expression, said so that its author can mend it.

Only the record of a mistake and the wording that all rooms share belong here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from reactor.core.language.tree import Place


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, and a sentence that says what to write instead."""

    place: Place
    message: str


class BadExpression(Exception):
    """The text is no condition that can be judged; all of its problems, in reading order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place.offset))
        super().__init__("; ".join(problem.message for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if there is one."""
    lowered = {other.lower(): other for other in sorted(known)}
    found = get_close_matches(word.lower(), lowered, n=1)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known: the nearest that is, or all that are."""
    words = sorted(known)
    near = nearest(word, words)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"known are {', '.join(words)}" if len(words) > 1 else f"the only one is '{words[0]}'"
