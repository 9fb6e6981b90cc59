"""Which files are test files, and which rule files lie beside them. Their contents are not looked into here.

A test file is named ``*.test.yaml``. A folder means all of them below it; a rule file means the
test file beside it. What begins with a point is left out, as it is for rule files.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reactor.ruleset.errors import RuleError

TESTS = (".test.yaml", ".test.yml")
_RULES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Found:
    """The test files, the rule files that want tests, and what is wrong with the paths."""

    tests: tuple[Path, ...]
    rules: tuple[Path, ...]
    errors: tuple[RuleError, ...]


def find(paths: Sequence[Path]) -> Found:
    """Everything that the paths name, each file once, in alphabetical order below a folder."""
    tests: dict[str, Path] = {}
    rules: dict[str, Path] = {}
    errors = []
    for path in paths:
        before = len(tests), len(rules)
        for file in _files(path):
            (tests if file.name.endswith(TESTS) else rules).setdefault(os.path.realpath(file), file)
        if path.is_dir() and not any(file.name.endswith(TESTS) for file in _files(path)):
            errors.append(_error(path, "there is no test file in this folder: test files end in .test.yaml"))
        elif not path.is_dir() and (len(tests), len(rules)) == before and not path.exists():
            errors.append(_error(path, "there is no such file or folder: check the path"))
    return Found(tuple(tests.values()), tuple(rules.values()), tuple(errors))


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from _below(path)
    elif path.exists():
        yield path
        beside = test_beside(path)
        if beside is not None:
            yield beside


def test_beside(rules: Path) -> Path | None:
    """The test file beside a rule file, if there is one."""
    if rules.name.endswith(TESTS):
        return None
    tests = (rules.with_name(rules.stem + ending) for ending in TESTS)
    return next((test for test in tests if test.exists()), None)


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_RULES) and not name.startswith("."):
                yield Path(where) / name


def _error(path: Path, message: str) -> RuleError:
    return RuleError(str(path), 0, 0, message)
