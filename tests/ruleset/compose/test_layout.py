"""``reactor fmt`` leaves templates as they are meant: names, quotes and order are their author's."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.ruleset.layout import WouldChange, laid_out
from reactor.ruleset.reading import read_rules
from tests.core.written import LANGUAGE
from tests.fuzz.making import mutated
from tests.ruleset.compose.test_documented import BLOCKS
from tests.ruleset.compose.test_templates import SETS
from tests.ruleset.test_schema import SPELLINGS

BEFORE = """\
sidecars:
  - templates: [db]   # these
    name: s
    asked: true
templates:
  # a database
  db:
    x-reactor: {folders: {"a: b": {mode: '0700', owner: "999:999"}}}
    image:   db:1
    environment: {when: 'x > ', name: y, 'A B': "true", image: z}
    labels:
      when: "pids>200"
      "# x": y
groups:
  - rules: [{when: pids>200, name: r}]
    name: g
"""
AFTER = """\
groups:
  - name: g
    rules: [{name: r, when: pids > 200}]
templates:
  # a database
  db:
    x-reactor: {folders: {"a: b": {mode: "0700", owner: "999:999"}}}
    image: db:1
    environment: {when: "x > ", name: y, "A B": "true", image: z}
    labels:
      when: "pids>200"
      "# x": y
sidecars:
  - name: s
    asked: true
    templates: [db]  # these
"""


def test_layout() -> None:
    assert laid_out(BEFORE, LANGUAGE) == AFTER
    assert laid_out(AFTER, LANGUAGE) == AFTER


@pytest.mark.parametrize("text", [*BLOCKS, SETS, SPELLINGS, BEFORE])
def test_nothing_is_changed(text: str) -> None:
    """The same is made of it, and laid out again it is the same text."""
    once = laid_out(text, LANGUAGE)
    assert _unplaced(once) == _unplaced(text)
    assert laid_out(once, LANGUAGE) == once


def _unplaced(text: str) -> list[object]:
    templates = read_rules("f.yaml", text, LANGUAGE).provisions.templates
    return [each.recipe for each in sorted(templates, key=lambda each: each.name)]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([*BLOCKS, SETS, SPELLINGS, BEFORE]), st.randoms(use_true_random=False))
def test_accidents(text: str, dice: random.Random) -> None:
    """Whatever can be put in force can be laid out, or is left alone."""
    broken = mutated(text, dice)
    if read_rules("f.yaml", broken, LANGUAGE).errors:
        return
    try:
        once = laid_out(broken, LANGUAGE)
    except WouldChange:
        return
    assert _unplaced(once) == _unplaced(broken)
