"""The stream for asyncio. Only the bridge is here: a thread reads, and the loop goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator

from reactor.client.news import Decision
from reactor.client.stream import Stream


async def each(stream: Stream) -> AsyncIterator[Decision]:
    """Every decision of a stream, which is closed at the end, also by a cancellation."""
    try:
        while (found := await asyncio.to_thread(next, stream, None)) is not None:
            yield found
    finally:
        stream.close()
