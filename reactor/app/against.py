"""``reactor check --against``: whom each rule matches now, on an engine or at the end of a recording.

Nothing can be ended from here: an engine is watched as ``reactor record`` watches it. Counting is
here; what a rule makes of a container is the core's word.
"""

import argparse
import logging
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import trio

from reactor.app.complaint import Complaint
from reactor.app.counts import Count, count
from reactor.app.invocation import find_endpoint, leaves, read_settings
from reactor.app.log import LogFormat
from reactor.app.logsink import logging_to
from reactor.app.plan import Plan
from reactor.app.recording import HandsOff, View
from reactor.app.sessions import Unreadable, open_sessions
from reactor.app.settings import Settings
from reactor.app.supervise import supervise
from reactor.core.judging import fresh_sample, fresh_zombies, needs_samples
from reactor.core.lasting import renewed
from reactor.core.layers import layer_writes, wanted_layers
from reactor.core.ports import EngineError
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, State, Step
from reactor.core.step import wanted_zombies, wants_host
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import Endpoint
from reactor.journal.errors import JournalError
from reactor.journal.journal import Journal
from reactor.recording.errors import RecordingError
from reactor.recording.replaying import Replay

LONGEST = 5.0
"""Seconds that readings are waited for."""
KERNEL_LONGEST = 2.0
"""Seconds that the host's kernel is waited for; where it can tell nothing, it never does."""
REMEDY = "Write its address, as in --against unix:///run/docker.sock, or name it with DOCKER_HOST"
ENGINE = "engine"
"""What stands for the engine that is found without being named."""


def count_against(options: argparse.Namespace, rules: RuleSet) -> tuple[Count, ...]:
    """Count against what ``--against`` names. Raises Complaint where that cannot be had."""
    if options.against != ENGINE and "://" not in options.against:
        return _against_recording(Path(options.against), rules)
    if options.against != ENGINE:
        options.docker_host = options.against
    settings = replace(read_settings(options), dry_run=True)
    endpoint = find_endpoint(options, os.environ, flag="--against", remedy=REMEDY)
    try:
        with logging_to(sys.stderr.fileno(), LogFormat.LOGFMT, logging.ERROR):
            return trio.run(_against_engine, endpoint, settings, rules)
    except* (EngineError, JournalError) as group:
        raise Complaint(*(f"reactor: {error}" for error in leaves(group))) from None


async def _against_engine(endpoint: Endpoint, settings: Settings, rules: RuleSet) -> tuple[Count, ...]:
    setup = settings.setup(rules)
    view = Watcher(setup)
    counts: list[tuple[Count, ...]] = []

    async def count_in_time() -> None:
        with trio.move_on_after(LONGEST):
            await view.known.wait()
        counts.append(tuple(count(setup, view.state, trio.current_time())))

    await DockerEngine(endpoint).identify()
    with tempfile.TemporaryDirectory(prefix="reactor-check-") as folder:
        journal = Journal(Path(folder) / "journal.db")
        engine = DockerEngine(endpoint, journal)
        plan = Plan(
            setup,
            engine,
            journal,
            acting_engine=HandsOff(engine),
            times=settings.watch_times(),
            observers=(view,),
            most_streams=settings.most_streams,
            drain=0.0,
            proc=settings.proc,
        )
        await supervise(plan, count_in_time)
    return counts[0]


class Watcher(View):
    """Sees the latest state go by; ``known`` is set when of every run that needs readings there are some."""

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self.known = trio.Event()

    def step(self, step: Step) -> None:
        """Keep the state, and look whether everything is known."""
        super().step(step)
        if step.state.snapshots and not self.known.is_set() and self._is_known(step.state):
            self.known.set()

    def _is_known(self, state: State) -> bool:
        at = trio.current_time()
        wanted = (renewed(state, entry) for entry in state.living() if needs_samples(entry))
        if any(fresh_sample(self._setup, entry, at) is None for entry in wanted):
            return False
        measured = (state.entries.get(run.id) for run in wanted_layers(self._setup, state))
        if any(entry and layer_writes(self._setup, entry, at) is None for entry in measured):
            return False
        began = state.began if state.began is not None else at
        return at - began > KERNEL_LONGEST or self._has_kernel(state, at)

    def _has_kernel(self, state: State, at: float) -> bool:
        """Whether the kernel of the host has told what is asked of it."""
        zombies = wanted_zombies(self._setup, state)
        living = (renewed(state, entry) for entry in state.living() if entry.run in zombies)
        if any(fresh_zombies(entry, at) is None for entry in living):
            return False
        return state.host is not None or not wants_host(self._setup)


def _against_recording(path: Path, rules: RuleSet) -> tuple[Count, ...]:
    """Against the state at the end of the last session."""
    try:
        session = open_sessions([path], lambda *_: rules)[-1]
        # Nothing is assumed to have been ended: what is asked is whom the rules match at the end.
        setup = replace(session.setup(), rules=rules, dry_run=True)
        replay, at = Replay(setup, frozenset(), fixed=True), 0.0
        for recorded in session.items():
            replay.take(recorded)
            at = max(at, recorded.fact.at)
    except Unreadable as error:
        raise Complaint(*error.lines) from None
    except RecordingError as error:
        raise Complaint(str(error)) from None
    return tuple(count(setup, replay.state, at))
