"""From paths to one rule set, or to everything that is wrong with any of the files.

What the rest of the program asks for is here; the steps are in ``reading``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reactor.core.rules import RuleSet
from reactor.ruleset.digests import version_of
from reactor.ruleset.errors import BadRules, RuleError
from reactor.ruleset.expressions import Language
from reactor.ruleset.files import RuleFile, find_and_read
from reactor.ruleset.lints import lints
from reactor.ruleset.reading import read_files


@dataclass(frozen=True, slots=True)
class Examined:
    """A rule set, and what in it is allowed but probably not meant."""

    rules: RuleSet
    warnings: tuple[RuleError, ...] = ()
    files: int = 0


def load(paths: Sequence[Path]) -> RuleSet:
    """The rules in these files and folders, in the order of the files; BadRules with all mistakes."""
    return _examined(list(find_and_read(paths)), Language()).rules


def parse(text: str, name: str = "rules.yaml", language: Language | None = None) -> RuleSet:
    """The rules in a text; ``name`` stands for the file in places and messages.

    Whoever reads many texts makes one ``language`` for all: that takes longer than to read one.
    """
    return _examined([RuleFile(name, text)], language or Language()).rules


def parse_all(texts: Iterable[tuple[str, str]]) -> RuleSet:
    """The rules in these texts, each with the name of its file, as ``RuleSet.texts`` has them."""
    return _examined([RuleFile(name, text) for name, text in texts], Language()).rules


def examine(paths: Sequence[Path]) -> Examined:
    """As ``load``, with warnings."""
    return _examined(list(find_and_read(paths)), Language(), warn=True)


def _examined(found: Sequence[RuleFile | RuleError], language: Language, *, warn: bool = False) -> Examined:
    read = read_files(found, language)
    order = {one.name if isinstance(one, RuleFile) else one.file: at for at, one in enumerate(found)}
    if read.errors:
        raise BadRules(_sorted(read.errors, order))
    files = [one for one in found if isinstance(one, RuleFile)]
    warnings = _sorted(lints(read.compiled, language), order) if warn else ()
    texts = tuple((one.name, one.text) for one in files)
    rules = RuleSet(read.rules, version_of(files), texts, read.provisions)
    return Examined(rules, tuple(warnings), len(files))


def _sorted(errors: Sequence[RuleError], order: dict[str, int]) -> list[RuleError]:
    return sorted(errors, key=lambda error: (order[error.file], error.line, error.column))
