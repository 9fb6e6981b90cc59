"""Draws a result: CPU against the number of containers, and how late breaches were answered.

Needs matplotlib (the extra ``bench``). Colours are those of Okabe and Ito, which people tell apart who see
few colours; each contender has a line style and a mark of its own besides.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.race.names import FAST, LOOP, NETDATA, NORMAL, STREAMS, THREADS

Json = dict[str, Any]
LOOKS: Final[dict[str, dict[str, Any]]] = {
    LOOP: {"color": "#999999", "linestyle": (0, (1, 1)), "marker": "v"},
    THREADS: {"color": "#D55E00", "linestyle": "--", "marker": "s"},
    STREAMS: {"color": "#E69F00", "linestyle": "-.", "marker": "D"},
    NORMAL: {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    FAST: {"color": "#009E73", "linestyle": "-", "marker": "^"},
    NETDATA: {"color": "#CC79A7", "linestyle": ":", "marker": "P"},
}
STYLE: Final[Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.7,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "svg.hashsalt": "bench",
}
LEAST: Final = 1e-5
"""Seconds: what came sooner, or before the attacker's own stamp, is drawn there."""
DECADES: Final = (1e-5, 1e-3, 1e-1, 1e1)
PANELS: Final = (("PIDs", "bomb", "decided"), ("memory", "hog ramp", "decided"), ("PIDs", "bomb", "died"))


def draw(document: Json, folder: Path) -> list[Path]:
    """Both plots, in this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        drawn = [_saved(_cost(document), folder / "cost.png")]
        if document["attacks"]:
            drawn.append(_saved(_latency(document), folder / "latency.png"))
    return drawn


def _saved(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=120, metadata={"Software": ""})
    return path


def _cost(document: Json) -> Figure:
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    for name, looks in LOOKS.items():
        rows = [row for row in document["costs"] if row["contender"] == name and row["total"]]
        sizes, shares = [row["containers"] for row in rows], [100 * row["total"] for row in rows]
        if rows:
            axes.plot(sizes, shares, label=name, linewidth=2, markersize=7, **looks)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(document["sizes"], [f"{size:,}" for size in document["sizes"]])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:g} %"))
    axes.set_xlabel("containers watched, all idle")
    axes.set_ylabel("CPU, of one core")
    axes.set_title("What watching takes: the watcher and the engine for it", loc="left")
    figure.legend(loc="outside right center", frameon=False)
    return figure


def _latency(document: Json) -> Figure:
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    drawn: dict[str, Any] = {}
    every = figure.subplots(1, len(PANELS), sharex=True, sharey=True)
    for axes, panel in zip(every, PANELS, strict=True):
        drawn |= _panel(axes, document, *panel)
        axes.set_xlabel("since the breach")
    every[0].set_ylabel("attacks answered by then")
    every[0].yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    every[0].set_xscale("log")
    every[0].set_xlim(LEAST / 1.5, 20)
    every[0].set_xticks(DECADES, [_time(each) for each in DECADES])
    every[0].minorticks_off()
    lines = [drawn[name] for name in LOOKS if name in drawn]
    names = [name for name in LOOKS if name in drawn]
    figure.legend(lines, names, loc="outside lower center", ncols=len(names), frameon=False, handlelength=3)
    return figure


def _panel(axes: Axes, document: Json, group: str, kinds: str, moment: str) -> dict[str, Any]:
    """One distribution for each contender; what was never answered keeps its line below the top."""
    lines = {}
    for name, looks in LOOKS.items():
        some = _some(document, name, kinds)
        times = sorted(max(LEAST, attack[moment]) for attack in some if moment in attack)
        if times:
            colour = {key: looks[key] for key in ("color", "linestyle")}
            (lines[name],) = axes.step(*_steps(times, len(some)), where="post", linewidth=2, **colour)
    if moment == "died" and document["bare"]:
        _mark_bare(axes, document["bare"]["die"]["p50"])
    what = "verdict" if moment == "decided" else "engine's die"
    axes.set_title(f"{group}: breach → {what}", loc="left")
    axes.set_ylim(0, 1.02)
    return lines


def _some(document: Json, name: str, kinds: str) -> list[Json]:
    """The attacks of some kinds that one contender had to answer, on containers that it watched already."""
    words = kinds.split()
    return [
        attack
        for attack in document["attacks"]
        if attack["contender"] == name
        and not attack["at_start"]
        and any(word in attack["kind"] for word in words)
    ]


def _steps(times: Sequence[float], of: int) -> tuple[list[float], list[float]]:
    """The points of the distribution, from nothing on."""
    return [times[0], *times], [number / of for number in range(len(times) + 1)]


def _mark_bare(axes: Axes, seconds: float) -> None:
    """The engine's own kill: nobody who ends by the engine can be sooner."""
    axes.axvline(seconds, color="black", linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "the engine's kill alone",
        (seconds, 0.98),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=9,
    )


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size * 0.999:
            return f"{seconds / size:g} {unit}"
    return ""
