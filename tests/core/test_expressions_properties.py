"""What holds for all conditions and all views."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reactor.core.language.checker import check
from reactor.core.language.closures import test_of as compiled
from reactor.core.language.explaining import explain
from reactor.core.language.printing import quoted, text_of
from reactor.core.language.tree import Compare, Kind, Literal, Logic, Name, Node, Not
from reactor.core.language.units import (
    read_bytes,
    read_duration,
    say_bytes,
    say_duration,
    write_bytes,
    write_duration,
)
from reactor.core.rules import View
from reactor.ruleset.expressions import LONGEST
from tests.core.written import LANGUAGE, condition, conditions, problems, trees, view, views

many = settings(max_examples=150, deadline=None)


@many
@given(trees())
@example(Compare("==", Name("name"), Literal(Kind.TEXT, '\\"\n\u202e\U000e0001')))
def test_what_is_printed_reads_back(tree: Node) -> None:
    """Printing and reading a tree gives an equal tree."""
    text = text_of(tree)
    assume(len(text) <= LONGEST)
    assert LANGUAGE.tree(text) == tree


@many
@given(conditions(), views())
def test_a_condition_never_raises(tree: Node, seen: View) -> None:
    """A checked condition answers True, False or None for any view, and can be explained."""
    assert check(tree) == ()
    assert compiled(tree)(seen) in (True, False, None)
    said = explain(tree, seen)
    assert said
    assert said.isprintable()


@many
@given(conditions(), conditions(), views())
def test_laws_of_logic(one: Node, other: Node, seen: View) -> None:
    """Three-valued logic: order does not matter, De Morgan holds, and unknown is contagious only if open."""
    a, b = compiled(one)(seen), compiled(other)(seen)
    both, either = compiled(Logic("&&", (one, other)))(seen), compiled(Logic("||", (one, other)))(seen)
    assert both == compiled(Logic("&&", (other, one)))(seen)
    assert either == compiled(Logic("||", (other, one)))(seen)
    assert both == (False if False in (a, b) else None if None in (a, b) else True)
    assert either == (True if True in (a, b) else None if None in (a, b) else False)
    assert compiled(Not(Logic("&&", (one, other))))(seen) == compiled(Logic("||", (Not(one), Not(other))))(
        seen
    )
    assert compiled(Not(Not(one)))(seen) == a


@many
@given(
    st.sampled_from(["pids", "memory"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(-2, 2) | st.integers(-(2**40), 2**40),
    st.integers(1, 2**63),
    st.decimals(min_value="0.1", max_value="99.9", places=1),
)
def test_percent_is_exact(field: str, sign: str, beside: int, limit: int, percent: Decimal) -> None:
    """A percentage means exactly that share of the limit, with no rounding on the way."""
    share = Fraction(percent) / 100 * limit
    value = int(share) + beside
    expected = {
        "<": value < share,
        "<=": value <= share,
        ">": value > share,
        ">=": value >= share,
        "==": value == share,
        "!=": value != share,
    }[sign]
    seen = view(**{field: value, f"{field}_limit": limit})
    assert condition(f"{field} {sign} {percent}%").test(seen) is expected


@many
@given(st.floats(1e-6, 1e9))
def test_durations_read_back(seconds: float) -> None:
    """A duration that is written as a literal is the same when it is read."""
    assert read_duration(write_duration(seconds)) == seconds


@many
@given(st.integers(0, 2**63))
def test_sizes_read_back(amount: int) -> None:
    """A size that is written as a literal is the same when it is read."""
    assert read_bytes(write_bytes(amount)) == amount


@many
@given(st.floats(), st.integers(-(2**80), 2**80), st.integers(0, 3))
def test_quantities_for_people_are_short(seconds: float, amount: int, finer: int) -> None:
    """Whatever a quantity is, it can be said in a few words."""
    assert 0 < len(say_duration(seconds, finer).split()) <= 2 + finer
    assert say_bytes(amount, finer)


@many
@given(st.text(), st.integers(1, 80))
def test_quoted_text_is_tame(text: str, longest: int) -> None:
    """Quoted text has no character that a terminal would obey, and a bounded length."""
    shown = quoted(text, longest)
    assert shown.isprintable()
    assert len(shown) <= 10 * longest + 3


_pieces = st.sampled_from(
    [
        "pids",
        "memory",
        "age",
        "name",
        "labels",
        "state",
        "memory_limit",
        ">",
        ">=",
        "<",
        "==",
        "!=",
        "in",
        "&&",
        "||",
        "!",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "+",
        "-",
        "*",
        "/",
        "%",
        "&",
        "|",
        "=",
        '"',
        "'",
        "200",
        "80%",
        "12h",
        "8GiB",
        "1.5",
        '"ml"',
        '"running"',
        "'a'",
        "true",
        "false",
        "startsWith",
        "contains",
        '("a")',
        '["team"]',
        "\\",
        "@",
        "?",
        "not",
        "é",
    ]
)


@settings(max_examples=200, deadline=None)
@example('name == "\\\x85"')
@example("pids > .5\x00")
@given(st.lists(_pieces, max_size=14).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_condition_or_a_problem_with_a_place(text: str) -> None:
    """Nonsense is refused with a sentence and a place within the text, and never in any other way."""
    for problem in problems(text):
        assert 0 <= problem.place.offset <= len(text)
        assert problem.message
        assert problem.message.isprintable()


@settings(max_examples=300, deadline=None)
@given(conditions())
def test_a_condition_that_is_accepted_is_accepted_as_printed(tree: Node) -> None:
    """The text that a condition goes by is itself a condition, and says the same."""
    text = text_of(tree)
    assume(not problems(text))
    assert condition(text).text == text
