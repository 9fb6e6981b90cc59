"""``engines`` of the configuration file: each mistake with its place, and what `reactor config` shows."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reactor.app.cli import main
from reactor.app.configuration import BadConfiguration, parse_configuration
from reactor.app.enginetext import EngineText
from reactor.app.settings import Settings
from reactor.engine import endpoint

TLS = Path(__file__).parents[1] / "http" / "tls"
TWO = """\
engines:
  - {name: a, host: "unix:///a", journal: /j.db}
  - """


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(endpoint, "DEFAULT_SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        parse_configuration(text, "c.yaml")
    return [str(error) for error in caught.value.errors]


MADE_OF = "a name is at most 63 of a-z, 0-9, '_', '.' and '-', and begins with a letter or a digit"
FORMS = "only unix:///PATH, tcp://HOST:PORT and ssh://HOST are spoken here"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("engines: []", "1:10: 'engines' is empty: write an entry, or leave the key out"),
        ("engines: {a: b}", "1:10: 'engines' is a list: each entry begins with '- ' on a line of its own"),
        (
            "engines: [a]",
            f"1:11: an engine is a map with the keys {', '.join(EngineText.model_fields)}",
        ),
        ("engines: [{name: a}]", "1:11: an engine needs the key 'host'"),
        ('engines: [{host: "unix:///a"}]', "1:11: an engine needs the key 'name'"),
        (
            'engines: [{name: a, host: "unix:///a", hots: b}]',
            "1:40: unknown key 'hots' in an engine: did you mean 'host'?",
        ),
        (
            'engines: [{name: Build, host: "unix:///a"}]',
            f"1:18: 'Build' cannot be the name of an engine: {MADE_OF}, such as build",
        ),
        (
            'engines: [{name: a/b, host: "unix:///a"}]',
            f"1:18: 'a/b' cannot be the name of an engine: {MADE_OF}, such as a-b",
        ),
        (
            'engines: [{name: , host: "unix:///a"}]',
            "1:12: 'name' has no value: write one, or leave the key out",
        ),
        (
            "engines: [{name: a, host: ''}]",
            "1:27: 'host' is empty: write an address such as unix:///run/docker.sock",
        ),
        ("engines: [{name: a, host: [b]}]", "1:27: 'host' is one text, and this is a list"),
        (
            "engines: [{name: a, host: far:2375}]",
            f"1:27: 'far:2375' (from 'host') cannot be reached: {FORMS}",
        ),
        (
            'engines: [{name: a, host: "tcp://h"}]',
            "1:27: 'tcp://h' (from 'host') is not of the form tcp://HOST:PORT",
        ),
        (
            'engines: [{name: a, host: "unix://a"}]',
            "1:27: 'unix://a' (from 'host') must name an absolute path, as unix:///run/docker.sock does",
        ),
        (
            'engines: [{name: a, host: "ssh://-x"}]',
            "1:27: 'ssh://-x' (from 'host') is not of the form ssh://[USER@]HOST[:PORT]: the host is a name ",
        ),
        (
            'engines: [{name: a, host: "tcp://h:1", tls: certs}]',
            "1:45: 'tls' is the absolute path of a folder with ca.pem, cert.pem, key.pem",
        ),
        (
            'engines: [{name: a, host: "tcp://h:1", tls: /no/such}]',
            "1:45: 'tls' is a folder with ca.pem, cert.pem, key.pem, and there is no ca.pem in /no/such",
        ),
        (
            'engines: [{name: a, host: "unix:///a", tls: CERTS}]',
            "1:40: 'tls' is for engines at tcp://, and this is none",
        ),
        (
            'engines: [{name: a, host: "ssh://h", tls_insecure: true}]',
            "1:38: 'tls_insecure' is for engines at tcp://, and this is none",
        ),
        ('engines: [{name: a, host: "tcp://h:1", tls_insecure: 1}]', "1:54: 'tls_insecure' is true or false"),
        ('engines: [{name: a, host: "unix:///a", dry_run: maybe}]', "1:49: 'dry_run' is true or false"),
        ('engines: [{name: a, host: "unix:///a", dry_run: }]', "1:40: 'dry_run' is true or false"),
        (
            'engines: [{name: a, host: "unix:///a", scope: []}]',
            "1:47: 'scope' is empty: write an entry, or leave",
        ),
        (
            'engines: [{name: a, host: "unix:///a", scope: [{}]}]',
            "1:48: a selector needs a key: label, name, image or project",
        ),
        (
            'engines: [{name: a, host: "unix:///a", scope: [{lable: x}]}]',
            "1:49: unknown key 'lable' in a selector: did you mean 'label'?",
        ),
        (
            'engines: [{name: a, host: "unix:///a", journal: {path: /j}}]',
            "1:49: 'journal' is one text, and this is a map",
        ),
        (
            'engines: [{name: a, host: "unix:///a", journal: ""}]',
            "1:49: 'journal' is empty: write a value, or",
        ),
        (
            'engines: [{name: a, host: "unix:///a", profile: quick}]',
            "1:49: 'profile' is one of streams, normal, fast",
        ),
        (
            'engines: [{name: a, host: "unix:///a", control: /c.sock}]',
            "1:40: unknown key 'control' in an engine: ",
        ),
        (
            f"{TWO}{{name: a, host: 'unix:///b'}}",
            "3:12: there are two engines named 'a': choose another name",
        ),
        (
            f"{TWO}{{name: b, host: 'unix:///a'}}",
            "3:21: there are two engines at this address: two monitors for one would both act on it",
        ),
        (
            f"{TWO}{{name: b, host: 'unix:///b', journal: /j.db}}",
            "3:43: there are two engines with this journal: each needs its own",
        ),
    ],
)
def test_a_mistake_has_a_place_and_a_remedy(text: str, said: str, folder: Path) -> None:
    certificates = folder / "certs"
    certificates.mkdir()
    for each in ("ca", "cert", "key"):
        (certificates / f"{each}.pem").touch()
    (told,) = mistakes(text.replace("CERTS", str(certificates)))
    assert told.startswith(f"c.yaml:{said}")


def test_all_mistakes_of_all_engines_come_at_once() -> None:
    told = mistakes(f"{TWO}{{name: a, host: x, dry_run: 3}}\n  - {{name: A}}\n")
    assert [each.split(":")[1] for each in told] == ["3", "3", "3", "4", "4"]


def test_engines_alone_change_nothing_else() -> None:
    assert parse_configuration("engines: [{name: a, host: 'unix:///a'}]", "c.yaml") == Settings()


FILE = """\
record: {folder: /rec}
engines:
  - name: build
    host: unix:///build.sock
    scope:
      - label: com.example.job
      - {name: "ci-*", project: x}
    dry_run: false
  - name: far
    host: tcp://far:2376
    tls: CERTS
    tls_insecure: true
    journal: /far.db
    profile: fast
"""


@pytest.fixture
def file(folder: Path) -> Path:
    certificates = folder / "certs"
    certificates.mkdir()
    for ours, theirs in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        shutil.copy(TLS / f"{ours}.pem", certificates / f"{theirs}.pem")
    path = folder / "c.yaml"
    path.write_text(FILE.replace("CERTS", str(certificates)))
    return Path("c.yaml")


Shown = dict[str, tuple[Any, str, str]]


def shown(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[Shown, list[str]]:
    """The rows of engines, as a machine reads them, and the warnings."""
    assert main(["config", "--json", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    rows = {
        each["name"]: (each["value"], each["from"], each["by"])
        for each in told["settings"]
        if each["name"].startswith("engine")
    }
    return rows, told["warnings"]


def test_each_engine_is_shown_with_what_differs_and_who_says_so(
    capsys: pytest.CaptureFixture[str], file: Path, folder: Path
) -> None:
    rows, warnings = shown(capsys, "--config", str(file))
    assert rows == {
        "engines": (["build", "far"], "file", "c.yaml:2"),
        "engines.build": ("unix:///build.sock", "file", "c.yaml:4"),
        "engines.build.scope": (
            [{"label": "com.example.job"}, {"name": "ci-*", "project": "x"}],
            "file",
            "c.yaml:5",
        ),
        "engines.build.dry_run": (False, "file", "c.yaml:8"),
        "engines.build.record": ("/rec/build", "file", "c.yaml:1"),
        "engines.far": ("tcp://far:2376", "file", "c.yaml:10"),
        "engines.far.tls": (f"{folder}/certs", "file", "c.yaml:11"),
        "engines.far.tls_insecure": (True, "file", "c.yaml:12"),
        "engines.far.journal": ("/far.db", "file", "c.yaml:13"),
        "engines.far.profile": ("fast", "file", "c.yaml:14"),
        "engines.far.record": ("/rec/far", "file", "c.yaml:1"),
    }
    assert warnings == ["the certificate of tcp://far:2376 is not verified, as --tls-insecure says"]


def test_to_be_dry_at_the_top_is_shown_where_an_entry_says_otherwise(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    rows, _ = shown(capsys, "--config", str(file), "--dry-run")
    assert rows["engines.build.dry_run"] == (True, "flag", "--dry-run")


def test_engines_of_flags_are_shown_and_those_of_the_file_are_said_to_be_passed_over(
    capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    """Also where one is called as one of the file is: what the file says of that one means nothing then."""
    flags = ("--docker-host", "build=unix:///x", "--docker-host", "unix:///y")
    rows, warnings = shown(capsys, "--config", str(file), *flags)
    assert rows == {
        "engines": (["build", "far"], "file", "c.yaml:2"),
        "engines.build": ("unix:///x", "flag", "--docker-host"),
        "engines.build.record": ("/rec/build", "file", "c.yaml:1"),
        "engines.y": ("unix:///y", "flag", "--docker-host"),
        "engines.y.record": ("/rec/y", "file", "c.yaml:1"),
    }
    assert warnings == ["--docker-host goes over 'engines' (c.yaml:2): these are not watched now: build, far"]


def test_one_engine_is_shown_as_it_always_was(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(capsys, "--docker-host", "unix:///a")[0]["engine"] == ("unix:///a", "flag", "--docker-host")
    monkeypatch.setenv("DOCKER_HOST", "unix:///b")
    assert shown(capsys)[0]["engine"] == ("unix:///b", "environment", "DOCKER_HOST")
    monkeypatch.delenv("DOCKER_HOST")
    rows, _ = shown(capsys)
    assert rows["engine"][1:] == ("default", "")
    assert rows["engines"] == ([], "default", "")
    assert shown(capsys, "--docker-host", "a=unix:///a")[0]["engines.a"][0] == "unix:///a"


def test_what_run_would_refuse_config_refuses(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(
        "journal: {path: /j.db}\nengines: [{name: a, host: 'unix:///a'}, {name: b, host: 'unix:///b'}]\n"
    )
    assert main(["config", "--config", str(file)]) == 2
    assert capsys.readouterr().err.startswith(
        "c.yaml:1:17: this would be the journal of several engines: leave it out, and each has one "
    )


def test_what_a_file_says_for_all_is_held_against_its_own_engines_alone(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another level may name other engines as well as another journal."""
    pair = "engines: [{name: a, host: 'unix:///a'}, {name: b, host: 'unix:///b'JOURNAL}]\n"
    file.write_text(pair.replace("JOURNAL", ""))
    assert main(["config", "--config", str(file), "--docker-host", "unix:///c", "--journal", "/j.db"]) == 0
    assert main(["config", "--config", str(file), "--journal", "/j.db"]) == 2
    said = "reactor: /j.db (flag --journal) would be the journal of a and b: each needs its own"
    assert said in capsys.readouterr().err
    (told,) = mistakes(f"data: {{root: /srv/data}}\n{pair.replace('JOURNAL', '')}")
    assert told.startswith("c.yaml:1:1: 'data' is for one engine, and 'engines' has several: ")
    one_of_its_own = pair.replace("JOURNAL", ", journal: /b.db")
    assert parse_configuration(f"journal: {{path: /j.db}}\n{one_of_its_own}", "c.yaml").journal == Path(
        "/j.db"
    )
    alone = "data: {root: /srv/data}\njournal: {path: /j.db}\nengines: [{name: a, host: 'unix:///a'}]\n"
    assert parse_configuration(alone, "c.yaml").data == Path("/srv/data")
