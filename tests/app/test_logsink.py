"""Log lines never keep the monitor waiting."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator

import pytest

from reactor.app.log import JsonFormatter, LogFormat
from reactor.app.logsink import Sink, logging_to

log = logging.getLogger("reactor.test")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe that holds one page."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    yield read, write
    os.close(write)
    os.close(read)


def test_lines_arrive_in_order_and_the_last_ones_too(pipe: tuple[int, int]) -> None:
    with logging_to(pipe[1], LogFormat.JSON, logging.INFO):
        for number in range(20):
            log.info("line", extra={"number": number})
    lines = os.read(pipe[0], 65536).decode().splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(20))


def test_a_pipe_that_nobody_reads_holds_up_nobody_and_the_loss_is_told(pipe: tuple[int, int]) -> None:
    sink = Sink(pipe[1], room=10)
    sink.setFormatter(JsonFormatter())
    record = logging.makeLogRecord({"name": "reactor.test", "msg": "x" * 400, "levelname": "INFO"})
    for _ in range(200):
        sink.emit(record)
    received = os.read(pipe[0], 65536)
    while sink._lines.qsize():
        received += os.read(pipe[0], 65536)
    sink.emit(record)
    sink.close()
    received += os.read(pipe[0], 65536)
    lines = [json.loads(line) for line in received.decode().splitlines()]
    told = [line["lines"] for line in lines if line["msg"] == "log lines were lost"]
    assert sum(told) + len(lines) - len(told) == 201
    assert told
