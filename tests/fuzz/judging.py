"""What must hold whatever comes in: no crash, no hang, and every refusal with a place that is in the text."""

import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from reactor.core.language.printing import text_of
from reactor.core.language.problems import BadExpression
from reactor.core.recipes import NO_PROVISIONS
from reactor.ruleset.expressions import LONGEST, Language
from reactor.ruleset.reading import read_rules
from tests.fuzz.making import condition, likely, mutated, rule_file, view

LONGEST_TAKEN = 5.0
"""Seconds after which a case counts as one that hangs."""
FILES = 8
"""One case in so many is a whole file; reading YAML takes most of the time."""


class TookTooLongError(Exception):
    """A case did not come to an end."""


def case(seed: str, number: int, known: tuple[str, ...], language: Language) -> str:
    """One case; what became of it in a word. Raises AssertionError, or whatever the product raises."""
    dice = random.Random(f"{seed}:{number}")  # noqa: S311  # Chance to be repeated, not to be secret.
    if number % FILES == 0:
        return check_file(rule_file(dice, known), language)
    text = (condition, likely)[dice.random() < 0.4](dice)
    text = mutated(text, dice) if dice.random() < 0.3 else text
    return check_condition(text, language, dice)


def check_condition(text: str, language: Language, dice: random.Random) -> str:
    """Either a condition that can be judged and explained, or problems at places in the text."""
    try:
        made = language.condition(text)
    except BadExpression as error:
        _check_problems(text, error)
        return "refused condition"
    for _ in range(3):
        seen = view(dice, made.windows)
        assert made.test(seen) in {True, False, None}
        assert made.explain(seen).isprintable()
    if len(made.text) <= LONGEST:
        assert text_of(language.tree(made.text)) == made.text
    return "accepted condition"


def _check_problems(text: str, error: BadExpression) -> None:
    assert error.problems
    for problem in error.problems:
        place = problem.place
        assert 0 <= place.offset <= len(text)
        assert place.line >= 1
        assert place.column >= 1
        assert problem.message.isprintable(), problem.message


def check_file(text: str, language: Language) -> str:
    """Either rules or templates, or errors with sentences at places that are in the text."""
    read = read_rules("r.yaml", text, language)
    assert bool(read.rules or read.provisions != NO_PROVISIONS) is not bool(read.errors)
    lines = (*text.split("\n"), "")
    for error in read.errors:
        assert 0 <= error.line <= len(lines)
        assert error.line == 0 or 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error).isprintable()
    return "refused file" if read.errors else "accepted file"


@contextmanager
def bounded(seconds: float = LONGEST_TAKEN) -> Iterator[None]:
    """What takes longer is broken off, wherever it is. For the main thread of a process only."""

    def too_long(_: int, __: FrameType | None) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, too_long)
    # Whoever runs us may have a longer one.
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, left)
