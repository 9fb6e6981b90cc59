"""The calls against a scripted engine: what is asked, what each answer means, and how long it may take."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from reactor.core.capabilities import Capabilities
from reactor.core.container import ContainerId, Run
from reactor.core.ports import (
    DeadlinePassed,
    EngineAnswered,
    EngineError,
    EngineForbids,
    EngineUnreachable,
    GivenUp,
    NoSuchContainer,
    StreamEnded,
)
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import Endpoint
from reactor.engine.errors import EngineSaidNonsense, EngineTooNew, EngineTooOld
from reactor.engine.images import AWAITED_FOR, UNREAD, Image, ImageLabels
from reactor.http.address import Address
from reactor.http.connect import connect
from tests.engine.fake import NOON, QUICK, USUAL, at_noon, fake_engine
from tests.engine.payloads import FRAME_V1, IMAGE, STARTED, A, B, event, inspect, line

ONE = ContainerId(A)
RUN = Run(ONE, STARTED)
KILL = f"POST /containers/{A}/kill"
STOP = f"POST /containers/{A}/stop"
LOOK = f"GET /containers/{A}/json"
NO_CACHE = {"inactive_file": 0}
TRIED = f"POST /containers/{'0' * 64}/update"
STATS = f"GET /containers/{A}/stats"


async def test_who_the_engine_is() -> None:
    async with fake_engine() as (fake, engine):
        info = await engine.identify()
        assert fake.asked == ["GET /version", "GET /v1.41/info"]
    assert (info.id, info.name, info.version, info.api_version) == ("I:D", "host", "20.10.24", "1.41")
    assert (info.memory, info.cgroup_version, info.cgroup_driver) == (25276502016, "1", "cgroupfs")
    assert info.now > NOON
    assert info.warnings == ()


async def test_what_an_engine_cannot_do_is_told() -> None:
    async with fake_engine() as (fake, engine):
        fake.inform(MemoryLimit=False, PidsLimit=False)
        version = {"ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}
        fake.say("GET /version", body=version)
        fake.say(TRIED, 404, raw=b"Not Found\n")
        info = await engine.identify()
        assert set(info.can.missing()) == set(Capabilities.__slots__)
        assert len(info.warnings) == 6


@pytest.mark.parametrize(
    ("status", "raw", "updates"),
    [(404, b"Not Found\n", False), (404, b'{"message":"no such container"}', True), (403, b"", True)],
)
async def test_whether_a_podman_changes_limits_is_tried_on_nobody(
    status: int, raw: bytes, updates: bool
) -> None:
    async with fake_engine() as (fake, engine):
        version = {"ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}
        fake.say("GET /version", body=version)
        fake.say(TRIED, status, raw=raw)
        assert (await engine.identify()).can.limit_updates is updates
        assert [each for each in fake.asked if each.startswith("POST")] == [TRIED.replace("/c", "/v1.41/c")]


@pytest.mark.parametrize(
    ("version", "error"),
    [
        ({"ApiVersion": "1.24"}, EngineTooOld),
        ({"ApiVersion": "1.99", "MinAPIVersion": "1.90"}, EngineTooNew),
        ({}, EngineSaidNonsense),
        ([], EngineSaidNonsense),
    ],
)
async def test_an_engine_that_cannot_be_spoken_to(version: Any, error: type[EngineError]) -> None:
    async with fake_engine() as (fake, engine):
        fake.say("GET /version", body=version)
        with pytest.raises(error):
            await engine.identify()


async def test_the_version_is_negotiated_anew_each_time() -> None:
    """The engine may be upgraded while we run; between two identifies its version is pinned."""
    async with fake_engine() as (fake, engine):
        fake.say("GET /containers/json", body=[])
        await engine.list()
        fake.say("GET /version", body={"ApiVersion": "1.99", "MinAPIVersion": "1.44"})
        await engine.list()
        await engine.identify()
        await engine.list()
        assert [one.partition("/containers")[0] for one in fake.asked if "containers" in one] == [
            "GET /v1.41",
            "GET /v1.41",
            "GET /v1.51",
        ]


async def test_a_list_is_of_all_containers() -> None:
    async with fake_engine() as (fake, engine):
        fake.say("GET /containers/json", body=[{"Id": B, "State": "exited"}])
        assert [one.id for one in await engine.list()] == [B]
        assert fake.asked[-1] == "GET /v1.41/containers/json?all=1"


async def test_an_inspect_knows_image_labels_and_ages() -> None:
    async with fake_engine() as (fake, engine):
        now = trio.current_time()
        body = inspect(state__StartedAt=at_noon(now - 60), Created=at_noon(now - 90))
        fake.say(LOOK, body=body)
        found = await engine.inspect(ONE)
    assert (found.labels, found.image_labels) == ({"reactor.task": "7"}, {"from": "image"})
    assert found.born == pytest.approx(now - 60, abs=0.5)
    assert found.created == pytest.approx(now - 90, abs=0.5)


async def test_an_inspect_says_who_answered() -> None:
    """A container can be named like another one's id, and answers when that one is gone."""
    async with fake_engine() as (fake, engine):
        fake.say(LOOK, body=inspect(Id=B))
        assert (await engine.inspect(ONE)).id == B


@pytest.mark.parametrize("wrong", ["", "web", A[:12], A.upper(), A + "\n", f"{A[:60]}/../"])
async def test_nothing_but_a_full_id_goes_into_a_path(wrong: str) -> None:
    async with fake_engine() as (fake, engine):
        container = ContainerId(wrong)
        for call in (engine.inspect(container), engine.kill(container), engine.stop(container, 1)):
            with pytest.raises(ValueError, match="full container id"):
                await call
        with pytest.raises(ValueError, match="full container id"):
            async with engine.open_stats(Run(container, STARTED)):
                pytest.fail("it was asked for")
        assert fake.asked == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b'{"message":"No such container: x"}', NoSuchContainer),
        (
            404,
            b'{"message":"no container with name or ID \\"x\\" found: no such container"}',
            NoSuchContainer,
        ),
        (404, b'{"message":"page not found"}', EngineAnswered),
        (404, b"<html>not here</html>", EngineAnswered),
        (401, b"", EngineForbids),
        (403, b"<html>", EngineForbids),
        (500, b'{"message":"RWLayer of container is unexpectedly nil"}', EngineAnswered),
        (400, b'{"message":"client version 1.51 is too new"}', EngineAnswered),
        (301, b"", EngineAnswered),
        (204, b"", EngineAnswered),
        (200, b"<html>", EngineSaidNonsense),
        (200, b"", EngineSaidNonsense),
    ],
)
async def test_what_an_answer_to_a_question_means(status: int, body: bytes, error: type[EngineError]) -> None:
    """Only the engine's own words make a container gone; a proxy's 404 does not."""
    async with fake_engine() as (fake, engine):
        await engine.identify()
        fake.say(LOOK, status, raw=body)
        with pytest.raises(error) as caught:
            await engine.inspect(ONE)
        assert type(caught.value) is error


@pytest.mark.parametrize("status", [204, 304, 400, 404, 409, 500, 503])
async def test_the_status_of_an_action_is_its_answer(status: int) -> None:
    async with fake_engine() as (fake, engine):
        said = b"" if status in {204, 304} else b'{"message":"x"}'
        fake.say(KILL, status, raw=said)
        fake.say(STOP, status, raw=said)
        assert await engine.kill(ONE) == status
        assert await engine.stop(ONE, 3) == status
        assert fake.asked[-2:] == [
            f"POST /v1.41/containers/{A}/kill?signal=KILL",
            f"POST /v1.41/containers/{A}/stop?t=3",
        ]


HTML = b"<html><body><h1>504 Gateway Time-out</h1></body></html>"


@pytest.mark.parametrize("raw", [b"", HTML, b"[]", b'{"message":""}'])
@pytest.mark.parametrize(
    ("status", "error"), [(502, EngineUnreachable), (503, EngineUnreachable), (504, GivenUp)]
)
async def test_a_proxy_that_answers_in_the_engines_place_says_nothing_for_it(
    status: int, error: type[EngineUnreachable], raw: bytes
) -> None:
    """Of a call that it gave up, nobody knows what became; and no page for people stands in the sentence."""
    async with fake_engine() as (fake, engine):
        for what in (KILL, "GET /containers/json", f"GET /containers/{A}/stats"):
            fake.say(what, status, raw=raw)
        for call in (engine.kill(ONE), engine.list()):
            with pytest.raises(EngineUnreachable, match="a proxy before the engine") as raised:
                await call
            assert type(raised.value) is error
            assert "<" not in str(raised.value)
        with pytest.raises(error):
            async with engine.open_stats(RUN):
                pass


@pytest.mark.parametrize("status", [401, 403])
async def test_an_action_that_is_forbidden(status: int) -> None:
    async with fake_engine() as (fake, engine):
        fake.say(KILL, status, raw=b"<html>")
        with pytest.raises(EngineForbids, match=str(status)):
            await engine.kill(ONE)


@pytest.mark.parametrize(("grace", "t"), [(0, 0), (-1, 0), (0.2, 1), (9.0, 9), (9.1, 10)])
async def test_a_stop_always_says_how_long_it_waits(grace: float, t: int) -> None:
    """Without a number, or with a negative one, the engine might wait for ever."""
    async with fake_engine() as (fake, engine):
        fake.say(STOP, 204, raw=b"")
        await engine.stop(ONE, grace)
        assert fake.asked[-1].endswith(f"/stop?t={t}")


async def test_every_call_has_a_deadline() -> None:
    async with fake_engine(QUICK) as (fake, engine):
        await engine.identify()
        for what in (LOOK, KILL, STOP, STATS, "GET /containers/json", "GET /events"):
            fake.hang(what)
        began = trio.current_time()
        results: list[str] = []

        async def outlive(call: Callable[[], Awaitable[object]]) -> None:
            with pytest.raises(DeadlinePassed):
                await call()
            results.append("late")

        async def events() -> None:
            async with engine.open_events(None):
                pytest.fail("there was no answer")

        async def stats() -> None:
            async with engine.open_stats(RUN):
                pytest.fail("there was no answer")

        async with trio.open_nursery() as nursery:
            for call in (lambda: engine.inspect(ONE), lambda: engine.kill(ONE), engine.list, events, stats):
                nursery.start_soon(outlive, call)
            nursery.start_soon(outlive, lambda: engine.stop(ONE, 0))
        assert len(results) == 6
        assert trio.current_time() - began < USUAL.inspect, "the least of the usual ones that are asked here"


async def test_a_stop_may_take_its_grace_and_more() -> None:
    async with fake_engine(QUICK) as (fake, engine):
        await engine.identify()
        fake.hang(STOP)
        began = trio.current_time()
        with pytest.raises(DeadlinePassed):
            await engine.stop(ONE, 1)
        assert 1.2 < trio.current_time() - began < USUAL.stop


async def test_an_action_whose_connection_breaks_is_not_repeated() -> None:
    """Nobody knows whether it was done; whoever wanted it has to look."""
    async with fake_engine() as (fake, engine):
        await engine.identify()

        async def slam(_stream: trio.abc.Stream) -> None:
            return

        fake.answers[KILL] = slam
        with pytest.raises(EngineUnreachable, match="before an answer came") as caught:
            await engine.kill(ONE)
        assert not isinstance(caught.value, DeadlinePassed)
        assert sum("kill" in one for one in fake.asked) == 1


async def test_nobody_listens() -> None:
    endpoint = Endpoint(
        Address.unix("/nowhere/docker.sock"), "unix:///nowhere/docker.sock", "the test", named=True
    )
    engine = DockerEngine(endpoint, deadlines=QUICK)
    for call in (engine.identify, engine.list, lambda: engine.kill(ONE)):
        with pytest.raises(EngineUnreachable, match="no socket at unix:///nowhere"):
            await call()
    with pytest.raises(EngineUnreachable):
        async with engine.open_events(None):
            pytest.fail("there is nobody")


# Streams


async def test_events_come_through_and_every_end_has_its_sentence() -> None:
    async with fake_engine() as (fake, engine):
        one = line(event("start")) + b"\n"
        for pieces, last, sentence in (
            ((one,), b"0\r\n\r\n", "the engine ended the event stream"),
            ((one, one[:50]), b"0\r\n\r\n", "in the middle of an object"),
            ((one,), b"", "broke: the connection ended"),
            ((one,), b"zz\r\n", "broke: the answer is not HTTP"),
            ((one, b'{"message":"no"}\n'), b"", "wrote an error into the event stream: no"),
            ((one, b"[]\n"), b"", "cannot be read"),
        ):
            fake.stream("GET /events", *pieces, last=last)
            async with engine.open_events(NOON) as events:
                assert (await anext(events)).action == "start"
                with pytest.raises(StreamEnded, match=sentence):
                    await anext(events)
        assert fake.asked[-1].startswith("GET /v1.41/events?since=1795262400.000000000&filters=")


async def test_overlong_lines_end_no_event_stream_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes a label of a megabyte must not be able to blind us."""
    monkeypatch.setattr("reactor.engine.events.LONGEST", 2000)
    async with fake_engine() as (fake, engine):
        long = line(event("create", label="x" * 5000)) + b"\n"
        fake.stream("GET /events", long[:3000], long[3000:], line(event("start")) + b"\n")
        async with engine.open_events(None) as events:
            assert (await anext(events)).action == "start"
            assert engine.statistics().overlong_events == 1
        assert engine.statistics().overlong_events == 1


async def test_a_stream_that_is_refused() -> None:
    async with fake_engine() as (fake, engine):
        for status, body, error in (
            (500, {"message": "no"}, EngineAnswered),
            (403, {}, EngineForbids),
            (404, {"message": "No such container: x"}, NoSuchContainer),
        ):
            fake.say("GET /events", status, body)
            fake.say(STATS, status, body)
            with pytest.raises(error):
                async with engine.open_events(None):
                    pytest.fail("it was refused")
            with pytest.raises(error):
                async with engine.open_stats(RUN):
                    pytest.fail("it was refused")


async def test_stats_come_through_with_the_hosts_memory_known() -> None:
    async with fake_engine() as (fake, engine):
        frame = {**FRAME_V1, "memory_stats": {"usage": 5, "limit": 25276502016, "stats": NO_CACHE}}
        fake.stream(STATS, line(frame) + b"\n")
        async with engine.open_stats(RUN) as frames:
            sample = await anext(frames)
            assert sample is not None
            assert (sample.run, sample.pids, sample.memory, sample.memory_limit) == (RUN, 7, 5, None)
            with pytest.raises(StreamEnded, match="ended the stats stream"):
                await anext(frames)


async def test_lanes_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd of streams and questions that cannot get through to the engine does not hold up a kill."""
    stuck = True

    async def sometimes(address: Address) -> trio.abc.Stream:
        if stuck:
            await trio.sleep_forever()
        return await connect(address)

    async with fake_engine(Deadlines()) as (fake, engine):
        await engine.identify()
        fake.say(KILL, 204, raw=b"")
        monkeypatch.setattr("reactor.http.client.connect", sometimes)

        async def hold_stats() -> None:
            async with engine.open_stats(RUN):
                pytest.fail("there was no answer")

        async with trio.open_nursery() as nursery:
            for _ in range(60):
                nursery.start_soon(hold_stats)
                nursery.start_soon(engine.inspect, ONE)
            await trio.testing.wait_all_tasks_blocked()
            stuck = False
            # Before the first of the others gives up.
            with trio.fail_after(USUAL.inspect - 1):
                assert await engine.kill(ONE) == 204
            nursery.cancel_scope.cancel()


# The engine's clock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine may be asked for the time again at once."""
    monkeypatch.setattr("reactor.engine.calls.CLOCK_PAUSE", 0.0)


@pytest.mark.usefixtures("impatient")
async def test_a_clock_that_was_set_is_noticed_before_it_makes_an_age() -> None:
    """The engine's clock goes back an hour; a container that starts then is young, not an hour old."""
    async with fake_engine() as (fake, engine):
        await engine.identify()
        fake.ahead = -3600.0
        fake.say(LOOK, body=inspect(state__StartedAt=at_noon(trio.current_time() - 3600 - 2)))
        found = await engine.inspect(ONE)
        assert found.born == pytest.approx(trio.current_time() - 2, abs=0.5)
        assert engine.statistics().clock_jumps == 1


async def test_a_clock_that_makes_no_sense_makes_no_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers are dated by another clock than /info: nobody can say how old anything is."""
    async with fake_engine() as (fake, engine):
        fake.inform()
        await engine.identify()
        fake.ahead = 7200.0
        monkeypatch.setattr("reactor.engine.calls.CLOCK_PAUSE", 0.0)
        for _ in range(3):
            assert (await engine.inspect(ONE)).born is None
        assert engine.statistics().clock_jumps == 1
        monkeypatch.setattr("reactor.engine.calls.CLOCK_PAUSE", 60.0)
        asked = len(fake.asked)
        assert (await engine.inspect(ONE)).born is None
        assert len(fake.asked) == asked + 1, "a clock that makes no sense is not asked at every inspect"


@pytest.mark.usefixtures("impatient")
async def test_many_inspects_at_once_ask_for_the_time_once() -> None:
    async with fake_engine() as (fake, engine):
        await engine.identify()
        fake.ahead = 3600.0
        fake.say(LOOK, body=inspect(state__StartedAt=at_noon(trio.current_time() + 3600 - 5)))
        ages: list[float | None] = []

        async def look() -> None:
            ages.append((await engine.inspect(ONE)).born)

        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(look)
        assert sum("/info" in one for one in fake.asked) == 2
        assert [born is not None for born in ages] == [True] * 20


async def test_answers_without_a_date_are_taken_as_they_are() -> None:
    async with fake_engine() as (fake, engine):
        fake.dated = False
        fake.say(LOOK, body=inspect(state__StartedAt=at_noon(trio.current_time() - 5)))
        assert (await engine.inspect(ONE)).born == pytest.approx(trio.current_time() - 5, abs=0.5)


# Image labels


async def test_an_image_is_read_once() -> None:
    async with fake_engine() as (fake, engine):
        await engine.identify()
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(engine.inspect, ONE)
        assert sum("/images/" in one for one in fake.asked) == 1
        assert [one for one in fake.asked if "/images/" in one] == [f"GET /v1.41/images/{IMAGE}/json"]


@pytest.mark.parametrize(
    ("status", "body", "labels"),
    [
        (200, {"Config": {"Labels": None}}, {}),
        (200, {"Config": {}}, {}),
        (200, {}, {}),
        (200, {"Config": []}, {}),
        (200, {"Config": ["a"]}, None),
        (200, {"Config": {"Labels": {"a": 1}}}, None),
        (200, {"Config": {"Labels": ["a"]}}, None),
        (200, [], None),
        (404, {"message": "No such image"}, None),
        (500, {"message": "no"}, None),
    ],
)
async def test_what_an_image_says(status: int, body: Any, labels: dict[str, str] | None) -> None:
    """Unreadable is None, which is not the same as "has none": it is asked for again the next time."""
    async with fake_engine() as (fake, engine):
        fake.say(f"GET /images/{IMAGE}/json", status, body)
        found = await engine.inspect(ONE)
        assert (found.image_labels, found.image_awaited) == (labels, status == 500)
        looked = await engine.for_acting().inspect(ONE)
        assert (looked.image_labels, looked.image_awaited) == (labels, status == 500)
        fake.say(f"GET /images/{IMAGE}/json", body={"Config": {"Labels": {"now": "yes"}}})
        again = await engine.inspect(ONE)
        assert again.image_labels == ({"now": "yes"} if labels is None else labels)
        assert not again.image_awaited


async def test_an_image_id_that_is_none_is_not_asked_for() -> None:
    async with fake_engine() as (fake, engine):
        for odd in ("", "busybox:test", "sha256:xyz", "../containers/json", IMAGE + "?"):
            fake.say(LOOK, body=inspect(Image=odd))
            assert (await engine.inspect(ONE)).image_labels is None
        assert not any("/images/" in one for one in fake.asked)


async def test_an_image_that_hangs_holds_up_nobody_beyond_its_deadline() -> None:
    """Its own inspect, and those of others whose images wait for their turn behind it."""
    other = "sha256:" + "2" * 64
    async with fake_engine(replace(USUAL, image=QUICK.image)) as (fake, engine):
        await engine.identify()
        fake.hang(f"GET /images/{IMAGE}/json")
        fake.say(f"GET /images/{other}/json", body={"Config": {"Labels": {"x": "y"}}})
        fake.say(f"GET /containers/{B}/json", body=inspect(Id=B, Image=other))
        took: list[float] = []
        labels: dict[str, Any] = {}

        async def look(container: ContainerId) -> None:
            began = trio.current_time()
            labels[container] = (await engine.inspect(container)).image_labels
            took.append(trio.current_time() - began)

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(look, ONE)
                nursery.start_soon(look, ContainerId(B))
        assert max(took) < 10 * QUICK.image, "one after the other"
        assert labels[ONE] is None
        with trio.fail_after(20):
            # The call that was given up holds nobody's turn any more.
            while (await engine.inspect(ContainerId(B))).image_labels is None:  # noqa: ASYNC110 - it tells nobody
                await trio.sleep(0.05)


async def test_images_that_hang_are_asked_for_one_at_a_time(autojump_clock: MockClock) -> None:
    """Twenty that never answer are one call on its way, and each one's wait is over in time."""
    under_way: list[str] = []
    most = 0

    async def stuck(image: str) -> bytes:
        nonlocal most
        under_way.append(image)
        most = max(most, len(under_way))
        try:
            await trio.sleep_forever()
        finally:
            under_way.remove(image)
        raise AssertionError

    images = ImageLabels(stuck, 0.05)

    async def find(nth: int) -> None:
        assert await images.find("sha256:" + f"{nth:064x}") == Image(awaited=True)

    began = trio.current_time()
    async with trio.open_nursery() as nursery:
        for nth in range(20):
            nursery.start_soon(find, nth)
    assert trio.current_time() - began == pytest.approx(0.05)
    assert (most, under_way, images.unreadable) == (1, [], 20)


async def test_an_image_that_does_not_come_is_awaited_for_a_while(mock_clock: MockClock) -> None:
    """From when it was first asked for; when it comes and is forgotten, from the next time."""
    refuses = True

    async def moody(_: str) -> bytes:
        if refuses:
            raise EngineUnreachable("nobody listens")
        return b"{}"

    images, image = ImageLabels(moody, 5), "sha256:" + "1" * 64
    assert images.known(image) == UNREAD
    assert await images.find(image) == Image(awaited=True)
    mock_clock.jump(AWAITED_FOR - 0.5)
    assert await images.find(image) == images.known(image) == Image(awaited=True)
    mock_clock.jump(0.5)
    assert await images.find(image) == images.known(image) == UNREAD
    refuses = False
    assert await images.find(image) == Image({})


@pytest.mark.parametrize(
    ("trouble", "awaited"),
    [
        (EngineSaidNonsense("the answer is not HTTP"), True),
        (EngineUnreachable("nobody listens"), True),
        (EngineForbids("a proxy forbids this"), True),
        (EngineAnswered(500, "busy"), True),
        (EngineAnswered(404, "no such image"), False),
        (NoSuchContainer("the engine does not know it"), False),
    ],
)
async def test_an_image_is_awaited_unless_the_engine_says_that_there_is_none(
    trouble: EngineError, awaited: bool
) -> None:
    """Whose exemption may rest on it is spared meanwhile: what came to nothing is no answer."""

    async def broken(_: str) -> bytes:
        raise trouble

    assert await ImageLabels(broken, 5).find("sha256:" + "1" * 64) == Image(awaited=awaited)


async def test_memory_of_images_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the one that was used last stays longest."""
    monkeypatch.setattr("reactor.engine.images.REMEMBERED", 3)
    read: list[str] = []

    async def quick(image: str) -> bytes:
        read.append(image)
        return b"{}"

    images = ImageLabels(quick, 5)
    first, *others = ("sha256:" + f"{nth:064x}" for nth in range(4))
    for image in (first, *others[:2], first, others[2], first):
        assert await images.find(image) == Image({})
    assert read.count(first) == 1
    await images.find(others[0])
    assert read.count(others[0]) == 2
