"""What conditions mean: values, units, unknown, and how they explain themselves."""

import pytest

from tests.core.written import MIB, condition, problems, view


@pytest.mark.parametrize(
    ("text", "known", "verdict"),
    [
        ("pids > 200", {"pids": 201}, True),
        ("pids > 200", {"pids": 200}, False),
        ("200 < pids", {"pids": 201}, True),
        ("pids >= 200 && pids <= 200", {"pids": 200}, True),
        ("pids != 200", {"pids": 200}, False),
        ("pids in [1, 2, 3]", {"pids": 2}, True),
        ("age > 12h", {"age": 43_200.5}, True),
        ("age > 12h", {"age": 43_200.0}, False),
        ("age > 1h30m", {"age": 5_400.1}, True),
        ("age < 500ms", {"age": 0.4}, True),
        ("age > 7d", {"age": 604_801.0}, True),
        ("memory > 8GiB", {"memory": 8 * 1024**3 + 1}, True),
        ("memory > 8GB", {"memory": 8 * 10**9}, False),
        ("memory >= 1kB", {"memory": 1000}, True),
        ("memory >= 1.5KiB", {"memory": 1536}, True),
        ("memory_limit - memory < 100MiB", {"memory": 950 * MIB, "memory_limit": 1000 * MIB}, True),
        ("memory > memory_limit * 0.8", {"memory": 900, "memory_limit": 1000}, True),
        ("pids / 2 == 3", {"pids": 7}, True),
        ("-pids / 2 == -3", {"pids": 7}, True),
        ("pids / 2.0 == 3.5", {"pids": 7}, True),
        ("2 * pids + 1 > 7", {"pids": 4}, True),
        ("!(pids > 200)", {"pids": 3}, True),
        ('name.startsWith("ci-")', {"name": "ci-7"}, True),
        ('name.endsWith("-7") && image.contains("box")', {"name": "ci-7"}, True),
        ('labels["team"] == "ml"', {"labels": {"team": "ml"}}, True),
        ("labels['team'] in ['ml', \"db\"]", {"labels": {"team": "db"}}, True),
        ('"team" in labels', {"labels": {"team": ""}}, True),
        ('"team" in labels', {}, False),
        ('state in ["paused", "restarting"]', {"state": "paused"}, True),
        (r'name == "a\"b\\\x41\u00e9\n"', {"name": 'a"b\\Aé\n'}, True),
    ],
)
def test_verdict(text: str, known: dict[str, object], verdict: bool) -> None:
    """A condition over known values is true or false."""
    assert condition(text).test(view(**known)) is verdict


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("pids > 200", {}),
        ("pids > 80%", {"pids": 200}),
        ("pids > 80%", {"pids_limit": 256}),
        ("memory > 80%", {"memory": 5, "memory_limit": 0}),
        ("!(memory > 80%)", {"memory": 5}),
        ("memory + 1MiB > memory_limit", {"memory": 5}),
        ('labels["team"] == "ml"', {}),
        ('labels["team"] != "ml"', {}),
        ('labels["team"].contains("m")', {}),
        ('labels["team"] in ["a"]', {}),
        ("age in [1h]", {}),
        ("memory * 0.5 > 1MiB", {"memory": 10**400}),
    ],
)
def test_unknown(text: str, known: dict[str, object]) -> None:
    """What cannot be known, for lack of a value or of a limit, is neither true nor false."""
    assert condition(text).test(view(**known)) is None


@pytest.mark.parametrize(
    ("known", "both", "either"),
    [
        ({"pids": 300, "age": 99_999.0}, True, True),
        ({"pids": 300, "age": 5.0}, False, True),
        ({"pids": 3, "age": 5.0}, False, False),
        ({"pids": 300}, None, True),
        ({"pids": 3}, False, None),
        ({"age": 99_999.0}, None, True),
        ({"age": 5.0}, False, None),
        ({}, None, None),
    ],
)
def test_unknown_in_logic(known: dict[str, object], both: bool | None, either: bool | None) -> None:
    """Unknown spreads only as far as the other side leaves the answer open."""
    assert condition("pids > 200 && age > 12h").test(view(**known)) is both
    assert condition("pids > 200 || age > 12h").test(view(**known)) is either


@pytest.mark.parametrize(
    ("text", "known", "said"),
    [
        ("pids > 200", {"pids": 231}, "pids 231 > 200"),
        ("200 < pids", {"pids": 231}, "200 < pids 231"),
        ("pids > 200", {}, "pids unknown > 200"),
        (
            "memory > 80%",
            {"memory": 914 * MIB, "memory_limit": 1000 * MIB},
            "memory 91.4% (914 MiB of 1000 MiB) > 80%",
        ),
        ("memory > 80%", {"memory": 914 * MIB}, "memory 914 MiB (no limit) > 80%"),
        ("80% < pids", {"pids": 231, "pids_limit": 256}, "80% < pids 90.2% (231 of 256)"),
        ("pids > 80%", {"pids": 8001, "pids_limit": 10000}, "pids 80.01% (8001 of 10000) > 80%"),
        ("age > 12h", {"age": 43_380.0}, "age 12h 3m > 12h"),
        ("age > 12h", {"age": 43_200.25}, "age 12h 250ms > 12h"),
        ("age > 36h", {"age": 36 * 3600 + 300.0}, "age 36h 5m > 36h"),
        ("age > 100h", {"age": 100 * 3600 + 600.0}, "age 4d 4h 10m > 100h"),
        ("memory > 1GiB", {"memory": 1024 * MIB + 1024 * 1024}, "memory 1.001 GiB > 1GiB"),
        ("memory > 1GiB", {"memory": 1024 * MIB + 1024}, "memory just over 1 GiB > 1GiB"),
        ("1GiB <= memory", {"memory": 1024 * MIB - 1024}, "1GiB <= memory 1023.999 MiB"),
        ("1GiB <= memory", {"memory": 1024 * MIB - 1}, "1GiB <= memory just under 1 GiB"),
        ("cpu > 1.5", {"cpu": 1.5004}, "cpu just over 1.5 > 1.5"),
        ("cpu > 1.5", {"cpu": 1.501}, "cpu 1.501 > 1.5"),
        ("cpu > 1.5", {"cpu": 1.5}, "cpu 1.5 > 1.5"),
        ("age > 12h", {"age": 43_200.0004}, "age just over 12h > 12h"),
        (
            "memory > 80%",
            {"memory": 838_860_801, "memory_limit": 1000 * MIB},
            "memory just over 80% (800 MiB of 1000 MiB) > 80%",
        ),
        (
            "memory > 80%",
            {"memory": 800 * MIB, "memory_limit": 1000 * MIB},
            "memory 80.0% (800 MiB of 1000 MiB) > 80%",
        ),
        (
            "memory < 99.5%",
            {"memory": 1_043_333_119, "memory_limit": 1000 * MIB},
            "memory just under 99.5% (995 MiB of 1000 MiB) < 99.5%",
        ),
        (
            "memory > memory_limit",
            {"memory": 1024 * MIB + 1, "memory_limit": 1024 * MIB},
            "memory just over 1 GiB > memory_limit 1 GiB",
        ),
        (
            "memory + 1B > memory_limit",
            {"memory": 1024 * MIB, "memory_limit": 1024 * MIB},
            "memory 1 GiB + 1B > memory_limit just under 1 GiB",
        ),
        ("pids > 200 && age > 12h", {"pids": 231, "age": 43_380.0}, "pids 231 > 200 && age 12h 3m > 12h"),
        ("pids > 200 || age > 12h", {"pids": 231, "age": 60.0}, "pids 231 > 200"),
        ("pids > 200 || age > 12h", {"pids": 3}, "pids 3 > 200 || age unknown > 12h"),
        (
            "(pids > 200 || age > 12h) && memory > 1MiB",
            {"pids": 231, "memory": 2 * MIB},
            "pids 231 > 200 && memory 2 MiB > 1MiB",
        ),
        ('name.startsWith("ci-")', {"name": "ci-7"}, 'name "ci-7".startsWith("ci-")'),
        ('labels["team"] == "ml"', {"labels": {"team": "ml"}}, 'labels["team"] "ml" == "ml"'),
        ('!("team" in labels)', {}, '!("team" in labels)'),
        (
            "memory > memory_limit - 100MiB",
            {"memory": 950 * MIB, "memory_limit": 1000 * MIB},
            "memory 950 MiB > memory_limit 1000 MiB - 100MiB",
        ),
    ],
)
def test_explanation(text: str, known: dict[str, object], said: str) -> None:
    """An explanation is the condition with the numbers filled in, in units for people."""
    assert condition(text).explain(view(**known)) == said


def test_explanation_of_hostile_text() -> None:
    """What a stranger wrote comes out escaped and cut: no line breaks, no terminal codes, no flood."""
    hostile = 'a\x1b[31m\n\u202e"' + "b" * 10_000
    said = condition('labels["x"] != "y"').explain(view(labels={"x": hostile}))
    assert said == 'labels["x"] "a\\u001b[31m\\n\\u202e\\"' + "b" * 55 + '…" != "y"'


def test_reads() -> None:
    """A condition says which fields it reads, and which of them as a share of their limit."""
    made = condition('memory > 80% && pids > 200 || labels["team"] == "ml"')
    assert made.reads == {"memory", "memory_limit", "pids", "labels"}
    assert made.relative == {"memory"}


def test_text() -> None:
    """A condition's text is one line, with quantities as they were written."""
    assert condition("(pids>0200)\n && (age > 36h)").text == "pids > 0200 && age > 36h"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 950 + "pids > 1" + ")" * 950,
        "!" * 1900 + "a",
        "-" * 1990 + "a",
        "a" * 2000,
        "a" + ".b" * 900,
        "a" + "[a" * 600,
        "a" + "[1]" * 600,
        "1" + " + 1" * 400 + " > pids",
        " || ".join(["pids > 1"] * 160),
        "pids in [" + ", ".join("1" * 600) + "]",
        "9" * 2000 + " > pids",
        "1e" + "9" * 20 + " > pids",
    ],
    ids=lambda text: str(text)[:12],
)
def test_extremes(text: str) -> None:
    """Depth, length and size end in a condition or in a sentence, whatever the stack that is left."""
    for problem in problems(text):
        assert problem.message
