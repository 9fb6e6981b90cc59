"""A real browser on the status page, in a thread of its own, while the world goes on in the loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tools.observers import chromium

PATIENCE = 20_000
"""Milliseconds."""


@dataclass
class Window:  # Without slots: playwright hangs attributes of its own on whose method listens.
    """One page, and what went wrong on it: words on the console, errors, requests to somewhere else."""

    page: Page
    url: str
    trouble: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note everything from now on."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        self.trouble.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.trouble.append(f"asked for {request.url}")


@contextmanager
def browser_context(
    width: int = 1280, height: int = 860, scheme: str = "light", scale: float = 1
) -> Iterator[BrowserContext]:
    """A window of this size in a new browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=scale,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        try:
            yield context
        finally:
            context.close()
            browser.close()


def opened(context: BrowserContext, port: int, place: str = "", below: str = "") -> Window:
    """The status page at a place in it; it may ask for what is ``below`` a path alone."""
    url = f"http://127.0.0.1:{port}/{below}"
    window = Window(context.new_page(), url)
    window.listen()
    window.page.goto(url + place)
    return window
