"""The canonical layout of a rule file: order of keys, indentation, quotes, spaces in conditions.

What a file says, and its comments, stay. Brackets stay where they fit; blank lines stay, one at a time.
"""

import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.events import ScalarEvent

from reactor.core.language.printing import text_of, tightness
from reactor.core.language.tree import Logic
from reactor.ruleset.commented import comments, read_commented
from reactor.ruleset.document import NotYamlError, read_document
from reactor.ruleset.entries import BLOCK, Branch, Entry
from reactor.ruleset.expressions import Language
from reactor.ruleset.models import ORDER
from reactor.ruleset.quoting import folded, kept, lines_of, quoted
from reactor.ruleset.spacing import Line, loose, spaced, without_blank

WIDEST = 100
"""Columns of a line, where it can be broken."""
GROUPS, TEMPLATES = "groups", "templates"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_WORDS = {"~": "null", "null": "null", "true": "true", "false": "false"}


class WouldChange(Exception):
    """The file cannot be laid out anew without changing what it says. That is a mistake of ours."""


def laid_out(source: str, language: Language) -> str:
    """A rule file without mistakes in its canonical layout. Raises WouldChange rather than change it."""
    text = spaced(_Layout(language).block(read_commented(source), 0))
    try:
        before, after = read_document(source).data, read_document(text).data
    except NotYamlError:
        raise WouldChange from None
    if _meaning(before, language) != _meaning(after, language):
        raise WouldChange
    if sorted(comments(source)) != sorted(comments(text)):
        raise WouldChange
    return text


class _Layout:
    """Writes a tree as lines."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def block(self, branch: Branch, indent: int) -> Iterator[Line]:
        """The entries of a map or list, each in lines of its own."""
        for number, entry in enumerate(_in_order(branch)):
            yield from loose(entry.before if number else without_blank(entry.before), indent)
            yield from self._pair(entry, indent) if branch.is_map else self._item(entry, indent)
        yield from loose(branch.tail, indent)

    def _pair(self, entry: Entry, indent: int) -> Iterator[Line]:
        head, node = f"{' ' * indent}{_key(entry)}:", entry.node
        if not isinstance(node, Branch):
            yield from self._scalar(entry, head, indent + 2)
            return
        inline = self._bracketed(node)
        if inline is not None and len(f"{head} {inline}") <= WIDEST:
            yield Line(f"{head} {inline}", entry.beside)
            return
        yield Line(head, entry.beside)
        yield from self.block(node, indent + 2)

    def _item(self, entry: Entry, indent: int) -> Iterator[Line]:
        node, head = entry.node, f"{' ' * indent}-"
        if not isinstance(node, Branch):
            yield from self._scalar(entry, head, indent + 2)
            return
        inline = self._bracketed(node)
        if inline is not None and len(f"{head} {inline}") <= WIDEST:
            yield Line(f"{head} {inline}", entry.beside)
            return
        if entry.beside:
            yield Line(f"{' ' * indent}{entry.beside}")
        # The dash takes the place of the indentation of the first line that says something.
        lines = list(self.block(node, indent + 2))
        begin = next(at for at, line in enumerate(lines) if line.text.strip() and not line.is_comment)
        yield from loose([line.text.strip() for line in lines[:begin]], indent)
        yield Line(f"{head} {lines[begin].text[indent + 2 :]}", lines[begin].comment)
        yield from lines[begin + 1 :]

    def _bracketed(self, branch: Branch) -> str | None:
        """A map or list in brackets, if that is how it was written or it is empty."""
        if (branch.entries and not branch.flow) or branch.tail:
            return None
        parts = [self._in_brackets(entry, is_map=branch.is_map) for entry in _in_order(branch)]
        if None in parts:
            return None
        inner = ", ".join(part or "" for part in parts)
        return f"{{{inner}}}" if branch.is_map else f"[{inner}]"

    def _in_brackets(self, entry: Entry, *, is_map: bool) -> str | None:
        if isinstance(entry.node, Branch):
            value = self._bracketed(entry.node)
        else:
            value = self._word(entry, in_brackets=True)
        return value if value is None or not is_map else f"{_key(entry)}: {value}"

    def _scalar(self, entry: Entry, head: str, indent: int) -> Iterator[Line]:
        """A value behind its key or dash, on one line or more."""
        first, *rest = self._lines(entry, WIDEST - len(head) - 1, WIDEST - indent)
        yield Line(f"{head} {first}".rstrip(), entry.beside)
        yield from (Line(f"{' ' * indent}{line}".rstrip()) for line in rest)

    def _lines(self, entry: Entry, beside: int, below: int) -> list[str]:
        """The lines of a value; so many columns are free beside the key, and in the lines below."""
        event = _event(entry)
        one = self._word(entry)
        if _is_condition(entry):
            return [one] if len(one) <= beside else self._condition(event.value) or [one]
        if event.style in BLOCK:
            return kept(event.value, event.style, below)
        return [one] if len(one) <= beside else folded(event.value, below) or [one]

    def _word(self, entry: Entry, *, in_brackets: bool = False) -> str:
        event = _event(entry)
        if not event.style and (not event.value or event.value.lower() in _WORDS):
            return _WORDS.get(event.value.lower(), "null" if in_brackets else "")
        text = self._spaced(event.value) if _is_condition(entry) else event.value
        # Other tools read these, too, and take 0700 and 999:999 for numbers.
        always = bool(event.style) and event.style not in BLOCK and _top(entry) == TEMPLATES
        return quoted(text, in_brackets=in_brackets, always=always)

    def _spaced(self, condition: str) -> str:
        return text_of(self._language.tree(condition))

    def _condition(self, text: str) -> list[str] | None:
        """A long condition: each part of its outermost ``||`` or ``&&`` on a line of its own."""
        tree = self._language.tree(text)
        if not isinstance(tree, Logic):
            return None
        parts = [
            f"({text_of(part)})" if tightness(part) <= tightness(tree) else text_of(part)
            for part in tree.parts
        ]
        return lines_of(text_of(tree), [">-", parts[0], *(f"{tree.sign} {part}" for part in parts[1:])])


def _key(entry: Entry) -> str:
    """The key as it is written: ours as they are, names that an author chose in quotes if need be."""
    return entry.key if _PLAIN_KEY.fullmatch(entry.key) else quoted(entry.key, always=True)


def _event(entry: Entry) -> ScalarEvent:
    if not isinstance(entry.node, ScalarEvent):
        raise TypeError("this entry is no scalar")
    return entry.node


def _is_condition(entry: Entry) -> bool:
    """Whether it is the condition of a rule, and not a variable or label of that name in a template."""
    return entry.key == "when" and _top(entry) == GROUPS


def _top(entry: Entry) -> str:
    """The key at the top of the file that this is below, or is itself."""
    return [each.key for each in entry.upwards()][-1]


def _in_order(branch: Branch) -> list[Entry]:
    if not branch.is_map or not {entry.key for entry in branch.entries} <= set(ORDER):
        return branch.entries
    if branch.entries and _top(branch.entries[0]) == TEMPLATES and branch.entries[0].above is not None:
        # These keys are names and words of others.
        return branch.entries
    return sorted(branch.entries, key=lambda entry: ORDER.index(entry.key))


def _meaning(data: Any, language: Language, *, in_groups: bool = False) -> Any:
    """What a document says: conditions in one spelling, maps without an order."""
    if isinstance(data, dict):
        return {
            key: text_of(language.tree(each))
            if key == "when" and in_groups
            else _meaning(each, language, in_groups=in_groups or key == GROUPS)
            for key, each in data.items()
        }
    return (
        [_meaning(each, language, in_groups=in_groups) for each in data] if isinstance(data, list) else data
    )
