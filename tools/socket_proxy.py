"""The proxy that stands before an engine in tests: haproxy, as Debian has it.

An installed one is used; else it is taken out of Debian's packages into the checkout's `.engine/`, as the
engine is, and not installed. `python -m tools.socket_proxy prepare` gets it beforehand. Does not belong here:
its configuration, which is the product's own.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tools.engine_files import CACHE, cache_locked
from tools.engine_packages import EngineMissingError, fetch

_FOLDER: Final = CACHE / "haproxy"
_ELSEWHERE: Final = "elsewhere put haproxy on the PATH"

# The unpacked libraries come last: what the system has fits the rest of the system.
_WRAPPER: Final = """\
#!/bin/sh
root="$(dirname "$(readlink -f "$0")")"
for folder in "$root"/usr/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
done
export LD_LIBRARY_PATH
exec "$root/usr/sbin/haproxy" "$@"
"""


def haproxy() -> Path:
    """The program."""
    installed = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
    return Path(installed) if installed else _unpacked()


def haproxy_itself() -> tuple[Path, tuple[Path, ...]]:
    """The program without what is wrapped around it, and the folders of libraries that came with it."""
    found = haproxy()
    if found.parent != _FOLDER / "root":
        return found, ()
    return found.parent / "usr/sbin/haproxy", tuple(found.parent.glob("usr/lib/*-linux-gnu*"))


def _unpacked() -> Path:
    wrapper = _FOLDER / "root" / "haproxy"
    with cache_locked("haproxy"):
        if not wrapper.is_file():
            _fetch(wrapper)
    return wrapper


def _fetch(wrapper: Path) -> None:
    _FOLDER.mkdir(exist_ok=True)
    root = fetch(["haproxy"], ["haproxy"], _FOLDER, "about 3 MB", _ELSEWHERE)
    if not (root / "usr/sbin/haproxy").is_file():
        raise EngineMissingError("the package haproxy was unpacked, but holds no haproxy")
    script = wrapper.with_suffix(".new")
    script.write_text(_WRAPPER)
    script.chmod(0o755)
    # Its name is what says that all is there, so it gets it last.
    script.rename(wrapper)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch it, while somebody sees the progress: pytest would hide it."""
    parser = argparse.ArgumentParser(prog="python -m tools.socket_proxy", description="haproxy, for tests.")
    parser.add_argument("command", choices=["prepare"])
    parser.parse_args(arguments)
    try:
        haproxy()
    except EngineMissingError as problem:
        print(f"socket proxy: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
