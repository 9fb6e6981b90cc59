"""The status page in a real browser: it lives, it can be worked by keys, and nobody's words run in it."""

import json
import re
from functools import partial
from pathlib import Path
from statistics import fmean

import pytest
import trio
from playwright.sync_api import Page, expect

from reactor.http.server_routes import Routes
from reactor.testing.tasks import Forks
from reactor.web.overview import EngineRow, overview
from tests.page.browsing import browser_context, opened
from tests.page.scene import SHIPPED, Breathes, Part, Scene, scene
from tests.page.test_page_api import HOSTILE, PARTS, settled

pytestmark = pytest.mark.observers

QUOTES = """\
groups:
  - name: site
    # Its reason has a stranger's words in it.
    rules: [{name: quotes, when: 'pids > 100 && labels["says"] != ""', cooldown: 0s}]
"""
ENDED = HOSTILE[:4]
"""What those say who are ended; markup, and what would be lines."""


async def test_the_page_in_a_browser(tmp_path: Path) -> None:
    """One browser, one scene: it loads, is worked by keys, sees an end, and shows hostile words as words."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "safety.yaml").write_text((SHIPPED / "safety.yaml").read_text())
    (rules / "site.yaml").write_text(QUOTES)
    async with scene(tmp_path, rules, PARTS) as played:
        await settled(played)
        await trio.to_thread.run_sync(partial(_visit, played))


BELOW = "engines/far%20away/"


async def test_the_page_of_one_of_several_engines(tmp_path: Path) -> None:
    """All engines at the top, and below a path the page of one: whatever that asks for is below it, too."""
    engines = [
        EngineRow("far away", "watching", containers=len(PARTS)),
        EngineRow(HOSTILE[0], "away", HOSTILE[1]),
    ]

    def mounted(page: Routes) -> Routes:
        below = {f"/engines/far away{path}": methods for path, methods in page.items()}
        return {**overview(lambda: engines, "1.2.3"), **below}

    async with scene(tmp_path, SHIPPED / "safety.yaml", PARTS, mounted=mounted) as played:
        await trio.to_thread.run_sync(partial(_visit_several, played, engines))


def _visit_several(played: Scene, engines: list[EngineRow]) -> None:
    with browser_context() as context:
        all_of_them = opened(context, played.port)
        page = all_of_them.page
        rows = page.locator("table.engines tbody tr")
        expect(rows).to_have_count(2)
        expect(page.locator("h2")).to_have_text("1 of 2 engines is watched")
        expect(rows.nth(1)).to_contain_text(HOSTILE[0])
        assert page.evaluate("window.pwned") is None
        engines[1] = EngineRow("back", "watching", containers=0)
        expect(page.locator("h2")).to_have_text("2 of 2 engines are watched")
        rows.filter(has_text="far away").get_by_role("link").click()
        _loads(page)
        page.get_by_role("link", name="all engines").click()
        expect(rows).to_have_count(2)
        assert all_of_them.trouble == []
        one = opened(context, played.port, below=BELOW)
        _loads(one.page)
        one.page.keyboard.press("2")
        expect(one.page.locator("table.rules tbody tr").first).to_be_visible()
        one.page.goto(one.url + "#/containers/near-pids")
        expect(one.page.locator("h1")).to_have_text("near-pids")
        assert one.trouble == []


def _visit(played: Scene) -> None:
    with browser_context() as context:
        window = opened(context, played.port)
        page = window.page
        _loads(page)
        _is_worked_by_keys(page)
        _sees_an_end(page, played)
        _shows_words_as_words(page)
        _shows_odd_names_and_images(page, played)
        _shows_odd_reasons(page, played)
        _is_dark(page)
        _fits_a_phone(page)
        assert page.evaluate("window.pwned") is None
        assert window.trouble == []


def _loads(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    rows = page.locator("table.containers tbody tr")
    expect(rows).to_have_count(len(PARTS))
    expect(rows.first).to_contain_text("near-pids")
    expect(rows.first).to_contain_text("pids 190 of 200")
    expect(rows.first.locator(".bar")).to_have_attribute("aria-label", "95 % of safety/pids: pids 190 of 200")
    unseen = rows.filter(has_text="stranger").locator("td.c-pids")
    expect(unseen).to_have_text("\u2013")


def _is_worked_by_keys(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Filter containers")).to_be_focused()
    page.keyboard.type("calm")
    rows = page.locator("table.containers tbody tr")
    expect(rows).to_have_count(2)
    assert "q=calm" in page.url
    page.keyboard.press("ArrowDown")
    expect(rows.first.locator("a.row")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1).locator("a.row")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("calm")
    expect(page.locator("table.stands tbody tr")).to_have_count(5)
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("table.rules tbody tr")).to_have_count(5)
    _stands_in_columns(page)
    page.keyboard.press("4")
    expect(page.get_by_role("region", name="Journal")).to_contain_text("is written")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.keyboard.press("1")
    expect(page.locator("table.containers tbody tr")).to_have_count(len(PARTS))


def _stands_in_columns(page: Page) -> None:
    """What acts and what only says so, in all groups: each number below its head."""
    of_rows = (
        "rows => rows.map(row => [...row.cells].map(cell => Math.round(cell.getBoundingClientRect().right)))"
    )
    rows = page.locator("table.rules tbody tr").evaluate_all(of_rows)
    (head, *_) = page.locator("table.rules thead tr").evaluate_all(of_rows)
    assert [row for row in rows if row != head] == []


def _sees_an_end(page: Page, played: Scene) -> None:
    """Nothing is pressed: the row comes, goes, and the decision is told and said aloud."""
    trio.from_thread.run(played.storm, Forks(120), "bomb")
    decision = page.locator(".feed li").filter(has_text="bomb")
    expect(decision).to_contain_text("killed")
    expect(page.locator("#announcer")).to_have_text("bomb: killed, by safety/pids")
    expect(page.locator("table.containers tbody tr")).to_have_count(len(PARTS))
    decision.locator("a").click()
    expect(page.locator("h1")).to_have_text("bomb")
    expect(page.get_by_role("region", name="The end", exact=True)).to_contain_text("137")
    expect(page.get_by_role("region", name="Why", exact=True)).to_contain_text("pids > 200")


def _shows_words_as_words(page: Page) -> None:
    page.goto(page.url.partition("#")[0] + "#/containers?q=hostile")
    rows = page.locator("table.containers tbody tr")
    expect(rows).to_have_count(len(HOSTILE))
    expect(rows.filter(has_text=HOSTILE[0]).first).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    page.goto(page.url.partition("#")[0] + "#/containers/hostile-0")
    expect(page.locator("header.title")).to_contain_text(HOSTILE[0])


def _shows_odd_names_and_images(page: Page, played: Scene) -> None:
    """An engine that passes on whatever it was told, as some do: rows, and the page of one of them."""

    def enter() -> None:
        for number, text in enumerate(HOSTILE):
            played.enter(Part(f"odd-{number}", image=text, labels={"reactor.task": "odd"})).name = text

    trio.from_thread.run_sync(enter)
    page.goto(page.url.partition("#")[0] + "#/containers?q=odd")
    rows = page.locator("table.containers tbody tr")
    expect(rows).to_have_count(len(HOSTILE))
    for text in HOSTILE[:3]:
        row = rows.filter(has=page.get_by_role("link", name=text, exact=True))
        expect(row).to_contain_text(text)
        # Once as the name, and once as the image below it.
        assert row.inner_text().count(text) == 2
    rows.filter(has_text=HOSTILE[0]).locator("a.row").click()
    expect(page.locator("h1")).to_have_text(HOSTILE[0])
    expect(page.locator("header.title p.muted")).to_contain_text(HOSTILE[0])
    _has_no_markup(page)


def _shows_odd_reasons(page: Page, played: Scene) -> None:
    """They are ended: the list of decisions, what is said aloud, and the certificate."""
    home = page.url.partition("#")[0]
    page.goto(home + "#/decisions")
    trio.from_thread.run_sync(_misbehave, played)
    rows = page.locator("table.decisions tbody tr").filter(has_text="site/quotes")
    expect(rows).to_have_count(len(ENDED))
    for text in HOSTILE[:3]:
        row = rows.filter(has=page.get_by_role("link", name=text, exact=True))
        expect(row.locator("td.c-reason")).to_contain_text(json.dumps(text))
    _has_no_markup(page)
    rows.filter(has_text=HOSTILE[0]).locator("a.row").click()
    expect(page.locator("h1")).to_have_text(HOSTILE[0])
    expect(page.get_by_role("region", name="Why", exact=True)).to_contain_text(json.dumps(HOSTILE[0]))
    _has_no_markup(page)


def _misbehave(played: Scene) -> None:
    for number, text in enumerate(ENDED):
        labels = {"reactor.task": f"ended-{number}", "says": text}
        played.enter(Part(f"ended-{number}", Breathes(pids=150), 60.0, text, labels)).name = text


def _has_no_markup(page: Page) -> None:
    """Of anybody else's: no element that we never make, and no handler on any."""
    odd = "main img, main script, main [onerror], main [onmouseover], main a[href^='http']"
    assert page.locator(odd).count() == 0


def _is_dark(page: Page) -> None:
    """By the button, and as the system has it: what is drawn is dark, and its words are bright on it."""
    for theme, system, dark in (
        ("light", "dark", False),
        ("dark", "light", True),
        (None, "dark", True),
        (None, "light", False),
    ):
        if page.evaluate("document.documentElement.dataset.theme ?? null") != theme:
            page.keyboard.press("t")
        page.emulate_media(color_scheme="dark" if system == "dark" else "light")
        assert page.evaluate("document.documentElement.dataset.theme ?? null") == theme
        ground, words = _brightness(page, "backgroundColor"), _brightness(page, "color")
        assert (ground < 60 and words > 190) if dark else (ground > 190 and words < 60), (theme, system)


def _brightness(page: Page, what: str) -> float:
    """Of the page's ground or words: the middle of red, green and blue, of 255."""
    colour = page.evaluate("what => getComputedStyle(document.documentElement)[what]", what)
    return fmean(int(part) for part in re.findall(r"\d+", colour)[:3])


def _fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for place in ("containers", "containers/hostile-7", "rules", "decisions", "health"):
        page.goto(page.url.partition("#")[0] + f"#/{place}")
        expect(page.locator("main .panel, main .card").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place


async def test_the_page_says_when_it_hears_nothing_and_comes_back(tmp_path: Path) -> None:
    """The monitor goes: what is shown is said to be old. Another begins at the same place: it goes on."""
    parts = PARTS[:2]
    seen: list[str] = []
    asked: list[str] = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    gone, back, done = trio.Event(), trio.Event(), trio.Event()

    def visit(port: int) -> None:
        with browser_context(800, 600) as context:
            page = opened(context, port).page
            page.on("request", lambda one: asked.append(one.url))
            live = page.locator("#live")
            expect(live).to_have_attribute("data-state", "live")
            expect(page.locator("table.containers tbody tr")).to_have_count(2)
            trio.from_thread.run_sync(gone.set)
            expect(live).to_have_attribute("data-state", "lost")
            seen.append(live.inner_text())
            expect(page.locator("table.containers tbody tr")).to_have_count(2)
            trio.from_thread.run_sync(back.set)
            expect(live).to_have_attribute("data-state", "live")
            page.keyboard.press("/")
            with page.expect_request(lambda one: "q=calm" in one.url):
                page.keyboard.type("calm")
        trio.from_thread.run_sync(done.set)

    async with trio.open_nursery() as nursery:
        async with scene(tmp_path / "one", SHIPPED / "safety.yaml", parts) as played:
            nursery.start_soon(partial(trio.to_thread.run_sync, partial(visit, played.port)))
            await gone.wait()
        await back.wait()
        async with scene(tmp_path / "two", SHIPPED / "safety.yaml", parts, played.port):
            await done.wait()
    assert seen[0].startswith("reconnecting…, as of ")
    cursors = [url.partition("since=")[2] for url in asked if "/stream?" in url]
    assert cursors[-1]
    assert cursors[-1] not in cursors[:-1], "the one of a journal that is gone is forgotten"
