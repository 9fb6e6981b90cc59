"""A certificate as one page of text, 80 characters wide.

Only the layout is here. Whatever stands in a certificate may be a stranger's words, so every line passes
through ``tame`` and is cut or folded to the width.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

from reactor.app.history import written
from reactor.core.language.printing import tame
from reactor.core.language.units import say_bytes, say_duration
from reactor.core.notes import Basis
from reactor.journal.certificates import Along, Certificate, Ending, MadeCall, Reading

WIDTH = 80
_MARGIN = 11
_OURS = {
    Basis.INTENT.value: "most likely ended by reactor",
    Basis.CONTAINED.value: "ended by reactor, directly",
}
"""What an end by us rests on, in words."""
_READINGS, _CALLS, _PROCESSES, _LINES, _ALONG = 6, 8, 5, 6, 8
"""How many of each are shown; all of them are in the JSON."""


def page(certificate: Certificate) -> Iterator[str]:
    """The page, line by line."""
    yield f"certificate {tame(certificate.id, 16)}   trace {certificate.trace}"
    for title, lines in _sections(certificate):
        margin = title
        for line in lines:
            yield f"{margin:{_MARGIN}}{line}".rstrip()
            margin = ""


def _sections(certificate: Certificate) -> Iterator[tuple[str, Iterable[str]]]:
    yield "who", _who(certificate)
    yield "why", _why(certificate)
    yield "evidence", _readings(certificate)
    yield "done", _done(certificate)
    yield "end", _end(certificate)
    if certificate.along:
        yield "along", _along(certificate.along)
    yield "processes", _processes(certificate.processes)
    yield "last lines", _log(certificate.log)


def _folded(text: str, most: int = 3) -> list[str]:
    """A sentence over as many lines as it needs, at most so many."""
    lines = wrap(tame(text, 600), WIDTH - _MARGIN, break_long_words=True) or [""]
    return lines if len(lines) <= most else [*lines[: most - 1], _cut(lines[most - 1] + "…")]


def _cut(text: str) -> str:
    """A line that ends where the page does."""
    shown, room = tame(text, 500), WIDTH - _MARGIN
    return shown if len(shown) <= room else shown[: room - 1] + "…"


def _who(certificate: Certificate) -> Iterator[str]:
    seen = _mapping(certificate.grounds.get("container"))
    started = certificate.started_at.partition(".")[0]
    yield _cut(f"{certificate.name or '?'} ({certificate.container[:12]}), started {started}")
    if not seen:
        yield "what it was is not on record"
        return
    age = seen.get("age")
    known_age = f", {say_duration(age)} old" if isinstance(age, int | float) else ""
    yield _cut(f"image {seen.get('image')}{known_age}, user {seen.get('user') or 'root'}")
    yield _cut(f"runs {seen.get('command') or '?'}")
    yield from _folded("; ".join(_ties(seen)), 2)


def _ties(seen: Mapping[str, Any]) -> Iterator[str]:
    task, serves = seen.get("task"), seen.get("serves")
    if task or serves:
        yield f"main of task {task}" if task else f"sidecar of task {serves}"
    pids, memory = seen.get("pids_limit"), seen.get("memory_limit")
    amount = say_bytes(float(memory)) if memory is not None and _is_amount(memory) else "none"
    yield f"limits: pids {_or_none(pids)}, memory {amount}"
    yield f"restart policy {seen.get('restart_policy') or 'no'}"
    mounts = seen.get("mounts")
    if isinstance(mounts, list) and mounts:
        yield f"mounts {' '.join(str(each) for each in mounts)}"


def _why(certificate: Certificate) -> Iterator[str]:
    rule = _mapping(certificate.grounds.get("rule"))
    dry = " (dry run: only said)" if certificate.dry_run else ""
    yield from _folded(f"{certificate.action} by {certificate.rule}: {certificate.reason}{dry}")
    if certificate.summary:
        yield from _folded(certificate.summary, 2)
    if certificate.cause:
        yield f"it goes along with {certificate.cause}"
    if rule:
        parts = [f"on {rule['on']}" if rule.get("on") else "", str(rule.get("condition") or "")]
        hold = f" for {say_duration(rule['for'])}" if _is_amount(rule.get("for")) else ""
        yield from _folded(f"rule: {', '.join(part for part in parts if part)}{hold}", 2)
        digest = str(rule.get("digest") or "?")[:12]
        place = str(rule.get("place")).rpartition("/")[2]
        yield _cut(f"{place}, digest {digest}, rule set {certificate.grounds.get('version') or '?'}")
    elif certificate.grounds:
        yield _cut(f"rule set {certificate.grounds.get('version') or '?'}")
    held = f", {_span(certificate.decided)} after it was first seen" if certificate.decided > 0 else ""
    yield f"decided {written(certificate.wall, 'milliseconds')}{held}"


def _readings(certificate: Certificate) -> Iterator[str]:
    readings = certificate.readings
    if not readings:
        yield "no readings are on record"
        return
    shown = readings[-_READINGS:]
    yield f"{'':>12}{'pids':>8}{'memory':>12}{'cpu':>9}   (last {len(shown)} of {len(readings)} readings)"
    cores = [None, *(_cores(one, other) for one, other in pairwise(readings))][-len(shown) :]
    for reading, used in zip(shown, cores, strict=True):
        memory = "?" if reading.memory is None else say_bytes(reading.memory, 1)
        pids = "?" if reading.pids is None else str(reading.pids)
        cpu = "" if used is None else f"{used:.2f}"
        yield f"{_at(reading.at)}{pids:>8}{memory:>12}{cpu:>9}"


def _cores(one: Reading, other: Reading) -> float | None:
    if one.cpu is None or other.cpu is None or other.at <= one.at or other.cpu < one.cpu:
        return None
    return (other.cpu - one.cpu) / (other.at - one.at)


def _done(certificate: Certificate) -> Iterator[str]:
    """What happened in order: the decision, the calls, what the engine said, and what came of it."""
    moments = [(certificate.decided, 0, "decided")]
    calls = certificate.calls
    moments += [(call.at, 1, _call(call)) for call in calls]
    ending = certificate.ending
    if ending is not None and ending.died is not None:
        moments.append((ending.died, 2, "the engine says that it died"))
    if ending is not None and ending.at is not None:
        moments.append((ending.at, 3, "the run is seen to be over"))
    if certificate.concluded is not None:
        word = "" if certificate.final else " (it is tried on)"
        moments.append((certificate.concluded, 4, f"{certificate.result}: {certificate.why}{word}"))
    moments.sort()
    skipped = len(moments) - _CALLS
    if skipped > 0:
        moments = [*moments[: _CALLS // 2], (0.0, -1, f"… {skipped} more"), *moments[-_CALLS // 2 :]]
    for at, kind, what in moments:
        yield _cut(f"{'' if kind < 0 else _at(at):>12}  {what}")
    if certificate.detail:
        yield from _folded(certificate.detail, 2)
    if certificate.times > 1:
        yield f"the intent was taken up again by a later monitor ({certificate.times} times written)"
    if certificate.result == "open":
        yield "nobody wrote what came of it: it is under way, or its monitor was killed"


def _call(call: MadeCall) -> str:
    answer = str(call.status) if call.status else call.note or "done"
    return f"{call.what}: {answer} after {_span(call.took)}"


def _end(certificate: Certificate) -> Iterator[str]:
    ending = certificate.ending
    if ending is None:
        yield "that its run ended is not on record"
        return
    yield _cut(f"exit code {_or_none(ending.exit_code, 'unknown')}, {_cause(ending)}")
    if ending.finished_at:
        yield _cut(f"finished {ending.finished_at} by the engine's clock")


def _cause(ending: Ending) -> str:
    oom = ", out of memory at some time" if ending.oom and ending.cause != "oom" else ""
    words = {
        "reactor": _OURS.get(ending.basis, "ended by reactor"),
        "oom": "ended by the kernel: out of memory",
        "itself": "ended by itself",
        "engine": "ended through the engine, by somebody else",
        "unseen": "ended unseen",
    }
    return words.get(ending.cause, ending.cause or "cause unknown") + oom


def _along(along: Sequence[Along]) -> Iterator[str]:
    for each in along[:_ALONG]:
        at = f"{'':12}" if each.at is None else _at(each.at)
        code = "" if each.exit_code is None else f", exit {each.exit_code}"
        came = f"{each.result}: {each.why}" if each.why else each.result
        yield _cut(f"{at}  {each.certificate}  {each.name}  {each.action} {came}{code}")
    if len(along) > _ALONG:
        yield f"and {len(along) - _ALONG} more"


def _processes(found: Mapping[str, Any]) -> Iterator[str]:
    listed = [each for each in _listing(found.get("processes")) if isinstance(each, list) and len(each) == 3]
    if not listed:
        yield _lacking("none were seen", found)
        return
    more = " at least" if found.get("more") else ""
    yield f"{len(listed)}{more}, read {_when(found)}"
    # A fork storm is many of one kind.
    kinds = Counter(str(command) or f"[{name}]" for _, name, command in listed)
    for command, count in kinds.most_common(_PROCESSES):
        yield _cut(f"{count:>5} x {command}")
    if len(kinds) > _PROCESSES:
        yield f"      and {len(kinds) - _PROCESSES} other kinds"


def _log(found: Mapping[str, Any]) -> Iterator[str]:
    written_ = found.get("text")
    lines = written_.splitlines() if isinstance(written_, str) else []
    if not lines:
        yield _lacking("none", found)
        return
    yield f"of its output, read {_when(found)}"
    yield from (_cut(f"  {line}") for line in lines[-_LINES:])


def _lacking(what: str, found: Mapping[str, Any]) -> str:
    """That there is nothing, and why, if that is known."""
    why = found.get("missing")
    return _cut(f"{what}: {why}" if isinstance(why, str) and why else what)


def _when(found: Mapping[str, Any]) -> str:
    at = found.get("at")
    return f"at {_at(at).strip()}" if isinstance(at, int | float) else "at some time"


def _at(seconds: float) -> str:
    """A moment, in milliseconds after the first evidence."""
    return f"{seconds * 1000:+.0f} ms".rjust(12)


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else say_duration(seconds)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _listing(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _or_none(value: object, none: str = "none") -> str:
    return none if value is None else str(value)
