"""A rule's words with a container's values in them: units, unknowns, and names that mean harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import Container
from reactor.core.language.fields import FIELDS
from reactor.core.language.rendering import LONGEST, description, references, summary
from reactor.core.language.tree import Kind
from reactor.core.rules import Rule
from tests.core.build import Story, box, story, total_over
from tests.core.written import MIB, condition, view, views

PLAIN = [name for name, row in FIELDS.items() if row.kind is not Kind.LABELS]
HOSTILE = "a\x1b[31m\n\u202e\r\x07" + "b" * 10_000


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("ended", {}, "ended"),
        ("{pids} processes, more than 200", {"pids": 231}, "231 processes, more than 200"),
        ("{ pids } of {pids_limit}", {"pids": 231}, "231 of unknown"),
        ("{memory} of {memory_limit}", {"memory": 914 * MIB, "memory_limit": 1024 * MIB}, "914 MiB of 1 GiB"),
        ("ran for {age}", {"age": 43_201.734}, "ran for 12h 1s"),
        ("ran for {age}", {"age": 0.25}, "ran for 250ms"),
        ("ran for {total_age}", {"age": 5.0}, "ran for unknown"),
        ("{cpu} cores", {"cpu": 1.2345}, "1.23 cores"),
        ("{group.pids}, {group.memory}", {"group_pids": 3, "group_memory": 1536}, "3, 1.5 KiB"),
        ("{name} of {image} by {user}", {"name": "web", "user": ""}, 'web of busybox:test by ""'),
        ("ports {ports}", {"ports": ("80/tcp", "53/udp")}, "ports 80/tcp, 53/udp"),
        ("ports {ports}", {"ports": ()}, "ports none"),
        ("{privileged}, {init}", {"privileged": True, "init": False}, "true, false"),
        ("{{pids}} is {pids}, 100% of }}", {"pids": 1}, "{pids} is 1, 100% of }"),
        ("two\n  lines\tof {pids}", {"pids": 1}, "two lines of 1"),
        ("{memory}", {"memory": 10**1000}, "beyond counting"),
        ("", {"pids": 1}, ""),
    ],
)
def test_values_have_their_units_and_unknown_is_said(text: str, known: dict[str, object], said: str) -> None:
    assert summary(text)(view(**known)) == said


def test_a_description_keeps_its_lines() -> None:
    assert description("{pids} processes.\n\n  Look for {name}.\n")(view(pids=3)) == (
        "3 processes.\n\nLook for c1."
    )


def test_a_strangers_words_are_escaped_and_cut_and_hide_nothing_behind_them() -> None:
    said = summary("{name} has {pids}")(view(name=HOSTILE, pids=7))
    assert said == "a\\u001b[31m\\n\\u202e\\r\\u0007" + "b" * 54 + "… has 7"
    said = description("{name}\n{pids}")(view(name=HOSTILE, pids=7))
    assert said.endswith("…\n7")
    assert said.count("\n") == 1


@given(
    st.lists(st.sampled_from([f"{{{name}}}" for name in PLAIN]) | st.sampled_from(["{{", "}}", " ", "x"])),
    views(),
)
def test_whatever_is_put_in_it_is_one_printable_line(parts: list[str], known: object) -> None:
    said = summary("".join(parts))(known)  # type: ignore[arg-type]  # It is a view.
    assert said.isprintable()
    assert len(said) <= 12 * LONGEST


def test_references_are_found_in_their_order() -> None:
    assert list(references("{{pids}} {memory} { name }")) == ["memory", "name"]


RULE = Rule("g/r", "r:1", when=condition("pids > 200"), summarise=summary("{name}: {pids} of {pids_limit}"))


def _told(*rules: Rule, **setup: object) -> Story:
    told = story(*rules, **setup).snapshot(0, box(1), box(2))
    told.sample(0.5, box(1), pids=200).sample(0.5, box(2), pids=150)
    return told.sample(1, box(1), pids=231, pids_limit=256)


def test_a_decision_has_the_summary_and_its_sidecars_have_none() -> None:
    """What the rule says of the main is not so of the sidecar."""
    side = box(3, labels={"reactor.sidecar-of": "t1"})
    told = story(RULE).snapshot(0, box(1), box(2), side)
    told.sample(1, box(2), pids=200).sample(1, box(1), pids=231, pids_limit=256)
    told.outcome(2, told.decisions[0])
    assert [(each.name, each.summary) for each in told.decisions] == [("c1", "c1: 231 of 256"), ("c3", "")]


def test_it_is_the_same_for_rules_that_wait_for_all_others() -> None:
    """Those with a limit, and those about the whole, decide when time goes on."""
    limited = Rule("g/l", "r:1", when=condition("pids > 200"), limit=5, summarise=summary("has {pids}"))
    assert [each.summary for each in _told(limited).tick(2).decisions] == ["has 231"]
    whole = Rule("g/w", "r:1", when=total_over(350), summarise=summary("{name} has {pids}"))
    told = _told(whole).tick(2)
    assert [(each.name, each.summary) for each in told.decisions] == [("c1", "c1 has 231")]


def test_a_hostile_name_of_a_container_reaches_no_decision_as_it_is() -> None:
    hostile: Container = box(1, name=HOSTILE)
    told = story(RULE).snapshot(0, hostile).sample(1, hostile, pids=231)
    (decision,) = told.decisions
    assert decision.summary.isprintable()
    assert decision.summary.endswith("…: 231 of unknown")


def test_every_field_can_be_said() -> None:
    """A field that is added to the language is one that a text can refer to."""
    everything = " ".join(f"{{{name}}}" for name in PLAIN)
    assert summary(everything)(view()).split().count("unknown") == len(PLAIN) - 3
