"""Every link leads somewhere, and every page can be found from the index."""

from pathlib import Path

import pytest

from tests.docs.pages import INDEX, ROOT, anchors, links, pages

FORGE = {"CHANGELOG.md"}
"""Pages that need no way to them: every forge shows it."""


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        f"{target}{f'#{anchor}' if anchor else ''}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target))
    ]
    assert broken == []


def test_every_page_stands_in_the_index() -> None:
    """Not only somewhere: who looks for a page looks there."""
    listed = {target for target, _ in links(INDEX)}
    missing = {name(page) for page in pages() if page not in listed and page != INDEX} - FORGE
    assert missing == set(), "they want a line in docs/README.md"


def test_the_first_page_leads_to_the_index_and_the_tutorial() -> None:
    targets = {target for target, _ in links(ROOT / "README.md")}
    assert {INDEX, ROOT / "docs" / "tutorial.md"} <= targets


@pytest.mark.parametrize("page", [each for each in pages() if each.parent != ROOT], ids=name)
def test_every_page_has_a_title_and_a_way_back(page: Path) -> None:
    """A page begins with its title; those in a folder below ``docs/`` lead back to the index."""
    assert page.read_text().startswith("# ")
    if page.parent.parent == ROOT / "docs":
        assert INDEX in {target for target, _ in links(page)}
