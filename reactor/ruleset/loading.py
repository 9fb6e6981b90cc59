"""All rule files together: one rule set, or everything that is wrong with any of them.

What concerns more than one file belongs here: the order, names that are taken, the digest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from reactor.core.rules import RuleSet
from reactor.ruleset.errors import BadRules, RuleError
from reactor.ruleset.expressions import Language
from reactor.ruleset.files import RuleFile, find_and_read
from reactor.ruleset.reading import ReadFile, read_rules


def load(paths: Sequence[Path]) -> RuleSet:
    """The rules in these files and folders, in the order of the files; BadRules with all mistakes."""
    return _rule_set(list(find_and_read(paths)))


def parse(text: str, name: str = "rules.yaml") -> RuleSet:
    """The rules in a text; ``name`` stands for the file in places and messages."""
    return _rule_set([RuleFile(name, text)])


def parse_all(texts: Iterable[tuple[str, str]]) -> RuleSet:
    """The rules in these texts, each with the name of its file, as ``RuleSet.texts`` has them."""
    return _rule_set([RuleFile(name, text) for name, text in texts])


def _rule_set(found: Sequence[RuleFile | RuleError]) -> RuleSet:
    language = Language()
    read = [
        read_rules(one.name, one.text, language) if isinstance(one, RuleFile) else ReadFile(errors=(one,))
        for one in found
    ]
    errors = [error for one in read for error in one.errors] + list(_taken(read))
    if errors:
        order = {one.name if isinstance(one, RuleFile) else one.file: at for at, one in enumerate(found)}
        raise BadRules(sorted(errors, key=lambda error: (order[error.file], error.line, error.column)))
    rules = tuple(rule for one in read for rule in one.rules)
    files = [one for one in found if isinstance(one, RuleFile)]
    return RuleSet(rules, _version(files), tuple((one.name, one.text) for one in files))


def _taken(read: Sequence[ReadFile]) -> Iterator[RuleError]:
    """Groups whose name another group has: rules are known by group and name in metrics and records."""
    seen: dict[str, RuleError] = {}
    for group, place in (pair for one in read for pair in one.groups):
        first = seen.setdefault(group, place)
        if first is not place:
            message = f"there is a group named '{group}' already, at {first.file}:{first.line}"
            yield replace(place, message=message)


def _version(files: Iterable[RuleFile]) -> str:
    """Twelve hex digits that change with the contents of the files, and not with where they lie."""
    digest = sha256()
    for file in files:
        # The lengths keep two files from looking like one.
        content = file.text.encode()
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()[:12]
