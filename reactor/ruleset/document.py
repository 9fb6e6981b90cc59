"""YAML as plain values that remember where they stand.

What is made here: dicts, lists, texts, true, false and null, as YAML 1.2 has them (``on`` and
``yes`` are text, and so are numbers here), and for each the offset in the text. Nothing of rules belongs
here. What YAML has beyond that (anchors, tags, several documents) is refused: it would make
a rule file say something else than it seems to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reactor.ruleset.places import offset_within
from reactor.ruleset.yaml_complaints import BANG, complain

Path = tuple[str | int, ...]
"""Keys and list indices from the top down."""

_DEEPEST = 20
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_NO_ANCHORS = "anchors (&) and aliases (*) are not used in rule files: write it out, or put it in quotes"


class NotYamlError(Exception):
    """The text cannot be read as YAML; the first place where that shows, and a remedy."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


@dataclass(slots=True)
class Document:
    """The plain values of a text, with their places and the mistakes that did not stop the reading."""

    source: str
    data: Any = None
    problems: list[tuple[int, str]] = field(default_factory=list)
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    scalars: dict[Path, ScalarEvent] = field(default_factory=dict)

    def value_at(self, path: Path) -> int:
        """The offset of a value, or of the nearest one around it."""
        while path not in self.values:
            path = path[:-1]
        return self.values[path]

    def key_at(self, path: Path) -> int:
        """The offset of the key that leads to a value."""
        return self.keys[path] if path in self.keys else self.value_at(path)

    def inside(self, path: Path, offset: int) -> int:
        """The offset in the text of an offset within a scalar's value."""
        event = self.scalars[path]
        span = (event.start_mark.index, event.end_mark.index)
        return offset_within(self.source, span, event.style, event.value, offset)


def read_document(source: str) -> Document:
    """Read a text, or raise NotYamlError."""
    document = Document(source)
    try:
        _Reader(document).read(YAML(typ="safe", pure=True).parse(source))
    except YAMLError as error:
        raise NotYamlError(*complain(source, error)) from None
    return document


def entries(holder: Any, key: str, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The maps in a list below a key, as far as the file has the shape that it should have."""
    entries = holder.get(key) if isinstance(holder, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield (*path, key, index), entry


class _Reader:
    """Goes through the parser's events once and fills a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._events: Iterator[Any] = iter(())

    def read(self, events: Iterator[Any]) -> None:
        self._events = events
        documents = 0
        self._document.values[()] = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "one file holds one document: put what follows --- into a file of its own"
                    raise NotYamlError(event.start_mark.index, message)
                self._document.data = self._value(next(events), ())
            elif not isinstance(event, DocumentEndEvent):
                continue

    def _value(self, event: Any, path: Path) -> Any:
        begin = event.start_mark.index
        if isinstance(event, AliasEvent) or event.anchor is not None:
            raise NotYamlError(begin, _NO_ANCHORS)
        if len(path) > _DEEPEST:
            raise NotYamlError(begin, f"this is nested more than {_DEEPEST} deep")
        if event.tag is not None:
            raise NotYamlError(begin, BANG)
        self._document.values[path] = begin
        if isinstance(event, SequenceStartEvent):
            return list(self._items(path))
        if isinstance(event, MappingStartEvent):
            return dict(self._entries(path))
        self._document.scalars[path] = event
        return event.value if event.style else _plain(event.value)

    def _items(self, path: Path) -> Iterator[Any]:
        for index, event in enumerate(self._until(SequenceEndEvent)):
            yield self._value(event, (*path, index))

    def _entries(self, path: Path) -> Iterator[tuple[str, Any]]:
        for event in self._until(MappingEndEvent):
            key, begin = self._key(event)
            inner = (*path, key)
            first = self._document.keys.get(inner)
            if first is not None:
                line = self._document.source.count("\n", 0, first) + 1
                self._complain(begin, f"the key '{key}' stands here twice, first in line {line}")
                # The first one counts; the other is read for its end and forgotten.
                self._value(next(self._events), (*inner, 0))
                continue
            self._document.keys[inner] = begin
            value = self._value(next(self._events), inner)
            if value is None:
                # What is not there has no place of its own.
                self._document.values[inner] = begin
            yield key, value

    def _key(self, event: Any) -> tuple[str, int]:
        begin = event.start_mark.index
        if not isinstance(event, ScalarEvent) or event.tag is not None or event.anchor is not None:
            raise NotYamlError(begin, "a key is a plain word here")
        return event.value, begin

    def _until(self, end: type[Any]) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _complain(self, offset: int, message: str) -> None:
        self._document.problems.append((offset, message))


def _plain(text: str) -> Any:
    """A scalar without quotes. Numbers stay text: what they mean is for the key to say."""
    return _WORDS.get(text.lower(), text)
