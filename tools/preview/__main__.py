"""``python -m tools.preview BOARD.json PICTURE.png --prometheus HOST:PORT``: one board as a picture."""

import argparse
import functools
import http.server
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.observers import chromium

HERE = Path(__file__).parent
BUNDLE = HERE / "dist" / "preview.js"
WIDTH = 24 * 64
HIGHEST = 4000
"""What lies outside of the window is not drawn."""
PAGE = """\
<!doctype html><title></title><link rel="stylesheet" href="preview.css">
<div id="board"></div><script src="preview.js"></script>
"""


class _Files(http.server.SimpleHTTPRequestHandler):
    """Gives the bundle, the page and one board."""

    board = b""

    def do_GET(self) -> None:
        """Answer; everything but two names is a file of the bundle."""
        path = urllib.parse.urlsplit(self.path).path
        found = {"/": PAGE.encode(), "/board.json": self.board}.get(path)
        if found is None:
            super().do_GET()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _served(board: Path) -> Iterator[str]:
    handler = type("Files", (_Files,), {"board": board.read_bytes()})
    served = functools.partial(handler, directory=str(BUNDLE.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), served) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def draw(board: Path, picture: Path, asked: dict[str, str]) -> str:
    """Draw a board into a file; returns what went wrong, or nothing."""
    with _served(board) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()))
        try:
            page = browser.new_page(viewport={"width": WIDTH, "height": HIGHEST})
            said: list[str] = []
            page.on("pageerror", lambda error: said.append(str(error)))
            page.goto(f"{address}/?{urllib.parse.urlencode({'board': 'board.json', **asked})}")
            page.wait_for_function("document.title", timeout=60_000)
            page.locator("#board").screenshot(path=str(picture))
            title = page.title()
            return "\n".join(said if title == "drawn" else [title, *said])
        finally:
            browser.close()


def main() -> int:
    """Carry out the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.preview", description="One board as a picture.")
    parser.add_argument("board", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--prometheus", required=True, metavar="HOST:PORT")
    parser.add_argument("--seconds", default="600", help="how far back (default: 600)")
    parser.add_argument("--container", default=".+", help="the container's id, for the board about one")
    parser.add_argument("--mode", choices=("dark", "light"), default="dark")
    options = vars(parser.parse_args())
    if not BUNDLE.is_file():
        print(f"run `npm install --no-package-lock && npm run build` in {HERE.name}/ first", file=sys.stderr)
        return 2
    wrong = draw(options.pop("board"), options.pop("picture"), options)
    print(wrong, file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
