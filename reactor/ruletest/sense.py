"""What is wrong with keys of a test file that are each right: names that nobody has, times that do not fit.

The raw values are asked, because the checked ones are not there if anything else is wrong; only
what needs the rules is asked of the checked file.
"""

from collections.abc import Iterator
from typing import Any

from reactor.core.language.problems import did_you_mean, nearest
from reactor.core.language.units import read_duration
from reactor.core.leases import RULE as OWNER_GONE
from reactor.core.orphans import RULE as ORPHAN
from reactor.core.owners import Kind, read_owner
from reactor.core.rules import RuleSet
from reactor.ruleset.document import Document, Path, entries
from reactor.ruleset.places import line_and_column
from reactor.ruleset.sentences import Found
from reactor.ruletest.config import ConfigKind
from reactor.ruletest.models import ACTIONS, FACT_KEYS, FileText

BUILT_IN = frozenset({ORPHAN, OWNER_GONE})
"""What decides without a rule of the files."""
LONGEST = 7 * 86_400.0
"""Seconds that a test may run, in its own time."""

_TURNS = ("oom", "dies", "created", "starts", "removed", "silent")
_DECIDED = ACTIONS
_ASKED = ("unknown", "holds")
_ONLY_DECIDED = ("rule", "because", "summary", "because_of", "grace", "dry_run")


class Complaints:
    """Mistakes with their places; ``quiet`` are places of which everything has been said."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Found] = []
        self.quiet: set[int] = set()

    def at_key(self, path: Path, message: str) -> None:
        """Complain about a key, and let nobody else complain about its value."""
        self.found.append((self.document.key_at(path), message))
        self.quiet.add(self.document.value_at(path))

    def at_value(self, path: Path, message: str) -> None:
        """Complain about a value, for everybody."""
        self.found.append((self.document.value_at(path), message))
        self.quiet.add(self.document.value_at(path))


def together(complaints: Complaints, data: Any, kind: ConfigKind) -> None:
    """Everything that can be said without the rules."""
    document = complaints.document
    if isinstance(data, dict):
        complaints.found += kind.check(document, data.get("config"), ("config",))
        if data.get("tests") == []:
            complaints.at_value(("tests",), "'tests' is empty: write a test")
    tests = list(entries(data, "tests", ()))
    _same_names(complaints, tests)
    for path, test in tests:
        complaints.found += kind.check(document, test.get("config"), (*path, "config"))
        boxes = _boxes(complaints, path, test)
        _facts(complaints, path, test, boxes)
        _expectations(complaints, path, test, boxes)
        _until(complaints, path, test)


def _same_names(complaints: Complaints, tests: list[tuple[Path, dict[str, Any]]]) -> None:
    seen: dict[str, Path] = {}
    for path, test in tests:
        name = test.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            document = complaints.document
            line = line_and_column(document.source, document.value_at(seen[name]))[0]
            complaints.at_value((*path, "name"), f"there is a test of this name already, in line {line}")
        seen.setdefault(name, (*path, "name"))


def _boxes(complaints: Complaints, path: Path, test: dict[str, Any]) -> frozenset[str]:
    inner, boxes = (*path, "containers"), test.get("containers")
    if "containers" in test and (not isinstance(boxes, dict) or not boxes):
        like = "'containers' is a map of names, as in {job: {labels: {reactor.task: job-1}, pids: 10}}"
        complaints.at_value(inner, like)
    if not isinstance(boxes, dict):
        return frozenset()
    for name, box in boxes.items():
        if name in FACT_KEYS:
            complaints.at_key((*inner, name), f"'{name}' is a word of 'facts': call the container otherwise")
        joins = box.get("joins") if isinstance(box, dict) else None
        for index, other in enumerate(joins if isinstance(joins, list) else []):
            _known(complaints, (*inner, name, "joins", index), other, frozenset(boxes))
    return frozenset(boxes)


def _known(complaints: Complaints, path: Path, name: Any, boxes: frozenset[str]) -> None:
    if isinstance(name, str) and boxes and name not in boxes:
        complaints.at_value(path, f"there is no container '{name}' in this test: {did_you_mean(name, boxes)}")


def _facts(complaints: Complaints, path: Path, test: dict[str, Any], boxes: frozenset[str]) -> None:
    for inner, fact in entries(test, "facts", path):
        for key in fact.keys() - FACT_KEYS - boxes:
            near = nearest(key, FACT_KEYS | boxes)
            hint = f"did you mean '{near}'?" if near else f"the words are {', '.join(sorted(FACT_KEYS))}"
            message = f"'{key}' is neither a container of this test nor something that can happen: {hint}"
            complaints.at_key((*inner, key), message)
        for turn in _TURNS:
            _known(complaints, (*inner, turn), fact.get(turn), boxes)
        if "exit_code" in fact and "dies" not in fact:
            complaints.at_key((*inner, "exit_code"), "'exit_code' stands beside 'dies'")
        _owners(complaints, inner, fact.get("owners"))
        if fact.keys() == {"at"}:
            complaints.at_value(inner, "this fact says nothing: write what changes, as in job: {pids: 201}")


def _owners(complaints: Complaints, path: Path, owners: Any) -> None:
    if owners is not None and not isinstance(owners, dict):
        complaints.at_value((*path, "owners"), "'owners' is a map, as in {lease:ci: gone}")
        return
    for text in owners or ():
        owner = read_owner(str(text))
        if owner.flaw:
            complaints.at_key((*path, "owners", text), f"no such owner can be found: {owner.flaw}")
        elif owner.kind in {Kind.NAME, Kind.CONTAINER}:
            message = "nobody looks for this owner: 'owners' is for 'process:…', 'lease:…' and 'file:…'"
            complaints.at_key((*path, "owners", text), message)


def _expectations(complaints: Complaints, path: Path, test: dict[str, Any], boxes: frozenset[str]) -> None:
    for inner, expected in entries(test, "expect", path):
        said = [word for word in (*_DECIDED, *_ASKED) if word in expected]
        if len(said) != 1:
            message = (
                "an expectation has one action, such as 'kill' or 'stop', or 'unknown' or 'holds', "
                "with a container's name"
            )
            complaints.at_value(inner, message)
            continue
        for word in (said[0], "because_of"):
            _known(complaints, (*inner, word), expected.get(word), boxes)
        if said[0] in _DECIDED:
            _decided(complaints, inner, expected)
        else:
            _asked(complaints, inner, expected, said[0])


def _decided(complaints: Complaints, path: Path, expected: dict[str, Any]) -> None:
    if "rules" in expected:
        complaints.at_key((*path, "rules"), "'rules' stands beside 'unknown' and 'holds'; here it is 'rule'")
    elif not {"rule", "because_of"} & expected.keys():
        complaints.at_value(path, "by which rule? write 'rule: group/name', or 'because_of:' with its main")


def _asked(complaints: Complaints, path: Path, expected: dict[str, Any], word: str) -> None:
    for key in expected.keys() & set(_ONLY_DECIDED):
        complaints.at_key((*path, key), f"'{key}' stands beside an action such as 'kill', not '{word}'")
    if "rules" not in expected:
        complaints.at_value(path, f"'{word}' needs 'rules', such as [safety/pids]; [] says that none is")


def _until(complaints: Complaints, path: Path, test: dict[str, Any]) -> None:
    end = _seconds(test.get("until"))
    if end is not None and end > LONGEST:
        complaints.at_value((*path, "until"), "a test runs for at most 7d: begin with an older container")
    for key in ("facts", "expect"):
        for inner, entry in entries(test, key, path):
            at = _seconds(entry.get("at"))
            if at is not None and at > (LONGEST if end is None else end):
                limit = (
                    "the test ends before this: see its 'until'"
                    if end is not None
                    else "a test runs for at most 7d"
                )
                complaints.at_value((*inner, "at"), limit)


def _seconds(text: Any) -> float | None:
    return read_duration(text) if isinstance(text, str) else None


def of_rules(document: Document, file: FileText, rules: RuleSet) -> Iterator[Found]:
    """Names of rules that nobody has."""
    known = {rule.name for rule in rules.rules} | BUILT_IN
    for number, test in enumerate(file.tests):
        for index, expected in enumerate(test.expect):
            path: Path = ("tests", number, "expect", index)
            if expected.rule and expected.rule not in known:
                yield document.value_at((*path, "rule")), _no_rule(expected.rule, known)
            for at, name in enumerate(expected.rules):
                if name not in known:
                    yield document.value_at((*path, "rules", at)), _no_rule(name, known)


def _no_rule(name: str, known: set[str]) -> str:
    return f"there is no rule '{name}': {did_you_mean(name, known)}"
