"""The program, with short pauses where it would rest: for cuts that come twenty times as often."""

import sys
from dataclasses import replace

from reactor.app.cli import main
from reactor.app.settings import Settings
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.engine.watch import WatchTimes

BACKOFF = (0.02, 0.1)
AGAIN_AFTER = 3.0


def hurry() -> None:
    """Rest for moments only."""
    usual, setup = Settings.watch_times, Settings.setup

    def watch_times(self: Settings) -> WatchTimes:
        return replace(usual(self), backoff=BACKOFF)

    def hurried(self: Settings, rules: RuleSet) -> Setup:
        return replace(setup(self, rules), again_after=AGAIN_AFTER)

    Settings.watch_times = watch_times  # type: ignore[method-assign]  # nobody can configure these
    Settings.setup = hurried  # type: ignore[method-assign]  # as above


if __name__ == "__main__":
    hurry()
    sys.exit(main())
