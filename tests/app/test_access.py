"""A whole monitor with TLS and a password, ordered about from the command line and by a runner's client."""

import http.client
import json
import re
import subprocess
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest
import trio

from reactor import client
from reactor.app.asking import ask
from reactor.app.complaint import Complaint
from reactor.app.configuration import BadConfiguration, parse_configuration
from reactor.app.front import open_front, warn_of_open_doors
from reactor.app.invocation import read_settings
from reactor.app.options import parser
from reactor.app.reaching import CA, PASSWORD_FILE, USER, way_to
from reactor.app.settings import Api, Settings, WebTerms
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.world import World
from reactor.web.listen import parse_listen
from tests.access.papers import Papers, make_papers
from tests.access.scene import HASH, basic
from tests.app.embedded import apart, rules_in
from tests.real.monitor import Monitor, clean_environment, program

PASSWORD = "open sesame"  # noqa: S105  # Of this test only.


class Secured(Monitor):
    """A monitor that speaks TLS, asks for a password, and takes orders over TCP."""

    papers: Papers

    def command(self) -> list[str]:
        """As usual, and with a web configuration."""
        return [*super().command(), "--web.config.file", str(self.folder / "web.yaml"), "--web.enable-orders"]

    @property
    def address(self) -> str:
        """Where it listens, as it said."""
        found = re.search(r"https://(127\.0\.0\.1:\d+)", self.raw_log())
        return found[1] if found else ""

    def is_ready(self) -> bool:
        """Whether ``/-/ready`` says so, to whoever has the password."""
        if not self.address:
            return False
        made = http.client.HTTPSConnection(self.address, timeout=10, context=self.papers.client())
        with closing(made) as connection:
            connection.request("GET", "/-/ready", headers=basic(f"ada:{PASSWORD}"))
            return connection.getresponse().status == 200

    def ordered(self, *order: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """An order over https."""
        environ = {"REACTOR_CONTROL": f"https://{self.address}", **environ}
        return subprocess.run(
            program(*order),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env=clean_environment(**environ),
        )


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[tuple[World, Secured]]:
    papers = make_papers(folder)
    pair = {"cert_file": "server.pem", "key_file": "server-key.pem"}
    written = {"tls_server_config": pair, "basic_auth_users": {"ada": HASH}}
    (folder / "web.yaml").write_text(json.dumps(written))
    (folder / "password").write_text(f"{PASSWORD}\n")
    world = World(epoch=wall())
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, folder / "d.sock")
        monitor = Secured(folder, f"unix://{folder / 'd.sock'}", rules=rules_in(folder))
        monitor.papers = papers
        try:
            monitor.start()
            await apart(partial(monitor.wait_ready))
            yield world, monitor
            assert await apart(partial(monitor.stop)) == 0
        finally:
            monitor.end()
        nursery.cancel_scope.cancel()


async def _begins(stream: trio.abc.Stream, what: str) -> bytes:
    """Ask for something that goes on, and give the begin of the answer."""
    head = "".join(f"{name}: {value}\r\n" for name, value in basic(f"ada:{PASSWORD}").items())
    asked = f"{what} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{head}\r\n"
    await stream.send_all(asked.encode())
    with trio.fail_after(30):
        return bytes(await stream.receive_some())[:12]


async def _tcp_takes_no_seats_of_the_socket(monitor: Secured) -> None:
    """All streams of news that there are over TCP are taken, and more leases held than on the socket."""
    host, port = monitor.address.split(":")
    ways = ["GET /api/v1/decisions/stream"] * 7 + [f"POST /api/v1/leases/l{n}/hold" for n in range(9)]
    async with AsyncExitStack() as stack:
        for what in ways:
            bare = await trio.open_tcp_stream(host, int(port))
            stack.callback(bare.socket.close)
            secured = trio.SSLStream(bare, monitor.papers.client(), server_hostname="localhost")
            assert await _begins(secured, what) == b"HTTP/1.1 200", what
        for number in range(7):
            local = await trio.open_unix_socket(str(monitor.control))
            stack.callback(local.socket.close)
            what = "GET /api/v1/decisions/stream" if number < 6 else "POST /api/v1/leases/own/hold"
            assert await _begins(local, what) == b"HTTP/1.1 200", what


async def test_orders_by_https_with_a_password_from_a_file(tmp_path: Path) -> None:
    """Only who has the password ends anything, and just what was meant."""
    async with secured(tmp_path) as (world, monitor):
        for name in ("web", "web-2"):
            world.spawn(name=name, labels={"reactor.task": name})
        url, ca = f"https://{monitor.address}", str(tmp_path / "ca.pem")
        kill = partial(ask, method="POST", path="/v1/kill", container="web", sure="yes", who="ada")
        for secrets, said in (
            ({CA: str(tmp_path / "other.pem")}, "certificate of the server is not accepted"),
            ({CA: ca}, "asks for a name and a password"),
            ({CA: ca, USER: "ada", PASSWORD_FILE: ca}, "asks for a name and a password"),
        ):
            with pytest.raises(Complaint, match=said):
                await apart(partial(kill, Namespace(control=url, **secrets)))
        assert [world.find(name).alive for name in ("web", "web-2")] == [True, True]

        flags = ("--ca-file", ca, "--user", "ada", "--password-file", str(tmp_path / "password"))
        ended = await apart(partial(monitor.ordered, "kill", "web", "--yes", "--why", "a test", *flags))
        assert (ended.returncode, ended.stderr) == (0, "")
        assert [world.find(name).alive for name in ("web", "web-2")] == [False, True]

        runner = client.Client(
            f"https://{monitor.address}",
            user="ada",
            password=PASSWORD,
            secrets=client.Secrets(ca_file=f"{tmp_path}/ca.pem"),
        )
        await _tcp_takes_no_seats_of_the_socket(monitor)
        page = await apart(partial(runner.decisions))
        assert [each.name for each in page.decisions] == ["web"]
        with pytest.raises(client.Unreachable):
            await apart(partial(client.Client(f"https://{monitor.address}").decisions))
        assert PASSWORD not in monitor.raw_log()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen", "0.0.0.0:0", "--web.enable-orders"], "only with TLS and a password or a certificate"),
        (["--web.config.file", "bad.yaml"], "bad.yaml:1:1: unknown key 'tls' in a web configuration"),
    ],
)
def test_a_monitor_that_would_be_open_does_not_begin(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text("tls: {}\n")
    settings = read_settings(parser().parse_args(["run", *arguments]))
    with pytest.raises(Complaint) as complaint:
        open_front(settings, parse_listen(settings.listen))
    assert said in " ".join(complaint.value.lines)


def test_what_the_configuration_says_of_the_web(tmp_path: Path) -> None:
    text = "web: {config_file: /etc/reactor/web.yaml, orders: true, hosts: [Monitor.example.org]}"
    terms = parse_configuration(text, "c.yaml").web
    assert terms == WebTerms(
        Path("/etc/reactor/web.yaml"), orders=True, hosts=frozenset({"monitor.example.org"})
    )
    with pytest.raises(BadConfiguration) as bad:
        parse_configuration("web: {config_file: web.yaml, hosts: ['a:80'], tls: 1}", "c.yaml")
    assert [str(each) for each in bad.value.errors] == [
        "c.yaml:1:20: 'config_file' is the absolute path of a file, such as /etc/reactor/web.yaml",
        "c.yaml:1:38: an entry of 'hosts' is a name without a port, such as monitor.example.org",
        "c.yaml:1:47: unknown key 'tls' in 'web': known are config_file, hosts, orders",
    ]


def test_doors_that_are_open_are_said(caplog: pytest.LogCaptureFixture) -> None:
    """Loopback says nothing; others say what is missing."""
    front = open_front(Settings(), parse_listen("0.0.0.0:0"))
    token = Api(parse_listen("192.0.2.7:1"), b"")
    warn_of_open_doors(front, parse_listen("127.0.0.1:0"), Api(parse_listen("[::1]:1"), b""))
    assert not caplog.records
    warn_of_open_doors(front, parse_listen("0.0.0.0:0"), token)
    said = [(each.__dict__["address"], each.__dict__["without"]) for each in caplog.records]
    assert said == [("0.0.0.0:0", "TLS and authentication"), ("192.0.2.7:1", "TLS")]


@pytest.mark.parametrize(
    ("address", "environ", "said"),
    [
        ("https://ada:secret@h:1", {}, "a password does not belong in an address"),
        ("ftp://h", {}, "no address of a monitor"),
        ("https://h:1/a?b=1", {}, "no address of a monitor"),
        ("https://h:1/#/containers", {}, "no address of a monitor"),
        ("https://h:1//elsewhere", {}, "no address of a monitor"),
        ("https://h:1/engines/../v1", {}, "no address of a monitor"),
        ("https://h:1/a b", {}, "no address of a monitor"),
        ("https://h:99999", {}, "no address of a monitor"),
        ("https://h", {"REACTOR_USER": "ada"}, "REACTOR_USER is set, and no password"),
        (
            "https://h",
            {"REACTOR_USER": "a", "REACTOR_PASSWORD_FILE": "/none"},
            "REACTOR_PASSWORD_FILE cannot be",
        ),
        ("http://h", {"REACTOR_USER": "a", "REACTOR_PASSWORD": "b"}, "a password is not sent without TLS"),
        ("https://h", {"REACTOR_CA_FILE": "/none"}, "REACTOR_CA_FILE is no file with certificates"),
        ("https://h", {"REACTOR_CERT_FILE": "/none"}, "are no certificate with its key"),
    ],
)
def test_what_is_wrong_with_a_way_is_said(address: str, environ: dict[str, str], said: str) -> None:
    with pytest.raises(Complaint) as complaint:
        way_to(address, environ)
    assert said in " ".join(complaint.value.lines)
    assert "secret" not in " ".join(complaint.value.lines)
