"""All tests that some paths name: read, played, compared, and put together into one report.

Nothing is printed here; ``telling`` and ``document`` have the words, ``app`` the output.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reactor.core.rules import RuleSet
from reactor.ruleset import BadRules, load
from reactor.ruleset.errors import RuleError
from reactor.ruleset.files import find_and_read
from reactor.ruletest.config import ConfigKind
from reactor.ruletest.files import Found, find, rule_files
from reactor.ruletest.matching import Verdict, compare
from reactor.ruletest.playing import play
from reactor.ruletest.reading import Reader
from reactor.ruletest.script import Case, Script


@dataclass(frozen=True, slots=True)
class Untested:
    """A rule of which no test expects anything, and its place."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Report:
    """How all tests went, or what is wrong with the files; then no test was run."""

    verdicts: tuple[Verdict, ...] = ()
    untested: tuple[Untested, ...] = ()
    errors: tuple[RuleError, ...] = ()

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The tests that failed."""
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)


@dataclass(slots=True)
class _Rules:
    """Rule files, each combination of them loaded once."""

    loaded: dict[tuple[Path, ...], RuleSet | BadRules] = field(default_factory=dict)

    def load(self, paths: tuple[Path, ...]) -> RuleSet:
        """The rules of these files; BadRules with all their mistakes."""
        if paths not in self.loaded:
            try:
                self.loaded[paths] = load(paths)
            except BadRules as bad:
                self.loaded[paths] = bad
        found = self.loaded[paths]
        if isinstance(found, BadRules):
            raise found
        return found


def run_tests(
    paths: Sequence[Path],
    kind: ConfigKind,
    *,
    only: re.Pattern[str] | None = None,
    on_verdict: Callable[[Verdict], None] = lambda _: None,
) -> Report:
    """Run the tests in these files and folders; ``only`` picks those in whose name it is found.

    ``on_verdict`` is told of each as it is done.
    """
    rules, found = _Rules(), find(paths)
    scripts, errors = _read(found, Reader(kind, rules.load))
    wanted, more = _wanted_rules(found, scripts, rules)
    mistakes = dict.fromkeys((*found.errors, *errors, *more))
    if mistakes:
        return Report(errors=tuple(mistakes))
    verdicts = []
    for case in _cases(scripts, only):
        verdicts.append(compare(case, play(case)))
        on_verdict(verdicts[-1])
    return Report(tuple(verdicts), tuple(_untested(scripts, wanted)))


def _read(found: Found, reader: Reader) -> tuple[list[Script], list[RuleError]]:
    scripts, errors = [], []
    for file in find_and_read(found.tests) if found.tests else ():
        if isinstance(file, RuleError):
            errors.append(file)
            continue
        read = reader.read(file.name, file.text)
        errors += read.errors
        if read.script is not None:
            scripts.append(read.script)
    return scripts, errors


def _wanted_rules(
    found: Found, scripts: Sequence[Script], rules: _Rules
) -> tuple[list[RuleSet], list[RuleError]]:
    """The rules of the files that were named, or lie in a folder that was, and that no test is about."""
    tested = {os.path.realpath(file) for script in scripts for file in rule_files(script.rules)}
    sets: list[RuleSet] = []
    errors: list[RuleError] = []
    for path in found.rules:
        # A file may change the rules of another, and then it can only be read together with that.
        if os.path.realpath(path) in tested:
            continue
        try:
            sets.append(rules.load((path,)))
        except BadRules as bad:
            errors += bad.errors
    return sets, errors


def _cases(scripts: Sequence[Script], only: re.Pattern[str] | None) -> Iterator[Case]:
    for script in scripts:
        yield from (case for case in script.cases if only is None or only.search(case.name))


def _untested(scripts: Sequence[Script], wanted: Sequence[RuleSet]) -> Iterator[Untested]:
    cases = [case for script in scripts for case in script.cases]
    tested = {one.rule for case in cases for one in case.expected}
    tested |= {name for case in cases for asked in case.asked for name in asked.rules}
    sets = [*wanted, *(case.rules for case in cases)]
    places = {rule.name: rule.place for rules in sets for rule in rules.rules}
    return (Untested(name, place) for name, place in places.items() if name not in tested)
