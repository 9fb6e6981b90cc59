"""Traces of decisions: what they consist of, over the wire to a real receiver, and what that may not do."""

import logging
import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import trio
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from reactor.core.container import Run
from reactor.core.decisions import Call, Decision, Outcome, Result, Why, decision_id
from reactor.core.grounds import trace_id
from reactor.core.verbs import Action
from reactor.observe import sending
from reactor.observe.otel import BadSetting, BatchSettings, remarks, trace_settings
from reactor.observe.roots import Roots
from reactor.observe.spans import Span, Trail, spans_of
from reactor.observe.tally import Tally
from reactor.observe.tracing import Trails, trace_sender
from tests.core.build import cid
from tests.observe.receiver import Receiver, attributes, receiver

RUN = Run(cid(7), "2026-01-01T00:00:00Z")
IDENTITY = {"service.name": "reactor", "service.instance.id": "engine-1"}
OFFSET = 1_700_000_000.0
BASE = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def long_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver always answers, and nothing that it refuses here is tried again: it has all its time."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "30")


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def decided(cause: str = "", **more: object) -> Decision:
    key = decision_id(RUN, Action.KILL, "g/pids", cause, 1)
    base = Decision(key, 10.0, RUN, "bad", Action.KILL, "g/pids", "pids 201 > 200", 9.5, cause=cause)
    return replace(base, **more)  # type: ignore[arg-type]  # Fields of the record.


def trail(decision: Decision, **more: object) -> Trail:
    calls = (
        Call("inspect", 10.02, 0.01, 200),
        Call("kill", 10.03, 0.05, 204),
        Call("inspect", 10.09, 0.01, 404),
    )
    outcome = Outcome(decision, 10.2, Result.DONE, Why.ENDED, calls=calls)
    outcome = replace(outcome, **more)  # type: ignore[arg-type]  # As above.
    return Trail(outcome, trace_id(decision.cause or decision.id), OFFSET, "samples", 10.01)


def named(spans: tuple[Span, ...]) -> list[tuple[str, float, float]]:
    return [(one.name, round(one.start - OFFSET, 3), round(one.end - OFFSET, 3)) for one in spans]


def test_a_trace_goes_from_the_fact_to_the_verified_end() -> None:
    """The decision's own span has the certificate's id; each step is below it, in its order."""
    decision = decided()
    spans = spans_of(trail(decision))
    assert named(spans) == [
        ("decision kill", 9.5, 10.2),
        ("fact", 9.5, 10.0),
        ("rule", 10.0, 10.01),
        ("intent", 10.01, 10.02),
        ("engine inspect", 10.02, 10.03),
        ("engine kill", 10.03, 10.08),
        ("engine inspect", 10.09, 10.1),
        ("verified", 10.1, 10.2),
    ]
    whole, *steps = spans
    assert (whole.id, whole.parent, whole.failed) == (decision.id, "", "")
    assert {each.parent for each in steps} == {decision.id}
    assert {each.trace for each in spans} == {trace_id(decision.id)}
    assert len({each.id for each in spans}) == len(spans)
    assert whole.attributes["reactor.decision.id"] == decision.id
    assert whole.attributes["container.id"] == RUN.id
    assert [each.asks for each in steps] == [False, False, False, True, True, True, False]
    assert steps[0].attributes == {"reactor.fact.source": "samples"}
    assert trail(decision).size >= len(spans)


def test_a_sidecar_goes_below_its_main() -> None:
    """In the same trace, however long the chain of causes is."""
    main, roots = decided(), Roots()
    side = decided(cause=main.id)
    last = decided(cause=side.id)
    traces = [roots.trace_of(each) for each in (main, side, last)]
    assert set(traces) == {trace_id(main.id)}
    assert spans_of(trail(side))[0].parent == main.id
    assert Roots().trace_of(side) == trace_id(main.id)


def test_what_failed_is_marked_and_what_is_late_has_a_span_of_its_own() -> None:
    calls = (Call("kill", 10.0, 5.0, 0, "no answer in time"), Call("kill", 16.0, 0.1, 500))
    waiting = trail(
        decided(), result=Result.UNKNOWN, why=Why.WEDGED, detail="hangs", calls=calls, final=False
    )
    (only,) = spans_of(waiting)
    assert (only.name, only.failed) == ("not done yet: wedged", "wedged: hangs")
    assert only.parent == decided().id != only.id
    given_up = trail(decided(), result=Result.FAILED, why=Why.GIVEN_UP, calls=calls)
    spans = spans_of(given_up)
    assert [(each.name, each.failed) for each in spans if each.failed] == [
        ("decision kill", "given-up"),
        ("engine kill", "no answer in time"),
        ("engine kill", "status 500"),
    ]
    assert "verified" not in [each.name for each in spans]


def test_a_dry_run_has_no_steps_that_were_not_taken() -> None:
    dry = trail(decided(dry_run=True), result=Result.REFUSED, why=Why.DRY_RUN, calls=())
    assert [each.name for each in spans_of(dry)] == ["decision kill", "fact", "rule"]


def test_strangers_words_are_one_printable_line() -> None:
    spans = spans_of(trail(decided(name="a\n\x1b[31m" + "x" * 9999, reason="\u202e")))
    shown = [str(value) for each in spans for value in each.attributes.values()]
    assert all(text.isprintable() and len(text) <= 200 for text in shown)


def settings(server: Receiver, **more: object) -> BatchSettings:
    base = BatchSettings(server.url + "/v1/traces")
    return replace(base, **more)  # type: ignore[arg-type]  # As above.


def spans_at(server: Receiver) -> list[WireSpan]:
    return [
        span
        for request in server.traces
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def counted(tally: Tally) -> dict[str, float]:
    return {key: number for (key,), number in tally.freeze().counters["reactor_spans_total"].items()}


async def test_spans_arrive_as_they_are(server: Receiver) -> None:
    """Ids, times, kinds, attributes and who we are, by the protocol's own decoder."""
    trails, tally, decision = Trails(2048), Tally(), decided()
    trails.put(trail(decision))
    sender = trace_sender(settings(server), IDENTITY, trails, tally)
    await sender.send_all()
    sender.close()
    assert server.paths == ["/v1/traces"]
    resource = server.traces[0].resource_spans[0].resource
    assert attributes(list(resource.attributes)) == IDENTITY
    sent = {each.name: each for each in spans_at(server)}
    whole, kill = sent["decision kill"], sent["engine kill"]
    assert (whole.span_id.hex(), whole.trace_id.hex()) == (decision.id, trace_id(decision.id))
    assert whole.parent_span_id == b""
    assert kill.parent_span_id == whole.span_id
    assert (whole.kind, kill.kind) == (WireSpan.SPAN_KIND_INTERNAL, WireSpan.SPAN_KIND_CLIENT)
    assert whole.status.code == Status.STATUS_CODE_UNSET
    assert whole.end_time_unix_nano - whole.start_time_unix_nano == pytest.approx(0.7e9, abs=1000)
    assert attributes(list(whole.attributes))["reactor.why"] == "ended"
    assert counted(tally) == {"sent": 8, "failed": 0, "dropped": 0}


async def test_the_line_is_bounded_and_what_finds_no_room_is_counted(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receiver that hangs costs the spans and nothing else: putting in takes no time and no turn."""
    monkeypatch.setattr(sending, "LAST_WORDS", 0.1)
    server.hold.clear()
    trails, tally = Trails(40), Tally()
    sender = trace_sender(settings(server, delay=0.01), IDENTITY, trails, tally)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sender.run)
        trails.put(trail(decided()), 1)
        with trio.fail_after(10):
            assert await trio.to_thread.run_sync(server.came.wait, 10)
        for _ in range(100):
            trails.put(trail(decided()), 1)
        assert trails.queued == 40
        assert trails.dropped == 95 * 8
        nursery.cancel_scope.cancel()
    server.hold.set()


@pytest.mark.parametrize("most", [1, 4, 8])
async def test_a_line_that_is_too_short_for_any_trace_takes_one_at_a_time(
    server: Receiver, most: int
) -> None:
    """A setting that would drop everything is followed as far as that can be."""
    trails, tally = Trails(most), Tally()
    sender = trace_sender(settings(server, most=most, batch=min(most, 512)), IDENTITY, trails, tally)
    for _ in range(2):
        trails.put(trail(decided()))
        trails.put(trail(decided()))
        await sender.send_all()
    sender.close()
    assert len(spans_at(server)) == 16
    assert counted(tally) == {"sent": 16, "failed": 0, "dropped": 16}


async def test_a_defect_of_the_exporter_costs_the_batch_and_nothing_else(
    server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise AttributeError("a library of another version")

    trails, tally = Trails(2048), Tally()
    sender = trace_sender(settings(server), IDENTITY, trails, tally)
    with monkeypatch.context() as patch:
        patch.setattr("reactor.observe.otlp_spans.readable_span", broken)
        trails.put(trail(decided()))
        await sender.send_all()
    trails.put(trail(decided()))
    await sender.send_all()
    sender.close()
    assert counted(tally) == {"sent": 8, "failed": 8, "dropped": 0}


async def test_failure_is_counted_each_time_and_logged_once(
    server: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trails, tally = Trails(2048), Tally()
    sender = trace_sender(settings(server), IDENTITY, trails, tally)
    for status in (400, 400, 200):
        server.status = status
        trails.put(trail(decided()))
        await sender.send_all()
    sender.close()
    assert counted(tally) == {"sent": 8, "failed": 16, "dropped": 0}
    assert [record.message for record in caplog.records] == [
        "traces do not get through",
        "traces get through again",
    ]


async def test_batches_are_no_larger_than_they_may_be(server: Receiver) -> None:
    trails = Trails(2048)
    for _ in range(5):
        trails.put(trail(decided()))
    sender = trace_sender(settings(server, batch=16), IDENTITY, trails, Tally())
    await sender.send_all()
    sender.close()
    assert [len(each.resource_spans[0].scope_spans[0].spans) for each in server.traces] == [16, 16, 8]


@pytest.mark.parametrize("enough", [1, math.inf], ids=["under way", "waiting"])
async def test_what_waits_at_the_end_is_sent(
    server: Receiver, enough: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last decision before a stop is often the one that somebody asks about."""
    # That there is a bound is shown elsewhere; on a busy machine the exporter may take longer to be there.
    monkeypatch.setattr(sending, "LAST_WORDS", 30.0)
    trails = Trails(2048)
    sender = trace_sender(settings(server, delay=3600.0), IDENTITY, trails, Tally())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sender.run)
        await trio.testing.wait_all_tasks_blocked()
        trails.put(trail(decided()), enough)
        nursery.cancel_scope.cancel()
    assert len(spans_at(server)) == 8


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({BASE: "http://a:4318"}, BatchSettings("http://a:4318/v1/traces")),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a/x", BASE: "http://b"}, BatchSettings("http://a/x")),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://a/x"}, None),
        ({BASE: "http://a", "OTEL_TRACES_EXPORTER": "none"}, None),
        ({BASE: "http://a", "OTEL_SDK_DISABLED": "true"}, None),
        (
            {BASE: "http://a", "OTEL_BSP_MAX_QUEUE_SIZE": "100", "OTEL_BSP_SCHEDULE_DELAY": "250"},
            BatchSettings("http://a/v1/traces", 100, 100, 0.25),
        ),
    ],
)
def test_the_environment_decides(environ: dict[str, str], expected: BatchSettings | None) -> None:
    assert trace_settings(environ) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "5s"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "a:4317"),
    ],
)
def test_a_setting_that_cannot_be_followed_is_named(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{variable} is .*(such as|port)"):
        trace_settings({BASE: "http://a", variable: value})


def test_what_is_set_and_not_followed_is_said() -> None:
    environ = {
        "OTEL_TRACES_EXPORTER": "zipkin",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "10000",
    }
    said = list(remarks(environ))
    assert list(remarks({**environ, BASE: "http://a"})) == [each for each in said if "LOGS" not in each]
    assert [each.split()[0] for each in said] == [
        "OTEL_TRACES_EXPORTER",
        "OTEL_LOGS_EXPORTER",
        "OTEL_EXPORTER_OTLP_TIMEOUT",
    ]
    assert list(remarks({})) == []
    assert list(remarks({**environ, "OTEL_SDK_DISABLED": "true"})) == []
