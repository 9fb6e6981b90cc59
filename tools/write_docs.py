"""Writes the pages of the documentation that are made from the code: `make docs`.

Each room says its own page; a test holds that the files are what this writes.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from reactor.app import reference as command_line
from reactor.observe import document as metrics
from reactor.ruleset import reference as rules
from tools import manpage

DOCS = Path(__file__).resolve().parents[1] / "docs"
GENERATED: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "metrics.md": metrics.document,
        "reference/cli.md": command_line.document,
        "reference/rules.md": rules.document,
        "reactor.1": manpage.page,
    }
)
"""The pages, below ``docs/``."""


def main() -> int:
    """Write all of them, and say which were changed."""
    for name, document in GENERATED.items():
        page, text = DOCS / name, document()
        if not page.exists() or page.read_text() != text:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text)
            print(f"written anew: docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
