"""What is wrong with an expression, said so that its author can mend it.

Only the record of a mistake and the wording that all rooms share belong here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from reactor.core.tree import Place


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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known: the nearest that is, or all that are."""
    words = sorted(known)
    lowered = {other.lower(): other for other in words}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{lowered[near[0]]}'?"
    return f"known {'is' if len(words) == 1 else 'are'} {', '.join(words)}"
