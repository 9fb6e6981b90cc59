"""A replay as people read it: a few lines about the recording, a table, a summary.

Only the form is here. Names and reasons are strangers' words and are made fit to be shown.
"""

from collections.abc import Iterable, Sequence
from typing import TextIO

from reactor.app.replay_story import Told, clock
from reactor.core.language.units import say_bytes, say_duration
from reactor.observe.text import plain
from reactor.recording.replaying import Verdict

WIDEST = 40
"""Characters of a column but for the last."""


def write_replay(told: Told, out: TextIO) -> None:
    """Who would have been ended, when, and by what."""
    _head(told, out)
    rows = [_row(told, each, "would " if each.decision.dry_run else "") for each in told.verdicts]
    _table(("when", "into", "action", "container", "rule", "reason"), rows, out)
    out.write(_summary(told) + "\n")


def write_differences(told: Told, out: TextIO) -> None:
    """What the new rules do differently, and nothing else."""
    _head(told, out)
    found = told.difference
    if found is None or not found:
        out.write("the two rule sets end the same runs at the same moments\n")
        return
    rows = [("+ added", *_row(told, each)) for each in found.added]
    rows += [("- gone", *_row(told, each)) for each in found.gone]
    for word, pairs in (("< earlier", found.earlier), ("> later", found.later)):
        for old, new in pairs:
            by = abs(new.decision.at - old.decision.at)
            rows.append((f"{word} by {_seconds(by)}", *_row(told, new)))
    _table(("what", "when", "into", "action", "container", "rule", "reason"), rows, out)
    counts = (len(found.added), len(found.gone), len(found.earlier), len(found.later))
    out.write("{} added, {} gone, {} earlier, {} later\n".format(*counts))


def _head(told: Told, out: TextIO) -> None:
    session, survey = told.session, told.survey
    header = session.header
    files = f"{session.parts[0].path}" + (f" and {len(session.parts) - 1} more" if session.parts[1:] else "")
    out.write(f"recording  {files}: {say_bytes(session.size)}, from {clock(survey.wall)}\n")
    size = f"{survey.facts:,} facts, {len(survey.ids)} containers ({len(survey.sampled)} with readings)"
    lost = f", {survey.lost:,} facts lost: a replay can differ after that" if survey.lost else ""
    out.write(f"           {say_duration(round(survey.seconds, 3))}, {size}{lost}\n")
    acting = "" if header.acting and not told.setup.dry_run else ", without acting"
    engine = f"{plain(header.engine.name, WIDEST)} ({plain(header.engine.version, WIDEST)})"
    out.write(f"           engine {engine}, recorded by reactor {plain(header.reactor, WIDEST)}{acting}\n")
    out.write(f"rules      {_rules(told)}\n\n")


def _rules(told: Told) -> str:
    count = len(told.setup.rules.rules)
    said = f"version {told.setup.rules.version}, {count} rule{'s' if count != 1 else ''}"
    if told.setup.rules.version == told.recorded_rules:
        said += ", as recorded"
    else:
        said += f"; recorded with version {plain(told.recorded_rules, WIDEST) or 'unknown'}"
    if told.survey.reloads:
        times = "once" if told.survey.reloads == 1 else f"{told.survey.reloads} times"
        said += f"; reloaded {times} while it was recorded"
        said += "" if told.as_recorded else ", which counts for nothing here"
    return f"{said}; compared with version {told.old.version}" if told.old is not None else said


def _summary(told: Told) -> str:
    ended = told.ended_by
    by = ", ".join(f"{rule} {count}" for rule, count in ended.items())
    said = f"{sum(ended.values())} run{'s' if sum(ended.values()) != 1 else ''} would have been ended"
    said += f": {by}" if by else ""
    said += f"; {told.only_said} decided dry" if told.only_said else ""
    if not told.as_recorded:
        return said
    as_live = "the same as then" if told.is_as_live else "NOT the same as then"
    return f"{said}\n{len(told.survey.live)} decisions were recorded; the replay decides {as_live}"


def _row(told: Told, verdict: Verdict, mood: str = "") -> tuple[str, ...]:
    decision = verdict.decision
    return (
        clock(verdict.wall),
        _seconds(told.into(verdict)),
        f"{mood}{decision.action.value}",
        plain(decision.name, WIDEST),
        plain(decision.rule, 2 * WIDEST),
        plain(decision.reason),
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f} s"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO) -> None:
    all_rows = [head, *rows]
    if len(all_rows) == 1:
        return
    widths = [max(map(len, column)) for column in zip(*all_rows, strict=True)]
    for row in all_rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        out.write("  ".join([*cells, row[-1]]).rstrip() + "\n")
    out.write("\n")
