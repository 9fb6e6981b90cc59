"""The real program as a subprocess: started, read, killed, stopped, and never left behind.

Belongs here: the hands for one monitor, and reading what it says (log, metrics, journal). What a test
makes of that is its own part.
"""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from prometheus_client.parser import text_string_to_metric_families

from tests.real.waiting import until

SHIPPED_RULES = Path(__file__).parents[2] / "rules"
STARTS_WITHIN = 30.0
STOPS_WITHIN = 40.0
_FOREIGN = re.compile(r"DOCKER_|OTEL_|REACTOR_")
Line = Mapping[str, Any]


class SaidNonsense(AssertionError):
    """The monitor wrote something on stderr that is no log line: a traceback, or a stranger's words."""


def program(*arguments: str) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "reactor", *arguments]


def clean_environment(**more: str) -> dict[str, str]:
    """Our environment without anything that names an engine or an exporter."""
    kept = {key: value for key, value in os.environ.items() if not _FOREIGN.match(key)}
    return kept | more


class Monitor:
    """One monitor: the same folder, journal and configuration over all of its starts.

    ``config`` is the text of a configuration, ``rules`` a file or a folder. ``began`` is when it
    was last started, in nanoseconds of this host's clock, which is the engine's, too.
    """

    began = 0

    def __init__(
        self,
        folder: Path,
        docker_host: str,
        *,
        config: str = "",
        rules: Path = SHIPPED_RULES,
        journal: Path | None = None,
        log_format: str = "json",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.journal_file = journal or folder / "journal.db"
        self._docker_host = docker_host
        self._rules = rules
        self._format = log_format
        self._environ = environ or {}
        self._config = folder / "config.yaml"
        self._config.write_text(config)
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._read = 0
        self._lines: list[Line] = []
        self._told: str | None = None

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            # Nobody calls our end when the beginning fails.
            self.kill9()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if kind is None:
            assert self.stop() == 0, self.raw_log()[-2000:]
        else:
            self.end()

    # Life

    def command(self) -> list[str]:
        """How it is started."""
        return program(
            "run",
            *("--docker-host", self._docker_host),
            *("--rules", str(self._rules)),
            *("--config", str(self._config)),
            *("--journal", str(self.journal_file)),
            *("--listen", "127.0.0.1:0"),
            *("--control", str(self.control)),
            *("--log-format", self._format, "--log-level", "debug"),
        )

    @property
    def control(self) -> Path:
        """Its control socket."""
        return self.folder / "control.sock"

    def order(self, *order: str) -> "subprocess.CompletedProcess[str]":
        """Give it an order from another terminal, such as ``ack``."""
        command = program(order[0], "--control", str(self.control), *order[1:])
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=60, env=clean_environment()
        )

    def start(self) -> None:
        """Start it and do not wait."""
        assert self._process is None, "it runs already"
        self._starts += 1
        self._read, self._lines, self._told = 0, [], None
        self.began = time.time_ns()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(**self._environ),
            )

    def wait_ready(self) -> None:
        """Wait until it says that it is ready: everything has been listed, and events come in."""
        until(self.is_ready, STARTS_WITHIN, "the monitor is ready")

    def is_ready(self) -> bool:
        """Whether ``/-/ready`` says so."""
        if self._running.poll() is not None:
            raise AssertionError(f"the monitor ended by itself: {self.raw_log()[-2000:]}")
        if self._address is None:
            return False
        try:
            return self._get("/-/ready")[0] == 200
        except OSError:
            return False

    def readiness(self) -> str:
        """What ``/-/ready`` says."""
        return self._get("/-/ready")[1].decode()

    def kill9(self) -> None:
        """Kill it, as a crash does."""
        process, self._process = self._running, None
        process.kill()
        process.wait()

    def end(self) -> None:
        """Kill it if it runs."""
        if self._process is not None:
            self.kill9()

    def terminate(self) -> None:
        """Send SIGTERM and do not wait."""
        self._running.send_signal(signal.SIGTERM)

    def hang_up(self) -> None:
        """Send SIGHUP: read your rules again."""
        self._running.send_signal(signal.SIGHUP)

    def wait_ended(self) -> int:
        """Wait for its end; all that it wrote must be log lines."""
        process, self._process = self._running, None
        try:
            code = process.wait(STOPS_WITHIN)
        finally:
            process.kill()
            process.wait()
        if self._format == "json":
            self.lines()
        return code

    def stop(self) -> int:
        """Stop it in order, and return its exit code."""
        self.terminate()
        return self.wait_ended()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running.pid

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._running.poll() is not None

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "it does not run"
        return self._process

    # The log

    @property
    def log_file(self) -> Path:
        """What it wrote since its last start."""
        return self.folder / f"log-{self._starts}.txt"

    def raw_log(self) -> str:
        """All of it, as it is."""
        return self.log_file.read_text(errors="backslashreplace")

    def lines(self) -> Sequence[Line]:
        """The log since the last start, line by line; raises SaidNonsense on anything else."""
        with self.log_file.open("rb") as log:
            log.seek(self._read)
            fresh = log.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        self._lines += [_line(line) for line in whole.splitlines()]
        return self._lines

    def said(self, message: str, **fields: object) -> list[Line]:
        """The lines with this message and these fields."""
        return [
            line
            for line in self.lines()
            if line["msg"] == message and all(line.get(key) == value for key, value in fields.items())
        ]

    # The numbers

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """What ``/metrics`` shows, by name and labels."""
        return _samples(self.raw_metrics())

    def metric(self, name: str, **labels: str) -> float | None:
        """The sum of all samples of this name with at least these labels; None without any."""
        wanted = set(labels.items())
        # This is asked again and again, and to read all the others each time would keep a processor busy.
        lines = [line for line in self.raw_metrics().splitlines(keepends=True) if line.startswith(name)]
        found = [
            value for (key, has), value in _samples("".join(lines)).items() if key == name and wanted <= has
        ]
        return sum(found) if found else None

    def raw_metrics(self) -> str:
        """The text of ``/metrics``."""
        return self._get("/metrics")[1].decode()

    @property
    def address(self) -> str:
        """Where it listens, as ``host:port``; it is ready by then."""
        return self._address or ""

    @property
    def _address(self) -> str | None:
        if self._told is None:
            self._told = self._told_address()
        return self._told

    def _told_address(self) -> str | None:
        for line in self.raw_log().splitlines():
            found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
            if found and "in force" in line:
                return found[1]
        return None

    def _get(self, path: str) -> tuple[int, bytes]:
        with closing(http.client.HTTPConnection(self._address or "", timeout=10)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    # The journal

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the journal; none while there is no file yet."""
        try:
            connection = sqlite3.connect(f"file:{self.journal_file}?mode=ro", uri=True)
        except sqlite3.OperationalError:
            return []
        with closing(connection):
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def exits(self, container: str) -> list[dict[str, Any]]:
        """The exits of a container that are on record, the earliest first."""
        return self.rows("SELECT * FROM exits WHERE container = ? ORDER BY started_at", container)

    def intents(self, container: str) -> list[dict[str, Any]]:
        """The intents about a container, the earliest first; what was only said is none."""
        return self.rows("SELECT * FROM intents WHERE container = ? AND NOT dry_run ORDER BY wall", container)

    def closed(self, container: str) -> list[dict[str, Any]]:
        """The same, when each has come to its end; none before: a death is known before it is on record."""
        found = self.intents(container)
        return found if all(each["final"] for each in found) else []

    def reopen_intents(self) -> None:
        """Make it look as if the monitor had been killed before it wrote the ends of its intents."""
        with closing(sqlite3.connect(self.journal_file)) as connection, connection:
            connection.execute("UPDATE intents SET final = 0, result = NULL, why = NULL")


def _samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _line(text: bytes) -> Line:
    try:
        line = json.loads(text)
    except ValueError:
        raise SaidNonsense(text.decode(errors="backslashreplace")) from None
    if not isinstance(line, dict) or "msg" not in line:
        raise SaidNonsense(str(line))
    return line
