"""One act: an engine, a monitor on it, and waves until enough has been seen.

Belongs here: the order of things, and waiting. The verdict is in ``judging``. Everything that is started ends
with its ``with`` block.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from reactor.core.notes import Basis
from tests.chaos.audit import ARGUMENTS, Audit, nanoseconds
from tests.chaos.cast import CONFIG, RULES, Fate
from tests.chaos.faults import Faults, Keeper, Wrecker, faults_of
from tests.chaos.judging import End, Offences, Trial, completed, followed, offences, promise_of, try_all
from tests.chaos.plan import Size, Wave, waves, weight
from tests.chaos.stage import Stage, Subject
from tests.real.monitor import Monitor
from tests.real.truth import Life, Truth
from tools.private_engine import PrivateEngine

Say = Callable[[str], None]
LOOK_EVERY = 0.5
PATIENCE = 3.0
"""How many times the promise a run is waited for before it counts as missed."""
QUIET = 0.5
"""Seconds after the last death in which a second or a wrong action would still be seen."""


class OutOfTime(Exception):
    """The whole has taken longer than it may."""


@dataclass(slots=True)
class Seen:
    """What was seen in one act."""

    engine: str
    trials: list[Trial] = field(default_factory=list)
    innocents: int = 0
    waves: int = 0
    faults: Faults = field(default_factory=Faults)
    offences: Offences = field(default_factory=Offences)
    claims: list[str] = field(default_factory=list)
    """What the monitor's journal says of a death, and the engine does not."""
    guesses: list[str] = field(default_factory=list)
    """The same, where the journal itself says that it is only likely."""
    refused: list[str] = field(default_factory=list)
    """What the engine could not start after it had died in the middle of that."""
    seconds: float = 0.0

    @property
    def breaches(self) -> int:
        """How many runs broke a rule and were ended by the monitor, or missed."""
        return sum(
            trial.subject.member.fate is Fate.ENDED
            and (trial.end is End.MONITOR or (trial.end is End.NOT_YET and not trial.forgotten))
            for trial in self.trials
        )


class Act:
    """One engine and one monitor."""

    def __init__(
        self, engine: PrivateEngine, monitor: Monitor, truth: Truth, seen: Seen, say: Say, deadline: float
    ) -> None:
        self._truth = truth
        self._seen = seen
        self._say = say
        self._deadline = deadline
        self._stage = Stage(engine.docker_host)
        self._audit = Audit(engine.log)
        self._known: set[str] = set()
        self._wrecker = Wrecker(engine, seen.faults)
        self._keeper = Keeper(monitor, seen.faults, lambda: self._wrecker.away)
        self._monitor = monitor

    def play(self, seed: str, size: Size) -> None:
        """Wave after wave, until there were as many breaches, innocents and faults as there were to be."""
        with self._keeper.kept():
            self._monitor.wait_ready()
            for wave in waves(seed, size):
                self._wave(wave)
                if self._is_enough(size):
                    break
        # It may have been started just now: it is ready a moment before it listens to signals.
        self._monitor.wait_ready()
        time.sleep(QUIET)
        if (code := self._monitor.stop()) != 0:
            said = self._monitor.raw_log()[-1000:]
            self._seen.faults.crashes.append(f"it was stopped, and its exit code was {code}: {said}")
        self._check_claims()

    def _is_enough(self, size: Size) -> bool:
        seen = self._seen
        return (
            min(seen.breaches, seen.innocents) >= size.breaches
            and seen.faults.kills >= size.kills
            and len(seen.faults.outages) >= size.outages
        )

    def _wave(self, wave: Wave) -> None:
        if time.monotonic() > self._deadline:
            raise OutOfTime
        try:
            with faults_of(wave, self._keeper, self._wrecker) as wait_for_faults:
                self._stage.play(wave.parts)
                wait_for_faults()
            trials = self._settled()
        except BaseException:
            self._stage.close()
            raise
        self._known |= {subject.id for subject in self._stage.subjects}
        strays = [call for call in self._audit.calls() if call.id not in self._known]
        self._seen.trials += trials
        found = offences(trials, strays)
        for trial in trials:
            if trial.name in found.missed:
                # Soon it will be removed, and nobody could say any more what was the matter with it.
                self._say(f"{trial.name} lives: {self._stage.inspect(trial.subject.id)}")
        self._seen.offences += found
        self._seen.innocents += sum(weight(part, guilty=False) for part in wave.parts)
        self._seen.waves += 1
        self._seen.refused += self._stage.refused
        self._stage.refused = []
        self._tell(wave, found)
        self._stage.clear()

    def _tell(self, wave: Wave, fresh: Offences) -> None:
        seen, found = self._seen, self._seen.offences
        for kind, each in asdict(fresh).items():
            for one in each:
                self._say(f"{kind}: {one}")
        self._say(
            f"{seen.engine}, wave {wave.number}: {seen.breaches} breaches, {seen.innocents} innocents, "
            f"{seen.faults.kills} kills of the monitor, {len(seen.faults.outages)} of the engine; "
            f"{len(found.missed)} missed, {len(found.doubled)} doubled, {len(found.wrong)} wrong, "
            f"{len(found.late)} late, {len(found.unexplained)} unexplained"
        )

    # Waiting for the end of a wave

    def _settled(self) -> list[Trial]:
        """Every run of this wave, when all that had to be ended are, or have been waited for in vain."""
        while True:
            trials = self._trials()
            if not any(self._is_awaited(trial) for trial in trials):
                break
            if time.monotonic() > self._deadline:
                raise OutOfTime
            time.sleep(LOOK_EVERY)
        time.sleep(QUIET)
        return self._trials()

    def _trials(self) -> list[Trial]:
        subjects = list(self._stage.subjects)
        lives = {subject.id: self._lives(subject) for subject in subjects}
        told = (subject.id for subject in subjects if subject.member.told)
        ooms = {key: [said.nano for said in self._truth.events(key, "oom")] for key in told}
        return try_all(lives, subjects, self._audit.calls(), self._seen.faults, ooms)

    def _is_awaited(self, trial: Trial) -> bool:
        member = trial.subject.member
        if (
            trial.end is not End.NOT_YET
            or trial.forgotten
            or (member.fate is Fate.SPARED and not member.leaves)
        ):
            return False
        if member.leaves:
            return time.time_ns() < trial.life.began + int(60e9)
        if not trial.breach:
            return False  # Its main is waited for, or nobody.
        faults = self._seen.faults
        since = max(trial.breach, faults.last_end(time.time_ns()))
        return time.time_ns() < since + int(PATIENCE * promise_of(trial) * 1e9)

    def _lives(self, subject: Subject) -> list[Life]:
        """Its runs by the events; what these did not tell of the last one, an inspect does."""
        lives = followed(self._truth.lives(subject.id))
        if lives and lives[-1].died is not None and "RestartPolicy" not in subject.member.host:
            return lives
        return completed(lives, self._stage.inspect(subject.id))

    # What the monitor says

    def _check_claims(self) -> None:
        """Its journal must name as its own deaths those, and only those, that were."""
        rows = self._monitor.rows("SELECT container, started_at, cause, basis FROM exits")
        causes = {(row["container"], nanoseconds(row["started_at"]) // 10**9): row for row in rows}
        for trial in self._seen.trials:
            began = trial.life.began // 10**9
            # The event of a start is told a little after the start itself.
            told = next(
                (row for back in range(3) if (row := causes.get((trial.subject.id, began - back)))), None
            )
            if told is None or (told["cause"] == "reactor") is (trial.end is End.MONITOR):
                continue
            sentence = f"{trial.name}: {told['cause']}, and it was {trial.end.name.lower()}"
            (self._seen.guesses if told["basis"] == Basis.INTENT else self._seen.claims).append(sentence)


@contextmanager
def act(folder: Path, seen: Seen, say: Say, deadline: float, *, live_restore: bool) -> Iterator[Act]:
    """An engine, the witness, a monitor: all of them end with the block."""
    with PrivateEngine(live_restore=live_restore, arguments=ARGUMENTS) as engine:
        engine.import_busybox()
        rules = folder / "rules.yaml"
        rules.write_text(RULES)
        with Truth(engine.docker_host) as truth:
            monitor = Monitor(folder, engine.docker_host, config=CONFIG, rules=rules)
            try:
                yield Act(engine, monitor, truth, seen, say, deadline)
            finally:
                monitor.end()
