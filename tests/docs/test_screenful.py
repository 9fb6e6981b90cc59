"""The screenful on the first page is what the demo shows, but for its numbers."""

import io
from pathlib import Path

import pytest
from trio.testing import MockClock

from reactor.app.demo.page import Page
from reactor.app.demo.summary import write_summary
from reactor.app.places import shipped_rules
from reactor.ruleset import load
from tests.app.test_demo import perform_all
from tests.docs.matching import tidied
from tests.docs.pages import ROOT, blocks


@pytest.mark.parametrize("name", ["README.md", "docs/demo.md"])
async def test_every_line_of_it_comes(name: str, autojump_clock: MockClock, tmp_path: Path) -> None:
    stream = io.StringIO()
    page = Page(stream, {})
    summary = await perform_all(tmp_path, load([shipped_rules() / "safety.yaml"]), page)
    write_summary(page, summary, [("README.md", "more")])
    came = set(tidied(stream.getvalue(), numbers_vary=True).splitlines())
    shown = "".join(block.text for block in blocks(ROOT / name) if block.kind == "text")
    lines = tidied(shown, numbers_vary=True).splitlines()
    assert len(lines) > 10
    assert [line for line in lines if line not in {"", "…"} and line not in came] == []
