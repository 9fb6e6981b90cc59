"""Builders for recordings, and a strategy that makes every kind of record from its own types."""

import types
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st

from reactor.core.decisions import Decision
from reactor.core.facts import Fact
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, State
from reactor.core.step import step
from reactor.recording import kinds
from reactor.recording.header import Header
from reactor.recording.places import Limits, Place, place_of
from reactor.recording.reading import Recorded, Recording
from reactor.recording.unpacking import Texts
from reactor.recording.writing import Item, Moment, Writer
from tests.core.build import rules

ENGINE = EngineInfo("engine-id", "host", "20.10", "1.41", 0.0, 1)
ABOUT = Header("0.1.0", "ab" * 16, 0, 0.0, 0.0, ENGINE, [], b"")
SETUP = Setup(rules())
NOW = Moment(100.0, 1_795_262_400.25)


def keep_texts(texts: Texts, version: str) -> RuleSet:
    """Rules that are nothing but their texts."""
    return RuleSet((), version, texts)


def same_rules(texts: Texts, version: str) -> RuleSet:
    """The rules that the tests record with, whatever the recording says."""
    del texts, version
    return rules()


def writer(path: Path, setup: Setup = SETUP, limits: Limits | None = None) -> Writer:
    return Writer(place(path, limits), ABOUT, setup)


def place(path: Path, limits: Limits | None = None) -> Place:
    return place_of(str(path), limits or Limits())


def record(path: Path, items: Sequence[Item], *, closed: bool = True) -> Path:
    """Write these items into a new file."""
    made = writer(path)
    made.write(items, NOW)
    if closed:
        made.close(NOW)
    return path


def read(
    path: Path, rules_of: Callable[[Texts, str], RuleSet] = keep_texts
) -> tuple[Recording, list[Recorded]]:
    recording = Recording(path, rules_of)
    return recording, list(recording.items())


def lived(facts: Sequence[Fact], setup: Setup = SETUP) -> list[Item]:
    """The facts, each with the decisions that it leads to."""
    state, items = State(), list[Item]()
    for fact in facts:
        result = step(setup, state, fact)
        state = result.state
        items.append((fact, result.decisions))
    return items


def decisions_in(items: Sequence[Item]) -> list[Decision]:
    return [decision for _, decisions in items for decision in decisions]


TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
"""Any characters at all, halves of broken ones among them."""
IDS = st.integers(0, 5).map(lambda n: f"{n:064x}")


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type may hold."""
    if str(hint).endswith("ContainerId"):
        return IDS
    hint = kinds.plain_hint(hint)
    if get_origin(hint) in {Union, types.UnionType}:
        return st.one_of(*map(values, get_args(hint)))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if hint is RuleSet:
        pairs = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
        return st.builds(RuleSet, st.just(()), TEXT, pairs)
    if kinds.is_record(hint):
        return records(hint)
    return _plain(hint)


def _plain(hint: Any) -> st.SearchStrategy[Any]:
    inner = [each for each in get_args(hint) if each is not Ellipsis]
    if kinds.is_mapping(hint):
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if kinds.is_set(hint):
        return st.frozensets(values(inner[0]), max_size=3)
    if get_origin(hint) is tuple and len(inner) == 1:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(values, inner))
    return {
        str: TEXT,
        int: st.integers() | st.integers(-(2**80), 2**80),
        float: st.floats(),
        bool: st.booleans(),
        bytes: st.binary(max_size=8),
        type(None): st.none(),
    }[hint]


def records(kind: type) -> st.SearchStrategy[Any]:
    """Any record of this kind."""
    return st.builds(kind, **{name: values(hint) for name, hint in kinds.fields_of(kind).items()})
