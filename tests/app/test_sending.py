"""The whole program with a scraper and an OTLP receiver: one decision, the same in all places."""

import subprocess
import urllib.request
import zlib
from functools import partial
from pathlib import Path

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from reactor.core.grounds import trace_id
from reactor.journal.certificates import read_certificate
from reactor.testing.tasks import Usage
from tests.app.embedded import apart, monitored
from tests.observe.receiver import Receiver, attributes, received, receiver
from tests.observe.test_loglines import records
from tests.real.monitor import Monitor
from tests.real.waiting import until
from tools.observers import promtool

CONFIG = "metrics_labels: [team]\ntimes: {sidecar_grace: 500ms}\n"
KILLS = "reactor_kills_total"
OPENMETRICS = {"Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "gzip"}


def spans_at(server: Receiver) -> dict[str, Span]:
    """Each by the name of its container, if it is a decision's own, else by its name."""
    return {
        attributes(list(span.attributes)).get("container.name") or span.name: span
        for request in server.traces
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def said_of(server: Receiver, event: str) -> int:
    """How many lines tell of this."""
    return sum(each.event_name == event for each in records(server))


def openmetrics(monitor: Monitor) -> str:
    address = next(line["listening"] for line in monitor.lines() if line["msg"] == "in force")
    request = urllib.request.Request(f"{address}/metrics", headers=OPENMETRICS)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        return zlib.decompress(answer.read(), wbits=31).decode()


def exemplars_at(server: Receiver, metric: str) -> set[tuple[str, str]]:
    return {
        (exemplar.span_id.hex(), exemplar.trace_id.hex())
        for found in server.requests[-1].resource_metrics[0].scope_metrics[0].metrics
        if found.name == metric
        for point in found.histogram.data_points
        for exemplar in point.exemplars
    }


async def test_a_decision_is_the_same_in_certificate_trace_and_metrics(tmp_path: Path) -> None:
    """And the one whose numbers are at the limit has none of them."""
    with receiver() as server:
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "OTEL_LOGS_EXPORTER": "otlp",
        }
        async with monitored(tmp_path, CONFIG, environ=environ) as (world, monitor):
            bad = world.spawn(name="bad", labels={"reactor.task": "t1", "team": "core"})
            side = world.spawn(name="side", labels={"reactor.sidecar-of": "t1"})
            near = world.spawn(name="near", labels={"reactor.task": "t2"})
            world.use(near, Usage(pids=200))
            info = partial(monitor.metric, "reactor_container_info", container_name="bad")
            await apart(partial(until, info, 10, "it is known"))
            assert monitor.metric("reactor_container_info", container_label_team="core") == 1
            world.use(bad, Usage(pids=201))
            all_sent = partial(until, lambda: {"bad", "side", "verified"} <= spans_at(server).keys(), 20)
            await apart(all_sent)
            killed = partial(monitor.metric, KILLS, rule="g/pids")
            await apart(partial(until, lambda: killed() == 2, 10))
            await apart(partial(until, lambda: said_of(server, "reactor.outcome") > 1, 20, "all is said"))
            pushes = len(server.requests)
            await apart(partial(until, lambda: len(server.requests) > pushes + 1, 20, "a push after that"))
            text, classic = await apart(partial(openmetrics, monitor)), monitor.raw_metrics()
            assert near.alive
            assert not bad.alive
            assert not side.alive
        lines = [(each.event_name, each.span_id.hex(), each.trace_id.hex()) for each in records(server)]
        spans, last = spans_at(server), received(server.requests[-1])
        exemplars = exemplars_at(server, "reactor.whole.duration")
    certificate = read_certificate(monitor.journal_file, "bad")
    assert certificate.trace == trace_id(certificate.id)
    assert {span.trace_id.hex() for span in spans.values()} == {certificate.trace}
    assert spans["bad"].span_id.hex() == certificate.id
    assert spans["side"].parent_span_id == spans["bad"].span_id
    assert "near" not in spans
    steps = ["fact", "rule", "intent", "engine kill", "verified"]
    assert all(name in spans for name in steps)
    assert exemplars == {(certificate.id, certificate.trace)}
    assert f'# {{decision_id="{certificate.id}",trace_id="{certificate.trace}"}}' in text
    killed_by = {("kill", 1.0), ("stop", 1.0)}
    assert {
        (dict(labels)["action"], number)
        for (name, labels), number in last.items()
        if name == KILLS and number
    } == killed_by
    check = partial(subprocess.run, [promtool(), "check", "metrics"], input=classic, text=True, check=False)
    checked = await apart(partial(check, capture_output=True))
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    kinds = [kind for kind, decision, _ in lines if decision == certificate.id]
    assert kinds == ["reactor.intent", "reactor.outcome"]
    assert {trace for *_, trace in lines} == {certificate.trace}
