"""Strangers' words: whatever they are, what is shown is one printable line of a bounded length."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reactor.observe.text import LONGEST, plain

anything = st.text(alphabet=st.characters(codec=None), max_size=400)


@given(anything, st.integers(min_value=1, max_value=300))
@example("\ud800" * 300, 5)
@example("a" * 300, 1)
def test_what_is_shown_is_printable_and_short(text: str, longest: int) -> None:
    """And can be encoded, and shown again without another change."""
    shown = plain(text, longest)
    assert shown.isprintable()
    assert len(shown) <= longest
    assert shown.encode().decode() == shown
    assert plain(shown, longest) == shown


@given(anything)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    """Only what needs it is changed."""
    if text.isprintable() and len(text) <= LONGEST:
        assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202eevil", "\\u202eevil"),
        ("\ud83d", "\\ud83d"),
        ("\U000e0001", "\\U000e0001"),
        ("a\x00b\x7f\x85", "a\\x00b\\x7f\\x85"),
        ("容器 🐳", "容器 🐳"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
        ("\n" * 150, "\\n" * 99 + "\\" + "…"),
    ],
)
def test_by_example(text: str, shown: str) -> None:
    """How each kind of harm looks."""
    assert plain(text) == shown
