"""Where to listen: what is understood, what is refused, and how it is said."""

import socket
from typing import NoReturn

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from reactor.http.server_listeners import CannotListen
from reactor.web.listen import DEFAULT, BadListen, Listen, open_listeners, parse_listen


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9710", "127.0.0.1", 9710),
        (":9710", "", 9710),
        ("0.0.0.0:80", "0.0.0.0", 80),  # noqa: S104 - read, not listened on
        ("[::1]:9710", "::1", 9710),
        ("[::]:0", "::", 0),
        ("localhost:65535", "localhost", 65535),
    ],
)
def test_what_is_understood(text: str, host: str, port: int) -> None:
    """And it is written back as it was given."""
    assert parse_listen(text) == Listen(host, port)
    assert str(parse_listen(text)) == text


def test_the_default_is_loopback() -> None:
    """Nobody else sees anything unless the operator says so."""
    assert parse_listen(DEFAULT).is_loopback


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.8.8.8:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        (":1", False),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("10.0.0.1:1", False),
        ("localhost.example:1", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(text: str, loopback: bool) -> None:
    """Whatever is not certain counts as open to others."""
    assert parse_listen(text).is_loopback is loopback


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "has no port"),
        ("9710", "has no port; write HOST:PORT, such as 127.0.0.1:9710"),
        ("localhost", "has no port"),
        ("localhost:", "no port between 0 and 65535"),
        ("localhost:http", "no port between"),
        ("localhost:65536", "no port between"),
        ("localhost:-1", "no port between"),
        ("localhost:²", "no port between"),
        ("localhost:" + "9" * 5000, "no port between"),
        ("http://localhost:9710", "address of a page"),
        ("::1:9710", "stands in brackets"),
        ("[::1:9710", "no IPv6 address in brackets"),
        ("[127.0.0.1]:9710", "no IPv6 address in brackets"),
        ("[]:9710", "no IPv6 address in brackets"),
        ("[::1]", "no port between"),
        ("two words:1", "is no host"),
        ("a\nb:1", "is no host"),
        ("a..b:1", "is no host"),
        ("a" * 64 + ".b:1", "is no host"),
    ],
)
def test_what_is_refused_comes_with_a_remedy(text: str, remedy: str) -> None:
    """Each mistake has its sentence, on one line."""
    with pytest.raises(BadListen) as caught:
        parse_listen(text)
    assert remedy in str(caught.value)
    assert str(caught.value).isprintable()


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    """It is an address or a BadListen with a printable sentence, never anything else."""
    try:
        said = str(parse_listen(text).port)
    except BadListen as error:
        said = str(error)
    assert said.isprintable()


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_taken_port_is_said_so(everywhere: bool) -> None:
    """With the address and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = Listen("" if everywhere else "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(CannotListen, match=rf"{listen}.*(taken|in use).*; choose another .* --listen$"):
            await open_listeners(listen)


class NobodyKnows(trio.abc.HostnameResolver):
    """A resolver that knows no name, without asking any network."""

    async def getaddrinfo(self, *_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def getnameinfo(self, *_: object) -> NoReturn:
        raise NotImplementedError


async def test_an_address_of_somebody_else_is_said_so() -> None:
    """Another machine's address, and a name that nobody knows."""
    with pytest.raises(CannotListen, match=r"cannot listen on 192\.0\.2\.1:9710: .*--listen"):
        await open_listeners(Listen("192.0.2.1", 9710))
    trio.socket.set_custom_hostname_resolver(NobodyKnows())
    with pytest.raises(CannotListen, match=r"nobody\.invalid:9710 is not known here.*--listen"):
        await open_listeners(Listen("nobody.invalid", 9710))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
async def test_any_free_port_can_be_had(host: str) -> None:
    """Port 0, on one address or on all."""
    listeners = await open_listeners(Listen(host, 0))
    port = listeners[0].socket.getsockname()[1]
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    await stream.aclose()
    for listener in listeners:
        await listener.aclose()
