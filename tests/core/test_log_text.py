"""Output of strangers: whatever it is, what is shown is bounded, is text, and is the end of it."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.core.log_text import last_lines


def test_the_last_lines_are_the_last() -> None:
    output = b"one\ntwo\nthree\n"
    assert last_lines(output, 2, 100) == "two\nthree"
    assert last_lines(output, 5, 100) == "one\ntwo\nthree"
    assert last_lines(b"one\n\nhalf", 2, 100) == "\nhalf"


def test_nothing_is_nothing() -> None:
    assert last_lines(b"", 5, 100) == ""
    assert last_lines(b"a\n", 0, 100) == ""
    assert last_lines(b"a\n", 5, 0) == ""


def test_what_would_move_what_is_shown_is_shown_as_a_question() -> None:
    output = "\x1b[2J\x1b]0;title\x07a\tb\x00\u202egnp.exe\u2028\x9bc\n".encode()
    assert last_lines(output, 5, 200) == "?[2J?]0;title?a    b??gnp.exe??c"


def test_each_state_of_a_moving_bar_is_a_line() -> None:
    assert last_lines(b"10%\r20%\r\ndone\r\n", 2, 100) == "20%\ndone"


def test_what_is_no_text_does_no_harm() -> None:
    assert last_lines(b"ok\n\xff\xfe\xc3\n", 5, 100) == "ok\n\ufffd\ufffd\ufffd"


def test_what_is_left_out_is_marked_and_no_character_is_halved() -> None:
    assert last_lines("ääää\n".encode(), 5, 7) == "…ää"
    assert last_lines("ääää\n".encode(), 5, 6) == "…ä"
    assert last_lines(b"0123456789", 5, 8) == "…56789"
    assert last_lines(b"0123456789", 5, 10) == "0123456789"
    assert last_lines(b"x", 5, 8, cut=True) == "…x"


def test_lines_that_were_not_wanted_are_no_cut() -> None:
    assert last_lines(b"one\ntwo\n", 1, 100, cut=True) == "two"


@given(st.binary(max_size=200), st.integers(-2, 12), st.integers(-2, 60), st.booleans())
def test_all_output_is_bounded_and_fit_to_be_shown(output: bytes, lines: int, most: int, cut: bool) -> None:
    shown = last_lines(output, lines, most, cut=cut)
    assert len(shown.encode()) <= max(most, 0)
    assert shown.count("\n") < max(lines, 1)
    assert all(char == "\n" or char.isprintable() for char in shown)


@given(st.text("abc äö\n", max_size=60), st.integers(1, 100))
def test_of_plain_text_the_end_is_shown_as_it_is(text: str, most: int) -> None:
    shown = last_lines(text.encode(), 1000, most)
    assert text.removesuffix("\n").endswith(shown.removeprefix("…"))
