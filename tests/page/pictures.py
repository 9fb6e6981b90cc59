"""The pictures in the documents, taken of the scene: ``python -m tests.page.pictures`` writes them anew.

They are for people; no test compares them. It takes some minutes, so that there is something in the lines.
"""

import re
import sys
import tempfile
from functools import partial
from pathlib import Path

import trio
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI, TerminalTheme

from reactor.app.top.frame import Sheet, frame
from reactor.app.top.source import Look, source_of
from reactor.app.top.view import View
from reactor.testing.tasks import Forks
from tests.page.browsing import browser_context, opened
from tests.page.scene import mishaps, scene

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST = 250_000
WIDTH, HEIGHT = 132, 36
_FONT = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def take(port: int, certificate: str) -> None:
    """All pictures of the page."""
    shots = (
        ("page-light", "#/containers", 1280, 800, "light"),
        ("page-dark", "#/containers", 1280, 800, "dark"),
        ("page-phone", "#/containers", 390, 844, "light"),
        ("page-decision", f"#/decisions/{certificate}", 1280, 720, "light"),
        ("page-health", "#/health", 1280, 720, "dark"),
    )
    for name, place, width, height, scheme in shots:
        with browser_context(width, height, scheme) as context:
            page = opened(context, port, place).page
            page.wait_for_selector("#live[data-state=live]")
            page.wait_for_selector("main .panel, main .card")
            page.wait_for_timeout(1500)
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file)
            print(file, file.stat().st_size, file.stat().st_size < LARGEST)


def draw_top(look: Look) -> None:
    """The terminal's page as a drawing that asks nobody for a font."""
    console = Console(record=True, width=WIDTH, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115 - as long as the program.
    console.print(frame(look, View(), Sheet(WIDTH, HEIGHT)))
    theme: TerminalTheme = MONOKAI
    drawing = console.export_svg(
        title="reactor top", theme=theme, code_format=_FONT.sub("", CONSOLE_SVG_FORMAT)
    )
    (FOLDER / "top.svg").write_text(drawing.replace("Fira Code", "DejaVu Sans Mono"))


async def main(patience: float) -> None:
    """Play the scene, wait until something is to be seen, and take all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scene-") as name:
        async with scene(Path(name)) as played:
            await mishaps(played)
            await trio.sleep(patience)
            await played.storm(Forks(120), "ci-build-9923")
            await trio.sleep(3)
            options = type(
                "Options", (), {"url": f"http://127.0.0.1:{played.port}", "user": "", "ca": None}
            )()
            look = await source_of(options).look(View().query)
            draw_top(look)
            wanted = next(each for each in look.decisions if each["name"] == "ci-build-9923")
            await trio.to_thread.run_sync(partial(take, played.port, str(wanted["id"])))


if __name__ == "__main__":
    trio.run(main, float(sys.argv[1]) if len(sys.argv) > 1 else 300.0)
