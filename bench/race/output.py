"""Shows a result: the table on stdout, and what was asked for beside it (JSON, plots, documents)."""

import json
from pathlib import Path

from bench.programs import CHECKOUT
from bench.progress import Say
from bench.race import pages, tables
from bench.race.options import Options
from bench.race.result import Json

LATEST = CHECKOUT / "bench/results/latest.json"
PICTURES = CHECKOUT / "docs/performance"


def show(made: Json, options: Options, say: Say) -> None:
    """Everything that was asked for."""
    print(tables.text(made))
    if options.json is not None:
        write_json(made, options.json)
    if options.plots is not None:
        draw(made, options.plots, say)
    if options.write_docs and made["cut"]:
        say("the documents stay as they are: the run was cut short")
    elif options.write_docs:
        write_json(made, LATEST)
        drawn = draw(made, PICTURES, say)
        pages.write(made, drawn=drawn)
        say(f"written: {pages.PAGE.relative_to(CHECKOUT)}, {LATEST.relative_to(CHECKOUT)}")


def write_json(made: Json, path: Path) -> None:
    """The document, one attack or row a line, so that a change of it can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for key, value in made.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    path.write_text("{\n " + ",\n ".join(lines) + "\n}\n")


def draw(made: Json, folder: Path, say: Say) -> bool:
    """The plots, if what draws them is installed."""
    try:
        # Imported only here: it is large, and the bench does without it.
        from bench.race.plots import draw as draw_both  # noqa: PLC0415 - Only here: see above.
    except ImportError as missing:
        say(f"no plots: {missing.name} is not installed (pip install -e '.[bench]')")
        return False
    for path in draw_both(made, folder):
        say(f"drawn: {path}")
    return True
