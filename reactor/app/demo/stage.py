"""The demo's stage: engine, monitor and play put together, in real time or in virtual time.

The monitor is the real one; what is different from a run is the engine, and the shorter
times that are named here.
"""

from collections.abc import Sequence
from pathlib import Path

import trio

from reactor.app.demo.cast import Part
from reactor.app.demo.lines import Lines
from reactor.app.demo.page import Page, Style
from reactor.app.demo.play import Play
from reactor.app.demo.verdict import Summary, judge
from reactor.app.exporting import scraped
from reactor.app.feeding import Bulletin
from reactor.app.monitor import Observer
from reactor.app.page.gazette import Gazette
from reactor.app.plan import Export, Plan
from reactor.app.settings import Settings, Times
from reactor.app.supervise import supervise
from reactor.core.ports import Engine, EngineInfo
from reactor.core.restraint import no_gate
from reactor.core.rules import RuleSet
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.http.server_listeners import CannotListen
from reactor.journal.clocks import wall
from reactor.journal.journal import Journal
from reactor.testing.api import serve_world
from reactor.testing.world import World
from reactor.web.listen import Listen, open_listeners

MOST_FILES = 2
"""Names of rule files that fit into a line."""
USUAL = Times()
TIMES = Times(orphan_after=4.0, sidecar_grace=2.0, reconcile_every=2.0, drain=2.0)
"""Shorter than by default, so that an orphan's end can be waited for."""
KILL_TAKES = 0.03
"""Seconds from the engine's signal to the end of a container; about what a real engine needs."""


async def play_on_socket(parts: Sequence[Part], rules: RuleSet, folder: Path, page: Page) -> Summary:
    """Play in real time, with the engine behind a unix socket in this folder."""
    world = World(seed="embedded-engine", epoch=wall(), kill_takes=KILL_TAKES)
    socket = folder / "docker.sock"
    listeners = await _free_port()
    # Structural: the engine is there before the monitor and goes after it.
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket)
        journal = Journal(folder / "journal.db")
        engine = DockerEngine(resolve(f"unix://{socket}", {}), journal)
        _greet(page, await engine.identify(), socket, rules, listeners)
        bulletin = Bulletin(folder / "journal.db")
        gazette = Gazette(bulletin.feed(), "embedded engine")
        shown: tuple[Export, ...] = (scraped(listeners, more=gazette.routes), gazette.keep_lines)
        watchers = (bulletin, gazette)
        summary = await perform(
            parts, world, engine, journal, rules, page, shown if listeners else (), watchers
        )
        nursery.cancel_scope.cancel()
    return summary


async def perform(
    parts: Sequence[Part],
    world: World,
    engine: Engine,
    journal: Journal,
    rules: RuleSet,
    page: Page,
    exports: tuple[Export, ...] = (),
    watchers: tuple[Observer, ...] = (),
) -> Summary:
    """Play the script on this engine with a monitor beside it, and judge what came of it."""
    # On a host that reactor comes to anew, so many breaches at once would wait for an acknowledgement.
    settings = Settings(times=TIMES, gate=no_gate())
    play = Play(world, parts)
    lines = Lines(page, play)
    plan = Plan(
        settings.setup(rules),
        engine,
        journal,
        times=settings.watch_times(),
        acting=settings.acting(),
        exports=exports,
        observers=(lines, *watchers),
        drain=settings.times.drain,
    )
    stop = trio.Event()
    play.set_the_stage(lines)
    # Structural: the monitor lives as long as the play.
    async with trio.open_nursery() as nursery:
        await nursery.start(supervise, plan, stop.wait)
        await play.run(lines)
        stop.set()
    now = trio.current_time()
    return judge(parts, play.roles, world.history, lines.decisions, began=play.began, now=now)


async def _free_port() -> list[trio.SocketListener]:
    """Somewhere to show the metrics; nowhere, where this machine has no loopback to listen on."""
    try:
        return await open_listeners(Listen("127.0.0.1", 0))
    except CannotListen:
        return []


def _greet(
    page: Page, info: EngineInfo, socket: Path, rules: RuleSet, listeners: list[trio.SocketListener]
) -> None:
    page.write(page.style("reactor demo: the real monitor on an embedded engine", Style.STRONG))
    page.write()
    acting = [rule for rule in rules.rules if not rule.dry_run]
    said = [str(rule.when.text if rule.when else f"on {rule.on}") for rule in acting]
    if len(acting) < len(rules.rules):
        said.append(f"and {len(rules.rules) - len(acting)} that only say what they would do")
    ports = [listener.socket.getsockname()[1] for listener in listeners]
    shown = f"http://127.0.0.1:{ports[0]}/ (numbers: /metrics)" if ports else "off"
    for word, text in (
        ("engine", f"Docker API {info.api_version} on unix://{socket}"),
        ("rules", f"{rule_files(rules)}: {' · '.join(said)}"),
        ("page", shown),
        ("shorter", _shorter()),
    ):
        page.paragraph(f"{word:<8} {text}", indent=" " * 9)
    page.write()


def rule_files(rules: RuleSet) -> str:
    """The files that the rules were read from, as seen from here; of many, their folder."""
    files = dict.fromkeys(Path(rule.place.rpartition(":")[0]).resolve() for rule in rules.rules)
    here = Path.cwd()
    if len(files) > MOST_FILES:
        files = dict.fromkeys(file.parent for file in files)
    return ", ".join(str(file.relative_to(here) if file.is_relative_to(here) else file) for file in files)


def _shorter() -> str:
    return (
        f"a main is gone after {TIMES.orphan_after:g} s ({USUAL.orphan_after:g} s in a run), "
        f"a list every {TIMES.reconcile_every:g} s ({USUAL.reconcile_every:g} s), "
        f"a stop has {TIMES.sidecar_grace:g} s ({USUAL.sidecar_grace:g} s)"
    )
