"""Who may read and who may change what, over real sockets: every way in, every file, every credential."""

from functools import partial
from pathlib import Path

import pytest
import trio

from reactor.http.address import Address
from reactor.http.client import Client
from reactor.http.server import serve
from reactor.http.server_unix import own_unix_listener
from tests.access.papers import Papers
from tests.access.scene import CHANGE, HASH, READ, RIGHT, WRONG, page, scene

TLS = "  cert_file: server.pem\n  key_file: server-key.pem\n"
ASKED = "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n"
IF_GIVEN = "  client_ca_file: ca.pem\n  client_auth_type: VerifyClientCertIfGiven\n"
FILES = {
    "nothing": "",
    "password": f"basic_auth_users: {{ada: {HASH}}}\n",
    "tls": f"tls_server_config:\n{TLS}",
    "tls+password": f"tls_server_config:\n{TLS}basic_auth_users: {{ada: {HASH}}}\n",
    "certificate": f"tls_server_config:\n{TLS}{ASKED}",
    "certificate+password": f"tls_server_config:\n{TLS}{ASKED}basic_auth_users: {{ada: {HASH}}}\n",
    "if given": f"tls_server_config:\n{TLS}{IF_GIVEN}",
}
NO = "refused"
# What is asked for, what is shown (a password, a certificate), and what comes of it on loopback (to read, to
# change something) and where other machines can connect.
MATRIX = """
nothing               -      -         200 200   200 403
nothing               wrong  -         200 200   200 403
nothing               right  -         200 200   200 403
password              -      -         401 401   401 401
password              wrong  -         401 401   401 401
password              right  -         200 200   200 403
tls                   -      -         200 200   200 403
tls                   -      client    200 200   200 403
tls                   -      stranger  200 200   200 403
tls+password          -      -         401 401   401 401
tls+password          -      client    401 401   401 401
tls+password          wrong  -         401 401   401 401
tls+password          right  -         200 200   200 200
certificate           -      -         no  no    no  no
certificate           right  -         no  no    no  no
certificate           -      stranger  no  no    no  no
certificate           -      expired   no  no    no  no
certificate           -      client    200 200   200 200
certificate+password  -      -         no  no    no  no
certificate+password  right  -         no  no    no  no
certificate+password  right  stranger  no  no    no  no
certificate+password  right  expired   no  no    no  no
certificate+password  -      client    401 401   401 401
certificate+password  wrong  client    401 401   401 401
certificate+password  right  client    200 200   200 200
if given              -      -         200 200   200 403
if given              -      client    200 200   200 403
if given              -      stranger  no  no    no  no
if given              -      expired   no  no    no  no
"""
Row = tuple[str, str, list[int | str]]


def rows(name: str) -> list[Row]:
    """The rows of one file: user, certificate, and what is expected."""
    found: list[Row] = []
    for line in MATRIX.strip().splitlines():
        words = line.split()
        given = " ".join(words[:-6])
        if given == name:
            user = {"-": "", "wrong": WRONG, "right": RIGHT}[words[-6]]
            expected = [NO if each == "no" else int(each) for each in words[-4:]]
            found.append((user, words[-5].strip("-"), expected))
    return found


def written(folder: Path, papers: Papers, name: str) -> Path | None:
    """The file of this name beside the certificates; none where there is nothing to say."""
    if not FILES[name]:
        return None
    for each in papers.folder.glob("*.pem"):
        (folder / each.name).write_bytes(each.read_bytes())
    (folder / "web.yaml").write_text(FILES[name])
    return folder / "web.yaml"


@pytest.mark.parametrize("name", FILES)
async def test_who_may_read_and_who_may_change(name: str, papers: Papers, tmp_path: Path) -> None:
    """Just the calls that are allowed reach what changes something."""
    file, secured = written(tmp_path, papers, name), "tls_" in FILES[name]
    seen: list[Row] = [(user, certificate, []) for user, certificate, _ in rows(name)]
    for local in (True, False):
        async with scene(file, papers=papers if secured else None, local=local) as there:
            for user, certificate, found in seen:
                found.append(await there.status(READ, user=user, certificate=certificate))
                found.append(await there.status(CHANGE, user=user, certificate=certificate))
        done = [expected[1 if local else 3] for _, _, expected in rows(name)].count(200)
        assert there.changed == done
    assert seen == rows(name)


@pytest.mark.parametrize("name", ["nothing", "certificate+password"])
async def test_without_being_enabled_nothing_changes_for_anybody(
    name: str, papers: Papers, tmp_path: Path
) -> None:
    file = written(tmp_path, papers, name)
    async with scene(file, papers=papers if file else None, orders=False) as there:
        assert await there.status(READ, user=RIGHT, certificate="client") == 200
        assert await there.status(CHANGE, user=RIGHT, certificate="client") == 403
        assert there.changed == 0


async def test_on_a_unix_socket_its_mode_decides_and_nothing_else(tmp_path: Path) -> None:
    """No file is asked there: who can open it is who runs the monitor."""
    path = tmp_path / "control.sock"
    async with own_unix_listener(path) as listener, trio.open_nursery() as nursery:
        assert path.stat().st_mode & 0o777 == 0o600
        await nursery.start(partial(serve, [listener], page))
        answer = await Client(Address.unix(str(path))).request("POST", CHANGE, within=5)
        assert answer.status == 200
        nursery.cancel_scope.cancel()


async def test_whoever_speaks_plainly_to_a_tls_port_is_told(papers: Papers, tmp_path: Path) -> None:
    async with scene(written(tmp_path, papers, "tls"), papers=papers) as there:
        answer = await there.ask(plain=True)
        assert (answer.status, answer.body.split(b":")[0]) == (400, b"TLS is spoken here")


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({}, 200, ""),
        ({"Content-Type": "application/json; charset=utf-8"}, 200, ""),
        ({"Content-Type": "text/plain"}, 403, "page"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 403, "page"),
        ({"Sec-Fetch-Site": "same-origin"}, 200, ""),
        ({"Sec-Fetch-Site": "none"}, 200, ""),
        ({"Sec-Fetch-Site": "same-site"}, 403, "page"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "page"),
        ({"Origin": "https://evil.example"}, 403, "page"),
        ({"Origin": "null"}, 403, "page"),
        ({"Origin": "http://127.0.0.1:PORT"}, 200, ""),
        ({"Origin": "https://127.0.0.1:PORT"}, 403, "page"),
    ],
)
async def test_no_page_of_somebody_elses_changes_anything(
    headers: dict[str, str], status: int, word: str
) -> None:
    async with scene() as there:
        sent = {name: value.replace("PORT", str(there.port)) for name, value in headers.items()}
        assert (await there.ask(CHANGE, headers=sent)).status == status
        assert there.changed == (status == 200)
        counted = there.tally.freeze().counters["reactor_web_refused_total"]
        assert counted == ({(word,): 1} if word else {})


@pytest.mark.parametrize(
    ("host", "local", "hosts", "status"),
    [
        ("localhost", True, "", 200),
        ("LOCALHOST:9710", True, "", 200),
        ("127.9.9.9:1", True, "", 200),
        ("[::1]:9710", True, "", 200),
        ("evil.example", True, "", 403),
        ("localhost.evil.example:9710", True, "", 403),
        ("192.0.2.7", True, "", 403),
        ("user@localhost", True, "", 200),
        ("localhost@evil.example", True, "", 403),
        ("", True, "", 403),
        ("monitor.example.org", True, "monitor.example.org", 200),
        ("monitor.example.org:443", False, "monitor.example.org", 200),
        ("evil.example", False, "monitor.example.org", 403),
        ("evil.example", False, "", 200),
    ],
)
async def test_only_by_names_of_this_machine(host: str, local: bool, hosts: str, status: int) -> None:
    """A page whose name points to this machine since a moment ago is told nothing."""
    names = frozenset(filter(None, [hosts]))
    async with scene(local=local, hosts=names) as there:
        async with await trio.open_tcp_stream("127.0.0.1", there.port) as stream:
            await stream.send_all(
                f"GET {READ} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join([bytes(piece) async for piece in stream])
        assert int(answer.split()[1]) == status, answer
