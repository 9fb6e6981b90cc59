"""The lines of decisions by OTLP: what they say, over the wire to a real receiver, and when they are sent."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from reactor.app.narrating import Narrator
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.grounds import trace_id
from reactor.core.state import State, Step
from reactor.observe.loglines import LogLine, intent_line, log_sender, outcome_line
from reactor.observe.otel import BatchSettings, log_settings
from reactor.observe.tally import Tally
from reactor.observe.waiting import Line
from tests.observe.receiver import Receiver, attributes, receiver
from tests.observe.test_traces import BASE, IDENTITY, OFFSET, decided

EXPORTER = "OTEL_LOGS_EXPORTER"


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as one:
        yield one


def outcome(result: Result = Result.DONE, why: Why = Why.ENDED, detail: str = "") -> Outcome:
    return Outcome(decided(), 10.2, result, why, detail=detail)


def records(server: Receiver) -> list[LogRecord]:
    return [
        record
        for request in server.logs
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


def test_what_is_said_and_how_loudly() -> None:
    trace, decision = trace_id(decided().id), decided()
    assert intent_line(decision, trace, 0.0).body == "kill bad: pids 201 > 200 (g/pids)"
    dry = intent_line(replace(decision, dry_run=True), trace, 0.0)
    assert (dry.severity, dry.body[:11]) == ("INFO", "would kill ")
    said = {
        (Result.DONE, Why.ENDED): "WARN",
        (Result.REFUSED, Why.STALE): "INFO",
        (Result.UNKNOWN, Why.WEDGED): "ERROR",
        (Result.FAILED, Why.GIVEN_UP): "ERROR",
    }
    for (result, why), severity in said.items():
        line = outcome_line(outcome(result, why, "so"), trace, 0.0)
        assert (line.severity, line.body) == (severity, f"kill bad: {result}, {why}: so")


def test_strangers_words_are_one_short_printable_line() -> None:
    decision = decided(name="a\n\x1b[31m" + "x" * 9999, reason="\u202e")
    line = intent_line(decision, trace_id(decision.id), 0.0)
    told = [line.body, *map(str, line.attributes.values())]
    assert all(text.isprintable() and len(text) <= 500 for text in told)


async def test_lines_arrive_with_trace_and_certificate(server: Receiver) -> None:
    decision = decided()
    trace = trace_id(decision.id)
    lines, tally = Line[LogLine](10), Tally()
    lines.put(intent_line(decision, trace, OFFSET))
    lines.put(outcome_line(outcome(), trace, OFFSET))
    sender = log_sender(BatchSettings(server.url + "/v1/logs"), IDENTITY, lines, tally)
    await sender.send_all()
    sender.close()
    assert server.paths == ["/v1/logs"]
    assert attributes(list(server.logs[0].resource_logs[0].resource.attributes)) == IDENTITY
    intent, came = records(server)
    for each in (intent, came):
        assert (each.trace_id.hex(), each.span_id.hex()) == (trace, decision.id)
        assert attributes(list(each.attributes))["container.name"] == "bad"
    assert [each.event_name for each in (intent, came)] == ["reactor.intent", "reactor.outcome"]
    assert (came.severity_text, came.severity_number) == ("WARN", 13)
    assert came.body.string_value == "kill bad: done, ended"
    assert came.time_unix_nano - intent.time_unix_nano == pytest.approx(0.2e9, abs=1000)
    assert tally.freeze().counters["reactor_log_records_total"][("sent",)] == 2


async def test_the_narrator_notes_what_is_decided_and_what_comes_of_it() -> None:
    """A sidecar is in the trace of its main; a dry run is said once."""
    narrator = Narrator(BatchSettings("http://a"))
    main, side = decided(), decided(cause=decided().id)
    narrator.step(Step(State(), (main, side)))
    narrator.outcome(outcome())
    narrator.outcome(replace(outcome(Result.REFUSED, Why.DRY_RUN), decision=side))
    noted = narrator.lines.take(10)
    assert [(each.event, each.span) for each in noted] == [
        ("reactor.intent", main.id),
        ("reactor.intent", side.id),
        ("reactor.outcome", main.id),
    ]
    assert {each.trace for each in noted} == {trace_id(main.id)}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({BASE: "http://a"}, None),
        ({EXPORTER: "otlp"}, None),
        ({BASE: "http://a", EXPORTER: "otlp"}, BatchSettings("http://a/v1/logs", delay=1.0)),
        ({BASE: "http://a", EXPORTER: "otlp", "OTEL_SDK_DISABLED": "true"}, None),
        (
            {
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://a/x",
                EXPORTER: "otlp",
                "OTEL_BLRP_MAX_QUEUE_SIZE": "7",
                "OTEL_BLRP_SCHEDULE_DELAY": "500",
            },
            BatchSettings("http://a/x", 7, 7, 0.5),
        ),
    ],
)
def test_they_are_sent_only_where_somebody_says_so(
    environ: dict[str, str], expected: BatchSettings | None
) -> None:
    assert log_settings(environ) == expected
