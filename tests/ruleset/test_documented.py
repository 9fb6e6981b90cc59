"""What the documentation shows is what the program does, and the shipped rules are what they claim."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.core.language.fields import FIELDS, FUNCTIONS, LEFT, METHODS, attribute
from reactor.core.language.windows import Track, Window
from reactor.core.rules import Trigger, View
from reactor.ruleset import load, parse
from reactor.ruleset.files import RuleFile
from reactor.ruleset.reading import read_files
from tests.core.written import LANGUAGE, MIB, condition, problems, view

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
RISING = {Window("memory", 10.0): Track(10.0).add(0, 440 * MIB).add(10, 540 * MIB)}
QUANTITIES = re.findall(r"`([^`]+)`", PAGE[PAGE.index("| number |") : PAGE.index("| text |")])


@pytest.mark.parametrize("block", BLOCKS)
def test_yaml_blocks(block: str) -> None:
    """Every rule file on the page can be put in force as it is."""
    assert parse(block, "docs/rules.md").rules


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 5


def test_site_file() -> None:
    """The site's file on the page changes the shipped rules as the page says."""
    (site,) = (
        block
        for block in re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
        if "override:" in block
    )
    shipped = (ROOT / "rules" / "safety.yaml").read_text()
    read = read_files([RuleFile("safety.yaml", shipped), RuleFile("site.yaml", site)], LANGUAGE)
    assert [str(error) for error in read.errors] == []
    lifetime, pids, memory, _ = read.rules
    assert lifetime.when is not None
    assert (lifetime.when.text, lifetime.place) == ("age > 24h", "safety.yaml:19")
    assert [each.name for each in pids.exempt] == ["builds"]
    assert memory == replace(
        load([ROOT / "rules" / "safety.yaml"]).rules[2], place=memory.place, when=memory.when
    )


def test_fields_are_those_of_a_view() -> None:
    """What an expression may name is what a view has, beside what its windows are read from."""
    beside = {"tracks", "at", "host_memory_total"}
    assert {attribute(name) for name in (*FIELDS, *LEFT)} == set(View.__slots__) - beside


@pytest.mark.parametrize("word", [*METHODS, *FUNCTIONS])
def test_every_word_is_mentioned(word: str) -> None:
    assert re.search(rf"\b{word}\b", PAGE)


@pytest.mark.parametrize(
    "literal", re.findall(r"`([^`]+)`", PAGE[PAGE.index("| number |") : PAGE.index("| text |")])
)
def test_quantities(literal: str) -> None:
    """Every quantity in the table can be written where its kind belongs."""
    fields = {"B": "memory", "%": "pids"}
    field = fields.get(literal[-1]) or ("age" if literal[-1].isalpha() else "pids")
    assert problems(f"{field} > {literal}") == ()


@pytest.mark.parametrize(
    "refused",
    [
        "pids >= 0",
        'state == "runing"',
        "memory > 120%",
        "pids > 200 && pids < 100",
        'name != "a" || name != "b"',
    ],
)
def test_refused(refused: str) -> None:
    """What the page says is refused is refused, and the page says it."""
    assert f"`{refused}`" in PAGE
    assert len(problems(refused)) == 1


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        (
            "memory > 80%",
            {"memory": 914 * MIB, "memory_limit": 1000 * MIB},
            "memory 91.4% (914 MiB of 1000 MiB) > 80%",
        ),
        (
            'labels["team"] in ["ml", "vision"] && name.startsWith("exp-") && age > 24h',
            {"labels": {"team": "ml"}, "name": "exp-7", "age": 24 * 3600 + 180.0},
            'labels["team"] "ml" in ["ml", "vision"] && name "exp-7".startsWith("exp-") && age 24h 3m > 24h',
        ),
        (
            "memory > 50% && time_to(memory, memory_limit) < 1m",
            {"memory": 540 * MIB, "memory_limit": 1000 * MIB, "tracks": RISING, "at": 10.0},
            "memory 54.0% (540 MiB of 1000 MiB) > 50% && time_to(memory, memory_limit) 46s < 1m",
        ),
    ],
)
def test_explanations(text: str, known: dict[str, object], said: str) -> None:
    """The explanations on the page are those that the program gives."""
    assert condition(text).explain(view(**known)) == said
    assert f"\n{said}\n" in PAGE


def test_shipped_rules() -> None:
    """The four rules of the shipped file, each with the limit that it stands for."""
    lifetime, pids, memory, oom = load([ROOT / "rules" / "safety.yaml"]).rules
    assert [rule.name for rule in (lifetime, pids, memory, oom)] == [
        "safety/lifetime",
        "safety/pids",
        "safety/memory",
        "safety/oom",
    ]
    conditions = [rule.when.text for rule in (lifetime, pids, memory) if rule.when is not None]
    assert conditions == ["age > 12h", "pids > 200", "memory > 80%"]
    assert (oom.on, oom.when) == (Trigger.OOM, None)
    assert not any(rule.dry_run or rule.hold or rule.select for rule in (lifetime, pids, memory, oom))
    assert all(rule.summary for rule in (lifetime, pids, memory, oom))
