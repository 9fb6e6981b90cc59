"""A real Prometheus and a real Alertmanager beside a monitor, with hours shortened to seconds.

Belongs here: starting, asking and ending the two. What should fire, and what the boards should show, is said
by the tests. The shipped alert files are used as they are, but for their durations: each is divided by
``FASTER``, so that what must last for a minute has to last for a second here.
"""

import json
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.real.waiting import until
from tests.tooling.patience import patient
from tools.observers import alertmanager, amtool, prometheus

FASTER: Final = 60
SCRAPED_EVERY: Final = "500ms"
_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION: Final = re.compile(
    r"(?<=for: )\d+(?:ms|[smhd])(?:\d+s)?|(?<=\[)\d+[smhd](?=\])|(?<=offset )\d+[smhd]"
)

_PROMETHEUS: Final = """\
global: {{scrape_interval: {every}, scrape_timeout: {every}, evaluation_interval: {every}}}
rule_files: [{rules}/*.yaml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager}"]}}]}}]}}
scrape_configs: [{{job_name: reactor, static_configs: [{{targets: ["{monitor}"]}}]}}]
"""
_ALERTMANAGER: Final = """\
global: {resolve_timeout: 1m}
route: {receiver: nobody, group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""


def faster(text: str) -> str:
    """A file of alerts with every duration divided by FASTER."""
    return _DURATION.sub(lambda found: f"{_milliseconds(found[0]) // FASTER}ms", text)


def _milliseconds(duration: str) -> int:
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", duration))


@dataclass(frozen=True, slots=True)
class Observers:
    """Both of them, by their addresses."""

    prometheus: str
    alertmanager: str
    told: set[str] = field(default_factory=set)
    """All alerts that Alertmanager held for firing at some moment."""

    def active(self) -> set[str]:
        """The names of the alerts that Alertmanager holds for firing."""
        found: list[Any] = self._get(f"{self.alertmanager}/api/v2/alerts")
        return {alert["labels"]["alertname"] for alert in found}

    def shown(self) -> set[str]:
        """The same, as an operator is told at the terminal."""
        command = (str(amtool()), f"--alertmanager.url=http://{self.alertmanager}", "alert", "--output=json")
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {alert["labels"]["alertname"] for alert in json.loads(done.stdout)}

    def wait_for(self, *alerts: str, within: float) -> None:
        """Wait until Alertmanager was told of each of these; the first may be resolved by then."""
        until(lambda: set(alerts) <= self.told, within, f"all of {set(alerts)} fire")

    def wait_for_none(self, within: float) -> None:
        """Wait until nothing fires any more."""
        until(lambda: not self.active(), within, "all alerts are resolved")

    def fired(self, since: float) -> set[str]:
        """The names of all alerts that fired since then, as Prometheus remembers it."""
        span = f"[{int((time.time() - since) * 1000)}ms]"
        found = self.query(f'count by (alertname) (max_over_time(ALERTS{{alertstate="firing"}}{span}))')
        return {series["metric"]["alertname"] for series in found}

    def query(self, expr: str) -> list[Any]:
        """The result of an expression, now."""
        return self._ask("query", query=expr)

    def curve(self, expr: str, since: float, step: float = 0.5) -> list[Any]:
        """The result of an expression from then to now."""
        return self._ask("query_range", query=expr, start=since, end=time.time(), step=step)

    def _ask(self, what: str, **asked: object) -> list[Any]:
        said: Mapping[str, Any] = self._get(
            f"{self.prometheus}/api/v1/{what}?{urllib.parse.urlencode(asked)}"
        )
        result: list[Any] = said["data"]["result"]
        return result

    @staticmethod
    def _get(address: str) -> Any:
        with urllib.request.urlopen(f"http://{address}", timeout=20) as answer:
            return json.load(answer)


@contextmanager
def observed(folder: Path, monitor: str, alerts: Iterable[tuple[str, str]]) -> Iterator[Observers]:
    """Let both look at the monitor at this address; ``alerts`` are files of rules by name and text."""
    here = Observers(_free_address(), _free_address())
    rules = folder / "alerts"
    rules.mkdir()
    for name, text in alerts:
        (rules / name).write_text(faster(text))
    (folder / "alertmanager.yml").write_text(_ALERTMANAGER)
    (folder / "prometheus.yml").write_text(
        _PROMETHEUS.format(every=SCRAPED_EVERY, rules=rules, alertmanager=here.alertmanager, monitor=monitor)
    )
    with ExitStack() as running:
        running.enter_context(_running(folder, "alertmanager", _start_alertmanager(folder, here)))
        running.enter_context(_running(folder, "prometheus", _start_prometheus(folder, here)))
        until(lambda: _answers(here.alertmanager), 20, "Alertmanager is ready")
        until(lambda: _answers(here.prometheus), 20, "Prometheus is ready")
        until(lambda: here.query("up == 1"), 20, "the monitor is scraped")
        # Until then nobody was, for longer than a hurried alert waits.
        here.wait_for_none(within=20)
        with _listening(here):
            yield here


@contextmanager
def _listening(here: Observers) -> Iterator[None]:
    """Ask Alertmanager again and again, so that no alert is missed that does not last."""
    over = threading.Event()

    def listen() -> None:
        while not over.wait(0.2):
            here.told.update(here.active())

    thread = threading.Thread(target=listen, name="alerts")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _start_prometheus(folder: Path, here: Observers) -> list[str]:
    return [
        str(prometheus()),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/prometheus",
        f"--web.listen-address={here.prometheus}",
        # What resolved is told again and again; at first so soon that a test can see it.
        "--rules.alert.resend-delay=1s",
        "--log.level=warn",
    ]


def _start_alertmanager(folder: Path, here: Observers) -> list[str]:
    return [
        str(alertmanager()),
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address={here.alertmanager}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]


@contextmanager
def _running(folder: Path, name: str, command: list[str]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        # Nothing that they wrote is wanted any more, so they need not put it in order.
        process.kill()
        process.wait(patient(10))


def _free_address() -> str:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{held.getsockname()[1]}"


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
