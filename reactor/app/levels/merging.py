"""The configuration file with environment and flags over it, checked as one, each value with its origin.

What is merged is text: a variable and a flag are put where their key would stand in the file, and all is read
together as the file is. So there is one meaning, one check and one sentence for each mistake.
"""

import argparse
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reactor.app.canarytext import NO_IMAGE
from reactor.app.complaint import Complaint
from reactor.app.configtext import ConfigurationText
from reactor.app.configuration import BadConfiguration, checked, document_of
from reactor.app.levels.given import DEFAULT, Level, Origin, of_flag, of_variable
from reactor.app.levels.leaves import FLAGS, Leaf, Place, leaves
from reactor.app.levels.outside import outside
from reactor.ruleset.document import Document
from reactor.ruleset.errors import RuleError
from reactor.ruleset.places import line_and_column

_WORDS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Given:
    """One value that a variable or a flag gives, in the words of the file."""

    place: Place
    written: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class Merged:
    """What is in force: the configuration as if all of it stood in one file, and where each value is from.

    What differs for an engine has its origin below its name: ``("engines", "build", "scope")``.
    """

    written: ConfigurationText
    origins: Mapping[Place, Origin]

    def origin(self, place: Place) -> Origin:
        """Where a value comes from."""
        return self.origins.get(place, DEFAULT)


def merged(options: argparse.Namespace, environ: Mapping[str, str]) -> Merged:
    """Merge the levels. Raises Complaint with all that is wrong."""
    config = outside(options, environ)["config"].value if hasattr(options, "config") else None
    try:
        return _merged(config, [*_of_environment(environ), *_of_flags(options)])
    except BadConfiguration as bad:
        raise Complaint(*map(str, bad.errors)) from None


def _merged(config: Path | None, given: list[Given]) -> Merged:
    name = str(config) if config is not None else ""
    document = document_of(config)
    # What is wrong with the file is said even where something goes over it.
    written = checked(document, name)
    lines = {each.place: _line(document, each.place, name) for each in leaves() if _stands(document, each)}
    lines |= _of_engines(document, written, name)
    lasting = [*_lasting(document, {each.place: each for each in given})]
    if not lasting:
        return Merged(written, lines)
    over = _laid_over(document, lasting)
    origins = {**lines, **{each.place: each.origin for each in lasting}}
    return Merged(checked(over, name, lambda at: _place_of(at, document, lasting)), origins)


def _stands(document: Document, leaf: Leaf) -> bool:
    return leaf.place in document.values


def _of_engines(document: Document, written: ConfigurationText, name: str) -> dict[Place, Origin]:
    return {
        ("engines", each.name, key): _line(document, ("engines", number, key), name)
        for number, each in enumerate(written.engines)
        for key in each.model_fields_set
    }


def _line(document: Document, place: tuple[str | int, ...], name: str) -> Origin:
    return Origin(Level.FILE, f"{name}:{line_and_column(document.source, document.key_at(place))[0]}")


def _of_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    """What the variables say; an empty one says nothing, as if it were not there."""
    for leaf in leaves():
        text = environ.get(leaf.variable, "") if leaf.variable else ""
        # The same variable holds the address of a monitor for the commands that speak to one.
        if text and not (leaf.place == ("control",) and "://" in text):
            yield Given(leaf.place, _written(text, leaf), of_variable(leaf.variable))


def _written(text: str, leaf: Leaf) -> Any:
    if leaf.many:
        return [each.strip() for each in text.split(",")]
    return _WORDS.get(text.lower(), text)


def _of_flags(options: argparse.Namespace) -> Iterator[Given]:
    for place, (flag, said) in FLAGS.items():
        written = said(options)
        if written is not None:
            yield Given(place, written, of_flag(flag))


def _lasting(document: Document, given: dict[Place, Given]) -> Iterator[Given]:
    """The last word on each. What a canary is made of means nothing where none is sent."""
    every, image = ("canary", "every"), ("canary", "image")
    sent = every in given or every in document.values
    if sent and image not in given and image not in document.values:
        raise Complaint(*NO_IMAGE)
    yield from (each for each in given.values() if sent or each.place != image)


def _laid_over(document: Document, given: list[Given]) -> Document:
    """A document with these values in it. Their places are behind the end of the text, in their order."""
    data: Any = deepcopy(document.data) or {}
    values = dict(document.values)
    for offset, each in enumerate(given, len(document.source) + 1):
        inner = data
        for depth, key in enumerate(each.place[:-1], 1):
            if not isinstance(inner.get(key), dict):
                inner[key] = {}
                values[each.place[:depth]] = offset
            inner = inner[key]
        inner[each.place[-1]] = each.written
        values = {at: place for at, place in values.items() if at[: len(each.place)] != each.place}
        values[each.place] = offset
    return Document(document.source, data, [], {}, values, {})


def _place_of(offset: int, document: Document, given: list[Given]) -> RuleError | None:
    """What stands there, where it is no place in the file: a mistake without a sentence yet."""
    behind = offset - len(document.source) - 1
    return RuleError(f"reactor: {given[behind].origin.name}", 0, 0, "") if behind >= 0 else None
