"""The page of all engines: the same rows as a page, as text and as JSON, and strangers' words stay words."""

import json
import re
from html.parser import HTMLParser

from reactor.http.server import Request, Response
from reactor.observe.scraping import Scraper
from reactor.web.files import POLICY
from reactor.web.overview import EngineRow, overview, overview_json, overview_page, overview_text
from reactor.web.routes import site
from tests.observe.build import captured

ROWS = (
    EngineRow("build/a", "watching", "", "27.3.1", 12, "ABCD", tries=2, defects=1),
    EngineRow("lab", "watching", "the event stream is not up", version="27.3.1", containers=3),
    EngineRow("new", "starting"),
    EngineRow("far", "away", "ssh: Connection refused"),
    EngineRow("ill", "broken", "a defect: ValueError: x"),
    EngineRow("over", "stopped"),
    EngineRow("odd", "resting"),
)
HOSTILE = EngineRow('"><script>x</script>', "away", "</td>{0}<img src=x onerror=x>\n\x1b[31m", version="<b>1")


class Words(HTMLParser):
    """The elements of a page, where its links lead, and what its table says."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.cells: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Note what stands in a cell."""
        if self.cells:
            self.cells[-1] += data.strip("\n")


def test_each_engine_has_a_row_with_its_state_in_words_and_a_link() -> None:
    page = Words(overview_page(ROWS, "1.2.3"))
    assert page.cells[:5] == ["build/a", "watched", "12", "27.3.1", ""]
    assert page.cells[5:10] == ["lab", "not ready", "3", "27.3.1", "the event stream is not up"]
    assert page.cells[1::5] == ["watched", "not ready", "starting", "away", "broken", "stopped", "resting"]
    assert page.cells[2::5] == ["12", "3", *"\u2013" * 5], "unknown is not zero"
    assert "engines/build%2Fa/" in page.links
    assert not [link for link in page.links if link.startswith("/") or "//" in link]
    assert b"1 of 7 engines is watched" in overview_page(ROWS, "1.2.3")


def test_strangers_words_are_words() -> None:
    page, plain = Words(overview_page([HOSTILE], "1")), Words(overview_page([ROWS[0]], "1"))
    assert page.tags == plain.tags
    name, _, _, version, why = page.cells[:5]
    assert (name, version) == (HOSTILE.name, HOSTILE.version)
    assert why.startswith("</td>{0}<img src=x onerror=x>\\n\\x1b[31m")
    assert "\x1b" not in overview_text([HOSTILE], "1")
    assert json.loads(overview_json([HOSTILE], "1"))["engines"][0]["name"] == HOSTILE.name


def test_in_a_terminal_each_engine_is_a_line() -> None:
    lines = overview_text(ROWS, "1.2.3").splitlines()
    assert lines[0] == "reactor 1.2.3: 1 of 7 engines is watched"
    assert lines[2:6] == [
        "build/a  watching   12 containers",
        "lab      not ready  the event stream is not up",
        "new      starting   ? containers",
        "far      away       ssh: Connection refused",
    ]
    assert overview_text((), "1").startswith("reactor 1: 0 of 0 engines are watched\n")


def test_for_programs_what_is_not_known_is_null() -> None:
    told = json.loads(overview_json(ROWS[:3], "1.2.3"))
    assert told["version"] == "1.2.3"
    assert told["engines"][0] == {
        "name": "build/a",
        "stage": "watching",
        "not_ready": "",
        "engine_id": "ABCD",
        "version": "27.3.1",
        "containers": 12,
        "tries": 2,
        "defects": 1,
        "path": "/engines/build%2Fa/",
    }
    assert (told["engines"][2]["version"], told["engines"][2]["containers"]) == (None, None)


async def test_who_asks_gets_his_form_of_what_is_now() -> None:
    now = list(ROWS)
    handler = site(Scraper(lambda: captured), str, "1.2.3", more=overview(lambda: now, "1.2.3"))

    async def ask(path: str, accept: str = "") -> Response:
        answer = await handler(Request("GET", path, {}, {"accept": accept} if accept else {}))
        assert isinstance(answer, Response)
        return answer

    page = await ask("/", "text/html,*/*;q=0.8")
    headers = dict(page.headers)
    assert (headers["Content-Security-Policy"], headers["Cache-Control"]) == (POLICY, "no-store")
    assert "Accept" in headers["Vary"]
    assert not re.search(rb"<script>|style=|javascript:", page.body)
    for named in re.findall(rb"static/[\w.]+", page.body):
        assert (await ask(f"/{named.decode()}")).status == 200
    for text in (await ask("/", "*/*"), await ask("/index.txt")):
        assert text.content_type.startswith("text/plain")
        assert text.body.startswith(b"reactor 1.2.3: 1 of 7 engines is watched\n")
    assert (await ask("/api/v1/engines")).content_type == "application/json"
    now.pop()
    assert len(json.loads((await ask("/api/v1/engines")).body)["engines"]) == len(ROWS) - 1
    assert (await ask("/app.js")).status == 404
