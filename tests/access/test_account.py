"""What is said of a file is what comes of calls over real sockets: the words are held against the matrix."""

import json
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from reactor.access.account import ANYBODY, NOT_ENABLED, account_of
from reactor.access.reading import parse_access, read_access
from reactor.access.terms import OPEN
from reactor.app.cli import main
from reactor.app.options import parser
from reactor.app.patient import Patient, Verdict
from reactor.app.settings import Settings, WebTerms
from reactor.app.webcheck import examine_web, web_access
from reactor.cgroups.mounts import Trees
from tests.access.papers import Papers
from tests.access.scene import HASH
from tests.access.test_matrix import FILES, rows, written


@pytest.mark.parametrize("name", FILES)
def test_the_words_are_those_of_the_matrix(name: str, papers: Papers, tmp_path: Path) -> None:
    file = written(tmp_path, papers, name)
    access = read_access(file) if file is not None else OPEN
    account, expected = account_of(access, orders=True), [each for _, _, each in rows(name)]
    assert (account.reads == ANYBODY) is (expected[0][0] == 200)
    assert account.local == account.reads
    assert account.remote.startswith("nobody") is (200 not in [each[3] for each in expected])
    assert account.remote.startswith("nobody") or account.remote == account.reads
    assert ("TLS" in account.remote) is ("tls_" not in FILES[name])
    closed = account_of(access, orders=False)
    assert (closed.reads, closed.local) == (account.reads, NOT_ENABLED)
    assert closed.remote.startswith("nobody")


def test_versions_and_certificates_are_named(papers: Papers) -> None:
    text = "tls_server_config: {cert_file: server.pem, key_file: server-key.pem, min_version: TLS13}"
    access = parse_access(text, papers.folder / "web.yaml")
    assert account_of(access, orders=False).tls == "1.3"
    assert access.context is not None
    access.context.minimum_version = ssl.TLSVersion.TLSv1_2
    assert account_of(access, orders=False).tls == "1.2 to 1.3"


@pytest.fixture
def file(papers: Papers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    found = written(tmp_path, papers, "tls+password")
    assert found is not None
    return found


def test_check_says_who_may_do_what(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With rules or without, for people and for machines."""
    assert main(["check", "--web.config.file", "web.yaml", "--web.enable-orders"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "web.yaml: TLS: 1.2 to 1.3",
        "web.yaml: asks for: a password (1 user)",
        "web.yaml: reads: who has a password",
        "web.yaml: changes something on loopback: who has a password",
        "web.yaml: changes something from other machines: who has a password",
        "no rules were named: all is well",
    ]
    assert main(["check", "--web.config.file", "web.yaml", "--json"]) == 0
    web = json.loads(capsys.readouterr().out)["web"]
    assert web["file"] == "web.yaml"
    assert web["account"]["local"] == NOT_ENABLED


def test_check_says_what_is_wrong_and_where(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("basic_auth_users:\n  ada: secret\nrate_limit: 1\n")
    Path("c.yaml").write_text(f"web: {{config_file: {file}}}\n")
    for way in (["--web.config.file", "web.yaml"], ["--config", "c.yaml"]):
        assert main(["check", *way]) == 1
        said = capsys.readouterr().err
        assert "web.yaml:2:8: this is not what bcrypt makes" in said
        assert "web.yaml:3:1: 'rate_limit' is not honoured here" in said
        assert "secret" not in said.replace("  ada: secret", "")


def test_check_and_doctor_say_when_a_monitor_would_not_begin(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Orders for everybody, or none of what they need."""
    file.write_text(f"basic_auth_users: {{ada: {HASH}}}\n")
    Path("c.yaml").write_text(f"listen: 0.0.0.0:9710\nweb: {{config_file: {file}, orders: true}}\n")
    assert main(["check", "--config", "c.yaml"]) == 1
    assert "a monitor does not begin so" in capsys.readouterr().err
    [finding] = web_access(Patient(parser().parse_args(["doctor", "--config", "c.yaml"]), Trees()))
    assert (finding.verdict, "does not begin" in finding.said) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    ("name", "listen", "verdict", "said"),
    [
        ("nothing", "127.0.0.1:9710", Verdict.OK, "no web configuration, at 127.0.0.1:9710: TLS: none"),
        ("nothing", "off", Verdict.OK, "nothing listens"),
        ("nothing", "nonsense", Verdict.FAILED, "'nonsense' has no port"),
        ("nothing", "0.0.0.0:9710", Verdict.DEGRADED, "reads: whoever can connect"),
        ("tls", "0.0.0.0:9710", Verdict.DEGRADED, "reads: whoever can connect"),
        ("password", "0.0.0.0:9710", Verdict.DEGRADED, "can be read and changed on its way"),
        ("tls+password", "0.0.0.0:9710", Verdict.OK, "reads: who has a password"),
        ("certificate+password", "[::]:9710", Verdict.OK, "reads: who has both"),
    ],
)
def test_what_the_doctor_says(
    name: str, listen: str, verdict: Verdict, said: str, papers: Papers, tmp_path: Path
) -> None:
    file = written(tmp_path, papers, name)
    for each in tmp_path.glob("*.pem"):
        each.chmod(0o600)
    there = Patient(parser().parse_args(["doctor"]), Trees())
    there.__dict__["settings"] = replace(Settings(), listen=listen, web=WebTerms(file))
    [finding] = web_access(there)
    assert finding.verdict is verdict
    assert said in finding.said
    assert bool(finding.remedy) is (verdict is not Verdict.OK)


def test_a_key_that_everybody_may_read_is_said(file: Path) -> None:
    for each in file.parent.glob("*.pem"):
        each.chmod(0o644)
    file.chmod(0o606)
    settings = replace(Settings(), web=WebTerms(file))
    assert not examine_web(settings).mistakes
    there = Patient(parser().parse_args(["doctor"]), Trees())
    there.__dict__["settings"] = settings
    said = [each.said for each in web_access(there) if each.verdict is Verdict.DEGRADED]
    assert said == [f"everybody may change {file}", f"everybody may read {file.parent / 'server-key.pem'}"]
