"""Which engine is meant: every way to name one, and every way to get it wrong."""

import json
import os
import shutil
import socket
import ssl
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.endpoint import resolve
from reactor.engine.errors import BadEndpoint
from reactor.engine.written import without_password

TLS = Path(__file__).parent.parent / "http" / "tls"


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The docker command's configuration folder of a user who has none yet."""
    folder = tmp_path / "config"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder as DOCKER_CERT_PATH names it."""
    folder = tmp_path / "certs"
    folder.mkdir()
    for ours, theirs in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        shutil.copy(TLS / f"{ours}.pem", folder / f"{theirs}.pem")
    return folder


def a_context(
    config: Path, name: str, host: str, certificates: Path | None = None, *, skips: bool = False
) -> None:
    """A context as `docker context create` leaves it."""
    number = sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / number
    meta.mkdir(parents=True)
    docker = {"Host": host, "SkipTLSVerify": skips}
    text = json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": docker}})
    (meta / "meta.json").write_text(text)
    if certificates:
        shutil.copytree(certificates, config / "contexts" / "tls" / number / "docker")


def test_nobody_named_one() -> None:
    """The default socket is taken, and the caller can tell that nobody asked for it."""
    found = resolve(None, {})
    assert (found.host, found.named, found.warnings) == ("unix:///var/run/docker.sock", False, ())
    assert found.exists == Path("/var/run/docker.sock").exists()


def test_the_environment_named_one(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        found = resolve(None, {"DOCKER_HOST": f"unix://{tmp_path}/s"})
    assert (found.address.path, found.source, found.named, found.exists) == (
        f"{tmp_path}/s",
        "DOCKER_HOST",
        True,
        True,
    )
    assert not resolve(None, {"DOCKER_HOST": "unix:///no/such"}).exists


def test_the_flag_goes_before_the_environment() -> None:
    found = resolve("unix:///a", {"DOCKER_HOST": "unix:///b"})
    assert (found.address.path, found.source) == ("/a", "--docker-host")


def test_the_context_that_was_named_goes_before_the_environment(config: Path) -> None:
    a_context(config, "there", "unix:///there.sock")
    found = resolve(None, {"DOCKER_HOST": "unix:///b"}, "there")
    assert (found.address.path, found.source, found.named) == ("/there.sock", "the context 'there'", True)


def test_upper_case_in_a_path_is_kept() -> None:
    """The SDK takes the first part of a path for a host name, and writes it small."""
    assert resolve("unix:///Run/User/D.sock", {}).address.path == "/Run/User/D.sock"


def test_the_current_context_is_not_followed_but_told(config: Path) -> None:
    """It may lead to another engine than the one that the operator has in mind."""
    a_context(config, "prod", "tcp://prod:2376")
    (config / "config.json").write_text('{"currentContext": "prod"}')
    found = resolve(None, {})
    assert found.host == "unix:///var/run/docker.sock"
    assert "'prod'" in found.warnings[0]
    assert "not followed" in found.warnings[0]
    assert resolve("unix:///a", {}).warnings == ()


def test_a_context_of_the_environment_is_not_followed_but_told() -> None:
    assert "'other'" in resolve(None, {"DOCKER_CONTEXT": "other"}).warnings[0]
    assert resolve(None, {"DOCKER_CONTEXT": "default"}).warnings == ()


@pytest.mark.parametrize("text", ["{", "[]", '{"currentContext": 5}', '{"currentContext": null}', "\x00"])
def test_a_broken_configuration_of_the_docker_command_is_no_concern_of_ours(config: Path, text: str) -> None:
    (config / "config.json").write_text(text)
    assert not resolve(None, {}).named


def test_a_user_without_a_home_has_chosen_no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an image, where a user may be a number that no file knows."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    found = resolve(None, {})
    assert (found.named, found.warnings) == (False, ())


def test_tcp_without_tls_is_possible_and_warned_of() -> None:
    found = resolve("tcp://10.0.0.1:2375", {})
    assert (found.address.host, found.address.port, found.address.tls) == ("10.0.0.1", 2375, None)
    assert "without TLS" in found.warnings[0]


def test_an_ipv6_host() -> None:
    assert str(resolve("tcp://[::1]:2375", {}).address) == "tcp://[::1]:2375"


@pytest.mark.parametrize("verify", [{}, {"DOCKER_TLS_VERIFY": "1"}, {"DOCKER_TLS_VERIFY": ""}])
def test_tls_is_verified_whatever_the_environment_says(certificates: Path, verify: dict[str, str]) -> None:
    """Docker itself takes certificates without DOCKER_TLS_VERIFY for "encrypt, but believe anybody"."""
    for flag, host in (("tcp://h:2376", {}), (None, {"DOCKER_HOST": "tcp://h:2376"})):
        found = resolve(flag, {"DOCKER_CERT_PATH": str(certificates), **verify, **host})
        assert found.address.tls is not None
        assert found.address.tls.verify_mode == ssl.CERT_REQUIRED
        assert found.address.tls.check_hostname
        assert found.tls is not None
        assert found.tls.verify
        assert found.warnings == ()


def test_only_the_flag_makes_tls_believe_anybody(certificates: Path) -> None:
    for environ in ({"DOCKER_CERT_PATH": str(certificates), "DOCKER_TLS_VERIFY": "1"}, {}):
        found = resolve("tcp://h:2376", environ, tls_insecure=True)
        assert found.address.tls is not None
        assert found.address.tls.verify_mode == ssl.CERT_NONE
        assert "not verified" in found.warnings[0]


def test_certificates_do_not_concern_a_socket(certificates: Path) -> None:
    found = resolve("unix:///a", {"DOCKER_CERT_PATH": str(certificates), "DOCKER_TLS_VERIFY": "1"})
    assert found.tls is None


def test_a_context_brings_its_certificates_and_they_are_verified(config: Path, certificates: Path) -> None:
    """Even if the context was created with skip-tls-verify: that was said to another tool."""
    a_context(config, "far", "tcp://far:2376", certificates, skips=True)
    found = resolve(None, {}, "far")
    assert found.address.tls is not None
    assert found.address.tls.verify_mode == ssl.CERT_REQUIRED
    assert resolve(None, {}, "far", tls_insecure=True).warnings != ()


def test_half_of_a_certificate_folder_is_an_error_and_not_plain_text(
    config: Path, certificates: Path
) -> None:
    (certificates / "key.pem").unlink()
    a_context(config, "far", "tcp://far:2376", certificates)
    with pytest.raises(BadEndpoint, match=r"key\.pem"):
        resolve(None, {}, "far")
    with pytest.raises(BadEndpoint, match=r"key\.pem"):
        resolve("tcp://h:2376", {"DOCKER_CERT_PATH": str(certificates)})


@pytest.mark.parametrize("name", ["ca", "cert", "key"])
def test_a_certificate_file_that_is_none_is_named(certificates: Path, name: str) -> None:
    (certificates / f"{name}.pem").write_text("nothing")
    with pytest.raises(BadEndpoint, match=f"{name}\\.pem"):
        resolve("tcp://h:2376", {"DOCKER_CERT_PATH": str(certificates)})


def test_an_authority_that_is_not_there_is_named(certificates: Path) -> None:
    (certificates / "ca.pem").unlink()
    for environ in ({"DOCKER_CERT_PATH": str(certificates)}, {"DOCKER_TLS_VERIFY": "1"}):
        with pytest.raises(BadEndpoint, match=r"ca\.pem"):
            resolve("tcp://h:2376", environ)


@pytest.mark.parametrize(
    "host",
    [
        "ssh://",
        "ssh://-oProxyCommand=x",
        "ssh://me@-x",
        "ssh://-lx@far",
        "ssh://me:secret@far",
        "ssh://far/run/docker.sock",
        "ssh://far;touch",
        "ssh://far`id`",
        "ssh://$(id)@far",
        "ssh://far:0x1",
        "ssh://far:99999",
        "npipe:////./pipe/docker_engine",
        "fd://",
        "http://h:1",
        "https://h:1",
        "http+unix:///a",
        "/var/run/docker.sock",
        "far:2375",
        "unix://relative/path",
        "unix:///" + "a" * 107,
        "unix:///a\0b",
        "tcp://",
        "tcp://h",
        "tcp://h:0",
        "tcp://h:99999",
        "tcp://h:x",
        "tcp://h:1/path",
        "tcp://me:secret@h:1",
        "tcp://me@h:1",
        "tcp://[::1",
        "tcp://h:1?x=y",
    ],
)
def test_what_cannot_be_spoken_to_is_refused_with_a_sentence(host: str) -> None:
    with pytest.raises(BadEndpoint, match="from --docker-host"):
        resolve(host, {})


WRITTEN = (
    "tcp://me:{}@h:1", "tcp://:{}@h:1", "ssh://me:{}@far", "ssh://me:{}@far:22", "http://me:{}@h",
    "me:{}@h:1", "unix://me:{}@h", "tcp://me:{}@h:1/path", "TCP://me:{}@h:1", " tcp://me:{}@h:1",
)  # fmt: skip


@pytest.mark.parametrize("form", WRITTEN)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_password_stands_in_an_error_whatever_it_is_made_of(form: str, more: str) -> None:
    """Not in the words of the libraries that take it apart, either: some quote what they stumble on."""
    for where, host in ((form.format(f"sec{more}ret"), None), (None, form.format(f"sec{more}ret"))):
        with pytest.raises(BadEndpoint) as refused:
            resolve(where, {"DOCKER_HOST": host or ""})
        assert "sec" not in str(refused.value)
        assert "ret" not in str(refused.value)
        assert "***" in str(refused.value)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("tcp://h:1", "tcp://h:1"),
        ("tcp://me@h:1", "tcp://me@h:1"),
        ("ssh://me@far:22", "ssh://me@far:22"),
        ("unix:///run/a:b@c.sock", "unix:///run/a:b@c.sock"),
        ("tcp://me:a@b://c@h:1", "tcp://me:***@h:1"),
        ("a:b://c@h", "a:***@h"),
        ("far:2375", "far:2375"),
    ],
)
def test_an_address_is_shown_as_it_was_written_but_for_a_password(host: str, shown: str) -> None:
    assert without_password(host) == shown


def test_certificates_that_were_named_for_one_engine_go_before_those_of_the_environment(
    certificates: Path, tmp_path: Path
) -> None:
    for environ in ({}, {"DOCKER_CERT_PATH": "/no/such", "DOCKER_TLS_VERIFY": "1"}):
        found = resolve("tcp://h:1", environ, certificates=str(certificates))
        assert found.tls is not None
        assert (found.tls.certificate, found.tls.verify) == (f"{certificates}/cert.pem", True)
        assert found.address.tls is not None
        assert found.address.tls.verify_mode is ssl.CERT_REQUIRED
    (certificates / "key.pem").unlink()
    with pytest.raises(BadEndpoint, match=rf"{certificates} does not hold key\.pem"):
        resolve("tcp://h:1", {}, certificates=str(certificates))


def test_a_context_that_does_not_exist_or_cannot_be_read(config: Path) -> None:
    with pytest.raises(BadEndpoint, match="there is no context 'nope'"):
        resolve(None, {}, "nope")
    a_context(config, "bad", "unix:///a")
    meta = next(config.rglob("meta.json"))
    for text in ("{", "{}", "[]", '{"Name": 5}'):
        meta.write_text(text)
        with pytest.raises(BadEndpoint, match="cannot be read"):
            resolve(None, {}, "bad")


def test_two_names_are_one_too_many() -> None:
    with pytest.raises(BadEndpoint, match="one of them"):
        resolve("unix:///a", {}, "there")


def test_a_folder_that_must_not_be_looked_into_is_no_crash(tmp_path: Path) -> None:
    """Whether there is a socket cannot be told; connecting to it will say why."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    try:
        assert resolve(f"unix://{folder}/docker.sock", {}).exists
    finally:
        os.seteuid(own)
        folder.rmdir()
