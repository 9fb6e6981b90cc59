"""A mistake in the middle of a condition is found again in the file, however the condition is written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.ruleset.reading import read_rules
from tests.core.written import LANGUAGE

HEAD = "groups:\n  - name: g\n    rules:\n      - name: r\n        when: "
WRONG = "zzz"

_words = st.sampled_from(
    ["pids > 200", "memory > 80%", 'name == "it\'s"', "image != 'a b'", r'name == "a\\b\x41"', 'name == "é"']
)
_before = st.lists(_words, max_size=3)


def _joined(words: list[str], line_break: str) -> str:
    return f" &&{line_break}".join([*words, f"{WRONG} > 3"])


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("é", "\\u00e9") + '"'


def _first_error(text: str) -> tuple[int, int]:
    error = read_rules("r.yaml", text, LANGUAGE).errors[0]
    assert WRONG in error.message
    return error.line, error.column


@settings(max_examples=300, deadline=None)
@given(
    _before,
    st.sampled_from([" ", "\n          ", "\n\n            "]),
    st.sampled_from(["plain", "single", "double", "continued", "folded", "literal", "commented"]),
    st.booleans(),
)
def test_place_in_every_style(words: list[str], line_break: str, style: str, windows: bool) -> None:
    """The place is exact in plain, quoted, folded and literal values, over several lines too."""
    text = _joined(words, line_break)
    written = {
        "plain": text,
        "single": _single(text),
        "double": _double(text),
        "continued": _double(text).replace("&&\n", "&& \\\n"),
        "folded": f">-\n          {text}",
        "literal": f"|\n          {text}",
        "commented": f">  # a comment\n          {text}",
    }[style]
    source = f"{HEAD}{written}\n        dry_run: true\n"
    if windows:
        source = source.replace("\n", "\r\n")
    offset = source.index(WRONG)
    line = source.count("\n", 0, offset) + 1
    column = offset - source.rfind("\n", 0, offset)
    assert _first_error(source) == (line, column)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("pids >\n", (5, 21)),
        ("'pids >'\n", (5, 22)),
        (">\n          pids\n          >\n\n", (7, 12)),
        ("|\n          pids >  \n\n", (6, 17)),
        ('"pids >\\n"\n', (5, 22)),
        ('"pids \\u003e"\n', (5, 27)),
    ],
)
def test_place_at_the_end(written: str, place: tuple[int, int]) -> None:
    """What is missing at the end is missing behind the last character."""
    (error,) = read_rules("r.yaml", HEAD + written, LANGUAGE).errors
    assert (error.line, error.column) == place
