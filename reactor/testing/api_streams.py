"""The two calls that go on: events and stats.

Only answering belongs here: the subscription is behind ``events``, the readings come from
``gauge``, and shapes are in ``documents`` and ``frames``.
"""

from math import inf
from typing import Any

import msgspec
import trio

from reactor.http.server import Aborted, StreamingResponse, Writer
from reactor.testing.api_call import Call, Filters
from reactor.testing.box import Box
from reactor.testing.clock import SECOND
from reactor.testing.documents import event
from reactor.testing.events import Message, Subscription
from reactor.testing.frames import frame
from reactor.testing.gauge import read, wait_sweep
from reactor.testing.refusals import Refused

JSON = "application/json"


async def events(call: Call) -> StreamingResponse:
    """Stream events: the past since ``since`` out of the ring, then what comes, until ``until``."""
    since, until, filters = call.nanos("since"), call.nanos("until"), call.filters()
    if since is not None and until is not None and since > until:
        raise Refused(
            400,
            f"`since` time ({since // SECOND}) cannot be after `until` time ({until // SECOND})",
        )

    async def body(writer: Writer) -> None:
        # The answer's head is out before the subscription exists: what happens in between is in
        # neither a list taken on that head nor in this stream, unless ``since`` covers it.
        await trio.lowlevel.checkpoint()
        log = call.world.events
        subscription = log.subscribe(since if since is not None or until is None else 0)
        try:
            await _stream_events(call, writer, subscription, filters, until)
        finally:
            log.unsubscribe(subscription)

    return StreamingResponse(body, content_type=JSON)


async def _stream_events(
    call: Call, writer: Writer, subscription: Subscription, filters: Filters, until: int | None
) -> None:
    deadline = inf if until is None else call.world.clock.at(until)
    with trio.move_on_at(max(deadline, trio.current_time() + 0.01)) as patience:
        async for message in subscription:
            if (until is None or message.nanos <= until) and _matches(message, filters):
                await writer.send(msgspec.json.encode(event(message)) + b"\n")
    if not patience.cancelled_caught:
        await _end(writer, subscription.ending)


async def _end(writer: Writer, how: str) -> None:
    """End a stream in one of the ways in which streams end."""
    match how:
        case "half":
            await writer.send_raw(b'ff\r\n{"status":"die","id":"')
            raise Aborted(reset=False)
        case "error":
            await writer.send(b'{"message":"the event stream failed"}\n')
        case "clean":
            return
        case _:
            raise Aborted


def _matches(message: Message, filters: Filters) -> bool:
    labels = {*message.attributes, *(f"{key}={value}" for key, value in message.attributes.items())}
    return (
        _one_of(filters.get("type"), message.type)
        and _one_of(filters.get("event"), message.action.partition(":")[0])
        and labels.issuperset(filters.get("label", ()))
        and _names(filters.get("container"), message)
    )


def _one_of(wanted: list[str] | None, value: str) -> bool:
    return not wanted or value in wanted


def _names(wanted: list[str] | None, message: Message) -> bool:
    """An engine takes the beginning of an id or of a name for the whole."""
    if not wanted:
        return True
    name = message.attributes.get("name", "")
    return message.type == "container" and any(message.id.startswith(w) or name.startswith(w) for w in wanted)


async def stats(call: Call) -> StreamingResponse | dict[str, Any]:
    """Stream a frame a second until the container is removed; or give one frame."""
    box = call.box()
    if call.flag("stream", default=True):
        return StreamingResponse(_frames(call, box), content_type="")
    if not box.has_process:
        return frame(call.world.clock, box, read(call.world.ground, box))
    before = frame(call.world.clock, box, read(call.world.ground, box))
    await wait_sweep(call.world.ground, box)
    known = None if call.flag("one-shot") else before
    return frame(call.world.clock, box, read(call.world.ground, box), known)


def _frames(call: Call, box: Box) -> Any:
    async def body(writer: Writer) -> None:
        before: dict[str, Any] | None = None
        while await wait_sweep(call.world.ground, box):
            before = frame(call.world.clock, box, read(call.world.ground, box), before)
            await writer.send(msgspec.json.encode(before) + b"\n")

    return body


ENDPOINTS = (
    ("GET", r"/events", events),
    ("GET", r"/containers/(?P<ref>[^/]+)/stats", stats),
)
