"""What is written in a template is what is made: every key, in each of its spellings."""

from pathlib import Path
from typing import Any

import pytest

from reactor.core.container import Limits
from reactor.core.recipes import Bind, Folder, OnFailure, Port, Probe, Recipe, Template
from reactor.core.selector import Selector
from reactor.ruleset import BadRules, load, parse
from tests.core.written import LANGUAGE

USUAL = Limits(256, 8 << 30, 8 << 30, 2.0)
RULES = "groups:\n  - name: g\n    rules: [{name: r, when: pids > 200}]\n"


def template(*lines: str) -> Template:
    """The template of these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    text = f"templates:\n  a:\n    image: a:1\n{body}  b:\n    image: b:1\n"
    return parse(text, language=LANGUAGE).provisions.templates[0]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("init: false", "init", False),
        ("init: true", "init", True),
        ("command: run 'a b' c", "command", ("run", "a b", "c")),
        ("command: [run, 'a b', 5]", "command", ("run", "a b", "5")),
        ("entrypoint: /sbin/run --x", "entrypoint", ("/sbin/run", "--x")),
        ("environment: {A: 'b=c', D: 5432, E: ''}", "environment", {"A": "b=c", "D": "5432", "E": ""}),
        ("environment: [A=b=c, D=]", "environment", {"A": "b=c", "D": ""}),
        ("labels: {team: ml, x: }", "labels", {"team": "ml", "x": ""}),
        ("labels: [team=ml, x]", "labels", {"team": "ml", "x": ""}),
        ("user: 999:999", "user", "999:999"),
        ("working_dir: /jobs/${REACTOR_TASK}", "working_dir", "/jobs/${REACTOR_TASK}"),
        ("network_mode: none", "network_mode", "none"),
        ("network_mode: main", "network_mode", "main"),
        ("network_mode: service:b", "network_mode", "service:b"),
        ("mem_limit: 512m", "limits", Limits(256, 512 << 20, 512 << 20, 2.0)),
        ("mem_limit: 1.5GiB", "limits", Limits(256, 3 << 29, 3 << 29, 2.0)),
        ("mem_limit: 512MB", "limits", Limits(256, 512 << 20, 512 << 20, 2.0)),
        ("mem_limit: 8388608", "limits", Limits(256, 8 << 20, 8 << 20, 2.0)),
        ("memswap_limit: 9g", "limits", Limits(256, 8 << 30, 9 << 30, 2.0)),
        ("pids_limit: 17", "limits", Limits(17, 8 << 30, 8 << 30, 2.0)),
        ("cpus: 0.5", "limits", Limits(256, 8 << 30, 8 << 30, 0.5)),
        (
            "deploy: {resources: {limits: {memory: 1g, cpus: '1', pids: 9}}}",
            "limits",
            Limits(9, 1 << 30, 1 << 30, 1.0),
        ),
        ("ports: ['8080:80']", "ports", (Port(80, 8080),)),
        ("ports: [80]", "ports", (Port(80),)),
        ("ports: ['0.0.0.0:53:53/udp']", "ports", (Port(53, 53, "udp", "0.0.0.0"),)),  # noqa: S104 - as it is written
        ("ports: ['[::1]:53:53/tcp']", "ports", (Port(53, 53, "tcp", "::1"),)),
        ("stop_grace_period: 1m30s", "stop_grace", 90.0),
        ("read_only: true", "read_only", True),
        ("restart: no", "restart", "no"),
        ("restart: 'no'", "restart", "no"),
        ("restart: false", "restart", "no"),
        ("volumes: ['${REACTOR_DATA}/pg/:/data/']", "binds", (Bind("${REACTOR_DATA}/pg", "/data"),)),
        ("volumes: ['/srv//x:/data:ro']", "binds", (Bind("/srv/x", "/data", read_only=True),)),
        ("volumes: ['/srv/x:/data:rw']", "binds", (Bind("/srv/x", "/data"),)),
        (
            "volumes: [{type: bind, source: '${REACTOR_SHARED}/x', target: /y, read_only: true}]",
            "binds",
            (Bind("${REACTOR_SHARED}/x", "/y", read_only=True),),
        ),
        ("healthcheck: {test: 'a | b'}", "probe", Probe(("CMD-SHELL", "a | b"))),
        ("healthcheck: {disable: true}", "probe", Probe(("NONE",))),
        ("healthcheck: {test: [NONE]}", "probe", Probe(("NONE",))),
        ("healthcheck: {test: [CMD-SHELL, a b]}", "probe", Probe(("CMD-SHELL", "a b"))),
        (
            "healthcheck: {test: [CMD, x], interval: 1s, timeout: 500ms, start_period: 0s, retries: 20}",
            "probe",
            Probe(("CMD", "x"), 1.0, 0.5, 0.0, 20),
        ),
    ],
)
def test_keys(line: str, field: str, value: Any) -> None:
    """Each spelling means what it means to Compose, and nothing else is changed by it."""
    recipe = template(line).recipe
    assert getattr(recipe, field) == value
    others = {name for name in recipe.__slots__ if name != field}
    usual = Recipe("", "a:1", USUAL)
    assert {name for name in others if getattr(recipe, name) != getattr(usual, name)} == set()


def test_the_usual() -> None:
    """A template of an image alone: limits, an init, nothing published, never restarted by the engine."""
    made = template("init: true")
    assert made == Template("a", Recipe("", "a:1", USUAL), place="rules.yaml:2")
    assert (made.recipe.init, made.recipe.restart, made.recipe.ports) == (True, "no", ())


@pytest.mark.parametrize(
    ("lines", "needs", "healthy"),
    [
        (["depends_on: [b]"], ("b",), frozenset()),
        (["depends_on: {b: {condition: service_started}}"], ("b",), frozenset()),
        (["depends_on: {b: {condition: service_healthy}}"], ("b",), frozenset({"b"})),
        (["network_mode: service:b"], ("b",), frozenset()),
        (["depends_on: [b]", "network_mode: service:b"], ("b",), frozenset()),
    ],
)
def test_needs(lines: list[str], needs: tuple[str, ...], healthy: frozenset[str]) -> None:
    """Whose network is shared has to be there first, too."""
    made = template(*lines)
    assert (made.needs, made.needs_healthy) == (needs, healthy)


@pytest.mark.parametrize(
    ("lines", "folders"),
    [
        (["volumes: ['${REACTOR_DATA}/pg:/a']"], (Folder("pg"),)),
        (["volumes: ['${REACTOR_DATA}/pg:/a:ro', '/srv/x:/b']"], ()),
        (["user: 999:998", "volumes: ['${REACTOR_DATA}/pg:/a']"], (Folder("pg", 999, 998),)),
        (["user: '999'", "volumes: ['${REACTOR_SHARED}/c:/a']"], (Folder("c", 999, 999, shared=True),)),
        (["user: postgres", "volumes: ['${REACTOR_DATA}/pg:/a']"], (Folder("pg"),)),
        (
            [
                "x-reactor: {folders: {pg: {owner: '5:6', mode: '0750'}}}",
                "volumes:",
                "  - '${REACTOR_DATA}/pg:/a:ro'",
                "  - '${REACTOR_DATA}/pg/wal:/b'",
                "  - '${REACTOR_SHARED}/pg/x:/c'",
            ],
            (Folder("pg", 5, 6, 0o750), Folder("pg/wal", 5, 6, 0o750), Folder("pg/x", shared=True)),
        ),
        (["x-reactor: {folders: {c: {shared: true, mode: 1777}}}"], (Folder("c", mode=0o1777, shared=True),)),
        (
            ["volumes: ['${REACTOR_SHARED}/of/${REACTOR_OWNER}:/a']"],
            (Folder("of/${REACTOR_OWNER}", shared=True),),
        ),
    ],
)
def test_folders(lines: list[str], folders: tuple[Folder, ...]) -> None:
    """What is written to is made beforehand, by whom it belongs to; what is only read is not."""
    assert template(*lines).folders == folders


def test_what_compose_has_no_word_for() -> None:
    made = template("x-reactor: {on_failure: end, ready_within: 5m}")
    assert (made.on_failure, made.ready_within) == (OnFailure.END, 300.0)


SETS = """\
templates:
  api: {image: a, depends_on: [db, cache]}
  db: {image: b}
  cache: {image: c}
sidecars:
  - {name: one, select: [{label: tier=web, name: 'x*'}], templates: [api, cache, db], hold: true}
  - {name: two, asked: true, templates: [db]}
"""


def test_sets() -> None:
    """Each template comes after those that it needs, and else as it was written."""
    one, two = parse(SETS).provisions.sets
    assert one.templates == ("cache", "db", "api")
    assert one.select == (Selector("tier", "web", name="x*"),)
    assert (one.hold, one.asked, one.place) == (True, False, "rules.yaml:6")
    assert (two.templates, two.select, two.asked, two.hold) == (("db",), (), True, False)


def test_other_files(tmp_path: Path) -> None:
    """Sets use the templates of any file; a name that is taken in an earlier one is a mistake."""
    (tmp_path / "a.yaml").write_text("sidecars: [{name: s, asked: true, templates: [db]}]\n")
    (tmp_path / "b.yaml").write_text("templates: {db: {image: b}}\n")
    assert load([tmp_path]).provisions.sets[0].templates == ("db",)
    (tmp_path / "c.yaml").write_text(
        "templates: {db: {image: c}}\nsidecars: [{name: s, asked: true, templates: [db]}]\n"
    )
    with pytest.raises(BadRules) as bad:
        load([tmp_path])
    assert [error.message for error in bad.value.errors] == [
        f"there is a template 'db' already, at {tmp_path}/b.yaml:1: give this one another name",
        f"there is a set 's' already, at {tmp_path}/a.yaml:1: give this one another name",
    ]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Nobody is told that what may stand in it is missing."""
    (tmp_path / "a.yaml").write_text(
        "templates: {x: {image: a, depends_on: [y]}}\nsidecars: [{name: s, asked: true, templates: [db]}]\n"
    )
    (tmp_path / "b.yaml").write_text("templates: [\n")
    with pytest.raises(BadRules) as bad:
        load([tmp_path])
    assert [Path(error.file).name for error in bad.value.errors] == ["b.yaml"]


def test_versions() -> None:
    """A changed template is another rule set, and its rules are the same rules to the gate."""
    plain, one = parse(RULES), parse(RULES + "templates: {db: {image: 'b:1'}}\n")
    other = parse(RULES + "templates: {db: {image: 'b:2'}}\n")
    assert len({plain.version, one.version, other.version}) == 3
    assert plain.rules[0].digest == one.rules[0].digest == other.rules[0].digest
    assert plain != one != other
