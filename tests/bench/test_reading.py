"""Reading what processes, contenders and the monitor say."""

import subprocess

import pytest

from bench.monitor import gauge, listening_at
from bench.processes import TICK, cpu_seconds, name_in, usage
from bench.saying import Killed, Looked, Ready, Round, Said, understand

STAT = "12 (a) b (c) S 1 12 12 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 1 0 99 1 1 0"


def test_cpu_time_is_found_behind_a_name_with_brackets_and_blanks() -> None:
    assert cpu_seconds(STAT) == pytest.approx(300 * TICK)
    assert name_in(STAT) == "a) b (c"


def test_a_process_has_threads_memory_and_time() -> None:
    with subprocess.Popen("cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"an answer means that it has begun\n")
        process.stdout.readline()
        found = usage(process.pid)
        process.stdin.close()
    assert found is not None
    assert found.threads == 1
    assert 100_000 < found.peak < 50_000_000
    assert found.cpu < 1.0


def test_a_process_that_is_gone_has_no_usage() -> None:
    assert usage(2**22 + 1) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"type":"ready","containers":3}', Ready(3)),
        (
            b'{"type":"killed","container":"a","seen":1.5,"called":2.0,"returned":3.0}',
            Killed("a", 1.5, 2.0, 3.0),
        ),
        (b'{"type":"looked","took":2.01}', Looked(2.01)),
        (b'{"type":"round","began":1.0,"ended":9.0,"containers":4}', Round(1.0, 9.0, 4)),
    ],
)
def test_each_thing_that_a_contender_says_is_understood(line: bytes, said: Said) -> None:
    assert understand(line) == said


def test_the_log_tells_where_the_monitor_listens() -> None:
    first = '{"msg":"watching"}\n'
    line = '{"msg":"in force","listening":"http://127.0.0.1:41163 http://[::1]:41163"}'
    assert listening_at(first) is None
    assert listening_at(first + line[:-8]) is None, "a line that is still being written"
    assert listening_at(first + line) == "http://127.0.0.1:41163"


def test_a_gauge_is_found_by_its_whole_name() -> None:
    page = "# TYPE reactor_stats_streams gauge\nreactor_stats_streams_max 9\nreactor_stats_streams 130.0\n"
    assert gauge(page, "reactor_stats_streams") == 130.0
    assert gauge(page, "reactor_stats") is None
