"""The one table: what it cost to watch, how late a breach was answered, what is quoted of it.

Rows and cells only, for the terminal and, as Markdown, for the documents; nothing is measured here.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from bench.race import parts
from bench.race.names import ACTING, EVERYBODY
from bench.race.ratios import SECONDS, SHARE, Ratio, Target, ratios, targets
from bench.race.result import GROUPS, INTERVALS
from bench.table import Row, table

Json = dict[str, Any]
Section = tuple[str, list[Row]]
BUSY: Final = 0.05
"""Of all cores: what is used by others beyond this is in the figures, too."""
COSTS: Final = (
    ("own CPU, of a core", "cpu", "share"),
    ("engine's CPU for it, of a core", "share", "share"),
    ("both together", "total", "share"),
    ("memory (PSS)", "pss", "memory"),
    ("memory (RSS)", "rss", "memory"),
    ("own wake-ups a second", "wakeups", "number"),
    ("engine's wake-ups a second", "engine_wakeups", "number"),
    ("calls to the engine a second", "calls", "number"),
    ("calls to the engine at the start", "first_calls", "number"),
    ("readings taken a second", "readings", "number"),
    ("start → all are watched", "startup", "time"),
)
COUNTS: Final = (
    ("attacks", "attacks", ""),
    ("hogs at full speed ended before the kernel's OOM", "hogs_running_ended_first", "hogs_running"),
    ("the same, also those at a container's start", "hogs_ended_first", "hogs"),
    ("5 ms transients missed", "transients_running_missed", "transients_running"),
    ("the same, also those at a container's start", "transients_missed", "transients"),
    ("lasting breaches missed", "lasting_missed", "lasting"),
    ("attacks at a container's start that were caught", "at_start_caught", "at_start"),
)


def text(document: Json) -> str:
    """For the terminal."""
    lines = [headline(document), *notes(document)]
    for title, rows in sections(document):
        lines += ["", title.upper(), *table(rows)]
    return "\n".join(lines)


def markdown(document: Json) -> str:
    """For the documents."""
    lines = [headline(document), "", *(f"* {note}" for note in notes(document))]
    for title, rows in sections(document):
        # A row of one cell is a heading within a table; in Markdown it is a row in bold.
        width = max(map(len, rows))
        head, *others = rows
        lines += ["", f"**{title}**", "", _line(head, width), "|" + "---|" * width]
        lines += [_line(row, width) for row in others]
    return "\n".join(lines)


def headline(document: Json) -> str:
    """The machine and the day."""
    machine = document["machine"]
    return (
        f"{machine['date']}: {machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB, Linux "
        f"{machine['kernel']}, engine {machine['engine']}, cgroup v{machine['cgroup']}, Python "
        f"{machine['python']}; of its cores, others used {machine['foreign']:.2f} before "
        f"the run and {machine['foreign_after']:.2f} after it."
    )


def notes(document: Json) -> Iterator[str]:
    """What has to be known to read it."""
    machine, loop = document["machine"], document["loop"]
    if document["cut"]:
        yield f"The run was not played to its end: {document['cut']}. What it had found by then is here."
    if max(machine["foreign"], machine["foreign_after"]) > BUSY * machine["cores"]:
        yield "The machine was busy with other work: take no absolute figure from it."
    if not any("contained" in attack for attack in document["attacks"]) and document["attacks"]:
        yield "Nothing was ended past the engine (containment) in this run."
    if any(attack.get("decided", 0.0) < 0 for attack in document["attacks"]):
        yield (
            "A negative time: the verdict was there before the attacker, which was interrupted, came to "
            "stamp its breach."
        )
    for name, why in document["missing"].items():
        yield f"{name} is missing: {why}."
    if loop["look"] is not None and loop["round"] is not None:
        yield (
            f"The poll loop took {loop['look']:.2f} s to look at one container. Under attack it looked at "
            f"a few containers only and slept {loop['short']:g} s instead of {loop['interval']:g} s: a round "
            f"took {loop['round']:.0f} s, with {document['attacked']} containers it would take "
            f"{loop['full_round']:.0f} s. Its latencies are those of the short rounds."
        )
    if document["innocents"]:
        yield f"{document['innocents']} idle containers were ended that should not have been."


def sections(document: Json) -> Iterator[Section]:
    """All parts of the table."""
    for size in document["sizes"]:
        yield f"What watching {size} idle containers takes", list(_costs(document, size))
    if document["latencies"]:
        yield f"How late, with {document['attacked']} containers watched", list(_latencies(document))
        yield "What became of the attacks", list(_counts(document))
    if document["arming"]:
        yield "From a container's start until the fast lane reads it", list(_arming(document))
    yield from parts.sections(document)
    yield "Ratios", [("", "ratio", "better is"), *map(_ratio, ratios(document))]
    if document["latencies"] or document["parts"]:
        yield "Targets", [("", "at most or least", "found", ""), *map(_target, targets(document))]
    for other in document["beside"]:
        rows: list[Row] = [(name, f"{value:.6g}") for name, value in other["figures"].items()]
        yield f"{other['name']} (measured by itself)", [("", "figure"), *rows]


def _arming(document: Json) -> Iterator[Row]:
    yield ("", "p50", "p99", "containers")
    for row in document["arming"]:
        yield (row["contender"], shown(row["p50"], "time"), shown(row["p99"], "time"), str(row["n"]))


def _costs(document: Json, size: int) -> Iterator[Row]:
    rows = {row["contender"]: row for row in document["costs"] if row["containers"] == size}
    names = [name for name in EVERYBODY if name in rows]
    yield ("", *names)
    for label, key, unit in COSTS:
        yield (label, *(shown(rows[name][key], unit) for name in names))


def _latencies(document: Json) -> Iterator[Row]:
    known = {(row["contender"], row["group"], row["interval"]): row for row in document["latencies"]}
    names = [name for name in ACTING if any(key[0] == name for key in known)]
    yield ("p50 / p99 / max (n)", *names)
    for group in GROUPS:
        if any(key[1] == group for key in known):
            yield (group,)
            for interval in INTERVALS:
                some = [known.get((name, group, interval)) for name in names]
                if any(some):
                    yield (f"  {interval}", *map(_spread, some))
    if document["bare"]:
        yield ("the engine's own kill of an idle container, in between",)
        yield ("  call → die", _spread(document["bare"]["die"]), *[""] * (len(names) - 1))
        yield ("  call → return", _spread(document["bare"]["call"]), *[""] * (len(names) - 1))
    if document.get("floor"):
        yield ("the kernel alone: a program in C that ends as much by cgroup.kill, in between",)
        for group, found in document["floor"].items():
            yield (f"  {group}, order → last process gone", _spread(found), *[""] * (len(names) - 1))


def _counts(document: Json) -> Iterator[Row]:
    rows = document["counts"]
    yield ("", *(row["contender"] for row in rows))
    for label, key, of in COUNTS:
        yield (label, *(f"{row[key]} of {row[of]}" if of else str(row[key]) for row in rows))


def _ratio(ratio: Ratio) -> Row:
    return (ratio.name, shown(ratio.value, ratio.unit), "more" if ratio.more else "less")


def _target(target: Target) -> Row:
    bound = ("≥ " if target.at_least else "≤ ") + shown(target.bound, target.unit)
    said = {True: "reached", False: "NOT REACHED", None: "not measured"}[target.reached]
    return (target.name, bound, shown(target.found, target.unit), said)


def _spread(row: Json | None) -> str:
    if row is None:
        return "-"
    return f"{' / '.join(shown(row[which], 'time') for which in ('p50', 'p99', 'max'))} ({row['n']})"


def shown(value: float | None, unit: str) -> str:
    """A figure as people read it; a dash for what is not known."""
    if value is None:
        return "-"
    if unit in {"share", SHARE}:
        return f"{100 * value:.2f} %" if abs(value) < 0.1 else f"{100 * value:.0f} %"
    if unit == "memory":
        return f"{value / 1e6:.1f} MB" if value else "-"
    if unit in {"time", SECONDS}:
        return _time(value)
    if unit == "x":
        return f"{value:.2f} x" if value < 10 else f"{value:,.0f} x"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _time(seconds: float) -> str:
    if abs(seconds) < 0.01:
        return f"{1000 * seconds:.2f} ms"
    if abs(seconds) < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2f} s" if abs(seconds) < 10 else f"{seconds:.0f} s"


def _line(row: Sequence[str], width: int) -> str:
    if len(row) == 1:
        row = (f"**{row[0]}**",)
    return "| " + " | ".join([*(cell.strip() for cell in row), *[""] * (width - len(row))]) + " |"
