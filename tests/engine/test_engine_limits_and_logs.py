"""Limits in the engine's words, and logs taken apart: whatever stands there."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import Limits
from reactor.engine.decode import Context, container, inspected
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.limits import written
from reactor.engine.logs import End, Frames
from tests.engine.payloads import inspect

MIB = 1024 * 1024


def read(**changes: Any) -> Limits:
    """The limits of an inspect with these settings."""
    return container(inspected(json.dumps(inspect(**changes)).encode()), Context()).limits


@pytest.mark.parametrize(
    ("changes", "limits"),
    [
        ({}, Limits(50, 64 * MIB)),
        ({"host__MemorySwap": 128 * MIB}, Limits(50, 64 * MIB, 128 * MIB)),
        ({"host__MemorySwap": -1}, Limits(50, 64 * MIB)),
        ({"host__Memory": 0, "host__MemorySwap": 0, "host__PidsLimit": None}, Limits()),
        ({"host__Memory": 2**63 - 1, "host__PidsLimit": 0}, Limits(None, 2**63 - 1)),
        ({"host__Memory": 2**63, "host__PidsLimit": -1}, Limits()),
        ({"host__NanoCpus": 1_500_000_000}, Limits(50, 64 * MIB, None, 1.5)),
        ({"host__CpuQuota": 50_000, "host__CpuPeriod": 0}, Limits(50, 64 * MIB, None, 0.5)),
        ({"host__CpuQuota": 50_000, "host__CpuPeriod": 25_000}, Limits(50, 64 * MIB, None, 2.0)),
        ({"host__CpuQuota": -1, "host__CpuPeriod": 25_000, "host__NanoCpus": 0}, Limits(50, 64 * MIB)),
        ({"host__CpuQuota": 0, "host__CpuPeriod": 25_000}, Limits(50, 64 * MIB)),
    ],
)
def test_limits_are_read_however_they_are_written(changes: dict[str, Any], limits: Limits) -> None:
    assert read(**changes) == limits


def test_a_limit_that_cannot_be_read_is_not_taken_for_none() -> None:
    for name in ("Memory", "MemorySwap", "PidsLimit"):
        with pytest.raises(EngineSaidNonsense):
            read(**{f"host__{name}": "much"})
    for name in ("NanoCpus", "CpuQuota"):
        body = inspect(host__NanoCpus=0, host__CpuQuota=0) | {}
        body["HostConfig"][name] = "much"
        assert container(inspected(json.dumps(body).encode()), Context()).cpu_limited is None


@pytest.mark.parametrize(
    ("limits", "body"),
    [
        (Limits(), {}),
        (Limits(pids=7), {"PidsLimit": 7}),
        (Limits(memory=MIB), {"Memory": MIB, "MemorySwap": MIB}),
        (Limits(memory=MIB, swap=2 * MIB), {"Memory": MIB, "MemorySwap": 2 * MIB}),
        (Limits(cpu=1.5), {"NanoCpus": 1_500_000_000}),
        (Limits(cpu=9.0), {"NanoCpus": 4_000_000_000}),
        (Limits(cpu=1e-12), {"NanoCpus": 1}),
    ],
)
def test_an_update_names_what_is_set_and_both_limits_of_memory(limits: Limits, body: dict[str, int]) -> None:
    assert json.loads(written(limits, 4)) == body


def test_an_engine_that_does_not_say_how_many_cpus_it_has_is_asked_for_all() -> None:
    assert json.loads(written(Limits(cpu=9.0), 0)) == {"NanoCpus": 9_000_000_000}


def frame(text: bytes, output: int = 1) -> bytes:
    """As an engine writes it."""
    return bytes([output, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def end_of(pieces: list[bytes], most: int = 1000, *, plain: bool = False) -> bytes:
    """What comes out of these pieces of an answer."""
    end = End(most)
    frames = Frames(end, plain)
    for piece in pieces:
        frames.add(piece)
    frames.close()
    assert end.cut == (end.read > len(bytes(end)))
    return bytes(end)


@given(
    st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.binary(max_size=20)), max_size=8),
    st.lists(st.integers(0, 200), max_size=10),
)
def test_frames_come_apart_wherever_they_are_cut(told: list[tuple[int, bytes]], cuts: list[int]) -> None:
    whole = b"".join(frame(text, output) for output, text in told)
    places = sorted({0, *(min(cut, len(whole)) for cut in cuts), len(whole)})
    pieces = [whole[start:stop] for start, stop in pairwise(places)]
    assert end_of(pieces) == b"".join(text for _, text in told)


def test_what_has_no_frames_comes_as_it_is() -> None:
    assert end_of([b"plain", b" text\n"], plain=True) == b"plain text\n"
    assert end_of([b"plain", b" text\n"]) == b"plain text\n"
    assert end_of([b"abc"]) == b"abc"
    assert end_of([frame(b"one\n"), b"\x07not a frame"]) == b"one\n\x07not a frame"


def test_an_answer_that_breaks_off_gives_what_there_was() -> None:
    assert end_of([frame(b"one\n"), frame(b"two\n")[:10]]) == b"one\ntw"


@given(st.lists(st.binary(max_size=30), max_size=12), st.integers(0, 40), st.booleans())
def test_no_bytes_break_it_and_little_is_held(pieces: list[bytes], most: int, plain: bool) -> None:
    found = end_of(pieces, most, plain=plain)
    assert len(found) <= most + 30
    if plain:
        assert b"".join(pieces).endswith(found)
        assert len(found) >= min(most, len(b"".join(pieces)))
