"""Events and stats frames, line by line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import ContainerId, Run
from reactor.core.facts import Sample
from reactor.core.ports import Event, StreamEnded
from reactor.engine.events import read, target
from reactor.engine.stats import FrameBody, StatsStream
from reactor.engine.streaming import parse_line
from reactor.http.lines import Lines
from tests.engine.payloads import (
    FRAME_PODMAN,
    FRAME_V1,
    FRAME_V2,
    FRAME_ZERO,
    STARTED,
    A,
    B,
    event,
    line,
    modern_event,
)

HOST_MEMORY = 25276502016
RUN = Run(ContainerId(A), STARTED)


@pytest.mark.parametrize("write", [event, modern_event])
@pytest.mark.parametrize("action", ["create", "start", "die", "oom", "destroy", "pause", "rename"])
def test_an_event(write: Callable[..., dict[str, Any]], action: str) -> None:
    assert read(line(write(action))) == Event(action, ContainerId(A), 1795234642533522825)


MIB = 1024 * 1024


def test_the_exit_code_of_a_death() -> None:
    for text, code in (
        ("137", 137),
        ("0", 0),
        ("-1", -1),
        ("", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 400, None),
    ):
        found = read(line(event("die", exitCode=text)))
        assert found is not None
        assert found.exit_code == code


def test_an_exit_code_that_is_no_text_is_no_exit_code() -> None:
    body = event("die")
    odds: tuple[Any, ...] = (5, None, [], {}, True, 1.5)
    for odd in odds:
        body["Actor"]["Attributes"]["exitCode"] = odd
        found = read(line(body))
        assert found is not None
        assert found.exit_code is None


@pytest.mark.parametrize("write", [event, modern_event])
@pytest.mark.parametrize(
    "action",
    [
        "exec_create: sh -c x",
        "exec_start: sh",
        "exec_die",
        "top",
        "resize",
        "attach",
    ],
)
def test_noise_is_passed_over_before_it_is_parsed(write: Callable[..., dict[str, Any]], action: str) -> None:
    whole = line(write(action))
    assert read(whole) is None
    assert read(whole[:-5]) is None, "what is cut off cannot have been parsed"


@pytest.mark.parametrize("write", [event, modern_event])
@pytest.mark.parametrize(
    "action", ["health_status: unhealthy", "health_status: healthy", "health_status", "health_status: x\ny"]
)
def test_a_change_of_health_is_heard_and_its_word_is_left_out(
    write: Callable[..., dict[str, Any]], action: str
) -> None:
    """Only an inspect says what the health is."""
    found = read(line(write(action)))
    assert found is not None
    assert (found.action, found.id) == ("health_status", A)


def test_labels_cannot_make_an_event_noise() -> None:
    """Attributes are written by whoever writes labels, keys and values."""
    hostile = {
        "status": "exec_die",
        "Action": "exec_die",
        '{"status":"exec_die': "x",
        "x": '{"status":"exec_',
    }
    for write in (event, modern_event):
        found = read(line(write("start", **hostile)))
        assert found is not None
        assert found.action == "start"


def test_labels_cannot_change_whom_an_event_is_about() -> None:
    found = read(
        line(event("die", ID=B, id=B, Type="image", timeNano="5", scope="swarm", name="x", image="y"))
    )
    assert found == Event("die", ContainerId(A), 1795234642533522825)


def test_an_action_ends_at_its_colon() -> None:
    """What follows is somebody's command line."""
    found = read(line(event("something_new: \u001b[31m$(reboot)\n")))
    assert found is not None
    assert found.action == "something_new"


def test_podmans_words() -> None:
    for word, ours in (("died", "die"), ("remove", "destroy")):
        found = read(line(event(word)))
        assert found is not None
        assert found.action == ours


@pytest.mark.parametrize(
    "body",
    [
        {**event("create"), "Type": "network"},
        {**event("start"), "scope": "swarm"},
        event("start", container="web"),
        event("start", container=A[:12]),
        {
            "Type": "container",
            "Action": "prune",
            "Actor": {"ID": "", "Attributes": {"reclaimed": "0"}},
            "scope": "local",
        },
        {"Type": "container", "Action": "prune", "Actor": None},
    ],
)
def test_what_is_no_event_of_a_container_here_is_passed_over(body: dict[str, Any]) -> None:
    assert read(line(body)) is None


def test_an_engine_that_leaves_out_what_it_may() -> None:
    found = read(line({"Type": "container", "Action": "die", "Actor": {"ID": A}, "time": 5}))
    assert found == Event("die", ContainerId(A), 5_000_000_000)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b'{"message":"bad filter"}', "wrote an error into the event stream: bad filter"),
        (
            b'{"cause":"x","message":"no\\nevents","response":500}',
            "wrote an error into the event stream: no[?]events",
        ),
        (b"{}", "does not belong there"),
        (b'{"Type":"container"}', "does not belong there"),
        (b'{"Type":"container","Action":5}', "cannot be read"),
        (b"[]", "cannot be read"),
        (b"null", "cannot be read"),
        (b"<html>", "cannot be read"),
        (b'{"Type":"container","Act', "cannot be read"),
        (b'{"Type":"\xff"}', "cannot be read"),
    ],
)
def test_what_is_no_event_at_all_ends_the_stream(said: bytes, sentence: str) -> None:
    with pytest.raises(StreamEnded, match=sentence):
        read(said)


def test_a_subscription_is_asked_for_in_the_engines_clock() -> None:
    assert target(1795234642.5).startswith("/events?since=1795234642.500000000&filters=")
    assert target(-5.0).startswith("/events?since=0.000000000&")
    assert "since" not in target(None)
    assert target(None).endswith("%7B%22type%22%3A%5B%22container%22%5D%7D")


def frame(body: dict[str, Any], run: Run = RUN, host_memory: int = HOST_MEMORY) -> Sample | None:
    """The sample in a frame that came at the moment 9."""
    stream = StatsStream(Lines(nothing, 1), run, host_memory)
    return stream.sample(parse_line(line(body), FrameBody, "stats"), 9.0)


async def nothing() -> bytes | None:
    """A body that has ended."""
    return None


def test_a_frame_of_cgroup_v1() -> None:
    """Page cache of the container and of all below it is left out, as ``docker stats`` does."""
    expected = Sample(9.0, RUN, 7, 50, 10_000_000, 67108864, pytest.approx(0.027793156))  # type: ignore[arg-type]
    assert frame(FRAME_V1) == expected


def test_a_frame_of_cgroup_v2() -> None:
    """Without limits the engine writes the end of 64 bits, and the memory of the host."""
    found = frame(FRAME_V2)
    assert found is not None
    assert (found.memory, found.memory_limit, found.pids, found.pids_limit) == (40_000_000, None, 7, None)
    assert found.cpu == pytest.approx(0.027793)


def test_a_frame_of_podman() -> None:
    """It does not say how much of the memory is page cache, which may be nearly all of it."""
    found = frame(FRAME_PODMAN)
    assert found is not None
    assert (found.memory, found.memory_limit, found.pids, found.pids_limit) == (None, None, 7, None)
    assert found.cpu == pytest.approx(0.027793)


@pytest.mark.parametrize("nothing_", [0, -1, 2**63, 2**64 - 1])
def test_a_number_that_cannot_be_a_reading_is_unknown(nothing_: int) -> None:
    """A missing controller is written as a zero, and a difference below zero as the end of 64 bits."""
    usage = {"cpu_usage": {"total_usage": nothing_}}
    found = frame({**FRAME_PODMAN, "memory_stats": {"usage": nothing_, "limit": 9}, "cpu_stats": usage})
    assert found is not None
    assert (found.memory, found.cpu, found.pids) == (None, None, 7)
    found = frame({**FRAME_PODMAN, "pids_stats": {"current": nothing_, "limit": 0}})
    assert found is not None
    assert found.pids is None
    assert found.cpu == pytest.approx(0.027793)
    nowhere = {"memory_stats": {"usage": nothing_}, "pids_stats": {"current": nothing_}}
    assert frame({**FRAME_PODMAN, **nowhere}) is None


@pytest.mark.parametrize(
    "cpu", [{}, {"cpu_usage": None}, {"cpu_usage": {}}, {"cpu_usage": {"usage_usec": 5}}, None]
)
def test_cpu_time_that_is_not_there_is_unknown(cpu: Any) -> None:
    found = frame({**FRAME_V1, "cpu_stats": cpu})
    assert found is not None
    assert (found.cpu, found.pids) == (None, 7)


def test_a_limit_above_the_hosts_memory_is_none_and_without_the_hosts_it_stands() -> None:
    body = {**FRAME_V1, "memory_stats": {"usage": 5, "limit": HOST_MEMORY + 1}}
    found = frame(body)
    assert found is not None
    assert found.memory_limit is None
    unknown_host = frame(body, host_memory=0)
    assert unknown_host is not None
    assert unknown_host.memory_limit == HOST_MEMORY + 1


@pytest.mark.parametrize("cache", [60, 61])
def test_no_less_cache_than_memory_in_use_is_of_two_moments(cache: int) -> None:
    """The engine reads one after the other. ``docker stats`` shows all as used then; we know nothing."""
    stats = {"inactive_file": cache, "total_inactive_file": cache}
    found = frame({**FRAME_V1, "memory_stats": {"usage": 60, "limit": 100, "stats": stats}})
    assert found is not None
    assert (found.memory, found.pids) == (None, 7)


def in_use(total: str, memory: int, cache: int, usage: int) -> dict[str, Any]:
    """A frame whose detail was read before its usage, in MiB."""
    parts = {"active_anon": memory, "inactive_anon": 0, "active_file": 0, "unevictable": 0}
    stats = {f"{total}{name}": value * MIB for name, value in {**parts, "inactive_file": cache}.items()}
    return {**FRAME_V1, "memory_stats": {"usage": usage * MIB, "limit": 1000 * MIB, "stats": stats}}


@pytest.mark.parametrize("total", ["total_", ""])
def test_cache_that_came_while_the_engine_read_is_not_in_use(total: str) -> None:
    """More than the detail accounts for has to be there in two frames; the kernel's own memory is, then."""
    stream = StatsStream(Lines(nothing, 1), RUN, HOST_MEMORY)

    def told(memory: int, cache: int, usage: int) -> int | None:
        body = line(in_use(total, memory, cache, usage))
        found = stream.sample(parse_line(body, FrameBody, "stats"), 9.0)
        return None if found is None or found.memory is None else found.memory // MIB

    assert told(100, 0, 900) is None, "nothing came before it"
    assert told(100, 300, 410) == 110
    assert told(100, 300, 1200) == 110
    assert told(100, 800, 910) == 110
    # Memory that was really taken is told at once, with a tenth for the kernel; more of the kernel's a frame
    # later.
    assert told(800, 100, 980) == 880
    assert told(100, 100, 1000) == 880
    assert told(100, 100, 1000) == 900


@pytest.mark.parametrize(
    "body",
    [
        FRAME_ZERO,
        {**FRAME_V1, "read": "0001-01-01T00:00:00Z"},
        {**FRAME_V1, "read": "yesterday"},
        {**FRAME_V1, "memory_stats": {}, "pids_stats": {}},
        {"read": FRAME_V1["read"]},
        {**FRAME_V1, "read": "2026-11-21T04:17:22.5335Z"},
    ],
)
def test_frames_that_hold_no_data(body: dict[str, Any]) -> None:
    """Zeros, no time, nothing measured, or of a time before this run began."""
    assert frame(body) is None


def test_half_a_frame_is_half_known() -> None:
    found = frame({**FRAME_V1, "memory_stats": {}})
    assert found is not None
    assert (found.memory, found.memory_limit, found.pids) == (None, None, 7)
    found = frame({**FRAME_V1, "pids_stats": {}, "cpu_stats": {}})
    assert found is not None
    assert (found.pids, found.cpu) == (None, None)


def test_a_start_that_is_no_time_excludes_no_frame() -> None:
    assert frame(FRAME_V1, Run(ContainerId(A), "early")) is not None


def a_stream(*said: bytes) -> StatsStream:
    """A stream that says this and ends."""
    pieces = [*said, None]

    async def piece() -> bytes | None:
        return pieces.pop(0)

    return StatsStream(Lines(piece, 10_000), RUN, HOST_MEMORY)


async def test_a_stream_that_goes_on_with_another_run_ends() -> None:
    """The engine's stream belongs to the container; CPU time that falls shows that this is another life."""
    later = {**FRAME_V1, "cpu_stats": {"cpu_usage": {"total_usage": 5}}}
    stream = a_stream(line(FRAME_V1) + b"\n" + line(FRAME_ZERO) + b"\n" + line(later) + b"\n")
    assert await anext(stream) is not None
    assert await anext(stream) is None
    with pytest.raises(StreamEnded, match="another run"):
        await anext(stream)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"", "the engine ended the stats stream"),
        (b'{"read":', "in the middle of an object"),
        (b'{"message":"gone"}\n', "wrote an error into the stats stream: gone"),
        (b'{"read":5}\n', "cannot be read"),
        (b"x" * 20_000, "longer than 10000"),
    ],
)
async def test_the_ends_of_a_stats_stream(said: bytes, sentence: str) -> None:
    with pytest.raises(StreamEnded, match=sentence):
        await anext(a_stream(said))


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
event_fields = st.sampled_from(["Type", "Action", "Actor", "scope", "time", "timeNano", "message"])
actors = st.dictionaries(st.sampled_from(["ID", "Attributes"]), anything | st.just(A))
events = st.dictionaries(event_fields, anything | actors | st.just("container"))
numbers = st.dictionaries(
    st.sampled_from(["current", "limit", "usage", "stats", "cpu_usage", "total_usage"]),
    st.integers()
    | anything
    | st.dictionaries(st.sampled_from(["inactive_file", "total_usage"]), st.integers()),
)
frame_fields = st.sampled_from(["read", "pids_stats", "memory_stats", "cpu_stats", "message"])
frames = st.dictionaries(frame_fields, anything | numbers | st.just(FRAME_V1["read"]))


@given(events | anything)
def test_no_object_in_the_event_stream_breaks_anything(body: Any) -> None:
    try:
        read(json.dumps(body).encode())
    except StreamEnded:
        return


@given(st.binary())
def test_no_line_of_the_event_stream_breaks_anything(said: bytes) -> None:
    try:
        read(said)
    except StreamEnded:
        return


@given(frames | anything)
def test_no_object_in_a_stats_stream_breaks_anything(body: Any) -> None:
    try:
        found = frame(body)
    except StreamEnded:
        return
    read_numbers = (
        (found.memory_limit, found.pids_limit, found.pids, found.memory, found.cpu) if found else ()
    )
    for number in read_numbers:
        assert number is None or 0 < number < 2**63
