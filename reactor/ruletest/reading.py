"""One test file: from its text to a script, or to everything that is wrong with it.

The steps are put together here, as ``ruleset.reading`` does it for rule files. What keys mean
together is in ``sense``; how text becomes records is in ``building``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from reactor.core.rules import RuleSet
from reactor.ruleset import BadRules
from reactor.ruleset.document import Document, NotYamlError, read_document
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.sentences import Found, sentences
from reactor.ruletest.building import build
from reactor.ruletest.config import ConfigKind
from reactor.ruletest.models import FileText, file_model, shape
from reactor.ruletest.script import Script
from reactor.ruletest.sense import Complaints, of_rules, together

TEST_ENDING = ".test"
Load = Callable[[tuple[Path, ...]], RuleSet]
"""Loads rule files, or raises BadRules."""


@dataclass(frozen=True, slots=True)
class ReadScript:
    """What came of one test file."""

    script: Script | None = None
    errors: tuple[RuleError, ...] = ()


class Reader:
    """Reads test files. The models are made once, for one shape of the configuration."""

    def __init__(self, kind: ConfigKind, load: Load) -> None:
        self._kind = kind
        self._load = load
        self._model = file_model(kind)
        self._shape = shape(kind)

    def read(self, name: str, text: str) -> ReadScript:
        """Read the text of a file; ``name`` is its path, beside which its rule files are looked for."""
        try:
            document = read_document(text)
        except NotYamlError as error:
            return ReadScript(errors=_placed(name, text, [(error.offset, error.message)]))
        if document.data is None:
            empty = "this file is empty: write 'tests:' with tests below it, or remove the file"
            return ReadScript(errors=(RuleError(name, 0, 0, empty),))
        file, found = self._shaped(document)
        paths = _rule_paths(name, file)
        missing = list(_missing(document, paths, file))
        rules, errors = (None, ()) if missing else self._loaded(paths)
        found += missing
        if file is not None and rules is not None:
            found += of_rules(document, file, rules)
        if found or errors or file is None or rules is None:
            return ReadScript(errors=(*_placed(name, text, found), *errors))
        return ReadScript(Script(name, paths, build(name, document, file, rules, self._kind)))

    def _shaped(self, document: Document) -> tuple[FileText | None, list[Found]]:
        complaints = Complaints(document)
        together(complaints, document.data, self._kind)
        found = [*document.problems, *complaints.found]
        try:
            return self._model.model_validate(document.data), found
        except ValidationError as error:
            said = sentences(document, error, self._shape)
            return None, [*found, *(one for one in said if one[0] not in complaints.quiet)]

    def _loaded(self, paths: tuple[Path, ...]) -> tuple[RuleSet | None, tuple[RuleError, ...]]:
        try:
            return self._load(paths), ()
        except BadRules as bad:
            return None, bad.errors


def beside(test: Path) -> Path:
    """The rule file that a test file stands beside: ``safety.yaml`` for ``safety.test.yaml``."""
    return test.with_name(test.stem.removesuffix(TEST_ENDING) + test.suffix)


def _rule_paths(name: str, file: FileText | None) -> tuple[Path, ...]:
    test = Path(name)
    written = file.rules if file is not None else []
    return tuple(test.parent / each for each in written) or (beside(test),)


def _missing(document: Document, paths: Sequence[Path], file: FileText | None) -> Iterator[Found]:
    """Rule files that are not there; the default one is missed at the top of the file."""
    for index, path in enumerate(paths):
        if not path.exists():
            written = file is not None and file.rules
            remedy = (
                "paths are taken from the folder of the test file"
                if written
                else "name others with 'rules: [...]'"
            )
            yield document.value_at(("rules", index)), f"there is no rule file {path.name}: {remedy}"


def _placed(name: str, text: str, found: Sequence[Found]) -> tuple[RuleError, ...]:
    placed = (error_at(name, text, offset, message) for offset, message in set(found))
    return tuple(sorted(placed, key=lambda error: (error.line, error.column, error.message)))
