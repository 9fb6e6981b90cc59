"""Nonsense in, sentences out: no test file crashes the reader or the play, and every refusal has a place."""

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.app.ruletesting import config_kind
from reactor.ruleset import load
from reactor.ruletest.matching import compare
from reactor.ruletest.playing import play
from reactor.ruletest.reading import Reader
from reactor.ruletest.telling import failure

ROOT = Path(__file__).parents[2]
RULES = load([ROOT / "rules" / "safety.yaml"])
READER = Reader(config_kind(), lambda _: RULES)
HERE = str(ROOT / "rules" / "safety.test.yaml")
TEST = """\
config: {protect: {containers: [{name: db}]}, times: {orphan_after: 5s}}
tests:
  - name: "n"
    containers:
      a: {labels: {reactor.task: x}, age: 11h59m55s, pids: from 1 to 300 in 9s, memory_limit: none}
      b: {joins: [a], image_labels: {x: y}, state: paused, privileged: unknown, health: none, ports: [80/tcp]}
    facts:
      - {at: 5s, oom: a, dies: a, exit_code: 3}
      - {at: 2500ms, b: {labels: {reactor.skip: ""}, restarts: 3}, silent: a}
      - {at: 7s, starts: a, removed: b}
    expect:
      - {at: 5s, kill: a, rule: safety/oom, because: x, grace: 3s, dry_run: true}
      - {at: 5s, unknown: b, rules: [safety/pids]}
    until: 20s
"""
_SIGNS = "{}[]:-,&*!|>'\"%@`#\t\n\r \x00\x85\u2028é0123456789"
_SNIPPETS = ["", *_SIGNS, "- ", ": ", "null", "true", "unknown", "none", "5s", "a", "b", "at: ", "!!int "]


def check(text: str) -> None:
    """Either tests that can be played, or errors with sentences at places that are in the text."""
    read = READER.read(HERE, text)
    assert (read.script is not None) is not bool(read.errors)
    lines = (*text.split("\n"), "")
    for error in read.errors:
        assert 0 <= error.line <= len(lines)
        assert error.line == 0 or 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error).isprintable()
    for case in read.script.cases if read.script is not None else ():
        assert all(line.isprintable() for line in failure(compare(case, play(case))))


def mutated(text: str, dice: random.Random) -> str:
    """The text with one to three small accidents."""
    for _ in range(dice.randint(1, 3)):
        begin = dice.randrange(len(text) + 1)
        end = min(len(text), begin + dice.choice([0, 0, 1, 1, 2, 5, 20]))
        text = text[:begin] + dice.choice(_SNIPPETS) + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_mutated_files(dice: random.Random) -> None:
    """A test file with accidents in it is played or refused."""
    check(mutated(TEST, dice))


_KEYS = ("at", "a", "b", "kill", "oom", "rules", "rule", "pids", "labels", "config", "name", "x", "until")


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["null", "true", "a", "'a'", "5s", "3", "safety/pids", "unknown"]),
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
            | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4).map(
                lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
            )
        ),
        max_leaves=8,
    )
)
def test_files_of_any_shape(text: str) -> None:
    """Lists where maps belong, and the other way round, are refused with a place."""
    check(f"tests: {text}")
    check(f"{{rules: {text}, config: {text}, tests: [{text}]}}")
    check(
        f"tests: [{{name: n, containers: {{a: {text}}}, facts: [{text}], expect: [{text}], config: {text}}}]"
    )
    check(f"tests: [{{name: n, containers: {text}, facts: {text}, expect: {text}, until: {text}}}]")
