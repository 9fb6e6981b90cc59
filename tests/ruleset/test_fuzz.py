"""Nonsense in, sentences out: no file crashes the reader, and every refusal has a place in it."""

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.written import LANGUAGE
from tests.fuzz.judging import bounded, case, check_file
from tests.fuzz.making import corpus, mutated

SAFETY = (Path(__file__).parents[2] / "rules" / "safety.yaml").read_text()
FULL = """\
groups:
  - name: g
    select: [{label: a=b*}, {name: x}]
    rules:
      - {name: r, when: 'pids > 200 && labels["a"] in ["b"]', for: 1m, dry_run: true}
      - name: s
        on: oom
        when: >-
          memory > 80%
          || age > 12h
"""


def check(text: str) -> None:
    """Either rules, or errors with sentences at places that are in the text."""
    check_file(text, LANGUAGE)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([SAFETY, FULL]), st.randoms(use_true_random=False))
def test_mutated_files(text: str, dice: random.Random) -> None:
    """A rule file with accidents in it is read or refused."""
    check(mutated(text, dice))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_arbitrary_text(text: str) -> None:
    """Any text is read or refused."""
    check(text)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["null", "true", "a", "'a'", "pids > 200", "3", "oom"]),
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
            | st.dictionaries(
                st.sampled_from(
                    ["groups", "rules", "select", "name", "when", "on", "for", "dry_run", "label", "x", "1"]
                ),
                inner,
                max_size=4,
            ).map(lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}")
        ),
        max_leaves=12,
    )
)
def test_files_of_any_shape(text: str) -> None:
    """Lists where maps belong, and the other way round, are refused with a place."""
    check(f"groups: {text}")
    check(f"groups: [{{name: g, rules: [{text}], select: {text}}}]")


def test_seeded_cases() -> None:
    """The first of the cases that `make fuzz` makes: some of each kind are accepted, and some refused."""
    known = corpus()
    with bounded(120):
        kinds = {case("test", number, known, LANGUAGE) for number in range(3_000)}
    assert kinds == {"accepted condition", "refused condition", "accepted file", "refused file"}
