"""Lists and inspects: what is read, what stays unknown, and what is nonsense."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import Container, State
from reactor.engine.decode import Context, container, full_id, inspected, listed
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.images import Image
from reactor.engine.limits import limit
from reactor.engine.versions import negotiate
from reactor.engine.wire import InfoBody, VersionBody, message, parse
from tests.engine.payloads import IMAGE, STARTED, A, B, C, inspect


def read(body: dict[str, Any], context: Context | None = None) -> Container:
    """The record of an inspect's body."""
    return container(inspected(json.dumps(body).encode()), context or Context())


def row(**changes: Any) -> dict[str, Any]:
    """One row of a list."""
    plain = {"Id": A, "Names": ["/task-1"], "Image": "busybox", "ImageID": IMAGE, "State": "running"}
    return {**plain, "Labels": {"a": "b"}, "Status": "Up 5 seconds", **changes}


def rows(*found: dict[str, Any]) -> bytes:
    """The body of a list."""
    return json.dumps(found).encode()


def test_a_running_container() -> None:
    found = read(inspect(), Context(born=1.0, created=0.5, image=Image({"x": "y"})))
    assert (found.run.id, found.run.started_at) == (A, STARTED)
    assert (found.name, found.image, found.image_id, found.state) == (
        "task-1",
        "busybox:test",
        IMAGE,
        State.RUNNING,
    )
    assert (found.labels, found.image_labels) == ({"reactor.task": "7"}, {"x": "y"})
    assert (found.born, found.created, found.pid) == (1.0, 0.5, 4242)
    assert (found.memory_limit, found.pids_limit) == (67108864, 50)
    assert (found.restart_policy, found.auto_remove) == ("", False)
    assert (found.exit_code, found.oom_killed, found.finished_at) == (None, False, "")


@pytest.mark.parametrize("status", ["exited", "dead", "removing", "restarting"])
def test_the_exit_code_of_an_end(status: str) -> None:
    found = read(
        inspect(state__Status=status, state__ExitCode=137, state__OOMKilled=True, state__FinishedAt=STARTED)
    )
    assert (found.state.value, found.exit_code, found.oom_killed, found.finished_at) == (
        status,
        137,
        True,
        STARTED,
    )


@pytest.mark.parametrize("status", ["running", "paused"])
def test_the_exit_code_of_what_runs_is_unknown(status: str) -> None:
    """The engine writes a zero there, and keeps the end of the run before."""
    found = read(inspect(state__Status=status, state__FinishedAt=STARTED))
    assert (found.exit_code, found.finished_at) == (None, STARTED)


def test_a_start_that_failed_has_an_exit_code_and_no_run() -> None:
    never = "0001-01-01T00:00:00Z"
    found = read(inspect(state__Status="created", state__ExitCode=127, state__StartedAt=never))
    assert (found.run.started_at, found.exit_code, found.state) == ("", 127, State.CREATED)
    found = read(inspect(state__Status="created", state__StartedAt=never))
    assert found.exit_code is None


def test_joins_are_full_ids_in_any_of_three_modes() -> None:
    modes = {"NetworkMode": f"container:{B}", "PidMode": f"container:{C}", "IpcMode": f"container:{B}"}
    assert read(inspect(**{f"host__{k}": v for k, v in modes.items()})).joins == {B, C}


@pytest.mark.parametrize(
    "mode",
    [
        "container:web",
        f"container:{B[:12]}",
        f"container:{B.upper()}",
        f"container:{B}\n",
        "container:",
        B,
        "host",
    ],
)
def test_what_stayed_a_name_joins_nothing(mode: str) -> None:
    """The engine writes ids; a name that it could not resolve might be anybody's by now."""
    assert read(inspect(host__NetworkMode=mode)).joins == frozenset()


@pytest.mark.parametrize("number", [None, 0, -1, 2**63, 2**64 - 1, -(2**70), 2**70])
def test_every_way_to_write_no_limit(number: int | None) -> None:
    assert limit(number) is None


def test_limits_that_are_none() -> None:
    found = read(inspect(host__Memory=0, host__PidsLimit=None))
    assert (found.memory_limit, found.pids_limit) == (None, None)


def test_everything_that_may_be_missing_may_be_missing() -> None:
    found = read({"Id": A, "State": {"Status": "exited"}, "HostConfig": None, "Config": None})
    assert found == Container(
        run=found.run, name="", image="", state=State.EXITED, image_labels=None, exit_code=0
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [("configured", "created"), ("initialized", "created"), ("stopped", "exited"), ("stopping", "running")],
)
def test_podmans_words(word: str, state: str) -> None:
    assert read(inspect(state__Status=word)).state.value == state


@pytest.mark.parametrize(
    "body",
    [
        inspect(Id=A[:12]),
        inspect(Id="web"),
        inspect(Id=A.upper()),
        inspect(Id=""),
        inspect(state__Status="thriving"),
        inspect(state__Status=""),
        inspect(State=None),
        inspect(state__Pid="1"),
        inspect(config__Labels={"a": 1}),
        inspect(config__Labels=["a"]),
        inspect(host__Memory=1.5),
        [],
        None,
        "text",
    ],
)
def test_an_inspect_that_makes_no_sense_is_refused(body: Any) -> None:
    with pytest.raises(EngineSaidNonsense):
        read(body)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[{]", b'{"Id":"\xff"}', b'{"Id":"\\ud800"}', b"[" * 100_000, b"<html>"]
)
def test_bytes_that_are_no_json_are_refused(body: bytes) -> None:
    for decoder in (inspected, listed):
        with pytest.raises(EngineSaidNonsense):
            decoder(body)


def test_nesting_without_an_end_is_refused() -> None:
    """In a field that is not read, and deeper than any stack."""
    deep = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with pytest.raises(EngineSaidNonsense):
        inspected(deep)


def test_a_list() -> None:
    found = listed(rows(row(), row(Id=B, Names=[], Labels=None, State="exited")))
    assert [(one.id, one.name, one.state, dict(one.labels)) for one in found] == [
        (A, "task-1", State.RUNNING, {"a": "b"}),
        (B, "", State.EXITED, {}),
    ]
    assert (found[0].image, found[0].image_id) == ("busybox", IMAGE)


@pytest.mark.parametrize(
    ("host", "joined"),
    [
        ({"NetworkMode": f"container:{B}"}, True),
        ({"NetworkMode": "bridge"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_list_says_who_shares_a_network(host: dict[str, str] | None, *, joined: bool) -> None:
    assert [one.joined for one in listed(rows(row(HostConfig=host), row()))] == [joined, False]


def test_a_name_is_the_containers_own_and_not_that_of_a_link() -> None:
    assert listed(rows(row(Names=["/web/db", "/db"])))[0].name == "db"
    assert listed(rows(row(Names=["/web/db"])))[0].name == ""


def test_a_state_that_we_do_not_know_counts_as_alive_in_a_list() -> None:
    """It is inspected then, and the inspect says that it makes no sense: unsure, not gone."""
    assert listed(rows(row(State="thriving")))[0].alive


def test_one_bad_row_spoils_the_list() -> None:
    """A list with a hole in it would say that somebody is gone."""
    for bad in (row(Id="web"), row(Names="x"), row(Labels={"a": None}), {}, None):
        with pytest.raises(EngineSaidNonsense):
            listed(rows(row(), bad))  # type: ignore[arg-type]  # the very point


def test_an_id_goes_into_a_path_only_if_it_is_one() -> None:
    assert full_id(A) == A
    for wrong in (
        "",
        "web",
        A[:12],
        A + "a",
        A.upper(),
        "../../images",
        A[:-1] + "/",
        A[:-1] + "\n",
        A + "\n",
    ):
        with pytest.raises(ValueError, match="full container id"):
            full_id(wrong)


def test_a_message_of_an_error() -> None:
    assert message(b'{"message":"No such container: x"}') == "No such container: x"
    assert message(b'{"message":"a\\nb\\u001b[31m"}') == "a?b?[31m"
    assert len(message(json.dumps({"message": "x" * 100_000}).encode())) <= 201
    for bad in (b"", b"<html>", b'{"message":5}', b"[]", b'{"message":"\xff"}'):
        assert message(bad) == "no reason given"


def test_versions_and_information() -> None:
    version = parse(b'{"ApiVersion":"1.41","MinAPIVersion":"1.12","Version":"20.10"}', VersionBody, "x")
    assert negotiate(version.api_version, version.oldest) == "1.41"
    info = parse(b'{"ID":"i","Name":"n","MemTotal":5,"SystemTime":"t","PidsLimit":false}', InfoBody, "x")
    assert (info.id, info.memory, info.pids_limit, info.memory_limit) == ("i", 5, False, True)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
fields = st.sampled_from(
    ["Id", "Names", "State", "Labels", "Image", "ImageID", "Config", "HostConfig", "Name", "Created"]
)
inner_fields = st.sampled_from(
    ["Status", "Pid", "ExitCode", "StartedAt", "Labels", "Memory", "PidsLimit", "NetworkMode"]
)
states = st.sampled_from([state.value for state in State])
values = anything | st.just(A) | states | st.dictionaries(inner_fields, anything | states)
documents = st.dictionaries(fields, values) | anything


@given(documents)
def test_no_inspect_breaks_anything(body: Any) -> None:
    try:
        found = read(body)
    except EngineSaidNonsense:
        return
    assert full_id(found.id) == found.id


@given(st.lists(documents) | anything)
def test_no_list_breaks_anything(body: Any) -> None:
    try:
        found = listed(json.dumps(body).encode())
    except EngineSaidNonsense:
        return
    assert all(full_id(one.id) for one in found)


@given(st.binary())
def test_no_bytes_break_anything(body: bytes) -> None:
    for decoder in (inspected, listed):
        try:
            decoder(body)
        except EngineSaidNonsense:
            continue


@given(st.data())
def test_no_damage_to_a_real_answer_breaks_anything(data: st.DataObject) -> None:
    """A byte of a real inspect is replaced, or its end is cut off."""
    whole = json.dumps(inspect()).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    for body in (whole[:at], whole[:at] + data.draw(st.binary(min_size=1, max_size=1)) + whole[at + 1 :]):
        try:
            container(inspected(body), Context())
        except EngineSaidNonsense:
            continue
