"""Every way in which the program cannot begin: a sentence with what and where, exit code 2, no traceback."""

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.real.monitor import SHIPPED_RULES, clean_environment, program

TLS = Path(__file__).parents[1] / "http" / "tls"
WITHIN = 30.0


def refusal(folder: Path, *arguments: str, before: tuple[str, ...] = (), **environment: str) -> list[str]:
    """Run it with these arguments; it must end with 2, say something on stderr and nothing on stdout."""
    ended = subprocess.run(
        [
            *before,
            *program("run", "--journal", str(folder / "journal.db"), "--listen", "127.0.0.1:0", *arguments),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        env=clean_environment(**environment),
    )
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert not (folder / "journal.db").exists()
    return ended.stderr.splitlines()


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    """A socket on which somebody listens and says nothing."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "docker.sock"))
        listener.listen()
        yield tmp_path / "docker.sock"


@pytest.fixture
def tls_port() -> Iterator[int]:
    """A server with a certificate of our authority, which answers nobody."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "server.pem", TLS / "server-key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    serving = threading.Thread(target=_turn_away, args=(listener, context))
    serving.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    serving.join(10)
    listener.close()


def _turn_away(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with closing(peer), suppress(OSError):
            peer.settimeout(5)
            context.wrap_socket(peer, server_side=True).close()


def test_an_engine_that_was_named_and_is_not_there(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "--docker-host", f"unix://{tmp_path}/none.sock")
    assert line.startswith("reactor: ")
    assert line.endswith(f"there is no socket at unix://{tmp_path}/none.sock")


def test_a_socket_that_its_engine_left_behind(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "dead.sock"))
    (line,) = refusal(tmp_path, DOCKER_HOST=f"unix://{tmp_path}/dead.sock")
    assert line.endswith(f"nobody listens at unix://{tmp_path}/dead.sock")


def test_an_engine_that_does_not_answer(tmp_path: Path, listening: Path) -> None:
    """It takes its time, and then it says so."""
    (line,) = refusal(tmp_path, "--docker-host", f"unix://{listening}")
    assert "no answer" in line


def test_a_host_where_nobody_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines = refusal(tmp_path, "--docker-host", f"tcp://127.0.0.1:{port}")
    assert lines[-1].endswith(f"nobody listens at tcp://127.0.0.1:{port}")


def test_a_socket_that_we_may_not_open(tmp_path: Path, listening: Path) -> None:
    """Root may open everything, unless it is made to obey the modes of files as others do."""
    listening.chmod(0)
    obedient = ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    (line,) = refusal(tmp_path, "--docker-host", f"unix://{listening}", before=obedient)
    assert f"access to unix://{listening} is denied; the user must be in the group of the socket" in line


def test_an_engine_with_a_certificate_of_another_authority(tmp_path: Path, tls_port: int) -> None:
    (tmp_path / "ca.pem").write_bytes((TLS / "other-ca.pem").read_bytes())
    for name, source in (("cert.pem", "client.pem"), ("key.pem", "client-key.pem")):
        (tmp_path / name).write_bytes((TLS / source).read_bytes())
    host = f"tcp://127.0.0.1:{tls_port}"
    (line,) = refusal(tmp_path, "--docker-host", host, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH=str(tmp_path))
    assert line.startswith("reactor: ")
    assert "the certificate of the server is not accepted" in line


def test_rules_that_are_not_there(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "--rules", f"{tmp_path}/rules")
    assert line == f"{tmp_path}/rules: there is no such file or folder: check the path"


def test_a_folder_without_rules(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "--rules", str(tmp_path))
    assert line.startswith(f"{tmp_path}: there is no rule file in this folder")


def test_rules_with_mistakes_are_all_named_with_their_places(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.yaml").write_text(
        "groups:\n  - name: g\n    rules:\n      - name: r\n        when: pidz > 200\n        fro: 3s\n"
    )
    (rules / "b.yaml").write_text("groups:\n  - name: h\n    rules: [{name: r, when: memory > 12h}]\n")
    lines = refusal(tmp_path, "--rules", str(rules))
    places = [line.removeprefix(f"{rules}/").split(": ")[0] for line in lines if line.startswith(str(rules))]
    assert places == ["a.yaml:5:15", "a.yaml:6:9", "b.yaml:3:38"]
    assert "did you mean 'pids'" in lines[0]


def test_a_configuration_with_a_mistake(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("protect:\n  ids: [web-1]\n")
    (line,) = refusal(tmp_path, "--rules", str(SHIPPED_RULES), "--config", str(config))
    assert line.startswith(f"{config}:2:9: 'ids' takes full ids")
