"""What came against what was expected: what is missing, what nobody expected, what was taken for what."""

from collections.abc import Sequence
from dataclasses import dataclass

from reactor.ruletest.playing import Got, Played
from reactor.ruletest.script import Asked, Case, Expected


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison: both sides, or one. ``near``: they are only taken for each other."""

    at: float
    expected: Expected | None = None
    got: Got | None = None
    near: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that was answered otherwise."""

    asked: Asked
    found: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one test went."""

    case: Case
    rows: tuple[Row, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything came as it was expected, and nothing else."""
        return not self.answers and all(row.expected and row.got and not row.near for row in self.rows)


def compare(case: Case, played: Played) -> Verdict:
    """The verdict about a test that was played."""
    rows, missing, left = _exact(case.expected, played.got)
    rows += _nearest(missing, left, played)
    answers = [
        Answer(asked, found)
        for asked in case.asked
        if (found := played.answers.get(asked, frozenset())) != asked.rules
    ]
    return Verdict(case, tuple(sorted(rows, key=lambda row: row.at)), tuple(answers))


def _exact(expected: Sequence[Expected], got: Sequence[Got]) -> tuple[list[Row], list[Expected], list[Got]]:
    left, rows, missing = list(got), [], []
    for one in expected:
        found = next((each for each in left if fits(one, each)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
            rows.append(Row(one.at, one, found))
    return rows, missing, left


def fits(expected: Expected, got: Got) -> bool:
    """Whether this is the decision that was expected; what was left out may be anything."""
    return not differences(expected, got)


def differences(expected: Expected, got: Got) -> tuple[str, ...]:
    """The keys in which they differ."""
    same = {
        "at": expected.at == got.at,
        expected.action: (expected.action, expected.box) == (got.action, got.box),
        "rule": expected.rule in {"", got.rule},
        "because": expected.because in {"", got.because},
        "summary": expected.summary in {"", got.summary},
        "because_of": expected.because_of == got.because_of,
        "grace": expected.grace in {None, got.grace},
        "dry_run": expected.dry_run == got.dry_run,
    }
    return tuple(key for key, is_same in same.items() if not is_same)


def _nearest(missing: Sequence[Expected], left: list[Got], played: Played) -> list[Row]:
    """Each missing one beside what most likely came in its place: about the same container."""
    rows = []
    for one in missing:
        candidates = [got for got in left if got.box == one.box]
        nearest = min(
            candidates, key=lambda got: (len(differences(one, got)), abs(got.at - one.at)), default=None
        )
        if nearest is not None:
            left.remove(nearest)
        at = min(one.at, nearest.at) if nearest is not None else one.at
        rows.append(Row(at, one, nearest, near=nearest is not None, why=played.why.get(one, "")))
    return rows + [Row(got.at, got=got) for got in left]
