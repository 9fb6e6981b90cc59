"""Which engines are meant: each level that can say so, what each has for itself, what they must not share."""

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from reactor.app.cli import main
from reactor.app.complaint import Complaint
from reactor.app.engines import Meant, engines_meant, mustered
from reactor.app.invocation import find_endpoint, read_settings
from reactor.app.options import parser
from reactor.app.settings import Profile
from reactor.core.selector import Selector
from reactor.engine import endpoint
from reactor.recording.places import Folder

TLS = Path(__file__).parents[1] / "http" / "tls"
FILE = """\
scope: [{label: team=ml}]
dry_run: false
profile: streams
engines:
  - name: build
    host: unix:///build.sock
  - name: ci
    host: tcp://10.0.0.7:2376
    tls: CERTIFICATES
    scope: [{label: com.example.job}]
    dry_run: true
    journal: /var/lib/ci.db
    profile: normal
"""


@pytest.fixture(autouse=True)
def _nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No context, no variable and no socket of this machine."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(endpoint, "DEFAULT_SOCKET", str(tmp_path / "docker.sock"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    certificates = tmp_path / "certs"
    certificates.mkdir()
    for ours, theirs in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        shutil.copy(TLS / f"{ours}.pem", certificates / f"{theirs}.pem")
    path = tmp_path / "c.yaml"
    path.write_text(FILE.replace("CERTIFICATES", str(certificates)))
    return path


def meant(
    *flags: str, environ: Mapping[str, str] | None = None, file: Path | None = None
) -> tuple[Meant, ...]:
    config = ["--config", str(file)] if file is not None else []
    return engines_meant(parser().parse_args(["run", *config, *flags]), environ or {})


def complaint(*flags: str, environ: Mapping[str, str] | None = None, file: Path | None = None) -> Complaint:
    with pytest.raises(Complaint) as caught:
        meant(*flags, environ=environ, file=file)
    return caught.value


def named(found: tuple[Meant, ...]) -> list[tuple[str, str]]:
    return [(each.name, each.endpoint.host) for each in found]


def test_one_without_a_name_is_as_it_always_was(file: Path) -> None:
    options = parser().parse_args(
        ["run", "--docker-host", "unix:///a", "--journal", "/j.db", "--record", "/r.x"]
    )
    (found,) = engines_meant(options, {})
    assert (found.name, found.endpoint.host, found.endpoint.source) == ("", "unix:///a", "--docker-host")
    assert found.settings == read_settings(options, {})
    one = parser().parse_args(["record", "-o", "/x", "--docker-host", "unix:///a"])
    assert found.endpoint == find_endpoint(one, {})


def test_one_with_a_name_keeps_it_and_may_have_all_that_one_may_have() -> None:
    (found,) = meant(
        "--docker-host", "build=unix:///a", "--journal", "/j.db", "--control", "/c", "--record", "/r"
    )
    assert (found.name, str(found.settings.journal)) == ("build", "/j.db")
    assert (found.settings.control, found.settings.record_named) == ("/c", "/r")


def test_the_first_level_that_names_engines_names_them_all(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Flags over the environment over the file over the default; what is passed over is said."""
    flags, host = ("--docker-host", "unix:///f", "--docker-host", "b=unix:///g"), {"DOCKER_HOST": "unix:///e"}
    assert named(meant(*flags, environ=host, file=file)) == [("f", "unix:///f"), ("b", "unix:///g")]
    assert named(meant(environ=host, file=file)) == [("", "unix:///e")]
    said = f"goes over 'engines' ({file}:4): these are not watched now: build, ci"
    assert caplog.messages == [f"--docker-host {said}", f"DOCKER_HOST {said}"]
    caplog.clear()
    assert named(meant(file=file)) == [("build", "unix:///build.sock"), ("ci", "tcp://10.0.0.7:2376")]
    assert named(meant("--or-demo", file=file)) == named(meant(file=file))
    assert caplog.messages == []


def test_a_context_is_a_flag_like_the_other(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert complaint("--context", "a", "--docker-host", "unix:///a").lines == (
        "reactor: both --docker-host and --context are given; give one of them",
    )
    assert "there is no context 'a'" in str(complaint("--context", "a", file=file))


def test_the_environment_that_is_empty_names_none(file: Path) -> None:
    assert len(meant(environ={"DOCKER_HOST": ""}, file=file)) == 2
    assert len(meant("--docker-host", "", file=file)) == 2
    assert "empty once" in str(complaint("--docker-host", "", "--docker-host", "unix:///a"))


def test_nobody_named_one_and_there_is_none(tmp_path: Path) -> None:
    assert meant("--or-demo") == ()
    assert "no engine is named, and there is none at unix://" in str(complaint())
    (tmp_path / "docker.sock").touch()
    assert named(meant("--or-demo")) == [("", f"unix://{tmp_path}/docker.sock")]


def test_what_an_entry_says_goes_over_the_top_for_this_engine_alone(file: Path) -> None:
    build, ci = meant(file=file)
    assert build.settings == read_settings(parser().parse_args(["run", "--config", str(file)]), {})
    assert (build.settings.dry_run, ci.settings.dry_run) == (False, True)
    assert ci.settings.policy.scope == ci.settings.policy.selectors == (Selector(label="com.example.job"),)
    assert build.settings.policy.scope == (Selector(label="team", value="ml"),)
    assert (build.settings.profile, ci.settings.profile) == (Profile.STREAMS, Profile.NORMAL)
    assert (build.settings.journal, ci.settings.journal) == (None, Path("/var/lib/ci.db"))
    assert ci.settings.policy.labels == build.settings.policy.labels


@pytest.mark.parametrize("flags", [("--dry-run",), ()])
def test_who_is_dry_at_the_top_is_dry_everywhere(file: Path, flags: tuple[str, ...]) -> None:
    text = file.read_text().replace("    dry_run: true", "    dry_run: false")
    file.write_text(text if flags else text.replace("dry_run: false\nprofile", "dry_run: true\nprofile"))
    assert [each.settings.dry_run for each in meant(*flags, file=file)] == [True, True]
    assert [each.settings.dry_run for each in meant(file=file, environ={"REACTOR_DRY_RUN": "true"})] == [
        True
    ] * 2


def test_certificates_of_an_entry_take_the_place_of_those_of_the_environment(
    file: Path, tmp_path: Path
) -> None:
    for environ in ({}, {"DOCKER_CERT_PATH": "/no/such", "DOCKER_TLS_VERIFY": "1"}):
        _, ci = meant(file=file, environ=environ)
        assert ci.endpoint.tls is not None
        assert (ci.endpoint.tls.certificate, ci.endpoint.tls.verify) == (f"{tmp_path}/certs/cert.pem", True)
        assert ci.endpoint.address.tls is not None
    file.write_text(file.read_text().replace("    tls: ", "    tls_insecure: true\n    tls: "))
    build, ci = meant(file=file)
    assert ci.endpoint.tls is not None
    assert not ci.endpoint.tls.verify
    assert ci.endpoint.warnings == (
        "the certificate of tcp://10.0.0.7:2376 is not verified, as --tls-insecure says",
    )
    assert build.endpoint.warnings == ()


def test_a_certificate_that_is_none_is_said_with_the_place_of_its_engine(file: Path, tmp_path: Path) -> None:
    (tmp_path / "certs" / "ca.pem").write_text("nothing")
    said = str(complaint(file=file))
    assert "ca.pem is no file with the certificate of an authority" in said


TWO = ("--docker-host", "a=unix:///a", "--docker-host", "b=unix:///b")


@pytest.mark.parametrize(
    ("flags", "environ", "said"),
    [
        (
            ("--journal", "/j.db"),
            {},
            "reactor: /j.db (flag --journal) would be the journal of a and b: each needs its own",
        ),
        (
            (),
            {"REACTOR_JOURNAL": "/j.db"},
            "reactor: /j.db (environment REACTOR_JOURNAL) would be the journal of a and b",
        ),
        (
            ("--record", "/r.reactor"),
            {},
            "reactor: /r.reactor (flag --record) is one file, and there are several engines to record",
        ),
        (
            (),
            {"REACTOR_DATA_ROOT": "/srv/data"},
            "reactor: data folders (environment REACTOR_DATA_ROOT) lie on the host of one engine",
        ),
        (
            ("--docker-host", "a=unix:///c"),
            {},
            "reactor: there are two engines named 'a': choose another name for one",
        ),
        (
            ("--docker-host", "unix:///a"),
            {},
            "reactor: a and a-2 are one engine, at unix:///a: two monitors would both act on it",
        ),
    ],
)
def test_what_two_engines_cannot_share_is_said_with_what_to_do(
    flags: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    told = complaint(*TWO, *flags, environ=environ)
    assert (told.lines[0].startswith(said), told.code) == (True, 2)
    assert len(told.lines) == 2 or "choose another name" in said
    meant(*TWO[:2], *flags[: 0 if "docker-host" in "".join(flags) else None], environ=environ)


def test_one_socket_by_two_paths_is_one_engine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    told = complaint(
        "--docker-host", f"unix://{tmp_path}/real/s", "--docker-host", f"unix://{tmp_path}/link/s"
    )
    assert "are one engine" in str(told)


def test_two_users_of_one_host_may_have_an_engine_each() -> None:
    found = meant("--docker-host", "ssh://ada@far", "--docker-host", "ssh://bob@far")
    assert [each.name for each in found] == ["far", "far-2"]
    assert "one engine" in str(complaint("--docker-host", "ssh://far", "--docker-host", "ssh://far"))


def test_who_has_a_journal_of_its_own_may_leave_the_other_that_of_the_top(file: Path) -> None:
    build, ci = meant("--journal", "/top.db", "--control", "/top.sock", file=file)
    assert (str(build.settings.journal), str(ci.settings.journal)) == ("/top.db", "/var/lib/ci.db")
    assert (build.settings.control, ci.settings.control) == ("/top.sock", "/top.sock")
    said = complaint("--journal", "/var/lib/../lib/ci.db", file=file).lines[0]
    assert said.startswith("reactor: /var/lib/ci.db (flag --journal) would be the journal of build and ci")


@pytest.mark.parametrize("by", ["flag", "environment", "file"])
def test_a_folder_of_recordings_has_one_for_each_below_it(file: Path, by: str, tmp_path: Path) -> None:
    if by == "file":
        file.write_text(f"record: {{folder: {tmp_path}/rec, keep: 1d}}\n{file.read_text()}")
    flags = ("--record", f"{tmp_path}/rec/") if by == "flag" else ()
    environ = {"REACTOR_RECORD": f"{tmp_path}/rec/"} if by == "environment" else {}
    places = [each.settings.recording_place() for each in meant(*flags, environ=environ, file=file)]
    assert all(isinstance(each, Folder) for each in places)
    assert [each and each.path for each in places] == [tmp_path / "rec" / "build", tmp_path / "rec" / "ci"]


def test_a_command_for_one_engine_takes_none_of_several_by_chance(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", "-o", "/x", "--config", str(file)]) == 2
    assert capfd.readouterr().err.splitlines()[-2:] == [
        "reactor: this is for one engine, and 'engines' of the configuration has build, ci",
        "Say which one is meant: --docker-host unix:///build.sock",
    ]
    with pytest.raises(SystemExit):
        main(["record", "-o", "/x", "--docker-host", "unix:///a", "--docker-host", "unix:///b"])
    last = capfd.readouterr().err.splitlines()[-1]
    assert "argument --docker-host: it stands here twice, and this command is for one engine" in last


@pytest.mark.parametrize("command", ["run", "config", "doctor"])
def test_a_bad_name_on_the_command_line_is_said(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--docker-host", "Build=tcp://me:hunter2@h:1"])
    said = capfd.readouterr().err
    assert ended.value.code == 2
    assert "argument --docker-host: 'Build' cannot be the name of an engine" in said
    assert "hunter2" not in said


def test_no_password_is_shown_of_an_address(
    file: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever named it: a flag, a variable, the file; and whatever is said of the line that it stands in."""
    host = "tcp://me:hunter2@far:2376"
    for each in ("run", "config", "doctor"):
        assert main([each, "--docker-host", f"a={host}"]) != 0
    with monkeypatch.context() as with_variable:
        with_variable.setenv("DOCKER_HOST", host)
        assert main(["config"]) == 2
    file.write_text(f"engines:\n  - name: a\n    host: {host}\n")
    for arguments in (["config", "--config"], ["check", "--config"]):
        assert main([*arguments, str(file)]) != 0
    told = capfd.readouterr()
    assert "hunter2" not in told.out + told.err
    shown, form = "'tcp://me:***@far:2376'", "is not of the form tcp://HOST:PORT"
    assert told.err.count(f"{shown} (from --docker-host) {form}") == 2
    assert f"{file}:3:11: {shown} (from 'host') {form}" in told.err


def test_only_looking_says_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    options = parser().parse_args(["config", "--docker-host", "unix:///a", "--config", str(file)])
    muster = mustered(options, {})
    assert len(muster.warnings) == 1
    assert caplog.messages == []
