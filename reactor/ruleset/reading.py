"""Rule files together: from their texts to rules, or to everything that is wrong with any of them.

The steps are put together here: a draft of each file (``drafting``), later files over earlier ones
(``overlays``), what keys mean together (``together``), rules (``compiling``). Which files there are
is in ``files``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reactor.core.recipes import NO_PROVISIONS, Provisions
from reactor.core.rules import Rule
from reactor.ruleset.compiling import Compiled, compiled
from reactor.ruleset.compose.compiling import provisions
from reactor.ruleset.compose.sets import complaints as about_sidecars
from reactor.ruleset.drafting import draft
from reactor.ruleset.drafts import FileDraft
from reactor.ruleset.errors import RuleError
from reactor.ruleset.expressions import Language
from reactor.ruleset.files import RuleFile
from reactor.ruleset.overlays import merged
from reactor.ruleset.together import complaints


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """What came of some files: rules and templates, or errors in no particular order."""

    compiled: tuple[Compiled, ...] = ()
    errors: tuple[RuleError, ...] = ()
    provisions: Provisions = NO_PROVISIONS

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in the order of the files."""
        return tuple(each.rule for each in self.compiled)


def read_rules(name: str, text: str, language: Language) -> ReadFiles:
    """Read the text of one file; ``name`` is what it is called in messages and places."""
    return read_files([RuleFile(name, text)], language)


def read_files(found: Sequence[RuleFile | RuleError], language: Language) -> ReadFiles:
    """Read files in their order. What could not be found or read goes among the errors."""
    drafts = [
        draft(one.name, one.text, language)
        if isinstance(one, RuleFile)
        else FileDraft(one.file, errors=(one,), unread=True)
        for one in found
    ]
    groups, overlaid = merged(drafts)
    errors = [error for each in drafts for error in each.errors]
    # What is wrong in two levels for one reason is one mistake.
    errors = list(dict.fromkeys([*errors, *overlaid, *complaints(groups), *about_sidecars(drafts)]))
    if errors:
        return ReadFiles(errors=tuple(errors))
    rules = tuple(each for group in groups for each in compiled(group, language))
    return ReadFiles(rules, provisions=provisions(drafts))
