"""Flags over environment over file over defaults: one table, one check, and each value with its origin."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.configuration import checked, document_of, parse_configuration
from reactor.app.invocation import read_settings
from reactor.app.levels.leaves import FLAGS, Leaf, leaves
from reactor.app.levels.merging import Merged, merged
from reactor.app.levels.outside import OUTSIDE, fill_in
from reactor.app.levels.saying import said
from reactor.app.levels.strangers import known, unknown
from reactor.app.options import parser
from reactor.app.settings import Profile, Settings
from reactor.core.protection import Policy

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"
(EVERYTHING, *_) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
FILE = """\
listen: 127.0.0.1:1
journal: {path: /file.db}
times:
  drain: 7s
"""


def run(*flags: str, environ: Mapping[str, str] | None = None, file: Path | None = None) -> Merged:
    config = ["--config", str(file)] if file is not None else []
    return merged(parser().parse_args(["run", *config, *flags]), environ or {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(FILE)
    return path


def by_name(name: str) -> Leaf:
    return next(each for each in leaves() if each.name == name)


def shown(found: Merged, name: str) -> tuple[Any, str]:
    leaf = by_name(name)
    return said(found.written, leaf), str(found.origin(leaf.place))


def test_flags_go_over_the_environment_that_over_the_file_that_over_the_defaults(file: Path) -> None:
    environ = {"REACTOR_LISTEN": "127.0.0.1:2", "REACTOR_JOURNAL": "/variable.db"}
    found = run("--listen", "127.0.0.1:3", environ=environ, file=file)
    assert shown(found, "listen") == ("127.0.0.1:3", "flag --listen")
    assert shown(found, "journal.path") == ("/variable.db", "environment REACTOR_JOURNAL")
    assert shown(found, "times.drain") == ("7s", f"{file}:4")
    assert shown(found, "at_once") == ("10", "default")
    without = run(file=file)
    assert shown(without, "listen") == ("127.0.0.1:1", f"{file}:1")
    assert shown(without, "journal.path") == ("/file.db", f"{file}:2")


def texts(everything: Merged) -> Iterator[tuple[Leaf, Any, str]]:
    """Each value of the documents' example with the text that a variable would have."""
    for leaf in leaves():
        value = said(everything.written, leaf)
        if leaf.variable and value not in (None, []):
            text = ",".join(value) if isinstance(value, list) else value
            yield leaf, value, json.dumps(text) if isinstance(text, bool) else text


def test_every_key_has_a_variable_that_says_the_same(tmp_path: Path) -> None:
    """And what is shown of a value can be written where it came from, and means the same there."""
    path = tmp_path / "all.yaml"
    path.write_text(EVERYTHING)
    everything = Merged(checked(document_of(path), "all"), {})
    wanted = [*texts(everything)]
    assert len(wanted) > 55
    found = run(environ={leaf.variable: text for leaf, _, text in wanted})
    assert {leaf.name: said(found.written, leaf) for leaf, _, _ in wanted} == {
        leaf.name: value for leaf, value, _ in wanted
    }
    assert {shown(found, leaf.name)[1] for leaf, _, _ in wanted} == {
        f"environment {leaf.variable}" for leaf, _, _ in wanted
    }
    here, there = read_settings(parser().parse_args(["run", "--config", str(path)]), {}), found.written
    assert there.budgets == everything.written.budgets
    assert here == replace(parse_configuration(EVERYTHING, "c"), policy=here.policy)


FLAGGED = {
    "listen": (["--listen", "h:1"], "h:1"),
    "dry_run": (["--dry-run"], True),
    "profile": (["--profile", "fast"], "fast"),
    "control": (["--control", "/x.sock"], "/x.sock"),
    "journal.path": (["--journal", "/x.db"], "/x.db"),
    "record.folder": (["--record", "/x/"], "/x/"),
    "metrics_labels": (["--metrics-labels", "team,svc"], ["team", "svc"]),
    "web.config_file": (["--web.config.file", "/x.yaml"], "/x.yaml"),
    "web.orders": (["--web.enable-orders"], True),
    "canary.every": (["--canary", "every=1m,within=2.5s", "--canary-image", "i"], "1m"),
    "canary.within": (["--canary", "every=1m,within=2500ms", "--canary-image", "i"], "2s500ms"),
    "canary.image": (["--canary", "every=1m", "--canary-image", "i"], "i"),
}


def test_every_flag_of_the_table_is_tried() -> None:
    assert {".".join(place) for place in FLAGS} == set(FLAGGED)


@pytest.mark.parametrize("name", FLAGGED)
def test_a_flag_says_what_its_key_would(name: str) -> None:
    flags, value = FLAGGED[name]
    leaf = by_name(name)
    assert shown(run(*flags), name) == (value, f"flag {FLAGS[leaf.place][0]}")


def test_what_is_shown_is_what_a_monitor_would_have(capsys: pytest.CaptureFixture[str], file: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Written down as a file, the page of `config` gives the very settings that `run` reads."""
    environ = {
        "REACTOR_BREAKER_SHARE": "7%",
        "REACTOR_BUDGETS_HARD": "5 per 90s",
        "REACTOR_RECORD": "/rec",
        "REACTOR_RECORD_SIZE": "5000KiB",
        "REACTOR_TRUSTED_IMAGES": "a/*, b/*",
        "REACTOR_CONFIG": str(file),
    }
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    flags = ["--dry-run", "--profile", "streams"]
    assert main(["config", "--json", *flags]) == 0
    told = {each["name"]: each for each in json.loads(capsys.readouterr().out)["settings"]}
    written: dict[str, Any] = {}
    for leaf in leaves():
        value, inner = told[leaf.name]["value"], written
        if value not in (None, []):
            for key in leaf.place[:-1]:
                inner = inner.setdefault(key, {})
            inner[leaf.place[-1]] = value
    again = parse_configuration(json.dumps(written), "again")
    real = read_settings(parser().parse_args(["run", *flags]))
    assert replace(real, record_named="", policy=Policy()) == replace(again, policy=Policy())
    assert (real.record_named, real.times.drain, real.breaker.share) == ("/rec", 7.0, 0.07)
    assert (told["config"]["from"], told["config"]["by"]) == ("environment", "REACTOR_CONFIG")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("REACTOR_LISTEN", "foo", "'foo' has no port; write HOST:PORT, such as 127.0.0.1:9710"),
        ("REACTOR_DRY_RUN", "1", "'dry_run' is true or false"),
        ("REACTOR_PROFILE", "quick", "'profile' is one of streams, normal, fast"),
        ("REACTOR_TIMES_DRAIN", "20", "a duration has a unit: write 20s, 20m or 20h"),
        ("REACTOR_METRICS_LABELS", "a b", "'a b' is no key of a label; such as team, or "),
        ("REACTOR_WEB_CONFIG_FILE", "web.yaml", "'config_file' is the absolute path of a file, such as "),
        ("REACTOR_OWNERS_HEARTBEATS_TTL", "30s", "'heartbeats' needs the key 'root'"),
        ("REACTOR_CONFIG", "/no/such.yaml", "there is no '/no/such.yaml': name a configuration file"),
        ("REACTOR_RULES", "/no:/such", "there is no '/no': name rule files or folders, with ':' "),
        ("REACTOR_LOG_LEVEL", "loud", "'loud' is none of debug, info, warning, error"),
    ],
)
def test_a_wrong_value_names_its_variable_and_what_to_write(name: str, text: str, message: str) -> None:
    def begin() -> None:
        options = parser().parse_args(["run"])
        fill_in(options, {name: text})
        read_settings(options, {name: text})

    with pytest.raises(Complaint) as caught:
        begin()
    assert caught.value.lines[0].startswith(f"reactor: {name}: {message}")
    assert caught.value.code == 2


def test_a_mistake_in_the_file_is_said_also_where_something_goes_over_it(file: Path) -> None:
    file.write_text("listen: nowhere\n")
    with pytest.raises(Complaint, match=r"c\.yaml:1:9: 'nowhere' has no port"):
        run("--listen", "127.0.0.1:1", file=file)
    file.write_text("dry_run: true\n")
    with pytest.raises(Complaint) as caught:
        run(environ={"REACTOR_PROFILE": "x", "REACTOR_AT_ONCE": "0"}, file=file)
    named = [line.split(":")[1].strip() for line in caught.value.lines]
    assert named == ["REACTOR_AT_ONCE", "REACTOR_PROFILE"]


def test_the_environment_can_take_back_what_the_file_says(file: Path) -> None:
    file.write_text("dry_run: true\n")
    assert read_settings(parser().parse_args(["run", "--config", str(file)]), {}).dry_run
    live = read_settings(parser().parse_args(["run", "--config", str(file)]), {"REACTOR_DRY_RUN": "false"})
    assert not live.dry_run


def test_an_empty_variable_and_the_address_of_a_monitor_say_nothing() -> None:
    environ = {
        "REACTOR_LISTEN": "",
        "REACTOR_RULES": "",
        "REACTOR_CONTROL": "https://monitor.example.org:9710",
    }
    assert run(environ=environ).origins == {}
    assert shown(run(environ={"REACTOR_CONTROL": "/c.sock"}), "control")[0] == "/c.sock"
    options = parser().parse_args(["run"])
    fill_in(options, environ)
    assert (options.rules, options.log_format, options.log_level) == (None, "logfmt", "info")


def test_rules_and_the_log_come_from_the_environment_too(tmp_path: Path) -> None:
    environ = {"REACTOR_RULES": f"{tmp_path}:rules", "REACTOR_LOG_LEVEL": "debug"}
    environ["REACTOR_LOG_FORMAT"] = "json"
    options = parser().parse_args(["run", "--log-level", "info"])
    fill_in(options, environ)
    assert options.rules == [tmp_path, Path("rules")]
    assert (options.log_format, options.log_level) == ("json", "info")
    record = parser().parse_args(["record", "-o", "x"])
    fill_in(record, {})
    assert record.log_level == "error"


def test_a_variable_that_means_nothing_is_named_with_its_nearest() -> None:
    environ = {"REACTOR_DRYRUN": "hunter2", "REACTOR_TEST_X": "1", "REACTOR_USER": "ada", "PATH": "/"}
    (sentence,) = unknown(environ)
    assert sentence == "the variable REACTOR_DRYRUN means nothing here: did you mean REACTOR_DRY_RUN?"
    names = [each.variable for each in leaves() if each.variable] + [each.variable for each in OUTSIDE]
    assert len(names) == len(set(names))
    assert set(names) <= known()


def test_what_is_secret_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2-hunter2-hunter2\n")
    path = tmp_path / "c.yaml"
    path.write_text(
        f"""\
webhooks: [{{name: oncall, url: "https://h/hunter2", secret_file: {tmp_path}/token}}]
programs: [{{name: sync, run: [/bin/sync, --token=hunter2]}}]
api: {{listen: "127.0.0.1:7", token_file: {tmp_path}/token}}
"""
    )
    environ = {"PATH": "/usr/bin:/bin", "REACTOR_PASSWORD": "hunter2", "REACTOR_PASSWRD": "hunter2"}
    for more in ((), ("--json",)):
        done = subprocess.run(
            [sys.executable, "-m", "reactor", "config", "--config", path, *more],
            capture_output=True, text=True, env=environ, check=True,
        )  # fmt: skip
        assert "hunter2" not in done.stdout + done.stderr
        assert "oncall" in done.stdout
        assert "REACTOR_PASSWRD means nothing here" in (done.stdout if more else done.stderr)


def test_every_setting_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--listen", "127.0.0.1:3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = {line.split()[0] for line in lines}
    assert names == {*(each.name for each in leaves()), *(each.name for each in OUTSIDE), "engine"}
    assert next(line for line in lines if line.startswith("listen ")).split() == [
        "listen", "127.0.0.1:3", "flag", "--listen",
    ]  # fmt: skip
    assert Settings().profile is Profile.NORMAL


def test_the_documents_show_what_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    block = re.compile(r"```console\n\$ (.*reactor config.*)\n((?:.*\n)+?)```")
    (command, printed), *_ = block.findall(DOCS.read_text())
    variables, _, arguments = command.partition(" reactor ")
    for variable in variables.split():
        monkeypatch.setenv(*variable.split("=", 1))
    (tmp_path / "reactor.yaml").write_text(EVERYTHING)
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    shown = [line.split() for line in printed.splitlines() if line != "…"]
    assert len(shown) == 6
    assert [line for line in shown if line not in lines] == []
