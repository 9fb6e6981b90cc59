"""Whatever strangers write is escaped and cut wherever it is shown: log, metrics, messages, API, history.

One monitor sees a container for each hostile text, which stands in its name, its image, its command, its
output and the label that the rule quotes, and ends them all. What it says of that is looked at afterwards.
"""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
import trio
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.resources import Resource
from prometheus_client.parser import text_string_to_metric_families
from trio.testing import MockClock

from reactor.act.messages import CONCLUDED, event, of_outcome
from reactor.app import history
from reactor.app.certificate_page import page
from reactor.app.controlling import Desk
from reactor.app.feeding import Bulletin
from reactor.app.log import JsonFormatter, LogfmtFormatter
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.reloading import Reloader
from reactor.core.container import Container, ContainerId
from reactor.core.decisions import Outcome
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Step
from reactor.journal.certificates import read_certificate
from reactor.journal.history import read_history
from reactor.journal.journal import Journal
from reactor.observe.otlp import metrics_data
from reactor.observe.own import read_own
from reactor.observe.prometheus import Format, render
from reactor.observe.snapshot import collect
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from reactor.web.control import answer
from tests.app.test_supervise import SETUP, running
from tests.core.written import condition
from tests.hostile import HOSTILE, is_harmless

LONGEST_LINE = 2000
RULE = Rule("g/pids", "f:1", when=condition('pids > 200 && labels["evil"] != ""'), digest="d")
every_text = pytest.mark.parametrize("what", HOSTILE)


@dataclass
class Said:
    """All that one monitor said, by where it said it; for each text its own where there is one."""

    logfmt: str = ""
    jsons: str = ""
    metrics: dict[str, str] = field(default_factory=dict)
    after: str = ""
    otlp: bytes = b""
    history: list[str] = field(default_factory=list)
    webhooks: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    news: dict[str, bytes] = field(default_factory=dict)
    explained: dict[str, bytes] = field(default_factory=dict)
    alive: list[str] = field(default_factory=list)


class Witness:
    """An observer that keeps what came of decisions."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def step(self, step: Step) -> None:
        """Nothing to see here."""

    def outcome(self, outcome: Outcome) -> None:
        """Keep it."""
        self.outcomes.append(outcome)


@contextmanager
def logs() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """What is logged meanwhile, in both forms."""
    made = []
    root = logging.getLogger("reactor")
    before = root.level
    root.setLevel(logging.DEBUG)
    for formatter in (LogfmtFormatter(), JsonFormatter()):
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter)
        root.addHandler(handler)
        made.append(handler)
    try:
        yield made[0].stream, made[1].stream
    finally:
        root.setLevel(before)
        for handler in made:
            root.removeHandler(handler)


class Frank(DirectEngine):
    """An engine that passes on whatever it was told, as some do."""

    async def inspect(self, container: ContainerId) -> Container:
        """As usual, with words that engines of ours would refuse."""
        found = await super().inspect(container)
        text = HOSTILE.get(found.name, HOSTILE["newlines"])
        labels = {"reactor.task": text, "evil": text, text[:300]: text}
        name = f"{found.name}-{text}"
        return replace(found, name=name, user=text, image=text, command=text, labels=labels, mounts=(text,))


def spawned(world: World, what: str) -> Box:
    """A container that says this wherever it can."""
    box = world.spawn(name=what, labels={"reactor.task": what})
    world.say(box, HOSTILE.get(what, "").encode("utf-8", "surrogatepass"))
    return box


async def played(folder: Path, said: Said) -> dict[str, Outcome]:
    """One monitor, and what it says while it lives; what came of each of the texts."""
    world, witness, inside = World(), Witness(), list[Monitor]()

    async def serve(monitor: Monitor, _: Numbers, task_status: trio.TaskStatus[None]) -> None:
        inside.append(monitor)
        task_status.started()

    boxes = {what: spawned(world, what) for what in HOSTILE}
    world.use(spawned(world, "innocent"), Usage(pids=200))
    journal = Journal(folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
    setup = replace(SETUP, rules=RuleSet((RULE,)))
    given = {
        "engine": Frank(world),
        "journal": journal,
        "observers": (witness,),
        "metric_labels": ("evil",),
        "services": (serve,),
    }
    with logs() as (logfmt, jsons):
        async with running(world, folder, setup=setup, **given) as monitor:
            await trio.sleep(3)
            snapshot = collect(monitor.numbers.capture(), read_own())
            said.metrics = {style.name: render(snapshot, style).decode() for style in Format}
            said.otlp = encode_metrics(metrics_data(snapshot, Resource.create({}))).SerializeToString()
            reloader = Reloader(lambda: setup.rules, inside[0], inside[0].proofs)
            desk = Desk(inside[0], monitor.numbers, reloader, "e")
            for what, box in boxes.items():
                said.explained[what] = answer(partial(desk.explain, box.id)).body
                world.use(box, Usage(pids=201))
            await trio.sleep(30)
            said.after = render(collect(monitor.numbers.capture(), read_own())).decode()
            said.alive = [each.name for each in world.boxes if each.alive]
        said.logfmt, said.jsons = logfmt.getvalue(), jsons.getvalue()
    names = {box.id: what for what, box in boxes.items()}
    return {names[each.decision.run.id]: each for each in witness.outcomes}


async def looked_back(path: Path, outcomes: dict[str, Outcome], said: Said) -> None:
    """What is told of it later."""
    bulletin = Bulletin(path)
    for what, outcome in outcomes.items():
        wanted = outcome.decision.id
        said.webhooks[what] = event(CONCLUDED, wanted, "reactor/e", 0.0, of_outcome(outcome))
        said.pages[what] = "\n".join(page(read_certificate(path, wanted)))
        said.news[what] = json.dumps(await bulletin.certificate(wanted)).encode()
    said.history = list(history.page(read_history(path)))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    """It is played once for all."""
    folder, made = tmp_path_factory.mktemp("hostile"), Said()
    outcomes = trio.run(played, folder, made, clock=MockClock(autojump_threshold=0))
    trio.run(looked_back, folder / "journal.db", outcomes, made)
    return made


def test_just_who_broke_the_rule_was_ended(said: Said) -> None:
    """Nobody is spared by what he writes, and nobody goes for it."""
    assert said.alive == ["innocent"]
    assert said.webhooks.keys() == HOSTILE.keys()


@every_text
def test_the_certificate_is_a_page_for_any_terminal(said: Said, what: str) -> None:
    assert is_harmless(said.pages[what])
    assert max(map(len, said.pages[what].split("\n"))) <= LONGEST_LINE
    assert len(said.pages[what]) < 20_000


@every_text
def test_what_is_sent_and_answered_is_json_of_ascii_and_not_long(said: Said, what: str) -> None:
    for told in (said.webhooks, said.news, said.explained):
        assert told[what].isascii()
        assert len(told[what]) < 20_000
        assert isinstance(json.loads(told[what]), dict)
        assert is_harmless(told[what].decode())
    assert is_harmless(json.loads(said.webhooks[what])["data"]["name"])
    assert is_harmless(json.loads(said.webhooks[what])["data"]["reason"])


def test_the_log_is_lines_that_nobody_else_writes(said: Said) -> None:
    assert is_harmless(said.logfmt)
    assert is_harmless(said.jsons)
    lines = [json.loads(line) for line in said.jsons.splitlines()]
    assert not [line for line in lines if line["msg"] == "forged"]
    assert len([line for line in lines if line["msg"] == "a container is to be ended"]) == len(HOSTILE)
    assert {line.partition("=")[0] for line in said.logfmt.splitlines()} == {"ts"}
    assert max(map(len, said.logfmt.splitlines())) <= LONGEST_LINE + 100


def test_the_numbers_can_be_read_and_have_no_series_of_anybodys(said: Said) -> None:
    assert said.otlp
    for text in said.metrics.values():
        assert is_harmless(text)
        assert max(map(len, text.splitlines())) <= LONGEST_LINE
    families = {each.name: each for each in text_string_to_metric_families(said.metrics["TEXT"])}
    info = [sample for sample in families["reactor_container_info"].samples if sample.value == 1]
    assert len(info) == len(HOSTILE) + 1
    after = {each.name: each for each in text_string_to_metric_families(said.after)}
    assert is_harmless(said.after)
    ended = {each.labels["rule"] for each in after["reactor_kills"].samples if each.value}
    assert ended == {"g/pids"}


def test_history_is_a_line_for_each(said: Said) -> None:
    assert all(line.isprintable() for line in said.history)
    assert max(map(len, said.history)) <= LONGEST_LINE
