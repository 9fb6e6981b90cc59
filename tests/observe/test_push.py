"""Pushing by OTLP: what the environment asks for, and what a bad receiver may not do."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
import trio
from trio.testing import MockClock

from reactor.observe import sending
from reactor.observe.otel import BadSetting, PushSettings, push_settings
from reactor.observe.otlp import EXPORTER_LOGGER, OtlpSink
from reactor.observe.otlp_wire import Words
from reactor.observe.prometheus import render
from reactor.observe.push import Pusher
from reactor.observe.sending import NotDelivered
from reactor.observe.snapshot import Captured, Moment, collect
from reactor.observe.tally import Tally
from tests.observe.build import OWN, captured, reading
from tests.observe.receiver import Receiver, Series, attributes, received, receiver
from tests.observe.test_exports import scraped

BASE = "OTEL_EXPORTER_OTLP_ENDPOINT"
OWN_PLACE = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
IDENTITY = {"service.name": "reactor", "service.instance.id": "engine-1"}


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the exporter reads itself; a short patience, so that a refusal is not tried for ten seconds."""
    for name in ("OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.3")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver of its own for each test. It always answers, and has the time that a busy machine takes."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "30")
    with receiver() as one:
        yield one


def two() -> Captured:
    """The numbers of a moment."""
    return captured(reading(1), reading(2))


def pusher_to(url: str, tally: Tally, interval: float = 60.0) -> Pusher:
    """A pusher to this receiver."""
    return Pusher(PushSettings(url + "/v1/metrics", interval), IDENTITY, lambda: two, tally)


def exports(tally: Tally) -> Mapping[tuple[str, ...], float]:
    """How often a push came off, and did not."""
    return tally.freeze().counters["reactor_exports_total"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({BASE: ""}, None),
        ({BASE: "http://a:4318"}, PushSettings("http://a:4318/v1/metrics")),
        ({BASE: "https://a/otlp/"}, PushSettings("https://a/otlp/v1/metrics")),
        ({OWN_PLACE: "http://a/x", BASE: "http://b"}, PushSettings("http://a/x")),
        ({BASE: "http://a", "OTEL_METRIC_EXPORT_INTERVAL": "500"}, PushSettings("http://a/v1/metrics", 0.5)),
        ({BASE: "http://a", "OTEL_SDK_DISABLED": "TRUE"}, None),
        ({BASE: "http://a", "OTEL_SDK_DISABLED": "false"}, PushSettings("http://a/v1/metrics")),
        ({BASE: "http://a", "OTEL_METRICS_EXPORTER": "none"}, None),
        ({BASE: "http://a", "OTEL_METRICS_EXPORTER": "console, otlp"}, PushSettings("http://a/v1/metrics")),
        (
            {
                BASE: "http://a",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
            },
            PushSettings("http://a/v1/metrics"),
        ),
    ],
)
def test_the_environment_decides(environ: dict[str, str], expected: PushSettings | None) -> None:
    """The standard variables, as every OpenTelemetry program reads them."""
    assert push_settings(environ) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (BASE, "localhost:4318"),
        (OWN_PLACE, "grpc://a"),
        (BASE, "http://["),
        (BASE, "http://"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "-5"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "60s"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "²"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "9" * 5000),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_named(variable: str, value: str) -> None:
    """With the variable and a remedy."""
    with pytest.raises(BadSetting, match=f"^{variable} is .*(such as|port)"):
        push_settings({BASE: "http://a", variable: value})


def test_credentials_are_not_shown() -> None:
    """The address in the log is without user, password and query."""
    settings = PushSettings("https://user:secret@host:4318/v1/metrics?key=secret")
    assert settings.receiver == "https://host:4318/v1/metrics"


def without_costs(series: Series) -> Series:
    """What is not read of the process that runs the tests."""
    costs = ("process_", "cpython_", "reactor_lane_cpu_", "reactor_lane_memory_")
    return {key: number for key, number in series.items() if not key[0].startswith(costs)}


async def test_a_push_brings_what_a_scrape_shows(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers over the wire, in the standard place, under the engine's id."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=a")
    tally = Tally()
    pusher = pusher_to(server.url, tally)
    assert await pusher.push()
    pusher.close()
    assert server.paths == ["/v1/metrics"]
    assert server.headers[0]["x-team"] == "a"
    got, shown = received(server.requests[0]), scraped(render(collect(two(), OWN)))
    assert without_costs(got) == without_costs(shown)
    assert attributes(list(server.requests[0].resource_metrics[0].resource.attributes)) == IDENTITY
    assert exports(tally) == {("metrics", "ok"): 1, ("metrics", "failed"): 0}


async def test_pushes_come_at_the_interval(server: Receiver) -> None:
    """Again and again, until cancelled; the connection is let go then."""
    pusher = pusher_to(server.url, Tally(), interval=0.02)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pusher.run)
        with trio.fail_after(10):
            assert await trio.to_thread.run_sync(server.third.wait, 10)
        nursery.cancel_scope.cancel()


async def test_the_first_push_waits_for_the_interval(autojump_clock: MockClock) -> None:
    """Sixty seconds by default; nothing is sent before, except for the last numbers at a stop."""
    captures: list[float] = []

    def capture() -> Moment:
        captures.append(trio.current_time())
        return two

    pusher = Pusher(PushSettings("http://127.0.0.1:1/v1/metrics"), IDENTITY, capture, Tally())
    with trio.move_on_after(59.9):
        await pusher.run()
    assert captures == [59.9]


async def test_the_last_numbers_are_pushed_at_a_stop(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happened since the last interval would be lost otherwise."""
    # That there is a bound is shown elsewhere; on a busy machine the exporter may take longer to be there.
    monkeypatch.setattr(sending, "LAST_WORDS", 30.0)
    pusher = pusher_to(server.url, Tally(), interval=3600.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pusher.run)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert server.paths == ["/v1/metrics"]


async def test_numbers_that_cannot_be_had_are_a_failed_push(
    server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """On the loop or in the thread: the next push goes."""
    tally, wanted = Tally(), iter(["loop", "thread", ""])

    def broken() -> Captured:
        raise TypeError("in the thread")

    def capture() -> Moment:
        where = next(wanted)
        if where == "loop":
            raise KeyError("on the loop")
        return broken if where == "thread" else two

    pusher = Pusher(PushSettings(server.url + "/v1/metrics"), IDENTITY, capture, tally)
    assert [await pusher.push() for _ in range(3)] == [False, False, True]
    pusher.close()
    assert exports(tally) == {("metrics", "failed"): 2, ("metrics", "ok"): 1}
    assert "KeyError" in vars(caplog.records[0])["why"]


async def test_failure_is_counted_each_time_and_logged_once(
    server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """One line when it begins, with the reason; one when it is over. The exporter itself keeps quiet."""
    caplog.set_level(logging.DEBUG)
    tally = Tally()
    pusher = pusher_to(server.url, tally)
    server.status = 401
    assert not await pusher.push()
    assert not await pusher.push()
    server.status = 200
    assert await pusher.push()
    assert await pusher.push()
    pusher.close()
    assert exports(tally) == {("metrics", "failed"): 2, ("metrics", "ok"): 2}
    lines = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [(record.name, record.getMessage()) for record in lines] == [
        ("reactor.observe.sending", "metrics do not get through"),
        ("reactor.observe.sending", "metrics get through again"),
    ]
    assert "401" in vars(lines[0])["why"]
    assert vars(lines[0])["receiver"] == server.url + "/v1/metrics"


async def test_nobody_listening_is_a_failed_push(caplog: pytest.LogCaptureFixture) -> None:
    """A refused connection ends within the exporter's patience."""
    tally = Tally()
    pusher = pusher_to("http://127.0.0.1:1", tally)
    assert not await pusher.push()
    pusher.close()
    assert exports(tally) == {("metrics", "ok"): 0, ("metrics", "failed"): 1}
    assert [record.name for record in caplog.records] == ["reactor.observe.sending"]


@dataclass
class Heard:
    """``said`` is set once the exporter has said something in this thread, and it was taken in.

    Another one, whom a stop left behind in an earlier test, may say his last words meanwhile.
    """

    thread: int = 0
    said: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Who tells that the exporter has said something of the send that is listened to."""
    heard, takes_in = Heard(), Words.filter

    def noted(words: Words, record: logging.LogRecord) -> bool:
        lets_through = takes_in(words, record)
        if record.thread == heard.thread:
            heard.said.set()
        return lets_through

    monkeypatch.setattr(Words, "filter", noted)
    return heard


async def stopped_meanwhile(url: str, heard: Heard) -> str:
    """Why a push did not get through that was given up by a stop while it waited for its next attempt."""
    sink, why = OtlpSink(url + "/v1/metrics", IDENTITY), list[str]()

    def send() -> None:
        heard.thread = threading.get_ident()
        try:
            sink.send(collect(two(), OWN))
        except NotDelivered as error:
            why.append(str(error))

    with Words(EXPORTER_LOGGER):
        logging.getLogger(EXPORTER_LOGGER).error("somebody else's last words")
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, send)
            assert await trio.to_thread.run_sync(heard.said.wait, 10)
            sink.close()
    return why[0]


@pytest.mark.parametrize("receiver", ["http://127.0.0.1:1", "http://user:secret@127.0.0.1:1/?key=secret"])
async def test_who_cannot_be_reached_is_said_and_a_stop_says_nothing_more(
    receiver: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, heard: Heard
) -> None:
    """What went wrong at first, in the system's words; the library's own lines stay its own to the end."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    assert await stopped_meanwhile(receiver, heard) == "Connection refused"
    assert caplog.records == []


async def test_a_receiver_in_trouble_is_told_by_its_first_answer(
    server: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    heard: Heard,
) -> None:
    """And not by the last words, which are that it was tried often enough."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    server.status = 503
    assert "Service Unavailable" in await stopped_meanwhile(server.url, heard)
    assert caplog.records == []


async def test_what_another_thread_has_the_exporter_say_is_not_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two who send at the same time hear each their own words, and nobody else's."""
    logger, ours, other = logging.getLogger(EXPORTER_LOGGER), Words(EXPORTER_LOGGER), Words(EXPORTER_LOGGER)

    def fail() -> None:
        with other:
            logger.error("batch of the %s", "other")

    with ours:
        await trio.to_thread.run_sync(fail)
        logger.error("batch of %s: %s", "ours", OSError(111, "Connection refused"))
    assert (ours.why(), other.why()) == ("Connection refused", "batch of the other")
    logger.error("nobody sends")
    assert [record.getMessage() for record in caplog.records] == ["nobody sends"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ("OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER", "nobody"),
    ],
)
async def test_a_broken_exporter_setting_is_a_failed_push(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the exporter itself cannot follow is counted, and the monitor goes on."""
    monkeypatch.setenv(variable, value)
    tally = Tally()
    pusher = pusher_to("https://127.0.0.1:1", tally)
    assert not await pusher.push()
    assert not await pusher.push()
    pusher.close()
    assert exports(tally) == {("metrics", "ok"): 0, ("metrics", "failed"): 2}


async def test_a_receiver_that_never_answers_holds_nothing_up(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on while it is silent, other threads can be had, and cancelling does not wait for it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    monkeypatch.setattr(sending, "LAST_WORDS", 0.1)
    server.hold.clear()
    pusher = pusher_to(server.url, Tally(), interval=0.01)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(pusher.run)
            assert await trio.to_thread.run_sync(server.came.wait, 10)
            assert await trio.to_thread.run_sync(threading.get_ident)
            assert trio.to_thread.current_default_thread_limiter().borrowed_tokens == 0
            nursery.cancel_scope.cancel()


def test_nothing_is_imported_before_it_is_wanted() -> None:
    """The SDK costs a fifth of a second and some megabytes, for those who push."""
    code = (
        "import sys, reactor.observe.push, reactor.observe.prometheus;"
        "sys.exit(any(name.startswith(('opentelemetry', 'requests')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
