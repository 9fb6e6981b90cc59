"""The shipped proxy: what is not ours is refused, in whatever way it is written, and what is ours passes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reactor.app.socketproxy.haproxy import REFUSED
from reactor.engine import canaries
from reactor.engine.asked import CALLS, Need
from tests.engine.payloads import A
from tests.real.waiting import until
from tests.tooling.socket_proxy import SocketProxy, Upstream, ask, status

pytestmark = pytest.mark.real

IMAGE_ID = "sha256:" + "1" * 64
CANARY = canaries.written("busybox:1.36", "KFG5:XKXD-0123456789abcdef").decode()
EVENTS = "%7B%22type%22%3A%5B%22container%22%5D%7D"
LEFT = "%7B%22label%22%3A%20%5B%22reactor.canary%3DKFG5%3AXKXD-0123456789abcdef%22%5D%7D"

# Written down once more, as they are sent: the table cannot be wrong in the same way.
OURS: dict[Need, tuple[tuple[str, str, str], ...]] = {
    Need.OBSERVE: (
        ("GET", "/version", ""),
        ("GET", "/v1.41/info", ""),
        ("GET", "/v1.41/containers/json?all=1", ""),
        ("GET", f"/v1.41/containers/{A}/json", ""),
        ("GET", f"/v1.41/containers/{A}/json?size=1", ""),
        ("GET", f"/v1.41/containers/{A}/stats?stream=true", ""),
        ("GET", f"/v1.41/images/{IMAGE_ID}/json", ""),
        ("GET", f"/v1.41/events?since=1795262400.000000000&filters={EVENTS}", ""),
        ("GET", f"/v1.41/events?filters={EVENTS}", ""),
    ),
    Need.ACT: (
        ("GET", f"/v1.41/containers/{A}/logs?stdout=1&stderr=1&tail=20", ""),
        ("POST", f"/v1.41/containers/{A}/kill?signal=KILL", ""),
        ("POST", f"/v1.41/containers/{A}/stop?t=10", ""),
        ("POST", f"/v1.41/containers/{A}/restart?t=10", ""),
        ("POST", f"/v1.41/containers/{A}/pause", ""),
        ("POST", f"/v1.41/containers/{A}/unpause", ""),
    ),
    Need.LIMITS: (
        ("POST", f"/v1.41/containers/{A}/update", '{"Memory": 8589934592, "MemorySwap": 8589934592}'),
    ),
    Need.LEFTOVERS: (("DELETE", f"/v1.41/containers/{A}?force=0&v=0", ""),),
    Need.CANARY: (
        ("POST", "/v1.41/containers/create?name=reactor-canary-01234567", CANARY),
        ("POST", f"/v1.41/containers/{A}/start", ""),
        ("GET", f"/v1.41/containers/json?all=1&filters={LEFT}", ""),
        ("DELETE", f"/v1.41/containers/{A}?force=1&v=1", ""),
    ),
    Need.SIDECARS: (
        ("POST", "/v1.41/containers/create?name=t-1-pg", '{"Image":"postgres:16"}'),
        ("POST", f"/v1.41/containers/{A}/start", ""),
        ("DELETE", f"/v1.41/containers/{A}?force=0&v=0", ""),
        ("GET", "/v1.41/images/registry.example.org:5000/db/postgres:16/json", ""),
        ("GET", "/v1.41/containers/json", ""),
    ),
    Need.DATA: (("GET", "/v1.41/volumes", ""),),
}

API = [line.split(" ") for line in Path(__file__).with_name("engine_calls.txt").read_text().splitlines()]
"""The whole API of the engine, 1.41, with a container or another thing where one is named."""
LEVELS = {
    "observe": (Need.OBSERVE,),
    "act": (Need.ACT,),
    "all": tuple(Need),
    "canary": (Need.ACT, Need.CANARY),
}

IMAGES = {"act": (A,), "all": (A, "web", A[:12])}
"""An image may also be named by a bare id; and by a name, where it is looked for before something is made."""


def request(method: str, target: str, body: str = "", *headers: str) -> bytes:
    """A request as it is sent."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: docker", *length, *headers))
    return f"{head}\r\n\r\n{body}".encode("latin-1")


def ours(needs: tuple[Need, ...]) -> dict[tuple[str, str], str]:
    """What is let through."""
    wanted = {Need.OBSERVE, *needs}
    return {(method, target): body for need in wanted for method, target, body in OURS[need]}


def written_otherwise(method: str, target: str) -> Iterator[tuple[str, str]]:
    """The same call, as somebody would write it who wants a proxy and an engine to read two things in it."""
    path, _, query = target.partition("?")
    asked = f"?{query}" if query else ""
    yield from ((method, each) for each in (*_paths(path, asked), *_names(target)))
    yield from ((method, target + ("" if query else "?") + tail) for tail in MORE_QUERY)
    yield from ((method, where + target) for where in PLACES)
    for other in ("HEAD", "PUT", "PATCH", "CONNECT", "TRACE", method.lower(), f"{method}X"):
        yield other, target


MORE_QUERY = ("&x=1", "&force=1&v=1", "&signal=TERM", "&all=1", "#", "&%00", "?", "&t=-1", "%26")
PLACES = ("http://docker", "https://docker", "unix://docker", "//docker", "http://x@docker:80")
VERSIONS = ("/v1.23", "/v1.9", "/v2.0", "/v1.100", "/V1.41", "", "/v1.41/v1.41", "/v01.41", "/v1.041")
SLASHES = ("//", "/./", "/x/../", "/%2e/", "%2f", "%2F", "\\", "/;x/")
TAILS = ("/", "%00", "%20", "%0d%0a", "#x", ";x", "/..", "/../json", ".json")


def _paths(path: str, query: str) -> Iterator[str]:
    if path.startswith("/v1.41"):
        yield from (path.replace("/v1.41", other, 1) + query for other in VERSIONS)
    for at, sign in enumerate(path):
        if sign == "/":
            yield from (path[:at] + slash + path[at + 1 :] + query for slash in SLASHES)
    yield from (path.upper() + query, path.title() + query)
    yield from (path + tail + query for tail in TAILS)


def _names(target: str) -> Iterator[str]:
    short, escaped = ("web", A[:12], A[:63], "..", ""), ("%61" + A[1:], A[:63] + "%61")
    for name in (*short, *escaped, A + "a", A.upper(), A[:-1] + "g"):
        if A in target:
            yield target.replace(A, name)


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    """Something that says yes to everything that reaches it."""
    with Upstream(tmp_path / "upstream.sock").serving() as upstream:
        yield upstream


@pytest.fixture
def proxies(tmp_path: Path, upstream: Upstream) -> Iterator[dict[str, SocketProxy]]:
    """A proxy of each level before it."""
    found = {}
    for level, needs in LEVELS.items():
        (tmp_path / level).mkdir()
        found[level] = SocketProxy(tmp_path / level, str(upstream.path), needs)
    try:
        for proxy in found.values():
            proxy.start()
        yield found
    finally:
        for proxy in found.values():
            proxy.stop()


def test_what_is_ours_passes_at_its_level_unchanged_and_nothing_else_does(
    proxies: dict[str, SocketProxy], upstream: Upstream
) -> None:
    all_of_ours = ours(tuple(Need))
    for level, proxy in proxies.items():
        passing = ours(LEVELS[level])
        for (method, target), body in all_of_ours.items():
            upstream.reached.clear()
            answered = ask(proxy.socket, request(method, target, body))
            if (method, target) in passing:
                assert status(answered) == 200, (level, method, target, answered)
                (reached,) = upstream.reached
                assert reached.startswith(f"{method} {target} HTTP/1.1\r\n".encode())
                assert reached.endswith(body.encode())
            else:
                assert (status(answered), upstream.reached) == (403, []), (level, method, target)
    assert {each.name for each in CALLS if any(each.fits(*one) for one in all_of_ours)} == {
        each.name for each in CALLS
    }


def test_the_engines_whole_api_and_each_hostile_way_to_write_a_call_are_refused(
    proxies: dict[str, SocketProxy], upstream: Upstream
) -> None:
    """At the level of acting, and where everything is let through that is ever asked."""
    for level in ("act", "all"):
        passing = set(ours(LEVELS[level]))
        tried = {
            (method, version + path.replace("ID", name))
            for method, path in API
            for version in ("/v1.41", "", "/v1.12", "/v1.23")
            for name in (A, "web", A[:12])
        }
        tried |= {other for one in ours(tuple(Need)) for other in written_otherwise(*one)}
        tried -= passing | {("GET", f"/v1.41/images/{name}/json") for name in IMAGES[level]}
        assert len(tried) > 1500
        for method, target in sorted(tried):
            answered = status(ask(proxies[level].socket, request(method, target)))
            assert answered in (403, 400), (level, method, target, answered)
            assert upstream.reached == [], (level, method, target)


@pytest.mark.parametrize(
    "header",
    [
        "Upgrade: tcp", "Connection: Upgrade", "Connection: close, upgrade", "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity", "Transfer-Encoding : chunked", "Content-Length: 5",
        "Content-Length: +0", "Content-Length: 00",
        "Expect: 100-continue", "Content-Length: 0\r\nContent-Length: 5",
    ],
)  # fmt: skip
def test_no_other_protocol_and_no_body_where_none_belongs(
    header: str, proxies: dict[str, SocketProxy], upstream: Upstream
) -> None:
    for method, target in (("GET", "/version"), ("POST", f"/v1.41/containers/{A}/kill?signal=KILL")):
        sent = request(method, target, "", header) + b"hello"
        assert status(ask(proxies["act"].socket, sent)) in (400, 403), (method, header)
    assert upstream.reached == []


def test_a_second_request_behind_the_first_is_not_read(
    proxies: dict[str, SocketProxy], upstream: Upstream
) -> None:
    first, second = request("GET", "/version"), request("POST", f"/v1.41/containers/{A}/exec")
    answered = ask(proxies["act"].socket, first + second)
    assert answered.count(b"HTTP/1.1 200") == 1
    assert [reached.split(b" ")[1] for reached in upstream.reached] == [b"/version"]
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)
    assert status(ask(proxies["act"].socket, preface)) in (0, 400, 403)


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (f"/v1.41/containers/{A}/update", '{"RestartPolicy": {"Name": "always"}}'),
        (f"/v1.41/containers/{A}/update", '{"PidsLimit": 0}'),
        (f"/v1.41/containers/{A}/update", '{"Memory": 1, "Devices": []}'),
        (f"/v1.41/containers/{A}/update", '{"Memory": 1' + " " * 400 + "}"),
        (f"/v1.41/containers/{A}/update", ""),
        ("/v1.41/containers/create?name=reactor-canary-1", '{"Image":"busybox"}'),
        ("/v1.41/containers/create?name=reactor-canary-1", CANARY.replace('["ALL"]', "[]")),
        ("/v1.41/containers/create?name=reactor-canary-1", CANARY + '{"HostConfig":{"Privileged":true}}'),
        ("/v1.41/containers/create?name=web", CANARY),
    ],
)
def test_a_body_is_what_we_send_or_it_is_refused(
    target: str, body: str, tmp_path: Path, upstream: Upstream
) -> None:
    with SocketProxy(tmp_path, str(upstream.path), (Need.LIMITS, Need.CANARY)) as proxy:
        answered = ask(proxy.socket, request("POST", target, body))
        assert status(answered) == 403
        assert json.loads(answered.partition(b"\r\n\r\n")[2])["message"] == REFUSED
        assert upstream.reached == []
        until(lambda: f'403 "POST {target} HTTP/1.1"' in proxy.log(), 5)
