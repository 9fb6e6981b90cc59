"""The demo's last page: what became of everybody, the counters, and where to go next.

Only wording and columns are here; the verdicts come from ``verdict``.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from reactor.app.demo.cast import Fate
from reactor.app.demo.lines import seconds
from reactor.app.demo.page import NAME, Page, Style
from reactor.app.demo.verdict import Summary, Verdict

DOES = 35


def write_summary(page: Page, summary: Summary, pointers: Sequence[tuple[str, str]]) -> None:
    """Write the table, what follows from it, and where to look next."""
    page.write()
    page.write(
        page.style(
            f"{'container':<{NAME}} {'what it did':<{DOES}} {'had to':<6} what became of it", Style.STRONG
        )
    )
    for verdict in sorted(summary.verdicts, key=_order):
        page.write(_row(page, verdict))
    page.write()
    for line in _counts(summary):
        page.write(line)
    page.write(_result(page, summary))
    page.write()
    widest = max(len(where) for where, _ in pointers)
    for where, why in pointers:
        page.paragraph(f"{where:<{widest}}  {why}", indent=" " * (widest + 2))


def _order(verdict: Verdict) -> tuple[bool, float]:
    """Those who ended first, in the order of their ends."""
    return (verdict.ended_at is None, verdict.ended_at or 0.0)


def _row(page: Page, verdict: Verdict) -> str:
    became = verdict.became
    if verdict.took is not None:
        became = f"{became}, {seconds(verdict.took)}"
    mark = page.style("ok", Style.GOOD) if verdict.ok else page.style("NOT OK", Style.BAD)
    name = page.style(f"{verdict.name:<{NAME}}", Style.STRONG)
    had_to = {Fate.ENDED: "end", Fate.EXITS: "exit", Fate.STAYS: "stay"}[verdict.expected]
    return f"{name} {verdict.does:<{DOES}} {had_to:<6} {became:<15} {mark}"


def _counts(summary: Summary) -> Iterator[str]:
    verdicts = summary.verdicts
    ended = [v for v in verdicts if v.expected is Fate.ENDED]
    others = [v for v in verdicts if v.expected is Fate.STAYS]
    yield (
        f"{sum(v.ok for v in ended)} of {len(ended)} that had to be ended were ended; "
        f"{sum(v.ok for v in others)} of {len(others)} that had to stay are alive."
    )
    for word, names in (
        ("missed", summary.missed),
        ("doubled", summary.doubled),
        ("wrong", summary.wrong),
        ("late", summary.late),
    ):
        if names:
            yield f"{word}: {', '.join(names)}"
    yield from _speed(ended)


def _speed(ended: Sequence[Verdict]) -> Iterator[str]:
    took = [v.took for v in ended if v.took is not None and not v.follows]
    if took:
        middle, longest = seconds(median(took)), seconds(max(took))
        yield f"Breach to end: median {middle}, longest {longest} (readings come once a second)."


def _result(page: Page, summary: Summary) -> str:
    counters = " ".join(
        f"{word} {len(names)} ·"
        for word, names in (
            ("missed", summary.missed),
            ("doubled", summary.doubled),
            ("wrong", summary.wrong),
        )
    )
    result = page.style("OK", Style.GOOD) if summary.ok else page.style("NOT OK", Style.BAD)
    return f"{counters} late {len(summary.late)} → {result}"
