"""What became of everybody, held against the script: missed, doubled, wrong and late.

Pure functions of the engine's own history; what the monitor says of itself only explains.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reactor.app.demo.cast import Fate, Part, Role
from reactor.core.container import ContainerId
from reactor.core.decisions import Decision
from reactor.testing.history import Entry, History, What


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one container. Moments are seconds since the beginning; None is "never".

    ``since`` is when its end became due: its breach, or the end of the main that it follows.
    """

    name: str
    does: str
    expected: Fate
    became: str
    ok: bool
    follows: str = ""
    rule: str = ""
    reason: str = ""
    since: float | None = None
    ended_at: float | None = None
    took: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole play. The four counters hold names."""

    verdicts: tuple[Verdict, ...]
    missed: tuple[str, ...]
    doubled: tuple[str, ...]
    wrong: tuple[str, ...]
    late: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether all who had to end were ended once, nobody else was, and everybody has played.

        Late alone is no failure: on a busy machine it is the machine that is slow.
        """
        return all(verdict.ok for verdict in self.verdicts) and not (self.doubled or self.wrong)

    def document(self) -> dict[str, Any]:
        """The summary as JSON takes it."""
        return {"ok": self.ok, **asdict(self)}


def judge(
    parts: Iterable[Part],
    roles: Mapping[ContainerId, Role],
    history: History,
    decisions: Mapping[ContainerId, Decision],
    *,
    began: float,
    now: float,
) -> Summary:
    """Hold the history against the script."""
    played = {role.part.name: role for role in roles.values()}
    to_end = {key for key, role in roles.items() if role.part.fate is Fate.ENDED}
    acted_on = {entry.run.id for entry in history.effective()}
    doubled = tuple(entry.name for entry in history.doubled())
    wrong = tuple(entry.name for entry in history.wrong(to_end))
    verdicts = tuple(_judge(part, played, history, decisions, began) for part in parts)
    within = {part.name: part.within for part in parts}
    return Summary(
        verdicts=verdicts,
        missed=tuple(name for name, role in played.items() if role.box.id in to_end - acted_on),
        doubled=doubled,
        wrong=wrong,
        late=tuple(v.name for v in verdicts if v.took is not None and v.took > within[v.name]),
        seconds=round(now - began, 3),
    )


def _judge(
    part: Part,
    played: Mapping[str, Role],
    history: History,
    decisions: Mapping[ContainerId, Decision],
    began: float,
) -> Verdict:
    role = played.get(part.name)
    if role is None:
        return Verdict(part.name, part.does, part.fate, "never started", ok=False)
    decision = decisions.get(role.box.id)
    became, ok = _fate(role, history)
    since = _since(role, played, history)
    ended = None if role.box.has_process else history.died_at(role.box.id)
    by_us = bool(_actions(role, history))
    return Verdict(
        name=part.name,
        does=part.does,
        expected=part.fate,
        became=became,
        ok=ok,
        follows=part.follows,
        rule=decision.rule if decision and by_us else "",
        reason=decision.reason if decision and by_us else "",
        since=_from(began, since),
        ended_at=_from(began, ended),
        took=round(ended - since, 3) if ended is not None and since is not None and by_us else None,
    )


def _fate(role: Role, history: History) -> tuple[str, bool]:
    """What became of it, and whether that is what the script says."""
    actions, fate = _actions(role, history), role.part.fate
    deaths = history.of(role.box.id, What.DIED)
    if role.box.alive:
        return ("back again" if actions else "alive", fate is Fate.STAYS and not actions)
    if len(actions) > 1:
        return (f"ended {len(actions)} times", False)
    if actions:
        return ("ended", fate is Fate.ENDED)
    return (f"exit code {deaths[-1].code}" if deaths else "gone", fate is Fate.EXITS)


def _actions(role: Role, history: History) -> list[Entry]:
    return [entry for entry in history.effective() if entry.run.id == role.box.id]


def _since(role: Role, played: Mapping[str, Role], history: History) -> float | None:
    main = played.get(role.part.follows)
    if main is not None:
        return history.died_at(main.box.id)
    return role.breach.at if role.breach is not None else None


def _from(began: float, at: float | None) -> float | None:
    return None if at is None else round(at - began, 3)
