"""Later files over earlier ones: what an override changes, what it leaves, and what it may not do."""

from pathlib import Path

import pytest

from reactor.core.rules import Exemption, Level, Rule, Severity, Trigger
from reactor.core.selector import Selector
from reactor.core.verbs import Action
from reactor.ruleset.files import RuleFile
from reactor.ruleset.reading import read_files
from tests.core.written import LANGUAGE

BASE = """\
groups:
  - name: safety
    select: [{label: a}]
    defaults: {severity: info, team: infra}
    rules:
      - name: lifetime
        summary: too old
        when: age > 12h
        for: 30s
        exceptions:
          - {name: long, fields: [image, user], values: [[x, y]]}
          - {name: named, fields: [name]}
      - name: memory
        soft: {when: memory > 80%, for: 5m, then: [stop]}
        hard: {when: memory > 95%}
  - name: other
    rules:
      - {name: r, on: oom}
"""


def site(rules: str = "", group: str = "", name: str = "safety") -> str:
    """A site's own file."""
    lines = [f"groups:\n  - name: {name}"]
    lines += [f"    {line}" for line in group.splitlines()]
    lines += ["    rules:", *(f"      {line}" for line in rules.splitlines())] if rules else []
    return "\n".join(lines) + "\n"


def read(*texts: str) -> dict[tuple[str, Level], Rule]:
    """The rules of a base file and what is laid over it."""
    files = [RuleFile(f"{number}.yaml", text) for number, text in enumerate([BASE, *texts])]
    found = read_files(files, LANGUAGE)
    assert [str(error) for error in found.errors] == []
    return {(rule.name, rule.level): rule for rule in found.rules}


def errors(*texts: str) -> list[str]:
    files = [RuleFile(f"{number}.yaml", text) for number, text in enumerate([BASE, *texts])]
    return [str(error) for error in read_files(files, LANGUAGE).errors]


def lifetime(*texts: str) -> Rule:
    return read(*texts)["safety/lifetime", Level.ONLY]


UNTOUCHED = read()


def test_replace_only_the_given_keys() -> None:
    """What is given is replaced; all else, and every other rule, is as it was."""
    changed = read(site("- {name: lifetime, override: replace, when: age > 24h, severity: critical}"))
    rule, before = changed["safety/lifetime", Level.ONLY], UNTOUCHED["safety/lifetime", Level.ONLY]
    assert rule.when is not None
    assert rule.when.text == "age > 24h"
    assert (rule.severity, rule.team, rule.summary, rule.hold) == (
        Severity.CRITICAL,
        "infra",
        "too old",
        30.0,
    )
    assert (rule.place, rule.exempt) == (before.place, before.exempt)
    assert rule.digest != before.digest
    assert list(changed) == list(UNTOUCHED)
    same = [key for key in changed if changed[key].digest == UNTOUCHED[key].digest]
    assert same == [key for key in changed if key[0] != "safety/lifetime"]


def test_replace_in_a_level() -> None:
    """Of a level, too, only the keys that are given."""
    changed = read(site("- {name: memory, override: replace, soft: {for: 1m}}"))
    soft, hard = changed["safety/memory", Level.SOFT], changed["safety/memory", Level.HARD]
    assert soft.when is not None
    assert (soft.hold, soft.action, soft.when.text) == (60.0, Action.STOP, "memory > 80%")
    assert hard.digest == UNTOUCHED["safety/memory", Level.HARD].digest


def test_replace_by_levels() -> None:
    """A rule gets levels: what it asked for by itself is in them now."""
    changed = read(
        site(
            "- name: lifetime\n  override: replace\n"
            "  soft: {when: age > 10h, then: [stop]}\n  hard: {when: age > 13h}"
        )
    )
    soft, hard = changed["safety/lifetime", Level.SOFT], changed["safety/lifetime", Level.HARD]
    assert (soft.action, hard.action, soft.hold, hard.summary) == (Action.STOP, Action.KILL, 30.0, "too old")
    assert ("safety/lifetime", Level.ONLY) not in changed


def test_take_back_what_does_not_fit() -> None:
    """A site that adds a trigger takes the ``for`` of the condition back with zero."""
    rule = lifetime(site("- {name: lifetime, override: replace, on: oom, for: 0s}"))
    assert (rule.on, rule.hold) == (Trigger.OOM, 0.0)


def test_append_values() -> None:
    """A site fills in the values of an exception that the rule's author made."""
    text = "- name: lifetime\n  exceptions: [{name: long, override: append, values: [[p, q], [r, s]]}]"
    long, named = lifetime(site(text)).exempt
    assert long == Exemption("long", ("image", "user"), (("x", "y"), ("p", "q"), ("r", "s")))
    assert named == Exemption("named", ("name",))


def test_append_to_a_rule() -> None:
    """With the word at the rule, its exceptions get more values, and new ones are added."""
    text = "- name: lifetime\n  override: append\n  exceptions:\n"
    text += "    - {name: named, values: [[n]]}\n    - {name: mine, fields: [state], values: [[paused]]}\n"
    long, named, mine = lifetime(site(text)).exempt
    assert long.values == (("x", "y"),)
    assert named == Exemption("named", ("name",), (("n",),))
    assert mine == Exemption("mine", ("state",), (("paused",),))


def test_replace_an_exception() -> None:
    text = "- name: lifetime\n  exceptions: [{name: long, override: replace, values: [[p, q]]}]"
    assert lifetime(site(text)).exempt[0] == Exemption("long", ("image", "user"), (("p", "q"),))


def test_replace_all_exceptions() -> None:
    text = "- {name: lifetime, override: replace, exceptions: [{name: mine, fields: [name]}]}"
    assert lifetime(site(text)).exempt == (Exemption("mine", ("name",)),)


def test_groups() -> None:
    """A group's selectors, exceptions and rules grow; its defaults change key by key."""
    exceptions = "exceptions: [{name: all, fields: [name], values: [[z]]}]"
    added = read(
        site("- {name: new, on: oom}", f"override: append\nselect: [{{label: b}}]\n{exceptions}"),
        site(group="override: replace\ndefaults: {severity: critical}"),
    )
    rule, new = added["safety/lifetime", Level.ONLY], added["safety/new", Level.ONLY]
    assert rule.select == (Selector(label="a"), Selector(label="b"))
    assert (rule.severity, rule.team) == (Severity.CRITICAL, "infra")
    assert [each.name for each in rule.exempt] == ["all", "long", "named"]
    assert (new.select, new.place, [each.name for each in new.exempt]) == (rule.select, "1.yaml:7", ["all"])
    assert read(site(group="override: replace\nselect: [{label: c}]"))[
        "safety/lifetime", Level.ONLY
    ].select == (Selector(label="c"),)


def test_three_files() -> None:
    """Each file is laid over all before it."""
    text = "- name: lifetime\n  exceptions: [{name: long, override: append, values: [[%s, %s]]}]"
    rule = lifetime(
        site(text % ("a", "b")),
        site(text % ("c", "d")),
        site("- {name: lifetime, override: replace, for: 0s}"),
    )
    assert rule.exempt[0].values == (("x", "y"), ("a", "b"), ("c", "d"))
    assert rule.hold == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            site("- {name: lifetime, when: age > 1h}"),
            (
                "1.yaml:2:11: there is a group named 'safety' already, at 0.yaml:2: "
                "write 'override: replace' or 'override: append' in what is to change it"
            ),
        ),
        (
            site("- {name: lifetime, when: age > 1h}\n- {name: memory, override: replace, soft: {for: 1m}}"),
            (
                "1.yaml:4:16: there is a rule 'safety/lifetime' already, at 0.yaml:6: write "
                "'override: replace' in it to change its keys, 'override: append' to add exceptions"
            ),
        ),
        (
            site("- {name: life, override: replace, when: age > 1h}"),
            "1.yaml:4:32: there is no rule 'safety/life' in an earlier file: did you mean 'safety/lifetime'?",
        ),
        (
            site("- {name: r, override: replace, when: age > 1h}", name="safty"),
            "1.yaml:4:29: there is no rule 'safty/r' in an earlier file: did you mean 'safety/memory'?",
        ),
        (
            site("- {name: r, on: oom}", "override: append", "safty"),
            "1.yaml:3:15: there is no group 'safty' in an earlier file: did you mean 'safety'?",
        ),
        (
            site("- {name: lifetime, override: append, when: age > 1h}"),
            "1.yaml:4:44: 'override: append' adds exceptions: write 'override: replace' to change 'when'",
        ),
        (
            site(group="override: append\ndefaults: {severity: info}"),
            (
                "1.yaml:4:5: 'override: append' adds selectors, exceptions and rules: write "
                "'override: replace' to change 'defaults'"
            ),
        ),
        (
            site("- {name: lifetime, override: replace, for: 1m}", "select: [{label: b}]"),
            (
                "1.yaml:3:5: the group 'safety' is at 0.yaml:2: write 'override: append' or "
                "'override: replace' to change its 'select'"
            ),
        ),
        (
            site("- {name: new, on: oom}", "override: replace\nselect: [{label: b}]"),
            (
                "1.yaml:6:16: the group 'safety' is at 0.yaml:2: write 'override: append' beside its name "
                "to add rules to it"
            ),
        ),
        (
            site("- name: lifetime\n  exceptions: [{name: lang, override: append, values: [[a, b]]}]"),
            "1.yaml:5:45: there is no exception 'lang' in an earlier file: did you mean 'long'?",
        ),
        (
            site("- name: lifetime\n  exceptions: [{name: long, override: append, values: [[a]]}]"),
            "1.yaml:5:62: there is 1 pattern here; the exception 'long' has 2: image, user",
        ),
        (
            site("- name: lifetime\n  exceptions: [{name: long, override: append, fields: [name]}]"),
            "1.yaml:5:53: the fields were fixed at 0.yaml:11: leave 'fields' out",
        ),
        (
            site("- {name: lifetime, override: replace, on: oom}"),
            "0.yaml:9:9: 'on' is a moment and cannot last: leave 'for' out, or write two rules",
        ),
        (
            site("- {name: memory, override: replace, hard: {then: [stop]}, soft: {then: [kill]}}"),
            "1.yaml:4:57: 'hard' would stop where 'soft' would kill: 'hard' is never the milder",
        ),
        (
            site("- {name: memory, override: replace, when: age > 1h}"),
            "1.yaml:4:43: this rule has levels: move 'when' into 'soft' or 'hard'",
        ),
    ],
)
def test_refused(text: str, said: str) -> None:
    """Every refusal has a place in the file that is wrong, and a remedy."""
    assert errors(text) == [said]


def test_same_file(tmp_path: Path) -> None:
    """An override changes an earlier file: within one file a rule is changed where it stands."""
    twice = BASE + site("- {name: lifetime, override: replace, for: 0s}").removeprefix("groups:\n")
    found = read_files([RuleFile("r.yaml", twice)], LANGUAGE).errors
    assert [str(error) for error in found] == [
        (
            "r.yaml:19:11: there is a group named 'safety' already, at r.yaml:2: "
            "put its rules there, or give this one another name"
        )
    ]


def test_base_that_cannot_be_read() -> None:
    """Nobody is told that a rule is missing that may well be there."""
    files = [
        RuleFile("0.yaml", "groups: ["),
        RuleFile("1.yaml", site("- {name: lifetime, override: replace, for: 0s}")),
    ]
    found = read_files(files, LANGUAGE).errors
    assert "0.yaml" in {error.file for error in found}
    assert not [error for error in found if "in an earlier file" in error.message]


def test_base_with_mistakes_is_still_there() -> None:
    """A mistake in one key of a rule does not make it unknown."""
    files = [
        RuleFile("0.yaml", BASE.replace("for: 30s", "for: 30")),
        RuleFile("1.yaml", site("- {name: lifetime, override: replace, severity: critical}")),
    ]
    (error,) = read_files(files, LANGUAGE).errors
    assert str(error) == "0.yaml:9:14: a duration has a unit: write 30s, 30m or 30h"
