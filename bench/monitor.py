"""Contender: reactor itself, run as a user runs it, with rules and a journal of its own.

What is known of it comes from outside: its log says where it listens, its metrics how many streams
it has open, its journal what it did and when.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.clock import now
from bench.ending import bound, end
from bench.journal import kills
from bench.processes import usage
from bench.programs import CHECKOUT, DidNotBegin
from bench.records import Kill
from bench.victims import THRESHOLD

# What the shipped rules say; written here so that a change of theirs does not change what is compared.
RULES = f"""\
groups:
  - name: bench
    rules:
      - name: lifetime
        when: age > 12h
      - name: pids
        when: pids > {THRESHOLD}
      - name: memory
        when: memory > 80%
      - name: oom
        on: oom
"""


class Monitor:
    """One ``reactor run``, from its start to its end; everything it writes lies in ``folder``."""

    def __init__(self, docker_host: str, folder: Path, rule_text: str = RULES, config: str = "") -> None:
        self._rules = rules = folder / "rules.yaml"
        self._journal, self._log = folder / "journal.db", folder / "log"
        rules.write_text(rule_text)
        configured = folder / "config.yaml"
        configured.write_text(config)
        self.most_threads = 0
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                bound((
                    sys.executable, "-m", "reactor", "run",
                    "--rules", str(rules), "--config", str(configured), "--docker-host", docker_host,
                    "--listen", "127.0.0.1:0", "--journal", str(self._journal), "--log-format", "json",
                )),
                stdin=subprocess.DEVNULL,
                stderr=log,
                cwd=CHECKOUT,
                start_new_session=True,
                )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        end(self._process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self, streams: int, within: float) -> None:
        """Wait until it has had a first picture and reads so many containers."""
        self.wait_for("reactor_stats_streams", streams, within)

    def wait_for(self, metric: str, value: float, within: float) -> None:
        """Wait until one of its metrics has this value."""
        deadline = now() + within
        while self._gauge(metric) != value:
            if self._process.poll() is not None or now() > deadline:
                raise DidNotBegin(f"reactor does not watch; the end of its log:\n{self._log_tail()}")
            self._look()
            time.sleep(0.02)

    def wait_series(self, metric: str, number: int, within: float, every: float = 0.05) -> None:
        """Wait until one of its metrics has a value for so many containers."""
        deadline = now() + within
        while (found := series(self._exposition(), metric)) < number:
            self.check()
            if now() > deadline:
                raise DidNotBegin(f"reactor reads {found} of {number}; its log:\n{self._log_tail()}")
            time.sleep(every)

    def metric(self, name: str) -> float | None:
        """One of its metrics without labels, as it is now."""
        return self._gauge(name)

    def read_at(self, name: str) -> tuple[float, float] | None:
        """When it was asked, and what such a metric was then."""
        at, value = now(), self._gauge(name)
        return None if value is None else (at, value)

    def buckets(self, name: str) -> list[tuple[float, int]]:
        """The buckets of a histogram without labels, each with all that is below its bound."""
        return buckets(self._exposition(), name)

    @property
    def journal(self) -> Path:
        """Where its journal is."""
        return self._journal

    def check(self) -> None:
        """Raise DidNotBegin if it has ended by itself."""
        if self._process.poll() is not None:
            raise DidNotBegin(f"reactor ended; the end of its log:\n{self._log_tail()}")

    def read_rules(self, rule_text: str) -> None:
        """Give it other rules, and have it read them."""
        self._rules.write_text(rule_text)
        os.kill(self.pid, signal.SIGHUP)

    def stop(self) -> None:
        """Stop it in good order."""
        status = end(self._process)
        if status != 0:
            raise DidNotBegin(f"reactor ended with status {status}; its log:\n{self._log_tail()}")

    def kills(self) -> list[Kill]:
        """What its journal says that it did; ask after it was stopped."""
        return kills(self._journal)

    def _look(self) -> None:
        used = usage(self.pid)
        self.most_threads = max(self.most_threads, used.threads if used else 0)

    def _gauge(self, metric: str) -> float | None:
        return gauge(self._exposition(), metric)

    def _exposition(self) -> str:
        """All metrics; nothing while it does not listen yet."""
        address = listening_at(self._log.read_text(errors="replace"))
        if address is None:
            return ""
        try:
            with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:  # noqa: S310 - Our own.
                text: str = answer.read().decode()
                return text
        except urllib.error.URLError:
            return ""

    def _log_tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])


def listening_at(log: str) -> str | None:
    """The address in the line of the log in which reactor says where it listens."""
    for line in log.splitlines():
        # The last line may be half written.
        if '"listening"' in line and line.endswith("}"):
            said: str = json.loads(line)["listening"]
            return said.split(maxsplit=1)[0]
    return None


def buckets(exposition: str, name: str) -> list[tuple[float, int]]:
    """The buckets of a histogram without labels in Prometheus text."""
    found = []
    for line in exposition.splitlines():
        if line.startswith(f'{name}_bucket{{le="'):
            bound, _, rest = line.removeprefix(f'{name}_bucket{{le="').partition('"')
            # What may follow the number is an exemplar.
            found.append((float(bound), int(float(rest.lstrip("} ").split()[0]))))
    return found


def gauge(exposition: str, name: str) -> float | None:
    """The value of a metric without labels in Prometheus text."""
    for line in exposition.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    return None


def series(exposition: str, name: str) -> int:
    """How many label sets a metric has in Prometheus text."""
    return sum(line.startswith(f"{name}{{") for line in exposition.splitlines())
