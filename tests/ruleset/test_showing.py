"""The caret stands below the place, whatever stands before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.ruleset.showing import WIDEST, pointed


@pytest.mark.parametrize(
    ("source", "offset", "line", "caret"),
    [
        ("abc", 1, "abc", " ^"),
        ("x\nabc\ny", 4, "abc", "  ^"),
        ("abc", 3, "abc", "   ^"),
        ("abc\r\n", 3, "abc", "   ^"),
        ("\tabc", 1, "    abc", "    ^"),
        ("a\tb\tc", 4, "a   b   c", "        ^"),
        ("日本x", 2, "日本x", "    ^"),
        ("e\u0301x", 2, "e\u0301x", " ^"),
        ("\x1b[31mx", 5, "·[31mx", "     ^"),
        ("", 0, "", "^"),
    ],
)
def test_caret(source: str, offset: int, line: str, caret: str) -> None:
    assert pointed(source, offset) == (f"    {line}".rstrip(), f"    {caret}")


def test_long_line() -> None:
    """Of a long line only the part around the caret is shown, with a mark where it was cut."""
    source = "a" * 5000 + "X" + "b" * 5000
    line, caret = pointed(source, 5000)
    assert len(line) == 4 + WIDEST
    assert line[caret.index("^")] == "X"
    assert (line[4], line[-1]) == ("…", "…")


@given(st.text(max_size=400), st.integers(0, 400))
def test_any_text(source: str, offset: int) -> None:
    """Two lines of a bounded length that a terminal can show, whatever the file holds."""
    line, caret = pointed(source, min(offset, len(source)))
    assert (line + caret).isprintable()
    assert caret.strip() == "^"
    assert len(caret) <= WIDEST + 5
