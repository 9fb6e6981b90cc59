"""``reactor record``: watch an engine as ``run`` does and record it, without ever acting.

Nothing can be ended from here: every decision is dry, and the engine that those who act are
given refuses to end anything. What is remembered between two starts is not needed, so the journal
is one that is thrown away.
"""

import argparse
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import trio

from reactor.app.complaint import OK, Complaint
from reactor.app.invocation import find_endpoint, leaves, read_settings
from reactor.app.levels.outside import fill_in
from reactor.app.levels.strangers import warn_of_unknown
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.plan import Plan
from reactor.app.progress import Progress
from reactor.app.recorder import Recorder
from reactor.app.rulefiles import load_rules
from reactor.app.settings import Settings
from reactor.app.supervise import supervise
from reactor.core.container import Container, ContainerId, Limits, Listed, Run
from reactor.core.decisions import Outcome
from reactor.core.facts import Sample
from reactor.core.language.units import say_bytes, say_duration
from reactor.core.ports import Engine, EngineError, EngineForbids, EngineInfo, Event
from reactor.core.rules import RuleSet
from reactor.core.state import State, Step
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.journal.errors import JournalError
from reactor.journal.journal import Journal
from reactor.recording.places import Folder, Place, place_of


def record(options: argparse.Namespace) -> int:
    """Carry out ``reactor record``; returns when the time is over or it was told to stop."""
    fill_in(options, os.environ)
    level = getattr(logging, options.log_level.upper())
    with logging_to(sys.stderr.fileno(), LogFormat(options.log_format), level):
        warn_of_unknown(os.environ)
        settings = read_settings(options)
        rules = load_rules(options.rules)
        place = _place(options, settings)
        endpoint = find_endpoint(options, os.environ)
        try:
            recorder = trio.run(_record, endpoint, settings, rules, place, options.seconds)
        except* (EngineError, JournalError) as group:
            raise Complaint(*(f"reactor: {error}" for error in leaves(group))) from None
    return _told(recorder)


def _place(options: argparse.Namespace, settings: Settings) -> Place:
    """Where it goes; what a user can mend is said before anything is watched."""
    place = place_of(options.output, settings.record_limits)
    folder = place.path if isinstance(place, Folder) else place.path.parent
    if not isinstance(place, Folder) and os.path.lexists(place.path):
        raise Complaint(f"reactor: {place.path} is there already: name another file, or a folder")
    if not isinstance(place, Folder) and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise Complaint(f"reactor: no file can be made in {folder}: name a folder that can be written to")
    return place


async def _record(
    endpoint: Endpoint, settings: Settings, rules: RuleSet, place: Place, seconds: float | None
) -> Recorder:
    info = await DockerEngine(endpoint).identify()
    recorder = Recorder(place, info, acting=False)
    with tempfile.TemporaryDirectory(prefix="reactor-record-") as folder:
        journal = Journal(Path(folder) / "journal.db")
        engine = DockerEngine(endpoint, journal)
        view = View()
        plan = Plan(
            replace(settings, dry_run=True).setup(rules),
            engine,
            journal,
            acting_engine=HandsOff(engine),
            times=settings.watch_times(),
            acting=settings.acting(),
            observers=(view,),
            recorder=recorder,
            most_streams=settings.most_streams,
            drain=0.0,
            proc=settings.proc,
        )
        await supervise(plan, lambda: wait_and_tell(recorder, view, seconds))
    return recorder


class View:
    """Sees the latest state go by, for whoever asks."""

    def __init__(self) -> None:
        self._state = State()

    def step(self, step: Step) -> None:
        """Keep the state."""
        self._state = step.state

    def outcome(self, outcome: Outcome) -> None:
        """Nothing acts here."""

    @property
    def state(self) -> State:
        """The latest state."""
        return self._state

    @property
    def containers(self) -> int:
        """How many containers are alive."""
        return sum(1 for _ in self._state.living())


async def wait_and_tell(recorder: Recorder, view: View, seconds: float | None) -> None:
    """Wait for the time to be over or for a signal, and tell meanwhile how it goes."""
    began, progress = trio.current_time(), Progress(often=0.5)
    end = began + seconds if seconds is not None else float("inf")
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        while trio.current_time() < end:
            with trio.move_on_at(min(end, trio.current_time() + 0.5)):
                async for _ in signals:
                    progress.clear()
                    return
            if progress.is_due:
                progress.tell(_said(recorder, view, trio.current_time() - began))
    progress.clear()


def _said(recorder: Recorder, view: View, since: float) -> str:
    now = recorder.statistics()
    said = f"recording for {say_duration(round(since))}: {now.facts:,} facts, {view.containers} containers, "
    said += say_bytes(now.bytes)
    return f"{said}; {recorder.trouble}" if recorder.trouble else said


def _told(recorder: Recorder) -> int:
    now = recorder.statistics()
    if not now.facts:
        remedy = ("Name another place with --output",) if recorder.trouble else ()
        raise Complaint(f"reactor: nothing was recorded: {recorder.trouble or 'nothing was seen'}", *remedy)
    lost = f"; {now.dropped:,} facts were dropped: {recorder.trouble or 'the disk was too slow'}"
    print(f"{now.path}: {now.facts:,} facts, {say_bytes(now.bytes)}{lost if now.dropped else ''}")
    return OK


class HandsOff:
    """An engine that can be looked at and refuses to end anything."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def identify(self) -> EngineInfo:
        """As the engine does."""
        return await self._engine.identify()

    async def list(self) -> Sequence[Listed]:
        """As the engine does."""
        return await self._engine.list()

    async def inspect(self, container: ContainerId) -> Container:
        """As the engine does."""
        return await self._engine.inspect(container)

    async def layer_size(self, container: ContainerId) -> int | None:
        """As the engine does."""
        return await self._engine.layer_size(container)

    async def kill(self, container: ContainerId) -> int:
        """Never."""
        raise EngineForbids(f"{container[:12]} is only watched: this reactor records and does not act")

    async def stop(self, container: ContainerId, grace: float) -> int:
        """Never."""
        del grace
        return await self.kill(container)

    async def restart(self, container: ContainerId, grace: float) -> int:
        """Never."""
        del grace
        return await self.kill(container)

    async def pause(self, container: ContainerId) -> int:
        """Never."""
        return await self.kill(container)

    async def unpause(self, container: ContainerId) -> int:
        """Never."""
        return await self.kill(container)

    async def update(self, container: ContainerId, limits: Limits) -> int:
        """Never."""
        del limits
        return await self.kill(container)

    async def remove(self, container: ContainerId, *, force: bool) -> int:
        """Never."""
        del force
        return await self.kill(container)

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """As the engine does."""
        return await self._engine.tail(container, lines, most)

    def open_events(self, since: float | None) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """As the engine does."""
        return self._engine.open_events(since)

    def open_stats(self, run: Run) -> AbstractAsyncContextManager[AsyncIterator[Sample | None]]:
        """As the engine does."""
        return self._engine.open_stats(run)
