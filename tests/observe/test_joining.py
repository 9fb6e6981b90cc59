"""Several monitors on one page: who is whose, each family once, the process once, and who is away."""

from collections.abc import Sequence
from typing import NoReturn

import pytest
from opentelemetry.sdk.metrics.export import Gauge, Sum
from opentelemetry.sdk.resources import Resource
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reactor.observe.joining import EngineNow, ProcessNumbers, is_process, joined, joined_capture
from reactor.observe.otlp import metrics_data
from reactor.observe.prometheus import Format, render
from reactor.observe.scraping import Scraper
from reactor.observe.snapshot import Moment
from reactor.observe.table import ROWS
from reactor.observe.tally import Tally
from tests.observe.build import STARTED, captured, container_id, reading, snapshot

BOTH = ("reactor_web_", "reactor_scrapes", "reactor_rendering", "reactor_metric_overflows")
"""What is counted where the process answers for all, and for each engine by itself."""


LANE = ("reactor_lane_cpu_time_seconds_total", "reactor_lane_memory_usage_bytes")


def test_each_series_says_whose_it_is_and_no_family_stands_twice() -> None:
    """Also where both engines have a container with the same id."""
    page = joined(snapshot(), {"one": snapshot(1, 2), "two": snapshot(2)})
    text = render(page, Format.OPENMETRICS).decode()
    families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # The parser has no types.
    assert len({each.name for each in families}) == len(families)
    seen = set()
    for family in families:
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in seen
            seen.add(key)
            if not sample.name.startswith(BOTH):
                assert ("engine" in sample.labels) != is_process(sample.name), sample
    whose = [dict(labels) for name, labels in seen if name == "container_threads"]
    threads = {(each["engine"], each["container_id"]) for each in whose}
    one, two = container_id(1), container_id(2)
    assert threads == {("one", one), ("one", two), ("two", two)}


def test_opentelemetry_gets_the_same() -> None:
    page = joined(snapshot(), {"one": snapshot(1, 2), "two": snapshot(2)})
    ((resource,),) = (metrics_data(page, Resource.create({})).resource_metrics,)
    metrics = resource.scope_metrics[0].metrics
    assert len({each.name for each in metrics}) == len(metrics)
    (threads,) = [each.data for each in metrics if each.name == "container.threads"]
    assert isinstance(threads, Sum | Gauge)
    assert sorted(str((each.attributes or {})["engine"]) for each in threads.data_points) == [
        "one",
        "one",
        "two",
    ]


def test_a_name_is_written_as_text_whatever_is_in_it() -> None:
    text = render(joined(snapshot(), {'a"} 1\nfake 2': snapshot(1)})).decode()
    assert "\nfake" not in text


def moment(*numbers: int) -> Moment:
    what = captured(*map(reading, numbers))
    return lambda: what


def process() -> ProcessNumbers:
    tally = Tally()
    tally.count("reactor_web_refused_total", 7, reason="host")
    return ProcessNumbers(tally, lambda: STARTED)


def page(*engines: EngineNow) -> list[str]:
    return render(joined_capture(lambda: engines, process())()().snapshot()).decode().splitlines()


def test_it_is_told_of_each_engine_how_it_stands_with_it() -> None:
    lines = page(
        EngineNow("here", up=True, tries=1, freeze=lambda: moment(1)),
        EngineNow("begins", up=False, tries=2, freeze=lambda: moment(2)),
        EngineNow("away", up=False, tries=9, defects=3),
    )
    standing = [line for line in lines if line.startswith(("reactor_engine_up", "reactor_engine_tries"))]
    assert standing == [
        'reactor_engine_up{engine="here"} 1',
        'reactor_engine_up{engine="begins"} 0',
        'reactor_engine_up{engine="away"} 0',
        'reactor_engine_tries_total{engine="here"} 1',
        'reactor_engine_tries_total{engine="begins"} 2',
        'reactor_engine_tries_total{engine="away"} 9',
    ]
    assert 'reactor_engine_defects_total{engine="away"} 3' in lines
    whose = {line for line in lines if line.startswith("reactor_ready")}
    assert whose == {'reactor_ready{engine="here"} 1', 'reactor_ready{engine="begins"} 1'}


def test_a_process_that_watches_nobody_tells_of_itself() -> None:
    """Nothing that only a monitor knows is there, not even as a zero."""
    lines = page(EngineNow("one", up=False), EngineNow("two", up=False))
    names = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    assert {
        "process_memory_usage_bytes",
        "process_open_fds",
        "reactor_build_info",
        "reactor_engine_up",
    } <= names
    assert 'reactor_web_refused_total{reason="host"} 7' in lines
    assert f"process_start_time_seconds {STARTED!r}" in lines
    assert not {name for name in names if name.startswith("container_")} | names & {
        "reactor_ready",
        "reactor_hold",
    }


@pytest.mark.parametrize("late", [False, True], ids=["on the loop", "beside it"])
def test_a_defect_in_one_monitor_hides_no_other(late: bool, caplog: pytest.LogCaptureFixture) -> None:
    """And it is not up for whoever reads the page."""

    def fail() -> NoReturn:
        raise ValueError("a defect")

    def broken() -> Moment:
        return fail if late else fail()

    lines = page(
        EngineNow("bad", up=True, freeze=broken), EngineNow("good", up=True, freeze=lambda: moment(1))
    )
    assert 'reactor_engine_up{engine="bad"} 0' in lines
    assert 'reactor_engine_up{engine="good"} 1' in lines
    assert 'reactor_ready{engine="good"} 1' in lines
    (line,) = caplog.records
    assert (line.exc_info is not None, getattr(line, "engine", "")) == (True, "bad")


def test_engines_are_asked_anew_for_each_page() -> None:
    """Who is away now has nothing on the next one, and who came has."""
    now: Sequence[EngineNow] = (EngineNow("one", up=True, freeze=lambda: moment(1)),)
    capture = joined_capture(lambda: now, process())
    first = render(capture()().snapshot())
    now = (EngineNow("one", up=False, tries=1), EngineNow("two", up=True, freeze=lambda: moment(2)))
    second = render(capture()().snapshot())
    assert b'container_threads{engine="one"' in first
    assert b'container_threads{engine="one"' not in second
    assert b'container_threads{engine="two"' in second


def test_together_they_fill_the_whole_table() -> None:
    engines = (EngineNow("one", up=True, freeze=lambda: moment(1)),)
    found = joined_capture(lambda: engines, process())()().snapshot()
    names = list(dict.fromkeys(family.row.name for family in found.families))
    # There is no process of the lane here.
    assert names == [name for name in ROWS if name not in LANE]


async def test_a_scraper_answers_for_all() -> None:
    tally = Tally()
    engines = (EngineNow("one", up=True, freeze=lambda: moment(1)), EngineNow("two", up=False))
    scraper = Scraper(joined_capture(lambda: engines, ProcessNumbers(tally)), tally)
    await scraper.page()
    body = (await scraper.page()).body.decode()
    assert 'reactor_engine_up{engine="two"} 0' in body
    assert 'reactor_scrapes_total{format="text"} 1' in body
