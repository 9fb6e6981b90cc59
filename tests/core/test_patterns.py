"""Patterns mean what Python's own mean by them, and take no more time for a nasty text than for another."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.language.automata import LONGEST_TEXT, matcher
from reactor.core.language.pattern_tree import BadPatternError

_classes = st.sampled_from(
    ["[ab]", "[^ab]", "[a-c]", "[a-cx]", "[]a]", r"[\d.]", r"\d", r"\w", r"\s", r"\D", "."]
)
_leaves = st.sampled_from(["a", "b", "c", "x", "-", r"\.", "é", "7"]) | _classes
_inner = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        )
    ),
    max_leaves=8,
)
patterns = st.lists(
    st.tuples(st.sampled_from(["", "^"]), _inner, st.sampled_from(["", "$"])).map("".join),
    min_size=1,
    max_size=2,
).map("|".join)
texts = st.text("abcx-.7é \nA", max_size=12)


@settings(max_examples=500, deadline=None)
@given(patterns, texts)
def test_as_python(pattern: str, text: str) -> None:
    """A pattern is found exactly where Python finds it."""
    theirs = re.search(re.sub(r"\$(?=\||$)", r"\\Z", pattern), text, re.ASCII)
    assert matcher(pattern)(text) is (theirs is not None)


@settings(max_examples=400, deadline=None)
@given(st.text(r"ab()[]{}|*+?^$\.-,0129dw:", max_size=25))
def test_anything_is_a_pattern_or_a_mistake_with_a_place(pattern: str) -> None:
    """No pattern crashes the reader."""
    refused = refusal(pattern)
    if refused is None:
        assert matcher(pattern)("ab01") in (True, False)
    else:
        assert 0 <= refused.offset <= len(pattern)
        assert refused.message


def refusal(pattern: str) -> BadPatternError | None:
    try:
        matcher(pattern)
    except BadPatternError as error:
        return error
    return None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x"])
def test_nasty_patterns_are_quick(pattern: str) -> None:
    """What makes others go back for ever is answered in a moment; the bound is generous."""
    ask, text = matcher(pattern), "a" * (LONGEST_TEXT - 1) + "!"
    began = time.process_time()
    ask(text)
    assert time.process_time() - began < 2


def test_a_long_text_is_unknown() -> None:
    assert matcher("a")("a" * (LONGEST_TEXT + 1)) is None
    assert matcher("a")("a" * LONGEST_TEXT) is True


@pytest.mark.parametrize(
    "pattern", ["(a{100}){100}", "((((((){100}){100}){100}){100}){100}){100}", "(" * 40 + ")" * 40]
)
def test_what_would_be_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        matcher(pattern)
