"""Writes the boards: ``python -m tools.boards [FOLDER]``, into ``grafana/dashboards`` if none is named."""

import json
import sys
from pathlib import Path

from tools.boards.container import container
from tools.boards.fleet import fleet
from tools.boards.monitor import monitor
from tools.engine_files import CHECKOUT

FOLDER = CHECKOUT / "grafana" / "dashboards"


def boards() -> dict[str, str]:
    """The files of all boards, by their names."""
    made = {"fleet.json": fleet(), "container.json": container(), "monitor.json": monitor()}
    return {name: json.dumps(board, indent=2, sort_keys=True) + "\n" for name, board in made.items()}


def main() -> int:
    """Write them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in boards().items():
        (folder / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
