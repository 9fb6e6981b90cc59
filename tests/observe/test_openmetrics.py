"""Two text formats and OTLP, of one frozen snapshot: the same numbers, and exemplars where there is room."""

import subprocess
import zlib
from collections.abc import Iterator

import pytest
import trio
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from trio.testing import wait_all_tasks_blocked

from reactor.observe.otlp import OtlpSink
from reactor.observe.prometheus import Format, render
from reactor.observe.rows.engines import ENGINES
from reactor.observe.scraping import Scraper, chosen_format, takes_gzip
from reactor.observe.snapshot import Captured, MetricSnapshot, Moment
from reactor.observe.table import TABLE
from reactor.observe.tally import Tally
from tests.observe.build import AT, STARTED, captured, reading, snapshot
from tests.observe.receiver import Receiver, Series, received, receiver
from tests.observe.test_exports import scraped
from tools.observers import promtool

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
"""What Prometheus 2 asks for."""
DECISION, TRACE = "0123456789abcdef", "0123456789abcdef0123456789abcdef"


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def pushed(server: Receiver, what: MetricSnapshot) -> ExportMetricsServiceRequest:
    sink = OtlpSink(server.url + "/v1/metrics", {"service.name": "reactor"})
    sink.send(what)
    sink.close()
    return server.requests[-1]


def families(what: MetricSnapshot) -> Iterator[Metric]:
    """By the parser of Prometheus' own client, which is stricter than Prometheus."""
    text = render(what, Format.OPENMETRICS).decode()
    yield from text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # It has no types.


def as_openmetrics(what: MetricSnapshot) -> tuple[Series, Series]:
    """All numbers, and apart from them when each cumulative series began."""
    series: Series = {}
    began: Series = {}
    for family in families(what):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            into = began if sample.name.endswith("_created") else series
            assert key not in into
            into[key] = float(sample.value)
    return series, began


def test_three_exports_of_one_snapshot_have_the_same_numbers(server: Receiver) -> None:
    """Every name, every label, every number, buckets included; none more anywhere."""
    what = snapshot(1, 2, 3)
    classic, (whole, _) = scraped(render(what)), as_openmetrics(what)
    assert classic == whole == received(pushed(server, what))
    single = {row.name for row in TABLE if row.kind != "histogram" and row not in ENGINES}
    assert {name for name, _ in classic} >= single


def test_exemplars_lead_to_certificate_and_trace(server: Receiver) -> None:
    """In the bucket of the latency, in both formats that have room for them; the classic one has none."""
    what = snapshot()
    found = [sample for family in families(what) for sample in family.samples if sample.exemplar is not None]
    assert {sample.name for sample in found} == {
        f"reactor_{name}_seconds_bucket"
        for name in ("breach_duration", "call_delay", "death_delay", "whole_duration")
    }
    for sample in found:
        assert sample.exemplar is not None
        assert sample.labels["le"] == "1.0"
        assert sample.exemplar.labels == {"decision_id": DECISION, "trace_id": TRACE}
        assert (sample.exemplar.value, float(sample.exemplar.timestamp or 0)) == (0.75, AT - 5)
    metrics = pushed(server, what).resource_metrics[0].scope_metrics[0].metrics
    (point,) = next(m for m in metrics if m.name == "reactor.call.delay").histogram.data_points
    (exemplar,) = point.exemplars
    assert (exemplar.span_id.hex(), exemplar.trace_id.hex()) == (DECISION, TRACE)
    assert (exemplar.as_double, exemplar.time_unix_nano) == (0.75, round((AT - 5) * 1e9))
    assert DECISION.encode() not in render(what)


def test_when_a_series_began_stands_in_openmetrics_alone(server: Receiver) -> None:
    """The same moments as OTLP has; the classic format would make a series of each."""
    what = snapshot(4)
    _, began = as_openmetrics(what)
    metrics = pushed(server, what).resource_metrics[0].scope_metrics[0].metrics
    (cpu,) = next(m for m in metrics if m.name == "container.cpu.time").sum.data_points
    key = "container_cpu_time_seconds_created", frozenset({("container_id", f"{4:064x}")})
    assert began[key] == AT - 64.5
    assert cpu.start_time_unix_nano == round((AT - 64.5) * 1e9)
    assert began["reactor_gaps_created", frozenset()] == STARTED
    # Since when the engine counts restarts it does not say.
    assert not any(name == "container_restarts_created" for name, _ in began)
    assert b"_created" not in render(what)


@pytest.mark.observers
def test_promtool_has_nothing_to_say() -> None:
    """Prometheus' own tool reads the text and finds no fault with any name, type or help."""
    checked = subprocess.run(
        [promtool(), "check", "metrics"], input=render(snapshot(1, 2)), capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (PROMETHEUS, Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"; charset=utf-8', Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", Format.TEXT),
        ("application/openmetrics-text;q=0", Format.TEXT),
        ("application/openmetrics-text;q=x", Format.TEXT),
        ("application/openmetrics-text;version=9", Format.TEXT),
        (",;=;,,q=", Format.TEXT),
    ],
)
def test_the_format_is_what_was_asked_for(accept: str, wanted: Format) -> None:
    assert chosen_format(accept) is wanted


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip", True), ("deflate, GZIP;q=0.5", True), ("gzip;q=0", False), ("", False), ("br", False)],
)
def test_gzip_only_for_those_who_take_it(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes


def moment() -> Captured:
    return captured(reading(1))


async def test_a_page_says_what_it_is() -> None:
    """Type, encoding, and by what the answer differs, for whoever stands in between."""
    scraper = Scraper(lambda: moment)
    plain, packed = await scraper.page(), await scraper.page(PROMETHEUS, "gzip")
    assert plain.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers == (("Vary", "Accept, Accept-Encoding"),)
    assert packed.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert dict(packed.headers) == {"Vary": "Accept, Accept-Encoding", "Content-Encoding": "gzip"}
    text = zlib.decompress(packed.body, wbits=31)
    assert text.endswith(b"# EOF\n")
    assert len(packed.body) < len(text) / 4


class Counted:
    """Says how often it was asked for the numbers."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Moment:
        self.asked += 1
        return moment


async def test_who_asks_at_the_same_time_gets_the_same() -> None:
    """Thirty at once for the same, ten for another format: the numbers are taken twice."""
    capture, tally, pages = Counted(), Tally(), set[bytes]()
    scraper = Scraper(capture, tally)
    async with trio.open_nursery() as nursery:

        async def scrape(accept: str = "") -> None:
            pages.add((await scraper.page(accept)).body)

        for _ in range(30):
            nursery.start_soon(scrape)
        for _ in range(10):
            nursery.start_soon(scrape, PROMETHEUS)
    assert capture.asked == 2
    assert len(pages) == 2
    counted = tally.freeze().counters["reactor_scrapes_total"]
    assert counted == {("text",): 1, ("openmetrics",): 1, ("shared",): 38}
    await scraper.page()
    assert capture.asked == 3


async def test_who_goes_away_leaves_nobody_without() -> None:
    """The one who began is cancelled before it has a turn: the next one begins anew."""
    capture, pages = Counted(), list[bytes]()
    scraper = Scraper(capture)
    async with trio.open_nursery() as nursery:
        leaving = trio.CancelScope()

        async def leave() -> None:
            with leaving:
                await scraper.page("", "gzip")

        async def stay() -> None:
            pages.append((await scraper.page("", "gzip")).body)

        nursery.start_soon(scraper.page)
        await trio.lowlevel.checkpoint()
        nursery.start_soon(leave)
        await trio.lowlevel.checkpoint()
        for _ in range(3):
            nursery.start_soon(stay)
        await trio.lowlevel.checkpoint()
        leaving.cancel()
    assert len(pages) == 3
    assert len(set(pages)) == 1
    await wait_all_tasks_blocked()
