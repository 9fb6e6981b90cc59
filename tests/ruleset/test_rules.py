"""Good rule files: what the rules in them come to."""

import pytest

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.decisions import Action
from reactor.core.rules import Rule, Selector, Trigger
from reactor.ruleset import BadRules, parse
from tests.core.written import view

FULL = """
groups:
  - name: safety
    select:
      - label: team=ml*
      - label: reactor.task
      - {name: "ci-*", image: "python:*", project: web}
    rules:
      - name: pids
        summary: >
          more than
          200 processes
        when: pids > 200
        for: 1m30s
        dry_run: true
        then: [kill]
  - name: second-1
    rules:
      - name: oom
        on: oom
      - name: big
        on: oom
        when: |
          memory > 80%
            || pids > 200
"""


def rules(text: str) -> tuple[Rule, ...]:
    return parse(text, "r.yaml").rules


def test_every_key() -> None:
    """Every key of the format ends up where it belongs, and the rest has its defaults."""
    pids, oom, big = rules(FULL)
    assert (pids.name, pids.place) == ("safety/pids", "r.yaml:9")
    assert (pids.summary, pids.hold, pids.dry_run) == ("more than 200 processes", 90.0, True)
    assert (pids.action, pids.on) == (Action.KILL, None)
    assert pids.when is not None
    assert pids.when.test(view(pids=201)) is True
    assert pids.select == (
        Selector(label="team", value="ml*"),
        Selector(label="reactor.task"),
        Selector(name="ci-*", image="python:*", project="web"),
    )
    assert (oom.name, oom.on, oom.when, oom.select) == ("second-1/oom", Trigger.OOM, None, ())
    assert (oom.summary, oom.hold, oom.dry_run, oom.action) == ("", 0.0, False, Action.KILL)
    assert big.on is Trigger.OOM
    assert big.when is not None
    assert big.when.text == "memory > 80% || pids > 200"


def test_on_is_a_word() -> None:
    """``on`` and ``yes`` are text in YAML 1.2, even where a file claims to be older."""
    text = "groups:\n  - name: g\n    rules:\n      - name: yes\n        on: oom\n"
    assert rules("%YAML 1.1\n---\n" + text)[0].on is Trigger.OOM
    assert rules(text)[0].name == "g/yes"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings(ending: str) -> None:
    """Files from any editor are read alike, and keep their places."""
    made = rules(FULL.replace("\n", ending))
    assert [rule.place for rule in made] == ["r.yaml:9", "r.yaml:19", "r.yaml:21"]


def test_empty_value_selects_that() -> None:
    """A label with an empty value is not the same as a label with any value."""
    text = "groups:\n  - name: g\n    select: [{label: 'a='}]\n    rules: [{name: r, on: oom}]\n"
    container = Container(Run(ContainerId("0" * 64), ""), "c", "i", State.RUNNING)
    (selector,) = rules(text)[0].select
    assert selector.matches(container, {"a": ""})
    assert not selector.matches(container, {"a": "b"})


def test_version_follows_the_contents() -> None:
    """The version changes with the text, and not with the name of the file."""
    first = parse(FULL, "a.yaml").version
    assert first == parse(FULL, "b.yaml").version
    assert first != parse(FULL + "# reviewed\n", "a.yaml").version
    assert len(first) == 12


def test_errors_are_fit_for_a_terminal() -> None:
    """What a file holds does not reach the terminal as it is, nor at any length."""
    with pytest.raises(BadRules) as refused:
        parse('"\\e[31m' + "x" * 900 + '": 1\n')
    said = str(refused.value.errors[-1])
    assert said.startswith("rules.yaml:1:1: unknown key '\\u001b[31mxxx")
    assert len(said) < 460
