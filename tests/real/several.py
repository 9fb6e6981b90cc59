"""The real program with several engines: the same hands as for one, and where each engine is asked."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.real.monitor import SHIPPED_RULES, Monitor, program


class SeveralMonitors(Monitor):
    """One process with a monitor for each of these engines, by name. ``config`` is for all of them."""

    def __init__(
        self, folder: Path, engines: Mapping[str, str], *, config: str = "", rules: Path = SHIPPED_RULES
    ) -> None:
        listed = [
            f"  - {{name: {name}, host: '{host}', journal: {folder / name}.db}}\n"
            for name, host in engines.items()
        ]
        super().__init__(folder, "", config=f"engines:\n{''.join(listed)}{config}", rules=rules)

    def command(self) -> list[str]:
        """How it is started."""
        return program(
            "run",
            *("--rules", str(self._rules)),
            *("--config", str(self._config)),
            *("--listen", "127.0.0.1:0"),
            *("--control", str(self.control)),
            *("--log-format", self._format, "--log-level", "debug"),
        )

    def has_begun(self) -> bool:
        """Whether somebody answers."""
        assert not self.has_ended, self.raw_log()[-2000:]
        return bool(self.address)

    def standing(self, engine: str) -> Mapping[str, Any]:
        """How it stands with one of them."""
        _, told = self.asked("/api/v1/engines")
        return next(each for each in json.loads(told)["engines"] if each["name"] == engine)

    def asked(self, path: str) -> tuple[int, str]:
        """What is answered at a path."""
        status, body = self._get(path)
        return status, body.decode()

    def of(self, engine: str) -> "Monitor":
        """Reading the journal of one of them."""
        return Monitor(self.folder, "", journal=self.folder / f"{engine}.db", config=self._config.read_text())

    def _told_address(self) -> str | None:
        for line in self.raw_log().splitlines():
            found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
            if found and "watching several engines" in line:
                return found[1]
        return None
