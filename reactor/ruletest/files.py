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
    errors: list[RuleError] = []
    for path in paths:
        files = list(_files(path))
        for file in files:
            (tests if _is_test(file) else rules).setdefault(os.path.realpath(file), file)
        if not any(map(_is_test, files)):
            errors.append(RuleError(str(path), 0, 0, _without_tests(path)))
    return Found(tuple(tests.values()), tuple(rules.values()), tuple(errors))


def rule_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The rule files that the paths mean, those below a folder among them."""
    for path in paths:
        yield from (file for file in _files(path) if not _is_test(file))


def _is_test(file: Path) -> bool:
    return file.name.endswith(TESTS)


def _without_tests(path: Path) -> str:
    if path.is_dir():
        return "there is no test file in this folder: test files end in .test.yaml"
    if path.exists():
        return f"there is no test file beside this: write {path.stem}.test.yaml"
    return "there is no such file or folder: check the path"


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
    if _is_test(rules):
        return None
    tests = (rules.with_name(rules.stem + ending) for ending in TESTS)
    return next((test for test in tests if test.exists()), None)


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_RULES) and not name.startswith("."):
                yield Path(where) / name
