"""Prometheus and OpenTelemetry: two ways to write one snapshot down."""

import os
import platform
from collections.abc import Iterator

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families
from trio.testing import wait_all_tasks_blocked

from reactor.core.protection import Standing
from reactor.observe.crowd import Crowd
from reactor.observe.otlp import OtlpSink
from reactor.observe.own import OwnCost
from reactor.observe.prometheus import Format, render
from reactor.observe.readings import ContainerReading, Readings
from reactor.observe.scraping import Scraper
from reactor.observe.snapshot import Captured, MetricSnapshot, collect
from reactor.observe.tally import Tally
from reactor.observe.text import LONGEST, plain
from tests.observe.build import AT, OWN, STARTED, captured, container_id, reading, snapshot
from tests.observe.receiver import Receiver, Series, attributes, received, receiver

HOSTILE = [
    'quote " and \\ backslash',
    "line\nend\r\n# HELP fake 1",
    '"} 1\nfake{a="b"} 2',
    "half a pair \ud800 and \udfff",
    "\x1b[31mred\x1b[0m \x07",
    "\u202egnirts sdrawkcab\u2066",
    "\x00\x85\u2028\u2029\ufeff",
    "x" * 10_000,
    "\n" * 10_000,
    "ünïcödé 容器 🐳",
    "",
]


@pytest.fixture
def sink_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver, in an environment that says nothing of its own."""
    for name in ("OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    with receiver() as server:
        yield server


def scraped(text: bytes) -> Series:
    """All numbers of a scrape; a series that stands twice is an error."""
    series: Series = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in series
            series[key] = sample.value
    return series


def pushed(server: Receiver, what: MetricSnapshot) -> Series:
    """All numbers of a push, by way of a socket and the protocol's own decoder."""
    sink = OtlpSink(server.url + "/v1/metrics", {"service.name": "reactor"})
    sink.send(what)
    sink.close()
    return received(server.requests[-1])


def test_both_exports_have_the_same_names_and_numbers(sink_of: Receiver) -> None:
    """Every name, every label, every number; none more on either side."""
    what = snapshot(1, 2, 3)
    text = scraped(render(what))
    assert pushed(sink_of, what) == text
    assert len(text) > 100
    assert text["container_threads", frozenset({("container_id", container_id(3))})] == 3
    assert text["reactor_events_received_total", frozenset()] == 1234
    assert text[
        "reactor_build_info", frozenset({("version", "0.1.0"), ("python", platform.python_version())})
    ]
    assert text["process_uptime_seconds", frozenset()] == 3600


def test_the_text_is_the_classic_format() -> None:
    """Version 0.0.4, help and type for each family, no creation times, and a line end at the end."""
    text = render(snapshot(1)).decode()
    assert Format.TEXT.value == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE container_cpu_time_seconds_total counter\n" in text
    assert "# TYPE container_threads gauge\n" in text
    assert "# TYPE reactor_kill_duration_seconds histogram\n" in text
    assert "_created" not in text
    assert text.endswith("\n")


def test_the_buckets_of_a_histogram_add_up() -> None:
    """Each bucket holds those below it, and the last one everything."""
    series = scraped(render(snapshot()))

    def bucket(bound: str) -> float:
        return series["reactor_kill_duration_seconds_bucket", frozenset({("action", "kill"), ("le", bound)})]

    assert [bucket(bound) for bound in ("0.001", "0.025", "0.05", "1.0", "60.0", "+Inf")] == [
        1,
        1,
        3,
        4,
        4,
        5,
    ]
    labels = frozenset({("action", "kill")})
    assert series["reactor_kill_duration_seconds_sum", labels] == pytest.approx(62.0545)
    assert series["reactor_kill_duration_seconds_count", labels] == 5


def test_a_push_says_who_and_since_when(sink_of: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resource, start of the monitor for its counters, start of the run for a container's."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=mine,team=a")
    what = snapshot(4)
    sink = OtlpSink(sink_of.url + "/v1/metrics", {"service.name": "reactor", "service.instance.id": "engine"})
    sink.send(what)
    sink.close()
    (resource,) = sink_of.requests[0].resource_metrics
    assert attributes(list(resource.resource.attributes)) == {
        "service.name": "reactor",
        "service.instance.id": "mine",
        "team": "a",
    }
    (scope,) = resource.scope_metrics
    assert scope.scope.name == "reactor"
    points = {metric.name: metric for metric in scope.metrics}
    (cpu,) = points["container.cpu.time"].sum.data_points
    (gaps,) = points["reactor.gaps"].sum.data_points
    (kills,) = points["reactor.kill.duration"].histogram.data_points
    assert cpu.start_time_unix_nano == round((AT - 64.5) * 1e9)
    assert gaps.start_time_unix_nano == kills.start_time_unix_nano == round(STARTED * 1e9)
    assert cpu.time_unix_nano == gaps.time_unix_nano == kills.time_unix_nano == round(AT * 1e9)
    assert not kills.HasField("min")
    assert points["container.threads"].unit == "{thread}"
    assert points["container.threads"].description.startswith("Tasks in the container")


def test_a_dead_container_leaves_no_series(sink_of: Receiver) -> None:
    """It is gone from the next snapshot on, on both sides; the counters of events stay."""
    before, after = snapshot(1, 2), snapshot(2)
    text = render(after).decode()
    assert container_id(1) in render(before).decode()
    assert container_id(1) not in text
    assert container_id(2) in text
    series = pushed(sink_of, after)
    assert {labels for name, labels in series if name == "container_threads"} == {
        frozenset({("container_id", container_id(2))})
    }
    assert series == scraped(render(after))


def test_without_containers_there_is_not_even_a_family() -> None:
    """Nothing about containers is left, not an empty heading either."""
    text = render(snapshot()).decode()
    assert "container_id" not in text
    assert "container_threads" not in text


def test_unknown_is_absent_and_not_zero(sink_of: Receiver) -> None:
    """A container of which only the name is known, and a monitor that has seen nothing yet."""
    bare = ContainerReading(id=container_id(1), name="a", image="b", standing=Standing.WATCHED)
    now = Readings(at=AT, version="0.1.0")
    what = collect(Captured(now, Tally().freeze(), STARTED, Crowd([bare])), OwnCost())
    series = scraped(render(what))
    assert [name for name, labels in series if dict(labels).get("container_id")] == ["reactor_container_info"]
    names = {name for name, _ in series}
    assert "reactor_last_event_timestamp_seconds" not in names
    assert "reactor_journal_healthy" not in names
    assert "process_threads" not in names
    assert series["reactor_ready", frozenset()] == 0
    assert series["reactor_containers", frozenset({("standing", "watched")})] == 1
    assert series["reactor_containers", frozenset({("standing", "main")})] == 0
    assert pushed(sink_of, what) == series


def test_hostile_names_are_escaped_and_cut(sink_of: Receiver) -> None:
    """Quotes, line ends, broken characters, ten kilobytes: one label value on one line, on both sides."""
    containers = [reading(number, name=name, image=name) for number, name in enumerate(HOSTILE, start=1)]
    what = collect(captured(*containers, tally=Tally()), OWN)
    text = render(what)
    lines = text.decode().split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("fake") for line in lines)
    series = scraped(text)
    for number, name in enumerate(HOSTILE, start=1):
        (labels,) = (
            dict(labels)
            for kind, labels in series
            if kind == "reactor_container_info" and dict(labels)["container_id"] == container_id(number)
        )
        assert labels["container_name"] == labels["container_image_name"] == plain(name)
        assert len(labels["container_name"]) <= LONGEST
    assert pushed(sink_of, what) == series


def test_numbers_beyond_all_bounds_do_not_spoil_the_rest(sink_of: Receiver) -> None:
    """An engine may say 2**64 - 1 or something that is no number; the other series still get out."""
    odd = ContainerReading(
        id=container_id(1),
        name="a",
        image="b",
        standing=Standing.MAIN,
        threads_max=2**64 - 1,
        cpu=float("nan"),
        uptime=float("inf"),
        memory=-1,
    )
    what = collect(captured(odd), OWN)
    series = scraped(render(what))
    labels = frozenset({("container_id", container_id(1))})
    assert series["container_threads_max", labels] == 2.0**64
    assert ("container_cpu_time_seconds_total", labels) not in series
    assert ("container_uptime_seconds", labels) not in series
    assert pushed(sink_of, what) == series


def test_a_container_that_is_read_twice_has_one_series() -> None:
    """Twice the same series would make the whole scrape invalid."""
    twice = captured(reading(1, name="old"), reading(1, name="new"))
    text = render(collect(twice, OWN))
    infos = [labels for name, labels in scraped(text) if name == "reactor_container_info"]
    assert [dict(labels)["container_name"] for labels in infos] == ["old"]


async def test_ten_thousand_series_are_written_beside_the_loop() -> None:
    """The loop goes on turning while a scrape of 10,000 series is written. Times are shown, not judged."""
    many = captured(*map(reading, range(1, 1430)))
    scraper = Scraper(lambda: lambda: many)
    lags: list[float] = []
    texts: list[bytes] = []
    began = trio.current_time()
    async with trio.open_nursery() as nursery:

        async def scrape() -> None:
            texts.append((await scraper.page()).body)

        nursery.start_soon(scrape)
        while not texts:
            due = trio.current_time() + 0.001
            await trio.sleep_until(due)
            lags.append(trio.current_time() - due)
    took = trio.current_time() - began
    assert len(scraped(texts[0])) > 10_000
    assert len(lags) > 1  # inline it would be one turn
    print(f"{len(texts[0])} bytes in {took * 1e3:.0f} ms, greatest lag {max(lags) * 1e3:.0f} ms")


def own_threads() -> int:
    """As the kernel counts them: trio's are none of Python's."""
    return len(os.listdir("/proc/self/task"))


async def test_scrapes_take_one_thread_at_a_time() -> None:
    """Twenty scrapers at once take one thread together, and none of those that others wait for."""
    scraper = Scraper(lambda: lambda: captured(*map(reading, range(200)), tally=Tally()))
    threads = own_threads()
    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(scraper.page)
        await wait_all_tasks_blocked()
        assert trio.to_thread.current_default_thread_limiter().borrowed_tokens == 0
        assert own_threads() <= threads + 1
