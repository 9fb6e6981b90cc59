"""The programs that look at a monitor from outside: Prometheus, Alertmanager and a browser.

The tests ask real ones. Those that are installed are used; what is missing is taken out of Debian's packages
into the checkout's `.engine/`, as the engine is, and not installed. The browser is large: it has a cache of
its own, and is fetched when somebody asks for it. `python -m tools.observers prepare` gets all beforehand.
Does not belong here: how they are run, which is each test's own business.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch

_PACKAGES: Final[Mapping[str, str]] = {
    "promtool": "prometheus",
    "prometheus": "prometheus",
    "amtool": "prometheus-alertmanager",
    "prometheus-alertmanager": "prometheus-alertmanager",
}
"""Which program is in which of Debian's packages."""

_ELSEWHERE: Final = "elsewhere put promtool, prometheus, amtool, alertmanager and chromium on the PATH"
_OBSERVERS: Final = CACHE / "observers"
_BROWSER: Final = CACHE / "browser"
_BROWSERS: Final = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
# A text has to be drawn in some font, and a machine that builds has none.
_BROWSER_PACKAGES: Final = ("chromium-headless-shell", "fonts-dejavu-core")
_SHELL: Final = "usr/lib/chromium/chromium-headless-shell"

_TEMPLATES: Final = "/usr/share/prometheus/alertmanager"
# Debian's Alertmanager reads its templates from a fixed place and does not begin without them. Nobody but
# this one process sees the folder there.
_ALERTMANAGER: Final = f"""\
#!/bin/sh
root="$(dirname "$(readlink -f "$0")")"
[ -d {_TEMPLATES} ] && exec "$root/usr/bin/prometheus-alertmanager" "$@"
exec unshare --mount --propagation private sh -c \\
  'mount --bind "$0/usr/share" /usr/share && exec "$0/usr/bin/prometheus-alertmanager" "$@"' "$root" "$@"
"""

# The unpacked libraries come last: what the system has fits the rest of the system.
_WRAPPER: Final = f"""\
#!/bin/sh
root="$(dirname "$(readlink -f "$0")")"
for folder in "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH="${{LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}}$folder:$folder/pulseaudio:$folder/nss"
done
export LD_LIBRARY_PATH FONTCONFIG_FILE="$root/fonts.conf"
exec "$root/{_SHELL}" "$@"
"""
_FONTS: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="relative">font-cache</cachedir>
</fontconfig>
"""


def promtool() -> Path:
    """Prometheus' tool for checking rule files and metrics, and for testing alerts."""
    return _observer("promtool")


def prometheus() -> Path:
    """The server that scrapes, and evaluates alerts."""
    return _observer("prometheus")


def alertmanager() -> Path:
    """The server to which alerts are sent."""
    installed = shutil.which("alertmanager") or shutil.which("prometheus-alertmanager")
    return Path(installed) if installed else _wrapped_alertmanager()


def alertmanager_itself() -> tuple[Path, Path]:
    """The program without what is wrapped around it, and the folder of templates that Debian's reads."""
    found = shutil.which("alertmanager")
    program = Path(found) if found else _observer("prometheus-alertmanager")
    return program, program.parents[1] / "share/prometheus/alertmanager"


def amtool() -> Path:
    """Alertmanager's tool, which checks its configuration and asks it for alerts."""
    return _observer("amtool")


def chromium() -> Path:
    """A browser without a window, for playwright's ``executable_path``."""
    installed = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    return Path(installed) if installed else _unpacked_browser()


def _wrapped_alertmanager() -> Path:
    wrapper = _observer("prometheus-alertmanager").parents[2] / "alertmanager"
    with cache_locked("observers"):
        if not wrapper.is_file():
            _write_script(wrapper, _ALERTMANAGER)
    return wrapper


def _observer(program: str) -> Path:
    found = _find(program)
    if found is None:
        with cache_locked("observers"):
            _fetch_observers()
        found = _find(program)
    if found is None:
        raise EngineMissingError(f"the package {_PACKAGES[program]} was unpacked, but holds no {program}")
    return found


def _find(program: str) -> Path | None:
    # The system comes first, so that somebody's own newer one is used where there is one.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(_OBSERVERS / "root/usr/bin")])
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def _fetch_observers() -> None:
    """All that is missing at once; whoever had to wait for the lock finds the work done."""
    missing = [program for program in _PACKAGES if _find(program) is None]
    if not missing:
        return
    _OBSERVERS.mkdir(exist_ok=True)
    packages = sorted({_PACKAGES[program] for program in missing})
    fetch(packages, missing, _OBSERVERS, "about 30 MB", _ELSEWHERE)


def _unpacked_browser() -> Path:
    wrapper = _BROWSER / "root" / "browser"
    with cache_locked("browser"):
        if not wrapper.is_file():
            _fetch_browser(wrapper)
    return wrapper


def _fetch_browser(wrapper: Path) -> None:
    _BROWSER.mkdir(exist_ok=True)
    root = fetch(_BROWSER_PACKAGES, ["chromium"], _BROWSER, "about 100 MB", _ELSEWHERE)
    if not (root / _SHELL).is_file():
        raise EngineMissingError(f"the package {_BROWSER_PACKAGES[0]} was unpacked, but holds no {_SHELL}")
    (root / "fonts.conf").write_text(_FONTS)
    _write_script(wrapper, _WRAPPER)


def _write_script(path: Path, text: str) -> None:
    script = path.with_suffix(".new")
    script.write_text(text)
    script.chmod(0o755)
    # Its name is what says that all is there, so it gets it last.
    script.rename(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch what the tests will need, while somebody sees the progress: pytest would hide it."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.observers", description="Prometheus, Alertmanager and a browser, for tests."
    )
    parser.add_argument("command", choices=["prepare"])
    parser.parse_args(arguments)
    try:
        for program in (promtool, prometheus, alertmanager, amtool, chromium):
            program()
    except EngineMissingError as problem:
        print(f"observers: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
