"""Records become bytes and come back as they were: every kind, bit for bit, and across versions."""

import struct
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reactor.core.container import Container, Limits, Listed, Run, State
from reactor.core.facts import Happened, Happening, Sample, Seen, Snapshot, Tick
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.recording import kinds
from reactor.recording.errors import Malformed, NotRecordable, TooNew
from reactor.recording.header import pack_setup
from reactor.recording.packing import Packer
from reactor.recording.plain import from_bytes, to_bytes
from reactor.recording.unpacking import Schema, Unpacker
from tests.core.build import box, cid, started
from tests.recording.build import keep_texts, records


def through(*given_records: Any) -> list[Any]:
    """These records as bytes, and back."""
    packer = Packer()
    data = to_bytes([packer.pack(record) for record in given_records])
    unpacker = Unpacker(packer.schema(), keep_texts)
    return [unpacker.unpack(packed) for packed in from_bytes(data)]


def exact(value: Any) -> Any:
    """The value with its types, so that 1, 1.0 and True differ, and so do 0.0, -0.0 and each NaN."""
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value), *(exact(getattr(value, field.name)) for field in fields(value)))
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, frozenset):
        return frozenset(map(exact, value))
    if isinstance(value, tuple):
        return tuple(map(exact, value))
    if hasattr(value, "items"):
        return [(exact(key), exact(each)) for key, each in value.items()]
    return (type(value), value)


@pytest.mark.parametrize("kind", kinds.TOP, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_kind_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    record = data.draw(records(kind))
    first, second = through(record, record)
    assert exact(first) == exact(record)
    assert exact(second) == exact(record)


@given(st.lists(st.one_of(*map(records, kinds.TOP)), max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_of_all_kinds_in_any_order(given_records: list[Any]) -> None:
    """What was written before is only pointed to; the pointing must never meet another."""
    assert list(map(exact, through(*given_records))) == list(map(exact, given_records))


def test_the_very_same_look_comes_back_as_the_very_same() -> None:
    """The core asks whether a look is the one that it knows: equal is not enough, and too much."""
    look, equal = box(1), box(1)
    seen, again, other, listed = through(
        Seen(1.0, look), Seen(2.0, look), Seen(3.0, equal), Snapshot(4.0, 4.0, 1, (look, box(2)))
    )
    assert again.container is seen.container
    assert listed.containers[0] is seen.container
    assert other.container is not seen.container
    assert other.container == seen.container


def test_who_is_gone_is_forgotten_on_both_sides() -> None:
    crowd = tuple(box(n) for n in range(300))
    few = crowd[:3]
    last = Seen(3.0, crowd[200])
    packer = Packer()
    packed = [packer.pack(each) for each in (Snapshot(1.0, 1.0, 1, crowd), Snapshot(2.0, 2.0, 2, few), last)]
    assert len(packer.books._run) == len(packer.books._looks) == 3 + 1
    unpacker = Unpacker(packer.schema(), keep_texts)
    back = [unpacker.unpack(each) for each in from_bytes(to_bytes(packed))]
    assert back[2] == last
    assert len(unpacker.books._containers) == 3 + 1


def test_a_run_of_a_container_takes_the_place_of_the_one_before() -> None:
    runs = [Run(cid(1), started(n % 2)) for n in range(5)]
    samples = [Sample(float(n), run, pids=n) for n, run in enumerate(runs)]
    assert through(*samples) == samples


# Versions


def as_written_by(schema: Schema, packed: Any) -> Any:
    return Unpacker(schema, keep_texts).unpack(packed)


def test_an_older_recording_gets_defaults_for_what_it_does_not_have() -> None:
    older = [("Sample", ["at", "run"]), ("Run", ["id", "started_at"])]
    assert as_written_by(older, [0, [1.5, [cid(1), "s"]]]) == Sample(1.5, Run(cid(1), "s"))


def test_the_order_of_the_fields_is_the_recordings() -> None:
    other = [("Sample", ["pids", "run", "at"]), ("Run", ["started_at", "id"])]
    assert as_written_by(other, [0, [7, ["s", cid(1)], 1.5]]) == Sample(1.5, Run(cid(1), "s"), pids=7)


def test_a_kind_of_a_newer_reactor_is_refused() -> None:
    with pytest.raises(TooNew, match="a record of the kind Foreboding, which this reactor does not know"):
        as_written_by([("Foreboding", ["at"])], [0, [1.0]])


def test_a_field_of_a_newer_reactor_is_refused() -> None:
    """To leave it out would be to replay something else."""
    with pytest.raises(TooNew, match="a Tick has a mood here, which this reactor does not know"):
        as_written_by([("Tick", ["at", "mood"])], [0, [1.0, "good"]])


def test_a_word_of_a_newer_reactor_is_refused() -> None:
    with pytest.raises(TooNew, match="'levitate' is no Happening"):
        as_written_by([("Happened", ["at", "what", "id", "time_nano"])], [0, [1.0, "levitate", cid(1), 1]])


def test_a_kind_that_is_new_and_does_not_occur_does_no_harm() -> None:
    assert as_written_by([("Foreboding", ["at"]), ("Tick", ["at"])], [1, [1.0]]) == Tick(1.0)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (None, "this is no record"),
        ([0], "this is no record"),
        (["0", [1.0]], "this is no record"),
        ([99, [1.0]], "no kind of records with the number 99"),
        ([-1, [1.0]], "no kind of records with the number -1"),
        ([0, [1.0, 2.0]], "a Tick has 1 fields here"),
        ([0, "x"], "a Tick has 1 fields here"),
        ([0, ["now"]], "str instead of float"),
        ([0, [True]], "bool instead of float"),
        ([1, [1.0, 7, None, None, None, None, None, 0]], "number 7 was never written out"),
        ([1, [1.0, [5, "s"], None, None, None, None, None, 0]], "5 is no container's id"),
        ([1, [1.0, [cid(1), 5], None, None, None, None, None, 0]], "int instead of str"),
        ([3, [1.0, 1.0, 1, {}, [], False, 0.0, [], [], []]], "dict instead of a list"),
        ([3, [1.0, 1.0, 1, [], [["x"]], False, 0.0, [], [], []]], "is no container's id"),
        ([3, [1.0, 1.0, 1, [], [], False, 0.0, [], ["x"], []]], "this is no map"),
    ],
)
def test_what_does_not_fit_is_named(packed: Any, said: str) -> None:
    named = [
        (kind.__name__, list(kinds.fields_of(kind)))
        for kind in (Tick, Sample, Run, Snapshot, Container, Limits, Listed)
    ]
    with pytest.raises(Malformed, match=said):
        as_written_by(named, packed)


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text() | st.floats(), st.lists, max_leaves=12))
def test_no_values_at_all_come_to_anything_but_a_sentence(values: Any) -> None:
    schema = Packer().schema()
    unpacker = Unpacker(schema, keep_texts)
    for number in range(len(schema)):
        with suppress(Malformed, TooNew):
            unpacker.unpack([number, values])


def test_a_recording_from_before_limits_were_read_is_read_without_them() -> None:
    before = [name for name in kinds.fields_of(Container) if name not in {"limits", "finished"}]
    older = [("Seen", ["at", "container"]), ("Container", before), ("Run", ["id", "started_at"])]
    now = Container(Run(cid(1), "s"), "name", "image", State.RUNNING, pids_limit=7)
    _, (at, packed) = from_bytes(to_bytes(Packer().pack(Seen(1.5, now))))
    values = dict(zip(kinds.fields_of(Container), packed, strict=True))
    assert as_written_by(older, [0, [at, [values[name] for name in before]]]) == Seen(1.5, now)


@given(st.binary(max_size=60))
def test_no_bytes_at_all_come_to_anything_but_a_sentence(data: bytes) -> None:
    with suppress(Malformed):
        from_bytes(data)


def test_what_is_no_record_of_ours_is_not_packed() -> None:
    with pytest.raises(NotRecordable, match="a Run is no record of a recording"):
        Packer().pack(Run(cid(1), "s"))


def test_a_type_without_a_shape_is_an_error_of_its_author() -> None:
    """A new fact whose fields cannot be recorded fails here, and not on somebody's host."""

    @dataclass(frozen=True)
    class Odd:
        at: float
        why: complex

    with pytest.raises(NotRecordable, match="complex"):
        Packer()._record(Odd)


def test_rules_are_kept_as_their_texts() -> None:
    setup = Setup(RuleSet((), "abc", (("rules/a.yaml", "groups: []\n"), ("b.yaml", "# ü\n"))))
    back = Unpacker(Packer().schema(), keep_texts).unpack(from_bytes(pack_setup(setup)))
    assert (back.rules.version, back.rules.texts) == (setup.rules.version, setup.rules.texts)


def test_a_happening_says_what_it_is() -> None:
    (back,) = through(Happened(1.0, Happening.OOM, cid(1), 2**62))
    assert back.what is Happening.OOM
